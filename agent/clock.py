"""The only reader of time: monotonic seconds, wall time with a trust flag, the calendar by which the street runs."""

from __future__ import annotations

import ctypes
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from agent.told_time import ToldTime, read_utc

# A clock that stands before the release of the program it runs has never been set.
RELEASED = datetime(2026, 11, 24, tzinfo=UTC)

_TRUST_FOR_S = 10.0  # how long an answer of the kernel about synchronisation is used
_NEAR_S = 0.001  # a beat that is nearer than this is the one that has just come
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised


class Wall(msgspec.Struct, frozen=True, gc=False):
    """Wall time (UTC), and whether it may be believed."""

    utc: datetime
    trusted: bool


class Clock(Protocol):
    """What the agent asks of a clock."""

    def mono_s(self) -> float:
        """Return monotonic seconds; only differences mean anything."""

    def wall(self) -> Wall:
        """Return the wall time of stamps and expiries."""

    def street(self) -> Wall:
        """Return the wall time by which sun and calendar run; differs from `wall` only in demonstrations."""


def wall_less_mono_s(clock: Clock) -> float:
    """Return what makes wall time (Unix seconds) of a monotonic time."""
    return clock.wall().utc.timestamp() - clock.mono_s()


def until_next_s(now_s: float, every_s: float) -> float:
    """Return how long it is from a monotonic time to the next multiple of `every_s` seconds: above 0, at most that.

    Tasks that rest rest until then, so that they wake together: waking the process costs more than what most of them do.
    """
    return every_s - (now_s + _NEAR_S) % every_s


class SystemClock:
    """The board's clock, or with "gnss" what satellites say.

    `street_start` moves sun and calendar of the street, and nothing else, to that moment.
    """

    def __init__(self, source: Literal["network", "rtc", "gnss"], street_start: datetime | None = None) -> None:
        self._source = source
        self._told = ToldTime(RELEASED)
        self._start_s = time.monotonic()
        self._street_start = street_start
        self._asked_s = -_TRUST_FOR_S
        self._synchronised = False

    def mono_s(self) -> float:
        return time.monotonic()

    def told(self, text: str, mono_s: float) -> None:
        """Take the time (ISO 8601, Z) that a satellite receiver told at a monotonic time in seconds."""
        utc = read_utc(text)
        if utc is not None:
            self._told.told(utc, mono_s)

    def wall(self) -> Wall:
        if self._source == "gnss" and (told := self._told.utc(self.mono_s())) is not None:
            return Wall(told, trusted=True)
        utc = datetime.now(UTC)  # noqa: TID251 - the one place
        return Wall(utc, utc >= RELEASED and (self._source == "rtc" or self._network_trusted()))

    def street(self) -> Wall:
        if self._street_start is None:
            return self.wall()
        return Wall(self._street_start + timedelta(seconds=self.mono_s() - self._start_s), trusted=True)

    def _network_trusted(self) -> bool:
        now_s = self.mono_s()
        if now_s - self._asked_s >= _TRUST_FOR_S:
            self._asked_s = now_s
            self._synchronised = kernel_synchronised()
        return self._synchronised


def boot_id() -> str:
    """Return the kernel's name of this boot: monotonic times of two boots do not compare."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def kernel_synchronised() -> bool:
    """Return, by the kernel (adjtimex, read only), whether some daemon keeps its clock synchronised."""
    timex = ctypes.create_string_buffer(256)  # struct timex is 208 bytes at most; modes = 0 only reads
    state: int = ctypes.CDLL(None, use_errno=True).adjtimex(timex)
    return 0 <= state < _TIME_ERROR
