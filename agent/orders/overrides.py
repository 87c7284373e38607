"""Overrides that outlive a restart: what is kept of a lease, and how much of it is left afterwards. Pure.

Within one boot monotonic time goes on, and an override ends when it was to end. Over a reboot only the wall clock knows how
long the board was away; where it is not trusted, or was not, an override loses as much as may have passed since it was noted
last: it rather ends too early, with more light, than too late.
"""

from __future__ import annotations

import msgspec

from agent.control.leases import Lease

NOTE_EVERY_S = 300.0  # so often what is left of overrides is noted anew


class Noted(msgspec.Struct, frozen=True, array_like=True):
    """A moment: the kernel's name of the boot, its monotonic seconds, UTC milliseconds where the clock was trusted."""

    boot: str
    mono_s: float
    wall_ms: int | None


class KeptLease(msgspec.Struct, frozen=True, array_like=True):
    """A lease by the name of its lamp, with the seconds that were left of it when it was noted."""

    lamp: str
    rung: str
    holder: str
    level_pct: float
    left_s: float
    command: str = ""


def kept(lamp: str, lease: Lease, now_s: float) -> KeptLease:
    """Return what is kept of a lease."""
    return KeptLease(lamp, lease.rung, lease.holder, lease.level_pct, lease.until_s - now_s, lease.command)


def passed_s(noted: Noted, now: Noted) -> tuple[float, bool]:
    """Return how many seconds to count since a moment was noted, and whether that is what has passed."""
    if noted.boot == now.boot:
        return max(0.0, now.mono_s - noted.mono_s), True
    if noted.wall_ms is not None and now.wall_ms is not None and now.wall_ms >= noted.wall_ms:
        return (now.wall_ms - noted.wall_ms) / 1000, True
    return NOTE_EVERY_S, False
