"""One line and its units: levels before polls, strict transactions, every unit's trouble its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable

from drivers.bus.broadcast import level_for_all
from drivers.bus.port import Answer, Port
from drivers.bus.records import BusSink, BusSpec, BusStats, Link, RtuBus, TcpBus, UnitSpec, UnitState
from drivers.bus.rtu_thread import RtuThread
from drivers.bus.schedule import Question, Schedule, Traffic, Turn
from drivers.bus.service import UnitService
from drivers.bus.tcp_port import TcpPort
from drivers.errors import BadAnswer, Busy, LinkLost, NoAnswer, Refused, WireError
from drivers.modbus.pdu import Request
from drivers.modbus.plan import TCP_COST, Cost, serial_cost
from drivers.points import Point, Quality, Reading

_FIRST_REOPEN_S = 0.1
_LONGEST_REOPEN_S = 2.0
_LONGEST_IDLE_S = 1.0
_USUAL_LATENCY_S = 0.01  # of a unit that nobody has asked yet
_GOLDEN = 0.618034  # multiples of it lie as far from each other as can be


class FieldBus:
    """Runs one line. All methods are for the event loop."""

    def __init__(self, spec: BusSpec, units: tuple[UnitSpec, ...], *, now: Callable[[], float], sink: BusSink) -> None:
        self._spec = spec
        self._now = now
        self._sink = sink
        serial = not isinstance(spec, TcpBus)
        self._units = [
            UnitService(unit, _cost(spec), timeout_s=spec.timeout_s, beat=number * _GOLDEN % 1 if serial else None)
            for number, unit in enumerate(units)
        ]
        self._carrier = {device: unit for unit in self._units for _, device in unit.spec.devices}
        self._schedule = Schedule(self._units)
        self._port = _port(spec)
        self._at_a_time = spec.in_flight if isinstance(spec, TcpBus) else 1
        self._working = 0
        self._wake = asyncio.Event()
        self._settled = asyncio.Condition()
        self._up: bool | None = None
        self._transactions = self._questions = 0
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
        if not self._schedule.fed(self._now()):
            self._wake.set()
        self._schedule.feed(until_s)

    async def flush(self, timeout_s: float) -> bool:
        """Wait until every level has been acknowledged. False if that took too long."""
        self._schedule.feed(max(self._schedule.fed_until_s, self._now() + timeout_s))
        self._wake.set()
        try:
            async with asyncio.timeout(timeout_s), self._settled:
                await self._settled.wait_for(lambda: all(unit.levels.settled() for unit in self._units))
        except TimeoutError:
            return False
        return True

    async def ask(
        self, request: Request, *, scan: bool = False, link: Link | None = None, timeout_s: float | None = None
    ) -> Answer:
        """Make one transaction for somebody outside, in its turn: as a command, or as a scan, which costs no poll.

        `timeout_s` is the longest wait for the answer once it is asked, if not that of the bus; `link` asks at another
        speed. WireError, of which Busy says that too many questions wait already; ValueError if `link` cannot be.
        """
        if link is not None and not isinstance(self._spec, RtuBus):
            raise ValueError(f"{self._spec.place}: an address has no speed")
        if self._up is False:
            raise LinkLost(f"{self._spec.place}: the link is down")
        told: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        traffic = Traffic.SCAN if scan else Traffic.COMMAND
        question = Question(request, traffic, link, timeout_s or self._spec.timeout_s, lambda came: _tell(told, came))
        if not self._schedule.ask(question):
            raise Busy(f"{self._spec.place}: too many questions wait already")
        self._wake.set()
        try:
            return await told
        finally:
            question.dropped = True

    def stats(self) -> BusStats:
        """Return how busy and how sound the line is."""
        units, counts = [unit.report() for unit in self._units], self._port.counts
        return BusStats(
            id=self._spec.id,
            place=self._spec.place,
            link=self._spec.link if isinstance(self._spec, RtuBus) else None,
            up=self._up is True,
            use_pct=self._port.use_pct(),
            transactions=self._transactions,
            timeouts=sum(unit.timeouts for unit in units),
            bad_answers=sum(unit.bad_answers for unit in units),
            refusals=sum(unit.refusals for unit in units),
            crc_errors=counts.crc_errors,
            stray_bytes=counts.stray_bytes,
            foreign_frames=counts.foreign_frames,
            late_frames=counts.late_frames,
            echo=counts.echo,
            questions=self._questions,
            left_out=sum(unit.left_out for unit in units),
        )

    def unit_states(self) -> tuple[UnitState, ...]:
        """Return how each unit is doing."""
        return tuple(unit.report() for unit in self._units)

    def dump(self, wall_s: float) -> str:
        """Return the last of what went and came, as a text that a test can replay; `wall_s`: wall time less monotonic."""
        link = f", {self._spec.link}" if isinstance(self._spec, RtuBus) else ""
        return self._port.recorder.text(f"{self._spec.id} at {self._spec.place}{link}", wall_s)

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
                self._link_lost(error)
            finally:
                await self._port.close()
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_REOPEN_S)

    async def _serve(self) -> None:
        """Take turns until the link is lost."""
        if self._at_a_time > 1:
            await self._serve_together()
        while True:
            self._wake.clear()
            await self._take_turns()
            await self._idle()

    async def _serve_together(self) -> None:
        """Take turns, as many at a time as the other end takes: one that waits for a slow unit keeps no other from its turn."""
        self._working = 0
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    self._wake.clear()
                    hands = min(self._at_a_time - self._working, self._schedule.due_count(self._now()))
                    self._working += hands
                    for _ in range(hands):
                        group.create_task(self._work())
                    await self._idle()
        except* LinkLost as lost:
            raise LinkLost(str(lost.exceptions[0])) from None

    async def _work(self) -> None:
        worked = False
        try:
            worked = await self._take_turns()
        finally:
            self._working -= 1
            if worked:  # what was under way may be due again at another time
                self._wake.set()

    async def _take_turns(self) -> bool:
        """Take turns while something is due. True if anything was."""
        worked = False
        while (turn := self._schedule.next_turn(now_s := self._now())) is not None:
            self.beat()
            if turn.traffic >= Traffic.FAST and turn.unit is not None:
                await self._poll(turn.unit, now_s, fast=turn.traffic is Traffic.FAST)
            else:
                await self._take(turn)
            self._schedule.took(self._now() - now_s)
            worked = True
        return worked

    async def _idle(self) -> None:
        now_s = self._now()
        full = self._working == self._at_a_time
        rest_s = _LONGEST_IDLE_S if full else min(max(self._schedule.next_due_s(now_s) - now_s, 0.0), _LONGEST_IDLE_S)
        alarm = asyncio.get_running_loop().call_later(rest_s, self._wake.set)
        await self._wake.wait()
        alarm.cancel()

    async def _take(self, turn: Turn) -> None:
        unit, question = turn.unit, turn.question
        if question is not None:
            await self._answer(question)
        elif unit is not None:
            self._schedule.begins(unit)
            try:
                await (self._write(unit) if turn.traffic is Traffic.CONTROL else self._programme(unit))
            finally:
                self._schedule.ends(unit)

    async def _answer(self, question: Question) -> None:
        self._transactions += 1
        self._questions += 1
        try:
            question.told(await self._port.exchange(question.request, question.timeout_s, question.link))
        except WireError as error:
            question.told(error)
            if isinstance(error, LinkLost):
                raise
        except asyncio.CancelledError:
            question.told(LinkLost(f"{self._spec.place}: closed"))
            raise

    async def _write(self, unit: UnitService) -> None:
        """Write all levels of a unit, and before the first of them what its lamps need to light at all."""
        level_pct = level_for_all(self._units)
        if level_pct is not None and await self._write_to_all(unit, level_pct):
            return
        try:
            while unit.settings.opening:
                with contextlib.suppress(Refused):  # seen again, and told, when the programme proves it
                    await self._transact(unit, unit.settings.opening.popleft().write)
            levels = unit.levels.rising_first()
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

    async def _write_to_all(self, unit: UnitService, level_pct: float) -> bool:
        """Write one level to all units at once. False if these units cannot be told so."""
        request = unit.plan.level_for_all(level_pct)
        if request is None:
            return False
        self._transactions += 1
        try:
            await self._port.exchange(request, self._spec.timeout_s)
        except BadAnswer:  # the line does not fall silent: each unit's own write will tell
            return False
        for one in self._units:
            one.told_to_all(self._now())
        return True

    async def _programme(self, unit: UnitService) -> None:
        """Write one setting, or read it back: a turn each, so that no lamp waits for both."""
        settings = unit.settings
        programme = settings.programme[0]
        try:
            found = await self._transact(unit, programme.read if settings.written else programme.write)
        except Refused as error:
            self._not_proved(unit, programme.what, str(error))
        except (NoAnswer, BadAnswer) as error:
            self._failed(unit, error)
        else:
            if not settings.written:
                settings.written = True
            elif found == programme.expected:
                unit.proved(self._now())
            else:
                reads = f"expected {programme.expected.hex(' ')}, reads back {found.hex(' ')}"
                self._not_proved(unit, programme.what, reads)

    def _not_proved(self, unit: UnitService, what: str, reason: str) -> None:
        if unit.not_proved(reason, self._now()):
            self._sink.event("safety_mismatch", bus=self._spec.id, unit=unit.spec.id, what=what, reason=reason)

    async def _poll(self, unit: UnitService, now_s: float, *, fast: bool) -> None:
        block = unit.next_block(now_s, fast=fast)
        self._schedule.begins(unit)
        try:
            data = await self._transact(unit, block.request)
        except Refused as error:
            self._mark_bad(unit.cannot_read(block, error), str(error))
            return
        except (NoAnswer, BadAnswer) as error:
            self._failed(unit, error)
            return
        finally:
            self._schedule.ends(unit)
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
            answer = await self._port.exchange(request, unit.patience.timeout_s)
        except Refused as error:
            unit.refused(str(error))
            self._answered(unit, None)
            raise
        self._answered(unit, answer.latency_s)
        return answer.data

    def _answered(self, unit: UnitService, latency_s: float | None) -> None:
        if unit.answered(latency_s, self._now()):
            self._sink.event("unit_back", bus=self._spec.id, unit=unit.spec.id)

    def _failed(self, unit: UnitService, error: NoAnswer | BadAnswer) -> None:
        if unit.failed(error, self._now()):
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

    def _link_lost(self, error: LinkLost) -> None:
        self._schedule.give_up(error)
        if self._up is False:
            return
        self._up = False
        reason = str(error)
        self._sink.event("link_lost", bus=self._spec.id, reason=reason)
        for unit in self._units:
            unit.link_lost()
        self._mark_bad((point.key for point in self.points()), reason)


def _tell(told: asyncio.Future[Answer], came: Answer | WireError) -> None:
    if told.done():
        return
    if isinstance(came, WireError):
        told.set_exception(came)
    else:
        told.set_result(came)


def _cost(spec: BusSpec) -> Cost:
    if isinstance(spec, TcpBus):
        return TCP_COST
    link = spec.link if isinstance(spec, RtuBus) else Link()
    return serial_cost(link.char_s, _USUAL_LATENCY_S, link.silence_s)


def _port(spec: BusSpec) -> Port:
    return TcpPort(spec) if isinstance(spec, TcpBus) else RtuThread(spec)
