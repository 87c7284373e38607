"""One instrument on its serial port, on the event loop: bytes in, readings out, questions to it, and back after an unplug."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import termios
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, Protocol

import msgspec
import serial

from drivers.bus.recorder import Recorder
from drivers.bus.serial_wire import reason
from drivers.errors import LinkLost
from drivers.lines.instrument import Language, Model, Setting
from drivers.lines.telling import Teller
from drivers.points import Point, Reading

_FIRST_REOPEN_S = 0.1
_LONGEST_REOPEN_S = 2.0
_LOOK_S = 1.0  # how often it is looked whether anything is understood
_TRY_BAUD_S = 3.0  # nothing understood for so long: the next speed
_READ_BYTES = 4096

UTC = "location/utc"  # the resource that tells the time


class InstrumentSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An instrument to be read. `baud` none: the model's, or another that it may be set to, whichever is understood.

    `devices`: (kind, id) of each device that it carries.
    """

    id: str
    model: Model
    port: Path
    baud: int | None
    options: Mapping[str, Setting]
    devices: tuple[tuple[str, str], ...]


class InstrumentState(msgspec.Struct, frozen=True, kw_only=True):
    """How an instrument is doing. `heard_s`: monotonic time of its last frame, -inf if there was none."""

    id: str
    model: str
    place: str
    baud: int
    state: Literal["starting", "ok", "silent", "unplugged"]
    identity: str
    heard_s: float
    frames: int
    bad_frames: int
    stray_bytes: int
    last_error: str


class InstrumentSink(Protocol):
    """Where an instrument delivers. All calls are made on the event loop."""

    def reading(self, key: str, reading: Reading) -> None:
        """A point was read, or cannot be."""

    def event(self, name: str, **keys: object) -> None:
        """Something changed its state: instrument_lost, instrument_silent, instrument_back."""


