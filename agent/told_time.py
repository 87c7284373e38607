"""Time as a satellite receiver tells it, carried on by the monotonic clock. Pure.

A receiver that has just started, or whose firmware has lost count of the GPS weeks, may tell a wrong time once; twice the
same wrong time is what a board alone cannot know.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_AGREE_S = 1.0  # sentences come up to so much later than the second that they name
_APART_S = 0.5  # two that agree must be two, not one that was read twice
_GOOD_FOR_S = 86400.0  # a board's crystal is out by some seconds a day


class ToldTime:
    """Wall time (UTC) by what was told; none before two tellings have agreed, and a day after the last."""

    def __init__(self, earliest: datetime) -> None:
        """No time before `earliest` is believed."""
        self._earliest = earliest
        self._candidate: tuple[datetime, float] | None = None
        self._agreed: tuple[datetime, float] | None = None

    def told(self, utc: datetime, mono_s: float) -> None:
        """Take that it was `utc` at a monotonic time in seconds."""
        if utc < self._earliest:
            return
        before = self._candidate
        if before is not None and mono_s - before[1] < _APART_S:
            return
        self._candidate = (utc, mono_s)
        if before is not None and abs((utc - before[0]).total_seconds() - (mono_s - before[1])) <= _AGREE_S:
            self._agreed = (utc, mono_s)

    def utc(self, mono_s: float) -> datetime | None:
        """Return the time at a monotonic time in seconds; none if it is not known."""
        if self._agreed is None or mono_s - self._agreed[1] > _GOOD_FOR_S:
            return None
        return self._agreed[0] + timedelta(seconds=mono_s - self._agreed[1])


def read_utc(text: str) -> datetime | None:
    """Read ISO 8601 with Z; none if it is no such time."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time.astimezone(UTC) if time.tzinfo is not None else None
