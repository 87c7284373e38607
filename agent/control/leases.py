"""Who wants which level of which lamp, on which rung, until when: bounds and names around the kernel's numbers."""

from __future__ import annotations

import math

import msgspec

from cext import lighting


class Term(msgspec.Struct, frozen=True):
    """How long a demand on a rung lasts, in seconds: unless said, and at most."""

    default_s: float
    longest_s: float


# DESIGN: a demand that nobody renews ends. Rungs that people use, with their terms.
TERMS = {
    "technician": Term(4 * 3600.0, 12 * 3600.0),
    "operator": Term(3600.0, 24 * 3600.0),
}
RUNG = {name: number for number, name in enumerate(lighting.RUNGS)}
WINNER = (*lighting.RUNGS, "floor")


class Refusal(Exception):
    """A demand that a rule of the street forbids. The text names what was wrong and what is allowed."""


class Demand(msgspec.Struct, frozen=True):
    """What somebody asks for: who, which level in per cent of full light, for how many seconds."""

    holder: str
    level_pct: float
    for_s: float


class Lease(msgspec.Struct, frozen=True):
    """One demand: its rung, who holds it, the level in per cent of full light, and its end in monotonic seconds."""

    rung: str
    holder: str
    level_pct: float
    until_s: float


class LeaseBook:
    """The demands of people on lamps; the kernel holds the numbers, this book who said them."""

    def __init__(self, street: lighting.Street) -> None:
        self._street = street
        self._leases: dict[tuple[int, str], Lease] = {}

    def take(self, lamp: int, rung: str, demand: Demand, now_s: float) -> Lease:
        """Put a demand in force, replacing the one on the same rung. Refusal if level or time is out of bounds."""
        longest_s = TERMS[rung].longest_s
        if not 0.0 <= demand.level_pct <= 100.0:  # NaN is not between anything
            raise Refusal(f"level_pct: expected 0 to 100, found {demand.level_pct:g}")
        if not 1.0 <= demand.for_s <= longest_s:
            raise Refusal(f"for_s: expected 1 to {longest_s:g} (longest for the rung {rung}), found {demand.for_s:g}")
        lease = Lease(rung, demand.holder, demand.level_pct, now_s + demand.for_s)
        self._street.set_lease(lamp, RUNG[rung], demand.level_pct, lease.until_s)
        self._leases[lamp, rung] = lease
        return lease

    def release(self, lamp: int, rung: str) -> bool:
        """End a demand. False if there was none."""
        self._street.clear_lease(lamp, RUNG[rung])
        return self._leases.pop((lamp, rung), None) is not None

    def holder(self, lamp: int, rung: str, now_s: float) -> Lease | None:
        """Return the live demand on a rung."""
        lease = self._leases.get((lamp, rung))
        if lease is not None and lease.until_s <= now_s:
            del self._leases[lamp, rung]
            return None
        return lease


def remaining_s(lease: Lease | None, now_s: float) -> float | None:
    """Return how long a demand still holds, in seconds; none if it has no end."""
    if lease is None or math.isinf(lease.until_s):
        return None
    return lease.until_s - now_s