class InstrumentPort:
    """Serves one instrument. All methods are for the event loop."""

    def __init__(self, spec: InstrumentSpec, *, now: Callable[[], float], sink: InstrumentSink) -> None:
        model = spec.model
        self._spec = spec
        self._now = now
        self._sink = sink
        self._language: Language = model.build(spec.options)
        self._silent_s = model.silent_s(spec.options) if model.silent_s is not None else model.silent_after_s
        self._teller = Teller(model, spec.devices, self._silent_s, sink.reading)
        self._bauds = (model.baud, *model.bauds) if spec.baud is None else (spec.baud,)
        self._baud = self._bauds[0]
        self._recorder = Recorder()
        self._serial: serial.Serial | None = None
        self._lost: asyncio.Future[str] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._due_s = math.inf
        self._heard_s = -math.inf
        self._frames = 0
        self._state: Literal["starting", "ok", "silent", "unplugged"] = "starting"
        self._last_error = ""
        self.beat: Callable[[], None] = lambda: None
        self.told_utc: Callable[[str, float], None] = lambda _utc, _mono_s: None

    @property
    def id(self) -> str:
        """Return the instrument's name."""
        return self._spec.id

    def points(self) -> tuple[Point, ...]:
        """Return every point that this instrument delivers."""
        return self._teller.points

    def state(self) -> InstrumentState:
        """Return how it is doing."""
        counts = self._language.counts
        return InstrumentState(
            id=self._spec.id,
            model=self._spec.model.name,
            place=str(self._spec.port),
            baud=self._baud,
            state=self._state,
            identity=self._language.identity,
            heard_s=self._heard_s,
            frames=counts.frames,
            bad_frames=counts.bad_frames,
            stray_bytes=counts.stray_bytes,
            last_error=self._last_error or counts.last_error,
        )

    def dump(self, wall_s: float) -> str:
        """Return the last of what went and came as text; `wall_s`: wall time less monotonic."""
        return self._recorder.text(f"{self._spec.id} at {self._spec.port}, {self._baud} 8N1", wall_s)

    async def run(self) -> None:
        """Serve the port until cancelled; one that is gone is opened again as soon as it is back."""
        pause_s = _FIRST_REOPEN_S
        while True:
            self.beat()
            try:
                self._serial = await asyncio.to_thread(self._opened)  # a driver may take its time
                pause_s = _FIRST_REOPEN_S
                await self._serve()
            except LinkLost as error:
                self._unplugged(str(error))
            finally:
                self._close()
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_REOPEN_S)

    def _opened(self) -> serial.Serial:
        """Open the port. LinkLost."""
        place = self._spec.port
        try:
            port = serial.Serial(str(place), self._baud, timeout=0, exclusive=True)
        except termios.error as error:
            raise LinkLost(f"{place}: does not take {self._baud} baud ({error.args[-1]})") from None
        except (serial.SerialException, OSError, ValueError) as error:
            raise LinkLost(f"{place}: {reason(error)}") from None
        with contextlib.suppress(ValueError):  # a driver that has no such mode hands on at once, or never will
            port.set_low_latency_mode(True)
        return port

    async def _serve(self) -> None:
        """Read until the link is lost, and look once a second whether anything is understood. LinkLost."""
        port = self._serial
        if port is None:
            return
        loop = asyncio.get_running_loop()
        self._lost = loop.create_future()
        opened_s, frames = self._now(), self._language.counts.frames
        self._language.opened(opened_s)
        loop.add_reader(port.fileno(), self._read)
        self._ask()
        while True:
            self.beat()
            await asyncio.wait([self._lost], timeout=_LOOK_S - self._now() % _LOOK_S)
            if self._lost.done():
                raise LinkLost(self._lost.result())
            self._look(opened_s)
            understood = self._language.counts.frames > frames
            if not understood and len(self._bauds) > 1 and self._now() - opened_s > _TRY_BAUD_S:
                self._baud = self._bauds[(self._bauds.index(self._baud) + 1) % len(self._bauds)]
                return

    def _close(self) -> None:
        self._rest()
        port, self._serial = self._serial, None
        if port is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                asyncio.get_running_loop().remove_reader(port.fileno())
            with contextlib.suppress(OSError):  # it is gone already
                port.close()

    def _read(self) -> None:
        """Take what has come."""
        port, now_s = self._serial, self._now()
        if port is None:
            return
        try:
            data = os.read(port.fileno(), _READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(f"{self._spec.port}: {reason(error)}")
            return
        if not data:
            self._end(f"{self._spec.port}: hung up")
            return
        self._recorder.note(now_s, "<", data)
        language = self._language
        facts = language.feed(data, now_s)
        for fact in facts:
            if fact.resource == UTC and isinstance(fact.value, str):
                self.told_utc(fact.value, now_s)
        self._teller.tell(facts, now_s)
        if language.counts.frames != self._frames:
            self._frames = language.counts.frames
            self._heard_s = now_s
            if self._state != "ok":
                self._understood()
        self._ask()

    def _ask(self) -> None:
        """Send what is due, and come back when the next is."""
        port, now_s = self._serial, self._now()
        if port is None:
            return
        data = self._language.due(now_s)
        if data:
            self._recorder.note(now_s, ">", data)
            try:
                sent = os.write(port.fileno(), data)
            except BlockingIOError:
                sent = 0
            except OSError as error:
                self._end(f"{self._spec.port}: {reason(error)}")
                return
            if sent != len(data):
                self._end(f"{self._spec.port}: takes {sent} of {len(data)} bytes, as if nothing left it any more")
                return
        due_s = self._language.next_s()
        if due_s != self._due_s:
            self._rest()
            if due_s < math.inf:
                self._due_s = due_s
                self._timer = asyncio.get_running_loop().call_later(max(0.0, due_s - now_s), self._due)

    def _due(self) -> None:
        self._rest()
        self._ask()

    def _rest(self) -> None:
        """Nothing is due."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._due_s = None, math.inf

    def _end(self, why: str) -> None:
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(why)

    def _understood(self) -> None:
        if self._state != "starting":
            self._sink.event("instrument_back", instrument=self._spec.id)
        self._state = "ok"
        self._last_error = ""

    def _look(self, opened_s: float) -> None:
        """Say once that nothing is understood any more."""
        silent_s = self._now() - max(self._heard_s, opened_s)
        if silent_s > self._silent_s and self._state != "silent":
            self._state = "silent"
            counts = self._language.counts
            why = f"nothing understood for {silent_s:.0f} s at {self._baud} baud"
            self._last_error = f"{why}; last: {counts.last_error}" if counts.last_error else why
            self._recorder.note(self._now(), "!", why.encode())
            self._sink.event("instrument_silent", instrument=self._spec.id, reason=self._last_error)

    def _unplugged(self, why: str) -> None:
        self._last_error = why
        if self._state != "unplugged":
            self._state = "unplugged"
            self._recorder.note(self._now(), "!", why.encode())
            self._sink.event("instrument_lost", instrument=self._spec.id, reason=why)
        self._teller.lost(why, self._now())
