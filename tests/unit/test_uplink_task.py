"""The uplink's task: nothing that was due is lost, nothing is kept twice, and no single report ends it."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from agent.uplink.broker import Incoming
from uplinked_street import UplinkedStreet

DOOR = "door-1/contact/state"


@pytest.fixture
async def street() -> UplinkedStreet:
    made = UplinkedStreet()
    made.connect()
    made.session.take()
    return made


async def test_a_commit_that_is_cancelled_keeps_nothing_twice(street: UplinkedStreet) -> None:
    """The journal's thread carries it out all the same."""
    street.disconnect()
    street.put(DOOR, True)
    street.push()
    street.journal.hold = asyncio.Event()
    committing = asyncio.create_task(street.uplink.commit())
    await asyncio.sleep(0)
    committing.cancel()
    await asyncio.sleep(0)
    street.journal.hold.set()
    with pytest.raises(asyncio.CancelledError):
        await committing
    await street.uplink.commit()
    doors = [report for batch in street.journal.commits for report in batch if report.metric == "contact/state"]
    assert len(doors) == 1


async def test_one_report_that_cannot_be_kept_takes_no_other_with_it(street: UplinkedStreet) -> None:
    street.disconnect()
    street.put("meter-1/meter/active_power", 99.0)
    street.put(DOOR, True)
    street.push()
    street.journal.bad = "meter/active_power"
    await street.uplink.commit()
    assert "contact/state" in [report.metric for batch in street.journal.commits for report in batch]
    assert street.kept == []
    assert street.uplink.state().journal_dropped == 1


async def test_a_fault_of_the_journal_keeps_all_in_memory(street: UplinkedStreet) -> None:
    street.disconnect()
    street.put(DOOR, True)
    street.push()
    street.journal.fault = True
    await street.uplink.commit()
    assert ("door-1", "contact/state", True) in street.kept
    street.journal.fault = False
    await street.uplink.commit()
    assert street.kept == []


async def test_whatever_ends_it_the_image_and_the_journal_are_let_go() -> None:
    """The supervisor starts another one, which needs the journal's file."""
    street = UplinkedStreet()
    listeners = len(street.image.listeners)

    async def breaks() -> None:
        raise RuntimeError("broken")

    street.journal.open = breaks  # type: ignore[method-assign]
    with pytest.raises(RuntimeError):
        await street.uplink.run()
    assert len(street.image.listeners) == listeners - 1
    assert street.journal.closed


async def test_what_the_dead_had_to_say_waits_until_they_are_born(street: UplinkedStreet) -> None:
    """It was counted as sent, and as proven by the next marker."""
    street.put("meter-1/meter/active_power", None, "no answer within 100 ms")
    street.push()
    assert [(kind, device) for kind, device, _ in street.session.take()] == [("DDEATH", "meter-1")]
    assert ("meter-1", "meter/active_power", None) in street.kept
    assert ("meter-1", "meter/quality", "bad: no answer within 100 ms") in street.kept
    assert street.uplink.state().unproven == 0


async def test_births_that_are_asked_for_swallow_nothing(street: UplinkedStreet) -> None:
    street.clock.now_s += 6.0
    street.uplink.rebirth()
    for status in ("accepted", "written"):
        street.uplink._reporter.tell("door-1", "command/last_status", status, street.clock.now_s)
    street.push()
    assert street.session.take()[0][0] == "NBIRTH"
    street.disconnect()
    assert [value for _, metric, value in street.kept if metric == "command/last_status"] == ["accepted", "written"]


async def test_what_was_due_when_a_connection_begins_is_kept_until_it_is_proven(street: UplinkedStreet) -> None:
    """Births are QoS 0: if the connection goes before the broker has them, what only stands in them is lost."""
    street.disconnect()
    street.put(DOOR, True)
    street.connect()
    street.put(DOOR, False)
    street.push()
    street.disconnect()
    assert [value for device, metric, value in street.kept if metric == "contact/state"] == [True, False]


async def test_what_cannot_be_done_yet_is_not_tried_without_a_pause() -> None:
    """The first connect takes 8 s and more where nobody answers; the control task has the same processor."""
    street = UplinkedStreet()
    street.clock.now_s += 6.0  # values are looked at for staleness every 5 s
    collecting = asyncio.create_task(street.uplink._collect())
    street.clock.asked = 0
    for _ in range(300):
        await asyncio.sleep(0)
    collecting.cancel()
    assert street.clock.asked < 10


async def test_births_that_are_asked_for_too_soon_come_in_time(street: UplinkedStreet) -> None:
    street.push()
    street.session.take()
    street.uplink._wake.clear()
    street.clock.now_s += 1.0
    street.uplink.rebirth()
    assert street.uplink._wake.is_set()
    street.push()
    assert street.session.take() == []
    street.clock.now_s += 4.0
    street.push()
    assert street.session.take()[0][0] == "NBIRTH"


async def test_a_flood_of_nonsense_is_counted_and_not_all_told(street: UplinkedStreet) -> None:
    """Each refusal told would be four reports, which push the history out of the journal when the connection goes."""
    nonsense = Incoming("spBv1.0/albertslund/DCMD/pole-7/lum-01", b"\xff", retained=False)
    with capture_logs() as logs:
        for _ in range(1000):
            street.uplink.heard(nonsense)
        street.push()
        assert len(logs) == 30
        street.clock.now_s += 1.0
        street.uplink.heard(nonsense)
        street.push()
    assert (len(logs), logs[-1]["not_told"]) == (31, 970)
    assert street.uplink.state().commands_refused == 1001
    street.push()
    assert street.uplink.state().unproven <= 4 * 31
    street.session.take()
    street.uplink.heard(nonsense)
    await street.uplink.commit()
    street.push()
    assert [values["command/refused"] for *_, values in street.session.take()] == [1002]
