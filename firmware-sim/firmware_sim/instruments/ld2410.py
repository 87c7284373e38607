"""HLK-LD2410: a report ten times a second of who is within its eight gates of 0.75 m."""

from __future__ import annotations

import math

from firmware_sim.instruments.hilink import Commands

GATES = 9
GATE_M = 0.75
PARAMETERS = bytes.fromhex("AA 08 08 08 32 32 28 1E 14 0F 0F 0F 0F 00 00 28 28 1E 1E 14 14 14 05 00")
FIRMWARE = bytes.fromhex("00 01 07 01 16 15 09 22")


class Ld2410:
    """`moving_m`, `still_m`: how far away whoever moves, or stands still, is; none for nobody.

    After the last sign it says for `no_one_s` seconds that somebody is there, still, as the real one does.
    """

    baud = 256_000
    interval_s = 0.1

    def __init__(self, moving_m: float | None = None, still_m: float | None = None, *, now_s: float = 0.0) -> None:
        self.moving_m = moving_m
        self.still_m = still_m
        self.no_one_s = 5.0
        self.engineering = False
        self.alive = True
        self._next_s = now_s + self.interval_s
        self._seen_s = -math.inf
        self._last_cm = 0
        self._commands = Commands(self._answered)

    def arrived(self, data: bytes, now_s: float) -> None:
        """Take commands."""
        if self.alive:
            self._commands.arrived(data, now_s)

    def due(self, now_s: float) -> bytes:
        """Return what it says now."""
        out = self._commands.due(now_s)
        if now_s >= self._next_s:
            self._next_s += self.interval_s * (1 + (now_s - self._next_s) // self.interval_s)
            if self.alive and not self._commands.enabled:
                out += self._report(now_s)
        return out if self.alive else b""

    def next_s(self) -> float:
        """Return when it says something next."""
        return min(self._next_s, self._commands.next_s())

    def present(self, now_s: float) -> bool:
        """Whether it says that somebody is there."""
        return self._state(now_s) != 0

    def _state(self, now_s: float) -> int:
        state = int(_near(self.moving_m)) + 2 * int(_near(self.still_m))
        if state:
            self._seen_s = now_s
        return state or 2 * int(now_s < self._seen_s + self.no_one_s)

    def _report(self, now_s: float) -> bytes:
        state = self._state(now_s)
        moving_cm, moving = _target(self.moving_m)
        still_cm, still = _target(self.still_m)
        if state:
            self._last_cm = moving_cm or still_cm or self._last_cm
        if state == 2:
            still_cm, still = self._last_cm, max(still, 60)
        body = bytes((0xAA, state)) + _u16(moving_cm) + bytes((moving,)) + _u16(still_cm) + bytes((still,))
        body += _u16(self._last_cm)  # it stays filled in when nobody is there any more
        if self.engineering:
            body += (
                bytes((GATES - 1, GATES - 1))
                + _energies(self.moving_m)
                + _energies(self.still_m)
                + bytes((0x40, state > 0))
            )
        return packed(bytes((1 if self.engineering else 2,)) + body + bytes((0x55, 0)))

    def _answered(self, word: int, value: bytes) -> bytes | None:
        if word == 0xA0:
            return bytes(2) + FIRMWARE
        if word == 0x61:
            return bytes(2) + PARAMETERS
        if word in {0x62, 0x63}:
            self.engineering = word == 0x62
            return bytes(2)
        if word == 0x60 and len(value) == 18:
            self.no_one_s = float(int.from_bytes(value[14:18], "little"))
            return bytes(2)
        return bytes((1, 0))


def packed(body: bytes) -> bytes:
    """Return a report around its body."""
    return bytes((0xF4, 0xF3, 0xF2, 0xF1)) + _u16(len(body)) + body + bytes((0xF8, 0xF7, 0xF6, 0xF5))


def _near(at_m: float | None) -> bool:
    return at_m is not None and 0 <= at_m <= 6.0


def _target(at_m: float | None) -> tuple[int, int]:
    """Distance in cm and energy in per cent of a target."""
    if at_m is None or not _near(at_m):
        return 0, 0
    return round(100 * at_m), max(20, round(100 - 12 * at_m))


def _energies(at_m: float | None) -> bytes:
    gate = -1 if at_m is None or not _near(at_m) else int(at_m / GATE_M)
    return bytes(80 if number == gate else 5 for number in range(GATES))


def _u16(number: int) -> bytes:
    return bytes((number & 0xFF, number >> 8))
