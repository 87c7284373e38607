"""One instrument's port in virtual time: characters take their time, faults happen. No clock is read here."""

from __future__ import annotations

import math
from collections import deque
from itertools import pairwise

from firmware_sim.faults import Chance, Faults
from firmware_sim.instruments import Instrument
from firmware_sim.link import Link

GROUP = 32  # characters that a UART hands on at a time
AHEAD_S = 0.005  # a babbling sender does not wait for us
LONGEST_QUEUE_S = 0.5  # what an instrument says faster than its line carries is lost


class SerialStream:
    """What goes between a port and its instrument. A port that is set to another speed hears noise, and is not heard."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.link = self.master = Link(instrument.baud, "none", 1)
        self.faults = Faults()
        self._out: deque[tuple[float, bytes]] = deque()
        self._free_s = -math.inf

    @property
    def faults(self) -> Faults:
        """What goes wrong from the next characters on. May be replaced; chance then starts anew from its seed."""
        return self._chance.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._chance = Chance(faults)
        self._noise_s: float | None = None

    def arrived(self, data: bytes, now_s: float) -> None:
        """The port has sent these bytes."""
        heard = data if self.master.understands(self.link) else self._chance.noise(len(data))
        self.instrument.arrived(self._chance.thinned(heard), now_s)

    def due(self, now_s: float) -> bytes:
        """What the port has received since the last call."""
        if self.instrument.next_s() <= now_s:
            said = self.instrument.due(now_s)
            hurt = self._chance.hurt(said) if said else None
            if hurt:
                self._send(hurt, now_s + self.faults.late_s)
        self._stir(now_s)
        received = bytearray()
        while self._out and self._out[0][0] <= now_s:
            received += self._heard(self._out.popleft()[1])
        return bytes(received)

    def next_s(self) -> float | None:
        """When `due` has something to do again, if nothing arrives before."""
        times = [self.instrument.next_s()]
        times += [self._out[0][0]] if self._out else []
        times += [self._noise_s] if self._noise_s is not None else []
        next_s = min(times)
        return None if math.isinf(next_s) else next_s

    def cut(self) -> None:
        """The port is gone: what is on the way is lost."""
        self._out.clear()
        self._free_s = -math.inf
        self._noise_s = None

    def _send(self, data: bytes, now_s: float) -> None:
        end_s = max(now_s, self._free_s)
        if end_s > now_s + LONGEST_QUEUE_S:
            return
        gap_s, stall_s = self.faults.gap_s, self.faults.stall_s
        stall_at = self._chance.stall_at(len(data)) or len(data)
        places = sorted({*range(0, len(data), 1 if gap_s else GROUP), stall_at, len(data)})
        for at, next_at in pairwise(places):
            end_s += (next_at - at) * self.link.char_s + gap_s * (at > 0) + stall_s * (at == stall_at)
            self._out.append((end_s, data[at:next_at]))
        self._free_s = end_s

    def _stir(self, now_s: float) -> None:
        """Noise: bursts now and then, or without a pause."""
        faults, chance = self._chance.faults, self._chance
        if faults.babble:
            while self._free_s <= now_s + AHEAD_S:
                self._send(chance.noise(GROUP), now_s)
        if faults.noise_per_s <= 0:
            self._noise_s = None
            return
        if self._noise_s is None:
            self._noise_s = now_s + chance.wait_s(faults.noise_per_s)
        while self._noise_s <= now_s:
            self._send(chance.burst(), self._noise_s)
            self._noise_s += chance.wait_s(faults.noise_per_s)

    def _heard(self, group: bytes) -> bytes:
        """A group of characters, as a port with this setting reads them."""
        if self.master.understands(self.link):
            return group
        return self._chance.noise(math.ceil(len(group) * self.master.heard_per_char(self.link)))
