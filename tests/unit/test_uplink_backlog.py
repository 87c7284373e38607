"""The backlog of a session: delivered once, also over faults of the journal and before the clock was trusted."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest

from agent.uplink import link
from uplinked_street import UplinkedStreet

DOOR = "door-1/contact/state"
METER = "meter-1/meter/active_power"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for wait in ("BACKLOG_EVERY_S", "LOOK_EVERY_S", "AFTER_FAULT_S"):
        monkeypatch.setattr(link, wait, 1e-6)


@contextlib.asynccontextmanager
async def delivering(street: UplinkedStreet) -> AsyncIterator[None]:
    """A session whose backlog is being delivered."""
    edge = street.connect()
    street.session.take()
    task = asyncio.create_task(street.uplink._link._deliver(cast("Any", street.session), edge))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def turns(holds: Callable[[], bool] = lambda: False, most: int = 100) -> None:
    """Let the loop turn until something holds."""
    for _ in range(most):
        if holds():
            return
        await asyncio.sleep(0)


async def kept(street: UplinkedStreet, *keys: str) -> None:
    """Commit reports while there is no connection."""
    street.uplink._link.untried = False
    street.push()
    await street.uplink.commit()
    street.journal.entries.clear()
    for key in keys:
        street.put(key, street.image.raw(key).value is False if key == DOOR else 99.0)
    street.push()
    await street.uplink.commit()
    assert len(street.journal.entries) >= len(keys)


def told(street: UplinkedStreet, metric: str) -> int:
    return sum(metric in values for kind, _, values in street.session.take() if kind == "DDATA")


async def test_what_is_proven_and_cannot_be_deleted_is_not_sent_again() -> None:
    street = UplinkedStreet()
    await kept(street, DOOR)
    street.journal.settle_fault = True
    async with delivering(street):
        await turns()
        assert told(street, "contact/state") == 1
        street.journal.settle_fault = False
        await turns(lambda: not street.journal.entries)
        assert street.journal.entries == []
        assert told(street, "contact/state") == 0


async def test_after_a_fault_of_the_journal_delivery_goes_on() -> None:
    street = UplinkedStreet()
    await kept(street, DOOR)
    street.journal.fault = True
    async with delivering(street):
        await turns()
        assert told(street, "contact/state") == 0
        street.journal.fault = False
        await turns(lambda: not street.journal.entries)
        assert told(street, "contact/state") == 1


async def test_what_was_committed_before_the_clock_was_trusted_goes_up_when_it_is() -> None:
    street = UplinkedStreet()
    street.clock.trusted = False
    await kept(street, DOOR)
    assert street.journal.entries[0].report.wall_ms is None
    async with delivering(street):
        await turns()
        assert street.journal.entries
        street.clock.now_s += 60.0
        street.clock.trusted = True
        await turns(lambda: not street.journal.entries)
        assert told(street, "contact/state") == 1
        assert street.journal.entries == []


async def test_the_past_of_a_dead_device_goes_up_while_it_is_dead() -> None:
    street = UplinkedStreet()
    await kept(street, METER)
    street.put(METER, None, "no answer within 100 ms")
    async with delivering(street):
        await turns(lambda: not street.journal.entries)
        sent = [(kind, device) for kind, device, _ in street.session.take() if device == "meter-1"]
        assert sent == [("DBIRTH", "meter-1"), ("DDATA", "meter-1"), ("DDEATH", "meter-1")]
        assert street.journal.entries == []
