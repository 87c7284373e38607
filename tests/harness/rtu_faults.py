"""What can be wrong with one answer, each by its name, over units that tell the truth."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from rtu_line import sealed
from truthful_units import TruthfulUnits
from virtual_wire import WAYS, Coming

Fault = Callable[[bytes, Random, float], list[Coming]]
"""From the right answer, chance, and the time-out: what comes instead, after the unit's own latency."""


def silent(right: bytes, chance: Random, timeout_s: float) -> list[Coming]:
    return []


def late(right: bytes, chance: Random, timeout_s: float) -> list[Coming]:
    return [(chance.uniform(0.9, 6.0) * timeout_s, right)]


def late_exception(right: bytes, chance: Random, timeout_s: float) -> list[Coming]:
    return [(chance.uniform(0.9, 6.0) * timeout_s, sealed(bytes([right[0], right[1] | 0x80, 4])))]


def truncated(right: bytes, chance: Random, timeout_s: float) -> list[Coming]:
    return [(0.0, right[: chance.randrange(1, len(right))])]


def wrong_unit(right: bytes, chance: Random, timeout_s: float) -> list[Coming]:
    return [(0.0, sealed(bytes([right[0] ^ 0x40]) + right[1:-2]))]


def wrong_function(right: bytes, chance: Random, timeout_s: float) -> list[Coming]:
    return [(0.0, sealed(right[:1] + bytes([right[1] ^ 0x07]) + right[2:-2]))]


def wrong_length(right: bytes, chance: Random, timeout_s: float) -> list[Coming]:
    return [(0.0, sealed(right[:2] + bytes([right[2] + 2 & 0xFF]) + right[3:-2] + b"\x12\x34"))]


def wrong_count(right: bytes, chance: Random, timeout_s: float) -> list[Coming]:
    return [(0.0, sealed(right[:2] + bytes([right[2] ^ 0x06]) + right[3:-2]))]


def bad_crc(right: bytes, chance: Random, timeout_s: float) -> list[Coming]:
    place = chance.randrange(2, len(right))
    return [(0.0, right[:place] + bytes([right[place] ^ 1 << chance.randrange(8)]) + right[place + 1 :])]


def exception(right: bytes, chance: Random, timeout_s: float) -> list[Coming]:
    return [(0.0, sealed(bytes([right[0], right[1] | 0x80, chance.choice((1, 2, 3, 4, 6))])))]


def gaps(right: bytes, chance: Random, timeout_s: float) -> list[Coming]:
    return [(0.005 * place, right[place : place + 1]) for place in range(len(right))]


def second_answer(right: bytes, chance: Random, timeout_s: float) -> list[Coming]:
    """Two units on one address that answer one after the other, not quite the same."""
    other = sealed(right[:3] + bytes(byte ^ 0xFF for byte in right[3:-2]))
    return [(0.0, right + other)]


def collision(right: bytes, chance: Random, timeout_s: float) -> list[Coming]:
    """Two units on one address that answer at once: a dominant level wins, bit by bit."""
    other = sealed(right[:3] + bytes(byte ^ 0xFF for byte in right[3:-2]))
    return [(0.0, bytes(one & another for one, another in zip(right, other, strict=True)))]


def foreign_broadcast(right: bytes, chance: Random, timeout_s: float) -> list[Coming]:
    broadcast = sealed(b"\x00\x06" + chance.randbytes(4))
    return [(0.0, broadcast), (0.01, right)]


def foreign_master(right: bytes, chance: Random, timeout_s: float) -> list[Coming]:
    asked = sealed(bytes([77, 3]) + chance.randbytes(1) + b"\x00\x00\x02")
    told = sealed(bytes([77, 3, 4]) + chance.randbytes(4))
    return [(0.0, asked), (0.005, told), (0.01, right)]


def noise_before(right: bytes, chance: Random, timeout_s: float) -> list[Coming]:
    return [(0.0, chance.randbytes(chance.randrange(1, 12)) + right)]


def noise_after(right: bytes, chance: Random, timeout_s: float) -> list[Coming]:
    return [(0.0, right), (0.02, chance.randbytes(chance.randrange(1, 12)))]


def noise_alone(right: bytes, chance: Random, timeout_s: float) -> list[Coming]:
    return [(0.0, chance.randbytes(chance.randrange(1, 60)))]


def other_speed(right: bytes, chance: Random, timeout_s: float) -> list[Coming]:
    """What a UART makes of an answer at half its speed: every bit twice, with start and stop bits wherever they fall."""
    bits = [bit for byte in right for bit in (0, *(byte >> place & 1 for place in range(8)), 1) for _ in range(2)]
    garbled, at = bytearray(), 0
    while at + 9 < len(bits):
        if bits[at] == 0:
            garbled.append(sum(bits[at + 1 + place] << place for place in range(8)))
            at += 10
        else:
            at += 1
    return [(0.0, bytes(garbled))]


FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        silent, late, late_exception, truncated, wrong_unit, wrong_function, wrong_length, wrong_count, bad_crc,
        exception, gaps, second_answer, collision, foreign_broadcast, foreign_master,
        noise_before, noise_after, noise_alone, other_speed,
    )
}  # fmt: skip

# A second unit's answer that comes after the next request has left is like an answer to that, and nothing tells them apart.
CASES = [(fault, way) for fault in FAULTS for way in WAYS if (fault, way) != ("second_answer", "delayed")]

BELIEVABLE = frozenset({"gaps", "second_answer", "foreign_broadcast", "foreign_master", "noise_before", "noise_after"})
"""Faults in spite of which the answer is there, whole and in time."""


class FaultyUnits:
    """Truthful units of whose answers a share (0 to 1) has one of these faults. `faults` may be changed at any time."""

    def __init__(
        self, units: TruthfulUnits, faults: tuple[str, ...], timeout_s: float, seed: int, share: float
    ) -> None:
        self.units = units
        self.faults = faults
        self.share = share
        self.refused: set[tuple[int, int]] = set()  # for which unit, and how many frames it had been sent
        self._timeout_s = timeout_s
        self._chance = Random(seed)

    def __call__(self, frame: bytes, now_s: float) -> list[Coming]:
        right = self.units.answer(frame)
        if right is None:
            return []
        coming: list[Coming] = [(0.0, right)]
        if self.faults and self._chance.random() < self.share:
            coming = FAULTS[self._chance.choice(self.faults)](right, self._chance, self._timeout_s)
        if not coming:
            return []
        if coming[0][1][1:2] == bytes([right[1] | 0x80]):
            self.refused.add(self.units.serial(frame[0]))
        first_s = self.units.after(frame[0], now_s, self.units.latency_s + coming[0][0])
        return [(first_s + after_s - coming[0][0], data) for after_s, data in coming]
