"""Two wires in virtual time: characters take their time, frames end by silence, answers can collide.

The master's bytes come in by `arrived`, what its UART has received goes out by `due`. No clock is read here.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal

from firmware_sim import modbus
from firmware_sim.faults import Chance, Faults
from firmware_sim.link import Link
from firmware_sim.sending import FIFO, Sending, joined
from firmware_sim.units.unit import Unit

Direction = Literal["request", "answer"]
OnFrame = Callable[[Direction, bytes, float], None]

MOST_ON_THE_WAY = 64
USE_WINDOW_S = 10
FOREIGN_TURNAROUND_S = 0.01


class Wire:
    """One half-duplex line and the units on it. `on_frame` sees each frame with the time at which it ended.

    `link` is the line's own speed: that of units without one of their own. `master` is how the master's port is set now.
    Units and a master that are set otherwise hear noise of each other.
    """

    def __init__(self, baud: int, bits_per_char: int, units: Sequence[Unit], on_frame: OnFrame | None = None) -> None:
        self.link = self.master = Link(baud, "none", bits_per_char - 9)
        self.faults = Faults()
        self.collisions = 0
        self.silence_violations = 0
        self.on_frame = on_frame
        self.lateness_s: deque[float] = deque(maxlen=4096)
        self.char_s = self.link.char_s
        self.silence_s = self.link.silence_s
        self._units = units
        self._request = bytearray()
        self._request_link = self.link
        self._request_start_s = self._request_end_s = 0.0
        self._answer_end_s = float("-inf")
        self._sendings: list[Sending] = []
        self._use = [(0, 0.0)] * (USE_WINDOW_S + 1)

    @property
    def faults(self) -> Faults:
        """What goes wrong from the next traffic on. May be replaced; chance then starts anew from its seed."""
        return self._chance.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._chance = Chance(faults)
        self._noise_s: float | None = None
        self._foreign_s: float | None = None

    def arrived(self, data: bytes, now_s: float) -> None:
        """The master has begun to send these bytes at `now_s`."""
        self._end_request(now_s)
        master, chance = self.master, self._chance
        start_s = max(now_s, self._request_end_s) if self._request else now_s
        end_s = start_s + len(data) * master.char_s
        self._occupy(start_s, end_s - start_s)
        if chance.faults.echo:
            self._send(Sending(data, start_s, master, on_the_wire=False))
        if not self._request and now_s < self._answer_end_s + master.silence_s:
            self.silence_violations += 1
        if not self._request:
            self._request_start_s = start_s
        if self._drowned(start_s, end_s) or (self._request and master != self._request_link):
            data = chance.noise(len(data))
        data = chance.thinned(data)
        self._request += data[: modbus.LONGEST_FRAME + 1 - len(self._request)]
        self._request_link = master
        self._request_end_s = end_s

    def due(self, now_s: float) -> bytes:
        """What the master's UART has received since the last call. Requests that have ended are taken by the units."""
        self._end_request(now_s)
        self._stir(now_s)
        received = bytearray()
        while (sending := self._next_sending()) is not None and (group_s := sending.group_s()) <= now_s:
            self.lateness_s.append(now_s - group_s)
            received += self._heard(sending)
            if sending.handed >= len(sending.frame):
                self._sent(sending)
        if self.faults.babble and not self._sendings:
            self._send(Sending(self._chance.noise(FIFO), now_s, self.link))
        return bytes(received)

    def next_s(self) -> float | None:
        """When `due` has something to do again, if nothing arrives before."""
        times = [sending.group_s() for sending in self._sendings]
        times += [at_s for at_s in (self._noise_s, self._foreign_s) if at_s is not None]
        if self._request:
            times.append(self._request_end_s + self._request_link.silence_s)
        return min(times, default=None)

    def cut(self) -> None:
        """The line is pulled out: what is on the way is lost."""
        self._request.clear()
        self._sendings.clear()
        self._noise_s = self._foreign_s = None

    def use_pct(self, now_s: float) -> float:
        """Share of the last ten whole seconds in which characters were on the wire."""
        whole_s = int(now_s)
        busy_s = sum(busy_s for second, busy_s in self._use if whole_s - USE_WINDOW_S <= second < whole_s)
        return min(100.0, 100 * busy_s / USE_WINDOW_S)

    def _end_request(self, now_s: float) -> None:
        link = self._request_link
        end_s = self._request_end_s + link.silence_s
        if not self._request or now_s < end_s:
            return
        frame = bytes(self._request)
        self._request.clear()
        listeners = [unit for unit in self._units if (unit.link or self.link).understands(link)]
        if not listeners and not self.link.understands(link):
            frame = self._chance.noise(len(frame))  # a speed that nobody here reads
        self._note("request", frame, self._request_end_s)
        opened = modbus.unseal(frame)
        if opened is None:
            return
        address, pdu = opened
        for unit in listeners:
            if address not in {unit.address, modbus.BROADCAST}:
                continue
            spoken = unit.link or self.link  # the answer goes out as the unit was set when it was asked
            answer = unit.answer(pdu, end_s)
            if answer is not None and address != modbus.BROADCAST:
                self._reply(unit, modbus.seal(address, answer), spoken, end_s + unit.turnaround_s)

    def _reply(self, unit: Unit, frame: bytes, link: Link, start_s: float) -> None:
        gap_s = 0.0
        stall: tuple[int, float] | None = None
        for chance in (unit.chance, self._chance):
            hurt = chance.hurt(frame)
            if not hurt:
                return
            frame = hurt
            start_s += chance.faults.late_s
            gap_s += chance.faults.gap_s
            if (before := chance.stall_at(len(frame))) is not None:
                stall = (before, chance.faults.stall_s)
        if stall is None:
            self._speak(Sending(frame, start_s, link, gap_s))
            return
        before, stall_s = stall
        head = Sending(frame[:before], start_s, link, gap_s)
        self._speak(head)
        self._speak(Sending(frame[before:], head.end_s + stall_s, link, gap_s))

    def _speak(self, sending: Sending) -> None:
        """Put an answer on the wire; where others send at the same time, what the master gets is a mixture."""
        for other in self._sendings:
            if other.meets(sending.start_s, sending.end_s):
                joined(other, sending, self._chance.noise)
                self.collisions += 1
                return
        self._send(sending)

    def _send(self, sending: Sending) -> None:
        if sending.frame and len(self._sendings) < MOST_ON_THE_WAY:
            self._sendings.append(sending)

    def _sent(self, sending: Sending) -> None:
        self._sendings.remove(sending)
        if sending.on_the_wire:
            self._occupy(sending.start_s, sending.end_s - sending.start_s)
            self._answer_end_s = max(self._answer_end_s, sending.end_s)
            self._note("answer", sending.frame, sending.end_s)

    def _heard(self, sending: Sending) -> bytes:
        """The next group of characters, as a port with the master's setting reads them."""
        group = sending.take()
        if self.master.understands(sending.link):
            return group
        per_char = self.master.heard_per_char(sending.link)
        first, last = sending.handed - len(group), sending.handed
        return self._chance.noise(math.ceil(last * per_char) - math.ceil(first * per_char))

    def _stir(self, now_s: float) -> None:
        """Noise and strangers: what comes onto the line without having been asked."""
        chance = self._chance
        self._noise_s = self._next(self._noise_s, now_s, chance.faults.noise_per_s)
        self._foreign_s = self._next(self._foreign_s, now_s, chance.faults.foreign_per_s)
        while self._noise_s is not None and self._noise_s <= now_s:
            self._intrude(Sending(chance.burst(), self._noise_s, self.link))
            self._noise_s += chance.wait_s(chance.faults.noise_per_s)
        while self._foreign_s is not None and self._foreign_s <= now_s:
            at_s = self._foreign_s
            for frame in chance.foreign():
                self._intrude(foreign := Sending(frame, at_s, self.link))
                at_s = foreign.end_s + self.silence_s + FOREIGN_TURNAROUND_S
            self._foreign_s = max(at_s, self._foreign_s + chance.wait_s(chance.faults.foreign_per_s))

    def _next(self, planned_s: float | None, now_s: float, per_s: float) -> float | None:
        if per_s <= 0:
            return None
        # After a time without any traffic nothing is made up for.
        return now_s + self._chance.wait_s(per_s) if planned_s is None or planned_s < now_s - 1 else planned_s

    def _intrude(self, sending: Sending) -> None:
        if self._request and self._request_start_s < sending.end_s and sending.start_s < self._request_end_s:
            self._request[:] = self._chance.noise(len(self._request))
            self.collisions += 1
        self._speak(sending)

    def _drowned(self, start_s: float, end_s: float) -> bool:
        """Whether somebody sends while the master does; what the others have still to say is garbled."""
        met = [other for other in self._sendings if other.meets(start_s, end_s)]
        for other in met:
            other.garble(self._chance.noise)
        self.collisions += bool(met)
        return bool(met)

    def _next_sending(self) -> Sending | None:
        return min(self._sendings, key=Sending.group_s, default=None)

    def _note(self, direction: Direction, frame: bytes, mono_s: float) -> None:
        if self.on_frame is not None:
            self.on_frame(direction, frame, mono_s)

    def _occupy(self, start_s: float, span_s: float) -> None:
        place = int(start_s) % len(self._use)
        second, busy_s = self._use[place]
        self._use[place] = (int(start_s), span_s + (busy_s if second == int(start_s) else 0.0))
