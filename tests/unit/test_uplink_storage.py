"""What a platform says that it has stored: what settles, what is refused, what stays bounded when it says nothing."""

from __future__ import annotations

from typing import Any

import pytest

from agent.journal.records import Entry, Report
from agent.uplink import keeping, names, outbox
from agent.uplink.allowance import Allowance
from agent.uplink.broker import Incoming
from agent.uplink.outbox import Outbox
from agent.uplink.payload import DataType, Metric, Payload, encode
from agent.uplink.storage import MOST_OPEN, Storage
from agent.uplink.topics import Topics
from agent.uplink.wishes import Unwanted
from uplinked_street import UplinkedStreet

DOOR, METER = "door-1/contact/state", "meter-1/meter/active_power"
Value = int | float | str | bool | None


def report(number: int, *, urgent: bool = False) -> Report:
    return Report("lum-01", f"lamp/{number}", 9, float(number), 192, float(number), None, urgent)


class Node:
    """An outbox whose platform proves."""

    def __init__(self, at_once: float = 1e9) -> None:
        self.box = Outbox()
        self.box.give("s1", 1000)
        self.storage = Storage(self.box, Allowance(0.0, at_once, 1.0))
        self.storage.begin("s1")

    def send(self, *reports: Report) -> int:
        """Send, and tell the mark after it."""
        self.box.sent(self.box.numbered(reports))
        return self.storage.mark("s1")[0]

    def stored(self, number: Value, store: Value = "s1", datatype: DataType = DataType.INT64) -> None:
        said = (Metric(names.STORED, number, datatype), Metric(names.STORE_ID, store, DataType.STRING))
        self.storage.take(Payload(tuple(each for each in said if each.value is not None), 1), 0.0)


def test_a_mark_settles_what_was_sent_before_it_and_no_more() -> None:
    node = Node()
    node.send(report(1))
    second = node.send(report(2))
    node.send(report(3))
    node.stored(second)
    assert node.box.unproven == 1
    node.stored(second)  # it is said again
    assert node.box.unproven == 1


@pytest.mark.parametrize(
    ("number", "store", "datatype"),
    [
        (10**15, "s1", DataType.INT64),
        (-1, "s2", DataType.INT64),
        (None, "s1", DataType.INT64),
        (1001, None, DataType.INT64),
        (1001.5, "s1", DataType.DOUBLE),
        ("1001", "s1", DataType.STRING),
        (True, "s1", DataType.BOOLEAN),
        (1001, 7, DataType.INT64),
    ],
)
def test_what_is_wrong_is_refused_and_changes_nothing(number: Value, store: Value, datatype: DataType) -> None:
    node = Node()
    node.send(report(1))
    with pytest.raises(Unwanted):
        node.stored(number, store, datatype)
    assert node.box.unproven == 1


def test_a_number_that_no_mark_had_is_refused_and_an_old_one_passed_over() -> None:
    node = Node()
    first, second = node.send(report(1)), node.send(report(2), report(3))
    with pytest.raises(Unwanted, match="journal/told"):
        node.stored(second - 1)  # that of another report
    node.storage.begin("s1")
    node.box.sent(node.box.numbered([report(3)]))
    node.stored(first)  # late: it was told before the birth
    assert (node.box.unproven, node.box.kept) == (1, 3)


def test_marks_differ_and_rise_also_where_nothing_was_numbered_between() -> None:
    node = Node()
    marks = [node.storage.since]
    for _ in range(3):
        node.box.told([1, 2])
        number, own = node.storage.mark("s1")
        assert own
        marks.append(number)
    marks += [node.storage.begin("s1"), node.storage.begin("s1"), node.send(report(1))]
    assert marks == sorted(set(marks))


def test_too_many_words_are_refused() -> None:
    node = Node(at_once=1.0)
    first, second = node.send(report(1)), node.send(report(2))
    node.stored(first)
    with pytest.raises(Unwanted, match="too frequent"):
        node.stored(second)
    assert node.box.unproven == 1


def test_a_birth_sends_back_what_is_not_proven_by_its_numbers() -> None:
    node = Node()
    node.send(report(1), report(2, urgent=True))
    numbers = [number for number, _ in node.box._sent[0].kept]
    node.storage.begin("s1")
    assert (node.box.unproven, node.box.to_commit(10).numbers[:1]) == (0, numbers)


def test_what_rests_is_under_way_until_it_is_proven_and_leaves_the_journal_then() -> None:
    node = Node()
    mark = node.send(report(1))
    (number, _), *_ = node.box._sent[0].kept
    assert node.box.rest(node.box.mark())
    load = node.box.to_commit(10)
    node.box.committed(load, load.numbers)
    entry = Entry(number, report(1))
    assert (load.numbers, node.box.at_rest([entry])) == ([number], [])
    assert not node.box.rest(node.box.mark())  # nothing is in memory alone any more
    node.stored(mark)
    assert (node.box.to_commit(10).settled, node.box.unproven) == ([number], 0)


