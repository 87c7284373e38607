"""HLK-LD2410: a report ten times a second of who is within its eight gates of 0.75 m."""

from __future__ import annotations

import math

from firmware_sim.instruments.hilink import Commands

GATES = 9
GATE_M = 0.75
MOVING_PCT = bytes((50, 50, 40, 30, 20, 15, 15, 15, 15))  # sensitivity of each gate, as delivered
STILL_PCT = bytes((0, 0, 40, 40, 30, 30, 20, 20, 20))
RESTART_S = 1.0
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
        self.engineering = False
        self.alive = True
        self._as_delivered()
        self._restarts = False
        self._silent_until_s = now_s
        self._next_s = now_s + self.interval_s
        self._seen_s = -math.inf
        self._last_cm = 0
        self._commands = Commands(self._answered)

    def _as_delivered(self) -> None:
        self.no_one_s = 5.0
        self._farthest_gates = [GATES - 1, GATES - 1]  # moving, still
        self._moving_pct, self._still_pct = bytearray(MOVING_PCT), bytearray(STILL_PCT)

    def arrived(self, data: bytes, now_s: float) -> None:
        """Take commands."""
        if self.alive and now_s >= self._silent_until_s:
            self._commands.arrived(data, now_s)

    def due(self, now_s: float) -> bytes:
        """Return what it says now."""
        out = self._commands.due(now_s)
        if self._restarts and not self._commands.waiting:
            self._restarts, self._silent_until_s = False, now_s + RESTART_S
            self.engineering = self._commands.enabled = False
        if now_s >= self._next_s:
            self._next_s += self.interval_s * (1 + (now_s - self._next_s) // self.interval_s)
            if not self._commands.enabled and now_s >= self._silent_until_s:
                out += self._report(now_s)
        return out if self.alive else b""

    def next_s(self) -> float:
        """Return when it says something next."""
        return min(self._next_s, self._commands.next_s())

    def present(self, now_s: float) -> bool:
        """Whether it says that somebody is there."""
        return self._state(now_s) != 0

    def _state(self, now_s: float) -> int:
        state = int(self._sees(self.moving_m, 0)) + 2 * int(self._sees(self.still_m, 1))
        if state:
            self._seen_s = now_s
        return state or 2 * int(now_s < self._seen_s + self.no_one_s)

    def _report(self, now_s: float) -> bytes:
        state = self._state(now_s)
        moving_cm, moving = _target(self.moving_m) if self._sees(self.moving_m, 0) else (0, 0)
        still_cm, still = _target(self.still_m) if self._sees(self.still_m, 1) else (0, 0)
        if state:
            self._last_cm = moving_cm or still_cm or self._last_cm
        if state == 2:
            still_cm, still = self._last_cm, max(still, 60)
        body = bytes((0xAA, state)) + _u16(moving_cm) + bytes((moving,)) + _u16(still_cm) + bytes((still,))
        body += _u16(self._last_cm)  # it stays filled in when nobody is there any more
        if self.engineering:
            body += bytes((GATES - 1, GATES - 1)) + _energies(self.moving_m) + _energies(self.still_m)
            body += bytes((0x40, state > 0))  # light, the output
        return packed(bytes((1 if self.engineering else 2,)) + body + bytes((0x55, 0)))

    def _sees(self, at_m: float | None, kind: int) -> bool:
        return at_m is not None and 0 <= at_m <= 6.0 and int(at_m / GATE_M) <= self._farthest_gates[kind]

    def _answered(self, word: int, value: bytes) -> bytes | None:
        if word == 0xA0:
            return bytes(2) + FIRMWARE
        if word == 0x61:
            gates = bytes((GATES - 1, *self._farthest_gates))
            return bytes(2) + b"\xaa" + gates + self._moving_pct + self._still_pct + _u16(round(self.no_one_s))
        if word in {0x62, 0x63}:
            self.engineering = word == 0x62
        elif word == 0x60 and (words := _words(value, 3)):
            self._farthest_gates, self.no_one_s = [min(gate, GATES - 1) for gate in words[:2]], float(words[2])
        elif word == 0x64 and (words := _words(value, 3)):
            every = words[0] == 0xFFFF
            for gate in range(GATES) if every else range(words[0], min(words[0] + 1, GATES)):
                self._moving_pct[gate], self._still_pct[gate] = min(words[1], 100), min(words[2], 100)
        elif word == 0xA2:
            self._as_delivered()
        elif word == 0xA3:
            self._restarts = True
        else:
            return bytes((1, 0))
        return bytes(2)


def packed(body: bytes) -> bytes:
    """Return a report around its body."""
    return bytes((0xF4, 0xF3, 0xF2, 0xF1)) + _u16(len(body)) + body + bytes((0xF8, 0xF7, 0xF6, 0xF5))


def _words(value: bytes, count: int) -> list[int]:
    """The numbers of a command that sets: each a word, 0 for the first, and 4 bytes; none if it is not so."""
    if len(value) != 6 * count or any(value[6 * n] != n or value[6 * n + 1] for n in range(count)):
        return []
    return [int.from_bytes(value[6 * n + 2 : 6 * n + 6], "little") for n in range(count)]


def _target(at_m: float | None) -> tuple[int, int]:
    """Distance in cm and energy in per cent of a target."""
    if at_m is None:
        return 0, 0
    return round(100 * at_m), max(20, round(100 - 12 * at_m))


def _energies(at_m: float | None) -> bytes:
    gate = -1 if at_m is None else int(at_m / GATE_M)
    return bytes(80 if number == gate else 5 for number in range(GATES))


def _u16(number: int) -> bytes:
    return bytes((number & 0xFF, number >> 8))
