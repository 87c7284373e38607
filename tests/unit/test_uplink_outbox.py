"""What is on its way: proven, lost, kept, committed; the bound; waits between connections."""

from __future__ import annotations

import pytest

from agent.journal.records import Report
from agent.uplink import outbox
from agent.uplink.backoff import CALM_S, Backoff
from agent.uplink.outbox import Outbox


def report(number: int) -> Report:
    return Report("lum-01", "lamp/dimming_level", 9, float(number), 192, float(number), None)


def numbers(reports: list[Report]) -> list[object]:
    return [report.value for report in reports]


def test_a_proof_covers_what_was_sent_before_its_marker() -> None:
    box = Outbox()
    box.sent([report(1), report(2)])
    mark = box.mark()
    box.sent([report(3)])
    box.proven(mark)
    assert box.unproven == 1
    box.lost()
    assert (box.unproven, box.kept) == (0, 1)
    assert numbers(box.to_commit(10)) == [3.0]


def test_what_goes_back_comes_before_what_follows() -> None:
    box = Outbox()
    box.sent([report(1), report(2)])
    box.lost()
    box.keep([report(3)])
    batch = box.to_commit(2)
    assert numbers(batch) == [1.0, 2.0]
    box.keep_again(batch)
    assert numbers(box.to_commit(10)) == [1.0, 2.0, 3.0]
    assert box.kept == 0


def test_beyond_the_most_the_oldest_are_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST_KEPT", 3)
    box = Outbox()
    box.keep([report(n) for n in range(5)])
    assert box.dropped == 2
    batch = box.to_commit(2)
    box.keep([report(5), report(6)])
    box.keep_again(batch)
    assert (numbers(box.to_commit(10)), box.dropped) == ([4.0, 5.0, 6.0], 4)


def test_waits_double_up_to_the_longest_and_jitter_fully() -> None:
    most = Backoff(lambda: 1.0, 120.0)
    assert [most.next_s(0.0) for _ in range(9)] == [1, 2, 4, 8, 16, 32, 64, 120, 120]
    assert Backoff(lambda: 0.0, 120.0).next_s(0.0) == 0.0


def test_a_connection_that_lived_makes_the_next_wait_short() -> None:
    backoff = Backoff(lambda: 1.0, 120.0)
    for _ in range(5):
        backoff.next_s(1.0)
    assert backoff.next_s(CALM_S) == 1.0