def test_what_the_journal_could_not_take_is_not_kept_when_it_is_proven() -> None:
    node = Node()
    mark = node.send(report(1))
    node.box.rest(node.box.mark())
    node.stored(mark)
    assert node.box.kept == 0


def test_a_platform_that_never_answers_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound the oldest is not under way any more: it lies in the journal, and is history."""
    monkeypatch.setattr(outbox, "MOST_UNDER_WAY", 500)
    node = Node()
    turn = node.box.turn
    for n in range(3 * MOST_OPEN):
        node.box.give("s1", 10_000 + 10 * n)
        node.send(report(n), report(n, urgent=n % 50 == 0))
        if n % 8 == 0:
            node.box.rest(node.box.mark())
            load = node.box.to_commit(1000)
            node.box.committed(load, load.numbers)
    assert sum(len(batch.resting) for batch in node.box._sent) <= 500
    assert len(node.storage._open) == MOST_OPEN
    assert node.box.turn > turn
    assert node.box.kept < 20


# ---- in the uplink -----------------------------------------------------------------------------------------------------


def word(street: UplinkedStreet, *metrics: Metric) -> None:
    street.uplink.heard(
        Incoming(Topics("albertslund", "pole-7").of("NCMD"), encode(Payload(metrics, 1)), retained=False)
    )


async def born(**options: Any) -> UplinkedStreet:
    street = UplinkedStreet(**options)
    await street.uplink._keeping.number()
    street.connect()
    return street


async def test_births_and_marks_say_what_a_host_has_to_know() -> None:
    street = await born(proof="platform")
    kind, _, birth = next(iter(told := street.session.take()))
    assert (kind, birth["journal/stored"], birth["journal/told_messages"]) == ("NBIRTH", None, 1)
    since = birth["journal/told"]
    assert since == birth["journal/told_since"]
    street.put(DOOR, True)
    street.push()
    assert street.uplink.mark()
    kind, device, mark = (after := street.session.take())[-1]
    assert (kind, device, mark["journal/told_since"]) == ("NDATA", "", since)
    assert mark["journal/told_messages"] == len(told) + len(after)
    assert not street.uplink.mark()  # nothing is new
    word(
        street, Metric("journal/stored", int(str(mark["journal/told"])), DataType.INT64),
        Metric("journal/store_id", "store", DataType.STRING),
    )  # fmt: skip
    state = street.uplink.state()
    assert (state.unproven, state.commands_refused) == (0, 0)


async def test_a_wrong_word_is_counted_and_not_answered() -> None:
    street = await born(proof="platform")
    street.session.take()
    word(street, Metric("journal/stored", 5_000_000, DataType.INT64), Metric("journal/store_id", "x", DataType.STRING))
    street.push()
    assert street.uplink.state().commands_refused == 1
    assert not any("command/last_status" in values for _, _, values in street.session.take())


async def test_where_the_broker_proves_the_metric_is_not_offered_and_the_word_is_refused() -> None:
    street = await born()
    _, _, birth = street.session.take()[0]
    assert "journal/told" not in birth
    assert "journal/stored" not in birth
    word(street, Metric("journal/stored", 1, DataType.INT64))
    assert street.uplink.state().commands_refused == 1


async def test_an_entry_about_entries_is_not_kept() -> None:
    """Or a platform that is silent would let the journal grow by its own filling."""
    street = await born(proof="platform")
    street.push()
    street.journal.dropped = 7
    street.uplink._tell_journal()
    street.push()
    kept = [pair[1].metric for batch in street.uplink._outbox._sent for pair in batch.kept]
    assert not set(kept) & names.OF_FILLING


async def test_a_silent_platform_is_said_once_and_its_return_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    for level in ("warning", "info"):
        monkeypatch.setattr(keeping.log, level, lambda event, **_: lines.append(event), raising=False)
    street = await born(proof="platform")
    looks = street.uplink._keeping
    for value in range(40):
        street.put(METER, float(value))
        street.push()
        looks._look()
    assert lines == ["platform_silent"]
    street.uplink._outbox.proven(street.uplink._outbox.mark())
    looks._look()
    assert lines == ["platform_silent", "platform_stores"]


async def test_what_a_birth_sends_back_is_committed_at_the_next_look() -> None:
    """It may have waited for 8 s already."""
    street = await born(proof="platform")
    looks = street.uplink._keeping
    street.put(METER, 1230.0)
    street.push()
    looks._look()
    assert not looks._look()
    street.uplink._speaker.bear()
    assert looks._look()
    assert not looks._outbox.history
