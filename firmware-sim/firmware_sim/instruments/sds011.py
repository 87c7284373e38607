"""Nova SDS011 particulate counter, by "Laser Dust Sensor Control Protocol V1.3": packets of 10 bytes, commands of 19."""

from __future__ import annotations

import math

_MODE, _QUERY, _ID, _WORK, _FIRMWARE, _PERIOD = 2, 4, 5, 6, 7, 8
_REPLY_S = 0.012
_SPIN_UP_S = 30.0


class Sds011:
    """`pm2_5_ug_m3`, `pm10_ug_m3`: the air. After power-up it is at work; mode, period and id outlast that.

    While the fan spins up it tells too little. `worked_s`: how long the laser has been on.
    """

    baud = 9600

    def __init__(self, *, now_s: float = 0.0) -> None:
        self.pm2_5_ug_m3 = 12.0
        self.pm10_ug_m3 = 20.0
        self.id = 0xA160
        self.firmware = (15, 7, 10)
        self.query_mode = False
        self.period_min = 0
        self.alive = True
        self.worked_s = 0.0
        self._next_s = now_s
        self.power_up(now_s)

    @property
    def asleep(self) -> bool:
        """Whether laser and fan rest."""
        return self._told_to_sleep or self._resting

    def power_up(self, now_s: float) -> None:
        """Begin as after power has come."""
        self._heard = b""
        self._replies: list[tuple[float, bytes]] = []
        self._told_to_sleep = self._resting = False
        self._begin(now_s)

    def arrived(self, data: bytes, now_s: float) -> None:
        """Take bytes that it hears."""
        self._heard = (self._heard + data)[-64:]
        while (at := self._heard.find(b"\xaa\xb4")) >= 0 and len(self._heard) >= at + 19:
            packet = self._heard[at : at + 19]
            whole = packet[18] == 0xAB and sum(packet[2:17]) % 256 == packet[17]
            self._heard = self._heard[at + (19 if whole else 1) :]
            if whole and self.alive and packet[15:17] in (b"\xff\xff", self.id.to_bytes(2, "big")):
                self._told(packet[2], packet[3], packet[4], packet[13:15], now_s)

    def due(self, now_s: float) -> bytes:
        """Return what it sends now."""
        said = b"".join(reply for at_s, reply in self._replies if at_s <= now_s)
        self._replies = [(at_s, reply) for at_s, reply in self._replies if at_s > now_s]
        if self.asleep:
            if not self._told_to_sleep and now_s >= self._next_s:
                self._resting = False
                self._begin(now_s)
            return said
        if now_s < self._next_s:
            return said
        self._worked(now_s)
        if not self.query_mode and self.alive:
            said += self._values(now_s)
        if self.period_min:
            self._resting, self._next_s = True, now_s + 60 * self.period_min - _SPIN_UP_S
        else:
            self._next_s += 1.0
        return said

    def next_s(self) -> float:
        """Return when it sends or does something next."""
        own_s = math.inf if self._told_to_sleep else self._next_s
        return min(own_s, min((at_s for at_s, _ in self._replies), default=math.inf))

    def _begin(self, now_s: float) -> None:
        """Switch laser and fan on."""
        self._on_s = self._counted_s = now_s
        self._next_s = now_s + (_SPIN_UP_S if self.period_min else 1.0)

    def _worked(self, now_s: float) -> None:
        if not self.asleep:
            self.worked_s += now_s - self._counted_s
        self._counted_s = now_s

    def _values(self, now_s: float) -> bytes:
        share = min(1.0, (now_s - self._on_s) / _SPIN_UP_S)
        values = (round(min(max(value * share, 0.0), 999.9) * 10) for value in (self.pm2_5_ug_m3, self.pm10_ug_m3))
        return packed(0xC0, b"".join(value.to_bytes(2, "little") for value in values), self.id)

    def _told(self, what: int, change: int, value: int, new_id: bytes, now_s: float) -> None:
        if self.asleep and not (what == _WORK and change == 1 and value == 1):
            return
        if what == _QUERY:
            self._reply(self._values(now_s), now_s)
        elif what == _FIRMWARE:
            self._answer(bytes((what, *self.firmware)), now_s)
        elif what == _ID:
            self.id = int.from_bytes(new_id, "big")
            self._answer(bytes((what, 0, 0, 0)), now_s)
        elif what in (_MODE, _WORK, _PERIOD):
            if change:
                self._set(what, value, now_s)
            found = {_MODE: int(self.query_mode), _WORK: int(not self.asleep), _PERIOD: self.period_min}[what]
            self._answer(bytes((what, change, found, 0)), now_s)

    def _set(self, what: int, value: int, now_s: float) -> None:
        if what == _MODE:
            self.query_mode = value == 1
        elif what == _WORK:
            self._work(now_s, on=value == 1)
        elif value <= 30:
            self.period_min = value
            self._begin(now_s)

    def _work(self, now_s: float, *, on: bool) -> None:
        was_asleep = self.asleep
        self._worked(now_s)
        self._told_to_sleep = not on
        if on and was_asleep:
            self._resting = False
            self._begin(now_s)

    def _answer(self, data: bytes, now_s: float) -> None:
        self._reply(packed(0xC5, data, self.id), now_s)

    def _reply(self, packet: bytes, now_s: float) -> None:
        self._replies.append((now_s + _REPLY_S, packet))


def packed(kind: int, data: bytes, number: int) -> bytes:
    """Return a packet: 4 bytes of data and the instrument's number."""
    body = data + number.to_bytes(2, "big")
    return bytes((0xAA, kind)) + body + bytes((sum(body) % 256, 0xAB))
