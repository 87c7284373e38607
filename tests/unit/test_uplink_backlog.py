"""The backlog of a session: delivered once, also over faults of the journal and before the clock was trusted."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest

from agent.journal.records import Entry, Report
from agent.uplink import backlog
from agent.uplink.broker import Broken
from agent.uplink.edge import EdgeNode
from agent.uplink.suspects import MOST_IN_A_ROW, TRIES, Suspects
from sparkplug_peer import ParsedMetric, parse
from uplinked_street import SessionInMemory, UplinkedStreet, flying

DOOR = "door-1/contact/state"
METER = "meter-1/meter/active_power"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for wait in ("LOOK_EVERY_S", "AFTER_FAULT_S", "CALM_S"):
        monkeypatch.setattr(backlog, wait, 1e-6)


@contextlib.asynccontextmanager
async def delivering(street: UplinkedStreet, edge: EdgeNode | None = None) -> AsyncIterator[None]:
    """A session, a new one unless its edge node is told, whose backlog is being delivered."""
    if edge is None:
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


def metrics(street: UplinkedStreet) -> list[ParsedMetric]:
    found = [metric for message in street.session.sent for metric in parse(message.payload).metrics]
    street.session.sent.clear()
    return found


def told(street: UplinkedStreet, metric: str) -> int:
    return sum(metric in values for kind, _, values in street.session.take() if kind == "DDATA")


async def test_what_is_proven_and_cannot_be_deleted_is_not_sent_again() -> None:
    street = UplinkedStreet()
    await kept(street, DOOR)
    street.journal.settle_fault = True
    async with delivering(street):
        await turns()
        assert told(street, "contact/state") == 1
        await street.uplink.commit()
        assert len(street.journal.entries) == 1
    async with delivering(street):  # the next connection
        await turns()
        assert told(street, "contact/state") == 0
        street.journal.settle_fault = False
        await street.uplink.commit()
        assert street.journal.entries == []


async def test_what_is_proven_leaves_with_the_next_commit() -> None:
    """One transaction for both: a card wears by each."""
    street = UplinkedStreet()
    await kept(street, DOOR)
    async with delivering(street):
        await turns(lambda: bool(flying(street.uplink._outbox)))
        assert len(street.journal.entries) == 1
    street.put(DOOR, False)
    street.push()
    street.disconnect()
    await street.uplink.commit()
    assert [entry.report.value for entry in street.journal.entries] == [False]


async def test_an_alarm_is_committed_at_once_and_goes_up_once() -> None:
    street = UplinkedStreet()
    await kept(street)
    street.connect()
    street.session.take()
    street.uplink._reporter.tell("door-1", "command/last_status", "accepted", street.clock.now_s)
    street.push()
    assert street.uplink._keeping._urgent.is_set()
    await street.uplink._keeping.commit(only_urgent=True)
    assert [entry.report.value for entry in street.journal.entries] == ["accepted"]
    edge = street.uplink._speaker.edge
    assert edge is not None
    async with delivering(street, edge):
        await turns()
        assert told(street, "command/last_status") == 1, "live, and not as history as well"
        street.uplink._outbox.proven(street.uplink._outbox.mark())
        await street.uplink.commit()
        assert street.journal.entries == []


async def test_an_alarm_whose_connection_breaks_goes_up_as_history_with_its_number() -> None:
    street = UplinkedStreet()
    await street.uplink._keeping.number()
    await kept(street)
    street.connect()
    street.session.take()
    street.uplink._reporter.tell("door-1", "command/last_status", "accepted", street.clock.now_s)
    street.push()
    (live,) = [m for m in metrics(street) if m.name == "command/last_status"]
    await street.uplink._keeping.commit(only_urgent=True)
    street.disconnect()
    async with delivering(street):
        await turns(lambda: bool(flying(street.uplink._outbox)))
        (late,) = [m for m in metrics(street) if m.name == "command/last_status" and m.historical]
    assert late.properties["journal"] == live.properties["journal"] > 0


async def test_telemetry_that_comes_twice_has_one_number() -> None:
    street = UplinkedStreet()
    await street.uplink._keeping.number()
    await kept(street)
    street.connect()
    street.session.take()
    street.put(DOOR, True)
    street.push()
    (live,) = [m for m in metrics(street) if m.name == "contact/state"]
    street.disconnect()
    await street.uplink.commit()
    async with delivering(street):
        await turns(lambda: bool(flying(street.uplink._outbox)))
        (late,) = [m for m in metrics(street) if m.name == "contact/state"]
    assert (late.historical, late.properties["journal"]) == (True, live.properties["journal"])


async def test_numbers_of_a_store_that_the_births_do_not_tell_are_not_sent() -> None:
    street = UplinkedStreet()
    await kept(street, DOOR)
    async with delivering(street):
        edge = street.uplink._speaker.edge
        assert edge is not None
        edge.store_id = "another"
        await turns()
        assert told(street, "contact/state") == 0
        await street.uplink.commit()
        street.clock.now_s += 6.0
        street.push()
        await turns(lambda: bool(flying(street.uplink._outbox)))
        assert told(street, "contact/state") == 1


class HangsUp(SessionInMemory):
    """A broker that ends the connection on some values."""

    def __init__(self, *poison: object) -> None:
        super().__init__()
        self.poison = poison

    async def prove(self, *_: object) -> None:
        if any(metric.value in self.poison for message in self.sent for metric in parse(message.payload).metrics):
            raise Broken("packet too large")


def all_flying(street: UplinkedStreet) -> bool:
    return {entry.number for entry in street.journal.entries} <= flying(street.uplink._outbox)


async def hung_up(street: UplinkedStreet, *poison: object) -> int:
    """Connect again and again until the backlog is through; return how often the broker hung up."""
    for count in range(20):
        edge = street.connect()
        session = HangsUp(*poison)
        street.uplink._speaker._session = cast("Any", session)
        link = street.uplink._link
        task = asyncio.create_task(link._deliver(cast("Any", session), edge))
        await turns(lambda task=task: task.done() or all_flying(street), 300)  # type: ignore[misc]
        if not task.done():
            task.cancel()
            return count
        with pytest.raises(Broken):
            task.result()
        await link._backlog.broke("packet too large")
        street.disconnect()
        await street.uplink.commit()
    raise AssertionError("never through")


async def test_a_report_on_which_the_broker_hangs_up_is_put_aside_after_three_tries() -> None:
    street = UplinkedStreet()
    await kept(street)
    reports = [Report("door-1", "contact/count", 4, n, 192, 900.0, 5) for n in range(80)]
    await street.journal.commit(reports)
    assert await hung_up(street, 33) == 3
    assert [entry.report.value for entry in street.journal.aside] == [33]
    assert all_flying(street)


async def test_two_of_them_take_three_tries_each() -> None:
    street = UplinkedStreet()
    await kept(street)
    await street.journal.commit([Report("door-1", "contact/count", 4, n, 192, 900.0, 5) for n in range(80)])
    assert await hung_up(street, 33, 70) <= 5
    assert sorted(entry.report.value for entry in street.journal.aside) == [33, 70]  # type: ignore[type-var]


async def test_a_line_that_fails_slowly_makes_nobody_suspect() -> None:
    street = UplinkedStreet()
    await kept(street)
    await street.journal.commit([Report("door-1", "contact/count", 4, n, 192, 900.0, 5) for n in range(80)])
    entries = await street.journal.oldest(80)
    backlog_ = street.uplink._link._backlog
    for _ in range(10):
        backlog_._under_way = backlog._UnderWay(entries[:1], street.clock.now_s - backlog.HANGS_UP_WITHIN_S - 0.1)
        await backlog_.broke("packet too large")
    assert street.journal.aside == []


async def test_who_says_that_it_is_for_something_else_makes_nobody_suspect() -> None:
    street = UplinkedStreet()
    await kept(street)
    await street.journal.commit([Report("door-1", "contact/count", 4, 1, 192, 900.0, 5)])
    entries = await street.journal.oldest(1)
    backlog_ = street.uplink._link._backlog
    for _ in range(10):
        backlog_._under_way = backlog._UnderWay(entries, street.clock.now_s)
        await backlog_.broke("session taken over")
    assert street.journal.aside == []


async def test_a_line_that_never_holds_makes_nobody_guilty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "CALM_S", 5.0)
    street = UplinkedStreet()
    await kept(street)
    await street.journal.commit([Report("door-1", "contact/count", 4, 1, 192, 900.0, 5)])
    for _ in range(10):
        edge = street.connect()
        session = HangsUp(1)
        task = asyncio.create_task(street.uplink._link._deliver(cast("Any", session), edge))
        await turns(task.done, 50)
        task.cancel()
        await asyncio.wait([task])
        await street.uplink._link._backlog.broke("connection lost")
        street.disconnect()
    assert street.journal.aside == []


async def test_a_broker_that_hangs_up_on_everything_does_not_empty_the_journal() -> None:
    suspects = Suspects()
    given_up: list[int] = []
    for number in range(100):
        for _ in range(TRIES):
            given_up += suspects.broken([number])
    assert len(given_up) == MOST_IN_A_ROW
    suspects.proven([200])
    assert suspects.broken([99]) == [99]


async def test_what_nobody_can_date_is_dropped_and_counted() -> None:
    street = UplinkedStreet()
    await kept(street)
    street.journal.entries = [Entry(99, Report("door-1", "contact/count", 4, 1, 192, 900.0, None), this_boot=False)]
    async with delivering(street):
        await turns(lambda: not street.journal.entries)
    assert (street.journal.entries, street.uplink.state().journal_dropped) == ([], 1)


async def test_after_a_fault_of_the_journal_delivery_goes_on() -> None:
    street = UplinkedStreet()
    await kept(street, DOOR)
    street.journal.fault = True
    async with delivering(street):
        await turns()
        assert told(street, "contact/state") == 0
        street.journal.fault = False
        await turns(lambda: bool(flying(street.uplink._outbox)))
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
        await turns(lambda: bool(flying(street.uplink._outbox)))
        assert told(street, "contact/state") == 1


async def test_the_past_of_a_dead_device_goes_up_while_it_is_dead() -> None:
    street = UplinkedStreet()
    await kept(street, METER)
    street.put(METER, None, "no answer within 100 ms")
    async with delivering(street):
        await turns(lambda: bool(flying(street.uplink._outbox)))
        sent = [(kind, device) for kind, device, _ in street.session.take() if device == "meter-1"]
        assert sent == [("DBIRTH", "meter-1"), ("DDATA", "meter-1"), ("DDEATH", "meter-1")]


@pytest.mark.parametrize("step_s", [-86_400.0, -3600.0, 3600.0, 5 * 365 * 86_400.0])
async def test_a_step_of_the_clock_loses_and_doubles_nothing(step_s: float) -> None:
    """It comes while something is on its way: the number tells that it is the same, the time is that of either clock."""
    street = UplinkedStreet()
    await street.uplink._keeping.number()
    await kept(street)
    street.connect()
    street.session.take()
    live = []
    for value in (True, False, True):
        street.put(DOOR, value)
        street.push()
        live += [metric for metric in metrics(street) if metric.name == "contact/state"]
        street.clock.now_s += 0.5
        if value is False:
            street.clock.stepped_s += step_s
    street.disconnect()
    street.put(DOOR, False)
    street.push()
    await street.uplink.commit()
    async with delivering(street):
        await turns(lambda: all_flying(street))
        late = [metric for metric in metrics(street) if metric.name == "contact/state" and metric.historical]
    assert [metric.value for metric in live] == [True, False, True]
    assert [metric.value for metric in late] == [True, False, True, False]
    numbers = [metric.properties["journal"] for metric in live]
    assert [metric.properties["journal"] for metric in late] == [*numbers, numbers[-1] + 1]
    times = [metric.timestamp or 0 for metric in late]
    assert times == sorted(times), "all by the clock as it was when they were kept"
