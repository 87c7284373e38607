"""Who wants which level of which lamp, on which rung, until when: bounds and names around the kernel's numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

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
    """One demand: its rung, who holds it, the level in per cent of full light, and its end in monotonic seconds.

    `command` is the id of the platform's command that it came by, empty if by none.
    """

    rung: str
    holder: str
    level_pct: float
    until_s: float
    command: str = ""


class LeaseBook:
    """The demands of people on lamps; the kernel holds the numbers, this book who said them."""

    def __init__(self, street: lighting.Street) -> None:
        self._street = street
        self._leases: dict[tuple[int, str], Lease] = {}
        self.changed: Callable[[], None] = lambda: None  # something was taken or released that is not kept yet

    def take(self, lamp: int, rung: str, demand: Demand, now_s: float) -> Lease:
        """Put a demand in force, replacing the one on the same rung. Refusal if level or time is out of bounds."""
        lease = lease_of(rung, demand, now_s)
        self.put(lamp, lease)
        self.changed()
        return lease

    def release(self, lamp: int, rung: str) -> bool:
        """End a demand. False if there was none."""
        if not self.drop(lamp, rung):
            return False
        self.changed()
        return True

    def put(self, lamp: int, lease: Lease) -> None:
        """Put a lease in force that is kept already."""
        self._street.set_lease(lamp, RUNG[lease.rung], lease.level_pct, lease.until_s)
        self._leases[lamp, lease.rung] = lease

    def drop(self, lamp: int, rung: str) -> bool:
        """End a lease whose end is kept already. False if there was none."""
        self._street.clear_lease(lamp, RUNG[rung])
        return self._leases.pop((lamp, rung), None) is not None

    def shorten(self, lamp: int, lease: Lease, until_s: float) -> None:
        """Let a lease end sooner."""
        self.put(lamp, msgspec.structs.replace(lease, until_s=until_s))

    def all(self, now_s: float) -> dict[tuple[int, str], Lease]:
        """Return the live demands, by lamp and rung."""
        return {slot: lease for slot, lease in self._leases.items() if lease.until_s > now_s}

    def holder(self, lamp: int, rung: str, now_s: float) -> Lease | None:
        """Return the live demand on a rung."""
        lease = self._leases.get((lamp, rung))
        if lease is not None and lease.until_s <= now_s:
            del self._leases[lamp, rung]
            return None
        return lease


def lease_of(rung: str, demand: Demand, now_s: float, command: str = "") -> Lease:
    """Return the lease that a demand would be. Refusal if level or time is out of bounds."""
    longest_s = TERMS[rung].longest_s
    if not 0.0 <= demand.level_pct <= 100.0:  # NaN is not between anything
        raise Refusal(f"level_pct: expected 0 to 100, found {demand.level_pct:g}")
    if not 1.0 <= demand.for_s <= longest_s:
        raise Refusal(f"for_s: expected 1 to {longest_s:g} (longest for the rung {rung}), found {demand.for_s:g}")
    return Lease(rung, demand.holder, demand.level_pct, now_s + demand.for_s, command)


def remaining_s(lease: Lease | None, now_s: float) -> float | None:
    """Return how long a demand still holds, in seconds; none if it has no end."""
    if lease is None or math.isinf(lease.until_s):
        return None
    return lease.until_s - now_s
