"""What is on its way: proven, lost, held, kept, committed; numbers; the bound; waits between connections."""

from __future__ import annotations

import msgspec
import pytest

from agent.journal.records import Report
from agent.uplink import outbox
from agent.uplink.backoff import CALM_S, Backoff
from agent.uplink.outbox import NUMBERS_AT_ONCE, Load, Outbox
from uplinked_street import flying


def report(number: int, *, urgent: bool = False) -> Report:
    return Report("lum-01", f"lamp/{number}", 9, float(number), 192, float(number), None, urgent)


def values(load: Load) -> list[object]:
    return [report.value for report in load.reports]


def committed(box: Outbox, load: Load, first: int = 1000) -> None:
    box.committed(load, [number or first + place for place, number in enumerate(load.numbers)])


@pytest.fixture
def box() -> Outbox:
    made = Outbox()
    made.give("store", 1)
    return made


def sent(box: Outbox, *reports: Report) -> None:
    box.sent(box.numbered(reports))


def numbers(box: Outbox, count: int) -> list[int]:
    return [number for number, _ in box.numbered([report(1)] * count)]


def test_a_proof_covers_what_was_sent_before_its_marker(box: Outbox) -> None:
    sent(box, report(1), report(2))
    mark = box.mark()
    sent(box, report(3))
    box.proven(mark)
    assert box.unproven == 1
    box.lost()
    assert (box.unproven, box.kept) == (0, 1)
    load = box.to_commit(10)
    assert (values(load), load.numbers) == ([3.0], [3])


def test_what_goes_back_comes_before_what_follows(box: Outbox) -> None:
    sent(box, report(1), report(2))
    box.lost()
    box.keep([report(3)])
    load = box.to_commit(2)
    assert values(load) == [1.0, 2.0]
    box.again(load)
    load = box.to_commit(10)
    assert (values(load), load.numbers) == ([1.0, 2.0, 3.0], [1, 2, 3])
    assert box.kept == 0


def test_what_could_not_be_sent_waits_until_it_is_known_what_becomes_of_those_before_it(box: Outbox) -> None:
    sent(box, report(1))
    box.hold([report(2)])
    sent(box, report(3))
    assert box.to_commit(10).reports == []
    box.lost()
    assert box.to_commit(10).numbers == [1, 2, 3]
    sent(box, report(4))
    box.hold([report(5)])
    box.proven(box.mark())
    assert box.to_commit(10).numbers == [5]
    box.hold([report(6)])
    assert box.to_commit(10).numbers == [6], "with nothing before it there is nothing to wait for"


def test_numbers_go_on_and_are_asked_for_in_time(box: Outbox) -> None:
    assert numbers(box, 5) == [1, 2, 3, 4, 5]
    assert numbers(box, 1) == [6]
    few = [box.needs_numbers]
    assert set(numbers(box, NUMBERS_AT_ONCE)) == {0}, "not some of them without the others"
    assert numbers(box, NUMBERS_AT_ONCE // 2)[0] == 7
    assert [*few, box.needs_numbers] == [False, True]
    assert box.numbered([report(1)], "another")[0][0] == 0, "the births tell of another store"
    box.store("another")
    assert numbers(box, 1) == [0], "those of another store mean nothing"
    assert numbers(Outbox(), 1) == [0]


def test_without_numbers_the_journal_gives_them() -> None:
    box = Outbox()
    sent(box, report(1), report(2, urgent=True))
    box.lost()
    assert box.to_commit(10).numbers == [0, 0]


def test_what_is_urgent_is_committed_while_it_is_under_way_and_leaves_when_it_is_proven(box: Outbox) -> None:
    sent(box, report(1), report(2, urgent=True))
    assert box.urgent
    load = box.to_commit(10, only_urgent=True)
    assert (values(load), load.numbers) == ([2.0], [2])
    committed(box, load)
    assert flying(box) == {2}
    box.proven(box.mark())
    assert flying(box) == {2}, "proven, but it still is in the journal"
    load = box.to_commit(10)
    assert load.settled == [2]
    committed(box, load)
    assert (flying(box), box.to_commit(10).settled) == (set(), [])


def test_proven_while_it_is_committed_it_leaves_afterwards(box: Outbox) -> None:
    sent(box, report(1, urgent=True))
    load = box.to_commit(10)
    box.proven(box.mark())
    committed(box, load)
    assert box.to_commit(10).settled == [1]


def test_proven_before_it_is_committed_it_never_is(box: Outbox) -> None:
    sent(box, report(1, urgent=True))
    box.proven(box.mark())
    assert box.to_commit(10).reports == []


def test_lost_after_it_was_committed_it_is_not_committed_again(box: Outbox) -> None:
    sent(box, report(1, urgent=True), report(2))
    committed(box, box.to_commit(10, only_urgent=True))
    box.lost()
    assert box.to_commit(10).numbers == [2]
    assert flying(box) == set(), "the backlog may send it now"


def test_what_could_not_be_settled_is_settled_later_and_not_sent_until_then(box: Outbox) -> None:
    box.told([7, 8])
    box.proven(box.mark())
    load = box.to_commit(10)
    box.again(load)
    assert flying(box) == {7, 8}
    assert box.to_commit(10).settled == [7, 8]


def test_beyond_the_most_they_are_thinned_and_then_the_oldest_dropped_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox, "MOST_KEPT", 3)
    monkeypatch.setattr(outbox, "MOST_URGENT", 2)
    box = Outbox()
    box.keep([msgspec.structs.replace(report(n), metric="lamp/x") for n in range(5)])
    assert (values(box.to_commit(10)), box.thinned, box.dropped) == ([4.0], 4, 0)
    box.keep([report(n) for n in range(5)])
    assert box.dropped == 2
    load = box.to_commit(2)
    box.keep([report(5), report(6)])
    box.again(load)
    load = box.to_commit(10)
    assert (values(load), box.dropped, load.dropped) == ([4.0, 5.0, 6.0], 4, 4)
    box.keep([report(n, urgent=True) for n in range(5)])
    committed(box, load)
    assert box.dropped == 3, "what the journal has counted is its own"
    assert values(box.to_commit(10)) == [3.0, 4.0]


def test_waits_double_up_to_the_longest_and_jitter_fully() -> None:
    most = Backoff(lambda: 1.0, 120.0)
    assert [most.next_s(0.0) for _ in range(9)] == [1, 2, 4, 8, 16, 32, 64, 120, 120]
    assert Backoff(lambda: 0.0, 120.0).next_s(0.0) == 0.0
    city = Backoff(lambda: 1.0, 120.0, 60.0)
    assert [city.next_s(lived_s) for lived_s in (3600.0, 0.0, 0.0, 3600.0)] == [60.0, 120.0, 120.0, 60.0]


def test_a_connection_that_lived_makes_the_next_wait_short() -> None:
    backoff = Backoff(lambda: 1.0, 120.0)
    for _ in range(5):
        backoff.next_s(1.0)
    assert backoff.next_s(CALM_S) == 1.0


def test_what_is_told_in_passing_has_no_number_and_is_kept_nowhere() -> None:
    box = Outbox()
    box.give("s", 1)
    text = Report("", "configuration/text", 12, "x = 1", 192, 1.0, None)
    numbered = box.numbered([report(1), text, report(2)], "s")
    assert [number for number, _ in numbered] == [1, 0, 3]
    box.sent(numbered)
    box.hold([text])
    box.lost()
    box.keep([text])
    assert values(box.to_commit(10)) == [1.0, 2.0]
