"""What a planner of reads works on: values, limits, costs, reads. Pure.

Costs are in characters, the time that one takes on the line: 11 bits in Modbus over Serial Line V1.02, 10 on most lines.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import msgspec

from drivers.modbus.partition import Range, overlap
from drivers.profile.records import Space

_BITS = ("coil", "discrete")
_MOST_REGISTERS, _MOST_BITS = 125, 2000  # Modbus Application Protocol V1.1b3, functions 1 to 4
_ADDRESSES = 1 << 16

_REQUEST_CHARS = 8  # unit, function, address, count, CRC
_AROUND_CHARS = 5  # of the answer: unit, function, byte count, CRC


class Span(msgspec.Struct, frozen=True):
    """A value to be read: registers, or bits. `single`: by a read that holds nothing else."""

    space: Space
    address: int
    count: int
    single: bool = False

    @property
    def range(self) -> Range:
        """Return its first address and the one behind its last."""
        return self.address, self.address + self.count


class Limits(msgspec.Struct, frozen=True):
    """What a unit allows: registers at once (bits: 16 times as many), and ranges (space, first, last) that no read touches."""

    max_read: int = _MOST_REGISTERS
    forbidden: tuple[tuple[Space, int, int], ...] = ()

    def most(self, space: Space) -> int:
        """Return how many registers, or bits, a read may ask for."""
        return min(16 * self.max_read, _MOST_BITS) if space in _BITS else min(self.max_read, _MOST_REGISTERS)

    def never(self, space: Space) -> list[Range]:
        """Return the forbidden ranges of a space."""
        return [(first, last + 1) for where, first, last in self.forbidden if where == space]


class Cost(msgspec.Struct, frozen=True):
    """What reads cost, in characters: each one `frame_chars`, and its data. None may be negative."""

    frame_chars: float
    chars_per_register: float = 2.0
    chars_per_bit: float = 1 / 8

    def chars(self, space: Space, count: int) -> float:
        """Return what a read of so many registers, or bits, costs. Bits fill whole bytes."""
        if space in _BITS:
            return self.frame_chars + (count + 7) // 8 * 8 * self.chars_per_bit
        return self.frame_chars + count * self.chars_per_register

    def grains(self, space: Space, count: int) -> int:
        """Return the same in 1/1024 of a character, rounded: so what costs the same is the same."""
        return round(1024 * self.chars(space, count))


class Read(msgspec.Struct, frozen=True):
    """One request, and the indexes of the spans that its answer holds."""

    space: Space
    address: int
    count: int
    spans: tuple[int, ...]

    @property
    def range(self) -> Range:
        """Return its first address and the one behind its last."""
        return self.address, self.address + self.count


def frame_chars(char_s: float, latency_s: float, silence_s: float) -> float:
    """Return what a read costs on a serial line beside its data, in characters of `char_s` seconds.

    The 8 characters of the request and 5 around the answer's data; the silence after the answer, which must pass before
    the next request; and `latency_s`, from the last character of the request to the first of the answer. A unit waits
    for the same silence to know that a request has ended, so the latency holds it and is not less.
    Source: Modbus over Serial Line V1.02, 2.5.1 (RTU frames, 3.5 characters between them).
    """
    return _REQUEST_CHARS + _AROUND_CHARS + (max(latency_s, silence_s) + silence_s) / char_s


def serial_cost(char_s: float, latency_s: float, silence_s: float) -> Cost:
    """Return what reads cost on a serial line, by `frame_chars`."""
    return Cost(frame_chars(char_s, latency_s, silence_s))


# A round trip over a local network, with the wake-ups of both ends, takes about a millisecond; in that time 10 Mbit/s
# carry a thousand characters, four times what the longest answer holds. So it is the requests that count.
TCP_COST = Cost(1000.0)


def faults(spans: Sequence[Span], limits: Limits, cost: Cost) -> Iterator[str]:
    """Find what no plan can be made of."""
    if not 1 <= limits.max_read <= _MOST_REGISTERS:
        yield f"max_read: expected 1 to {_MOST_REGISTERS}, found {limits.max_read}"
    if not all(0 <= chars < math.inf for chars in (cost.frame_chars, cost.chars_per_register, cost.chars_per_bit)):
        yield f"cost: expected finite numbers from 0, found {cost}"
    for span in spans:
        place, (first, end) = f"{span.space} {span.address}", span.range
        if not (0 <= first < end <= _ADDRESSES):
            yield f"{place}: expected addresses from 0 to {_ADDRESSES - 1}, found {span.count} from {first}"
        if span.count > limits.most(span.space):
            yield f"{place}: expected at most {limits.most(span.space)} at once, found {span.count}"
        for never in limits.never(span.space):
            if overlap(span.range, never):
                yield f"{place}: expected none of the forbidden {never[0]} to {never[1] - 1}"
