"""Two wires in virtual time: characters take their time, frames end by silence, answers can collide.

The master's bytes come in by `arrived`, what its UART has received goes out by `due`. No clock is read here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from firmware_sim import modbus
from firmware_sim.units.unit import Unit

Direction = Literal["request", "answer"]
OnFrame = Callable[[Direction, bytes, float], None]

FIFO = 8
"""A UART hands on what it received in groups of at most so many characters."""

MOST_ON_THE_WAY = 64
USE_WINDOW_S = 10


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong on a line: shares 0..1 of the answers lost or corrupted, and how much later answers start.

    `echo`: the adapter gives the master its own bytes back; `babble`: somebody on the line never stops sending.
    """

    drop: float = 0.0
    corrupt: float = 0.0
    late_s: float = 0.0
    echo: bool = False
    babble: bool = False
    seed: int = 1


@dataclass(slots=True)
class _Sending:
    """Bytes on their way to the master, the first of them from `start_s`."""

    frame: bytes
    start_s: float
    end_s: float
    on_the_wire: bool  # an echo is made by the adapter and disturbs nobody
    handed: int = 0


class Wire:
    """One half-duplex line and the units on it. `on_frame` sees each frame with the time at which it ended."""

    def __init__(self, baud: int, bits_per_char: int, units: Sequence[Unit], on_frame: OnFrame | None = None) -> None:
        self.faults = Faults()
        self.collisions = 0
        self.silence_violations = 0
        self.on_frame = on_frame
        self.lateness_s: deque[float] = deque(maxlen=4096)
        self.char_s = bits_per_char / baud
        self.silence_s = 3.5 * self.char_s if baud <= 19200 else 0.00175
        self._units = units
        self._request = bytearray()
        self._request_end_s = 0.0
        self._answer_end_s = float("-inf")
        self._sendings: list[_Sending] = []
        self._use = [(0, 0.0)] * (USE_WINDOW_S + 1)

    @property
    def faults(self) -> Faults:
        """What goes wrong from the next traffic on. May be replaced; chance then starts anew from its seed."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._faults = faults
        self._random = Random(faults.seed)  # noqa: S311 (faults, not secrets)

    def arrived(self, data: bytes, now_s: float, *, legible: bool = True) -> None:
        """The master has begun to send these bytes at `now_s`; not `legible`: at a speed that nobody here reads."""
        self._end_request(now_s)
        start_s = max(now_s, self._request_end_s) if self._request else now_s
        end_s = start_s + len(data) * self.char_s
        self._occupy(start_s, end_s - start_s)
        if self.faults.echo:
            self._send(data, start_s, on_the_wire=False)
        if not self._request and now_s < self._answer_end_s + self.silence_s:
            self.silence_violations += 1
        if self._collides(start_s, end_s) or not legible:
            data = self._noise(len(data))
        self._request += data[: modbus.LONGEST_FRAME + 1 - len(self._request)]
        self._request_end_s = end_s

    def due(self, now_s: float) -> bytes:
        """What the master's UART has received since the last call. Requests that have ended are taken by the units."""
        self._end_request(now_s)
        received = bytearray()
        while (sending := self._next_sending()) is not None and (group_s := self._group_s(sending)) <= now_s:
            self.lateness_s.append(now_s - group_s)
            received += sending.frame[sending.handed : sending.handed + FIFO]
            sending.handed += FIFO
            if sending.handed >= len(sending.frame):
                self._sent(sending)
        if self.faults.babble and not self._sendings:
            self._send(self._noise(FIFO), now_s)
        return bytes(received)

    def next_s(self) -> float | None:
        """When `due` has something to do again, if nothing arrives before."""
        times = [self._group_s(sending) for sending in self._sendings]
        if self._request:
            times.append(self._request_end_s + self.silence_s)
        return min(times, default=None)

    def cut(self) -> None:
        """The line is pulled out: what is on the way is lost."""
        self._request.clear()
        self._sendings.clear()

    def use_pct(self, now_s: float) -> float:
        """Share of the last ten whole seconds in which characters were on the wire."""
        whole_s = int(now_s)
        busy_s = sum(busy_s for second, busy_s in self._use if whole_s - USE_WINDOW_S <= second < whole_s)
        return min(100.0, 100 * busy_s / USE_WINDOW_S)

    def _end_request(self, now_s: float) -> None:
        end_s = self._request_end_s + self.silence_s
        if not self._request or now_s < end_s:
            return
        frame = bytes(self._request)
        self._request.clear()
        self._note("request", frame, self._request_end_s)
        opened = modbus.unseal(frame)
        if opened is None:
            return
        address, pdu = opened
        for unit in self._units:
            if address not in {unit.address, modbus.BROADCAST}:
                continue
            answer = unit.answer(pdu, end_s)
            if answer is not None and address != modbus.BROADCAST:
                self._reply(modbus.seal(address, answer), end_s + unit.turnaround_s)

    def _reply(self, frame: bytes, start_s: float) -> None:
        if self._random.random() < self.faults.drop:
            return
        if self._random.random() < self.faults.corrupt:
            bit = self._random.randrange(8 * len(frame))
            frame = (int.from_bytes(frame, "little") ^ 1 << bit).to_bytes(len(frame), "little")
        start_s += self.faults.late_s
        end_s = start_s + len(frame) * self.char_s
        if self._collides(start_s, end_s):
            frame = self._noise(len(frame))
        self._send(frame, start_s)

    def _send(self, frame: bytes, start_s: float, *, on_the_wire: bool = True) -> None:
        if len(self._sendings) < MOST_ON_THE_WAY:
            self._sendings.append(_Sending(frame, start_s, start_s + len(frame) * self.char_s, on_the_wire))

    def _sent(self, sending: _Sending) -> None:
        self._sendings.remove(sending)
        if sending.on_the_wire:
            self._occupy(sending.start_s, sending.end_s - sending.start_s)
            self._answer_end_s = max(self._answer_end_s, sending.end_s)
            self._note("answer", sending.frame, sending.end_s)

    def _collides(self, start_s: float, end_s: float) -> bool:
        """Whether somebody else sends in this time; what the others have still to say is garbled."""
        met = [
            other for other in self._sendings if other.on_the_wire and other.start_s < end_s and start_s < other.end_s
        ]
        for other in met:
            rest = len(other.frame) - other.handed
            other.frame = other.frame[: other.handed] + self._noise(rest)
        self.collisions += bool(met)
        return bool(met)

    def _noise(self, size: int) -> bytes:
        return self._random.randbytes(max(size, 0))

    def _next_sending(self) -> _Sending | None:
        return min(self._sendings, key=self._group_s, default=None)

    def _group_s(self, sending: _Sending) -> float:
        return sending.start_s + min(sending.handed + FIFO, len(sending.frame)) * self.char_s

    def _note(self, direction: Direction, frame: bytes, mono_s: float) -> None:
        if self.on_frame is not None:
            self.on_frame(direction, frame, mono_s)

    def _occupy(self, start_s: float, span_s: float) -> None:
        place = int(start_s) % len(self._use)
        second, busy_s = self._use[place]
        self._use[place] = (int(start_s), span_s + (busy_s if second == int(start_s) else 0.0))
