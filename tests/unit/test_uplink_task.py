"""The uplink's task: nothing that was due is lost, nothing is kept twice, and no single report ends it."""

from __future__ import annotations

import asyncio

import pytest

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
