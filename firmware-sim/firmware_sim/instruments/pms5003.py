"""Plantower particulate counters: PMS3003 (length 20), PMS5003 and PMS7003 (28), PMS5003ST (36), by their manuals."""

from __future__ import annotations

import math

_MODE, _READ, _WORK = 0xE1, 0xE2, 0xE4
_REPLY_S = 0.02
_STEADY_S, _CHANGED_S = 2.3, 0.8
_WARM_UP_S = 30.0


class Pms5003:
    """`pm…_ug_m3`: the air, of which it tells masses and numbers. After power-up it is awake and reports by itself.

    While the fan spins up it tells too little. `worked_s`: how long the laser has been on.
    """

    baud = 9600

    def __init__(self, length: int = 28, *, now_s: float = 0.0) -> None:
        self.length = length
        self.pm1_ug_m3 = 8.0
        self.pm2_5_ug_m3 = 12.0
        self.pm10_ug_m3 = 20.0
        self.version = 0x97
        self.error = 0
        self.alive = True
        self.worked_s = 0.0
        self._next_s = now_s
        self.power_up(now_s)

    def power_up(self, now_s: float) -> None:
        """Begin as after power has come."""
        self.asleep = self.passive = False
        self._heard = b""
        self._replies: list[tuple[float, bytes]] = []
        self._told: list[int] = []
        self._begin(now_s)

    def arrived(self, data: bytes, now_s: float) -> None:
        """Take bytes that it hears. A PMS3003 has no ears."""
        if self.length == 20:
            return
        self._heard = (self._heard + data)[-64:]
        while (at := self._heard.find(b"BM")) >= 0 and len(self._heard) >= at + 7:
            packet = self._heard[at : at + 7]
            whole = sum(packet[:5]) == packet[5] * 256 + packet[6]
            self._heard = self._heard[at + (7 if whole else 1) :]
            if whole and self.alive:
                self._told_to(packet[2], packet[4], now_s)

    def due(self, now_s: float) -> bytes:
        """Return what it sends now."""
        said = b"".join(reply for at_s, reply in self._replies if at_s <= now_s)
        self._replies = [(at_s, reply) for at_s, reply in self._replies if at_s > now_s]
        if self.asleep or now_s < self._next_s:
            return said
        self._worked(now_s)
        masses = self.masses(now_s)
        self._next_s = now_s + (_CHANGED_S if masses != self._told else _STEADY_S)
        self._told = masses
        return said + (b"" if self.passive or not self.alive else self.report(now_s))

    def next_s(self) -> float:
        """Return when it sends or does something next."""
        return min(
            math.inf if self.asleep else self._next_s, min((at_s for at_s, _ in self._replies), default=math.inf)
        )

    def masses(self, now_s: float) -> list[int]:
        """Return the masses that it tells."""
        share = min(1.0, (now_s - self._on_s) / _WARM_UP_S)
        return [round(min(max(mass * share, 0), 65535)) for mass in (self.pm1_ug_m3, self.pm2_5_ug_m3, self.pm10_ug_m3)]

    def report(self, now_s: float) -> bytes:
        """Return a report."""
        masses = self.masses(now_s)
        words = [*masses, *masses]
        if self.length == 20:
            return packed([*words, 0, 0, 0x51])
        largest = min(masses[2], 500)
        words += [70 * largest, 21 * largest, 4 * largest, largest, largest // 4, largest // 9]
        if self.length == 36:
            words += [5, 231, 456, 0]  # formaldehyde, temperature, humidity, nothing
        return packed([*words, self.version % 256 * 256 + self.error % 256])

    def _begin(self, now_s: float) -> None:
        """Switch laser and fan on."""
        self._on_s = self._counted_s = now_s
        self._next_s = now_s + 1.0

    def _worked(self, now_s: float) -> None:
        self.worked_s += now_s - self._counted_s
        self._counted_s = now_s

    def _told_to(self, what: int, value: int, now_s: float) -> None:
        if what == _WORK and value == 1:
            if self.asleep:
                self.asleep = False
                self._begin(now_s)
        elif self.asleep:
            return
        elif what == _WORK:
            self._worked(now_s)
            self.asleep = True
            self._reply(bytes((what, 0)), now_s)
        elif what == _MODE:
            self.passive = value == 0
            self._reply(bytes((what, value)), now_s)
        elif what == _READ and self.passive:
            self._replies.append((now_s + _REPLY_S, self.report(now_s)))

    def _reply(self, data: bytes, now_s: float) -> None:
        self._replies.append((now_s + _REPLY_S, packed([data[0] * 256 + data[1]])))


def packed(words: list[int]) -> bytes:
    """Return a report or an answer."""
    packet = b"BM" + (2 * len(words) + 2).to_bytes(2, "big") + b"".join(word.to_bytes(2, "big") for word in words)
    return packet + sum(packet).to_bytes(2, "big")
