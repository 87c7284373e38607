"""One line and its units: levels before polls, one transaction at a time, every unit's trouble its own."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter

from drivers.bus.port import Port
from drivers.bus.records import BusSink, BusSpec, BusStats, RtuBus, TcpBus, UnitSpec, UnitState
from drivers.bus.rtu_thread import RtuThread
from drivers.bus.service import UnitService
from drivers.bus.tcp_port import TcpPort
from drivers.errors import BadAnswer, LinkLost, NoAnswer, Refused
from drivers.modbus.pdu import Request
from drivers.points import Point, Quality, Reading

_FIRST_REOPEN_S = 0.1
_LONGEST_REOPEN_S = 2.0
_LONGEST_IDLE_S = 1.0
_EARLY_S = 0.02  # where a wake-up costs more than an exchange, polls that are due so soon go with those that are due

_WRITE_DUE = attrgetter("write_due_s")
_DUE = attrgetter("due_s")


class FieldBus:
    """Runs one line. All methods are for the event loop."""

    def __init__(self, spec: BusSpec, units: tuple[UnitSpec, ...], *, now: Callable[[], float], sink: BusSink) -> None:
        self._spec = spec
        self._now = now
        self._sink = sink
        self._units = [UnitService(unit) for unit in units]
        self._unsafe = [unit for unit in self._units if not unit.device_safety]
        self._carrier = {device: unit for unit in self._units for _, device in unit.spec.devices}
        self._port = _port(spec)
        self._early_s = 0.0 if isinstance(spec, RtuBus) else _EARLY_S
        self._wake = asyncio.Event()
        self._settled = asyncio.Condition()
        self._fed_until_s = -math.inf
        self._up: bool | None = None
        self._transactions = self._timeouts = self._bad_answers = self._refusals = 0
        self.beat: Callable[[], None] = lambda: None

    def points(self) -> tuple[Point, ...]:
        """Return every point that this bus delivers."""
        return tuple(point for unit in self._units for point in unit.plan.points)

    def set_level(self, device_id: str, level_pct: float) -> None:
        """Write a level (0 to 100 %) as soon as the line is free; the latest of a device wins. KeyError if not here."""
        self._carrier[device_id].want(device_id, level_pct, self._now())
        self._wake.set()

    def feed(self, until_s: float) -> None:
        """Control lives until then. After it, units that light their lamps by themselves are no longer spoken to."""
        if self._fed_until_s <= self._now():
            self._wake.set()
        self._fed_until_s = until_s

    async def flush(self, timeout_s: float) -> bool:
        """Wait until every level has been acknowledged. False if that took too long."""
        self.feed(max(self._fed_until_s, self._now() + timeout_s))
        try:
            async with asyncio.timeout(timeout_s), self._settled:
                await self._settled.wait_for(lambda: all(unit.settled() for unit in self._units))
        except TimeoutError:
            return False
        return True

    def stats(self) -> BusStats:
        """Return how busy and how sound the line is."""
        return BusStats(
            id=self._spec.id,
            port=self._spec.place,
            baud=self._spec.link.baud if isinstance(self._spec, RtuBus) else None,
            up=self._up is True,
            use_pct=self._port.use_pct(),
            transactions=self._transactions,
            timeouts=self._timeouts,
            bad_answers=self._bad_answers,
            refusals=self._refusals,
            stray_bytes=self._port.counts.stray_bytes,
        )

    def unit_states(self) -> tuple[UnitState, ...]:
        """Return how each unit is doing."""
        return tuple(unit.report() for unit in self._units)

    async def run(self) -> None:
        """Serve the line until cancelled; a port that is gone is opened again as soon as it is back."""
        pause_s = _FIRST_REOPEN_S
        while True:
            self.beat()
            try:
                await self._port.open()
                self._link_up()
                pause_s = _FIRST_REOPEN_S
                await self._serve()
            except LinkLost as error:
                self._link_lost(str(error))
            finally:
                await self._port.close()
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_REOPEN_S)

    async def _serve(self) -> None:
        early_s = 0.0
        while True:
            self.beat()
            self._wake.clear()
            now_s = self._now()
            unit = self._most_urgent(now_s, early_s)
            early_s = self._early_s
            if unit is None:
                early_s = 0.0
                await self._idle(now_s)
            elif unit.write_due_s <= now_s:
                await self._write(unit)
            elif unit.must_programme(now_s):
                await self._programme(unit)
            else:
                await self._poll(unit, now_s)

    def _most_urgent(self, now_s: float, early_s: float) -> UnitService | None:
        """Return the unit whose turn it is: one with levels to write before all others, else the longest due.

        If none is due, the next one if what it is due for is a poll, in so many seconds at most.
        """
        units = self._spoken_to(now_s)
        writes = [unit for unit in units if unit.write_due_s <= now_s]
        if writes:
            return min(writes, key=_WRITE_DUE)
        unit = min(units, key=_DUE, default=None)
        if unit is not None and (unit.due_s <= now_s or unit.poll_due_s <= now_s + early_s):
            return unit
        return None

    def _spoken_to(self, now_s: float) -> Sequence[UnitService]:
        """Any traffic keeps a unit from lighting its lamps by itself, so it gets none without a living control."""
        return self._units if now_s < self._fed_until_s else self._unsafe

    async def _idle(self, now_s: float) -> None:
        due_s = min((unit.due_s for unit in self._spoken_to(now_s)), default=math.inf)
        rest_s = min(max(due_s - now_s, 0.0), _LONGEST_IDLE_S)
        alarm = asyncio.get_running_loop().call_later(rest_s, self._wake.set)
        await self._wake.wait()
        alarm.cancel()

    async def _write(self, unit: UnitService) -> None:
        """Write all levels of a unit, and before the first of them what its lamps need to light at all."""
        try:
            while unit.opening:
                with contextlib.suppress(Refused):  # seen again, and told, when the programme proves it
                    await self._transact(unit, unit.opening.popleft().write)
            levels = unit.levels()
            for request in unit.plan.level_writes(levels):
                await self._transact(unit, request)
        except Refused:
            unit.refused_levels(self._now())
            return
        except (NoAnswer, BadAnswer) as error:
            self._failed(unit, error)
            return
        now_s = self._now()
        for device, level_pct in unit.wrote(levels, now_s).items():
            self._sink.sent(device, unit.plan.written_pct(level_pct), now_s)
        async with self._settled:
            self._settled.notify_all()

    async def _programme(self, unit: UnitService) -> None:
        """Write one setting and read it back."""
        programme = unit.programme[0]
        try:
            await self._transact(unit, programme.write)
            found = await self._transact(unit, programme.read)
        except Refused as error:
            self._not_proved(unit, programme.what, str(error))
        except (NoAnswer, BadAnswer) as error:
            self._failed(unit, error)
        else:
            if found == programme.expected:
                unit.proved(self._now())
            else:
                reads = f"expected {programme.expected.hex(' ')}, reads back {found.hex(' ')}"
                self._not_proved(unit, programme.what, reads)

    def _not_proved(self, unit: UnitService, what: str, reason: str) -> None:
        if unit.not_proved(reason, self._now()):
            self._sink.event("safety_mismatch", bus=self._spec.id, unit=unit.spec.id, what=what, reason=reason)

    async def _poll(self, unit: UnitService, now_s: float) -> None:
        block = unit.next_block(now_s)
        try:
            data = await self._transact(unit, block.request)
        except Refused as error:
            unit.forget(block)
            self._mark_bad(block.keys, str(error))
        except (NoAnswer, BadAnswer) as error:
            self._failed(unit, error)
        else:
            now_s = self._now()
            again, readings = unit.learnt(block, data, now_s)
            if again:
                self._sink.same(block.keys, now_s)
            for key, reading in readings:
                self._sink.reading(key, reading)

    async def _transact(self, unit: UnitService, request: Request) -> bytes:
        """Make one transaction. WireError if it did not yield the data that was asked for."""
        self._transactions += 1
        try:
            answer = await self._port.exchange(request, self._spec.timeout_s)
        except Refused as error:
            self._refusals += 1
            unit.refused(str(error))
            self._answered(unit)
            raise
        self._answered(unit)
        return answer.data

    def _answered(self, unit: UnitService) -> None:
        if unit.answered():
            self._sink.event("unit_back", bus=self._spec.id, unit=unit.spec.id)

    def _failed(self, unit: UnitService, error: NoAnswer | BadAnswer) -> None:
        self._timeouts += isinstance(error, NoAnswer)
        self._bad_answers += isinstance(error, BadAnswer)
        if unit.failed(str(error), self._now()):
            self._sink.event("unit_silent", bus=self._spec.id, unit=unit.spec.id, reason=str(error))
            self._mark_bad([point.key for point in unit.plan.points], str(error))

    def _mark_bad(self, keys: Iterable[str], reason: str) -> None:
        bad = Reading(None, Quality.BAD, reason, self._now())
        for key in keys:
            self._sink.reading(key, bad)

    def _link_up(self) -> None:
        if self._up is False:
            self._sink.event("link_up", bus=self._spec.id, port=self._spec.place)
        self._up = True

    def _link_lost(self, reason: str) -> None:
        if self._up is False:
            return
        self._up = False
        self._sink.event("link_lost", bus=self._spec.id, reason=reason)
        for unit in self._units:
            unit.link_lost()
        self._mark_bad((point.key for point in self.points()), reason)


def _port(spec: BusSpec) -> Port:
    if isinstance(spec, TcpBus):
        return TcpPort(spec)
    if isinstance(spec, RtuBus):
        return RtuThread(spec)
    raise LinkLost(f"{spec.place}: RTU over TCP is not there yet")
