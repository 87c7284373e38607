"""Benewake TFmini-S or Plus: distance, strength, temperature a hundred times a second."""

from __future__ import annotations

VERSION = (7, 1, 2)  # the last number first


class Tfmini:
    """`distance_m`: what is before it; none: too little light comes back.

    `mirrored`: too much light comes back; `dazzled`: too much light around. `old`: a Plus of older firmware, which says 0
    instead of why it cannot measure.
    """

    baud = 115_200

    def __init__(self, distance_m: float | None = 3.0, *, now_s: float = 0.0) -> None:
        self.distance_m = distance_m
        self.dazzled = False
        self.mirrored = False
        self.old = False
        self.temperature_cel = 36.0
        self.interval_s = 0.01
        self.millimetres = False
        self.on = True
        self.alive = True
        self._next_s = now_s + self.interval_s
        self._heard = b""
        self._answers = b""

    def arrived(self, data: bytes, _now_s: float) -> None:
        """Take commands: 5A, length, word, data, sum."""
        self._heard = (self._heard + data)[-64:]
        while (start := self._heard.find(b"\x5a")) >= 0:
            self._heard = self._heard[start:]
            if len(self._heard) < 2 or len(self._heard) < self._heard[1]:
                return
            size = self._heard[1]
            packet = self._heard[:size]
            if 4 <= size <= 8 and sum(packet[:-1]) % 256 == packet[-1]:
                self._heard = self._heard[size:]
                self._take(packet[2], packet[3:-1])
            else:
                self._heard = self._heard[1:]
        self._heard = b""

    def due(self, now_s: float) -> bytes:
        """Return what it says now."""
        out, self._answers = self._answers, b""
        if now_s >= self._next_s:
            self._next_s += self.interval_s * (1 + (now_s - self._next_s) // self.interval_s)
            if self.on:
                out += self._data()
        return out if self.alive else b""

    def next_s(self) -> float:
        """Return when it says something next."""
        return self._next_s

    def _data(self) -> bytes:
        distance, strength = -1, 60
        if self.dazzled:
            distance, strength = -4, 900
        elif self.mirrored:
            distance, strength = -2, 0xFFFF
        elif self.distance_m is not None and 0 <= self.distance_m <= 12:
            distance = round(self.distance_m * (1000 if self.millimetres else 100))
            strength = min(round(16000 / max(self.distance_m, 0.1) ** 2), 20000)
        if self.old and distance < 0:
            distance = 0
        heat = round((self.temperature_cel + 256) * 8)
        return summed(b"\x59\x59" + b"".join(_u16(number) for number in (distance, strength, heat)))

    def _take(self, word: int, value: bytes) -> None:
        if word == 0x01:
            self._answers += summed(bytes((0x5A, 7, 1, *VERSION)))
        elif word in {0x02, 0x10, 0x11}:  # restart, as delivered, saved
            if word == 0x10:
                self.millimetres, self.on, self.interval_s = False, True, 0.01
            self._answers += summed(bytes((0x5A, 5, word, 0)))
        elif self._set(word, value):  # and what was told is said back
            self._answers += summed(bytes((0x5A, 4 + len(value), word)) + value)

    def _set(self, word: int, value: bytes) -> bool:
        if word == 0x05 and value in {b"\x01", b"\x06"}:
            self.millimetres = value == b"\x06"
        elif word == 0x07 and value in {b"\0", b"\x01"}:
            self.on = value == b"\x01"
        elif word == 0x03 and len(value) == 2 and 0 < (rate_hz := int.from_bytes(value, "little")) <= 1000:
            self.interval_s = 1 / rate_hz
        else:
            return False
        return True


def summed(body: bytes) -> bytes:
    """Return a frame with its sum."""
    return body + bytes((sum(body) % 256,))


def _u16(number: int) -> bytes:
    return bytes((number & 0xFF, number >> 8 & 0xFF))
