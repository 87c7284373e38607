"""When an instrument that wears out is awake: woken, let spin up, listened to, and put to sleep again. Pure.

Particulate counters have a laser and a fan, made for about 8,000 h: eleven months without a break, nearly seven years with
40 s of work in five minutes.
"""

from __future__ import annotations

import math
from typing import Literal

SPIN_UP_S = 30.0  # "stable data … at least 30 seconds after the sensor wakeup" (PMS7003); the same for the SDS011
LISTEN_S = 10.0
QUIET_S = 10.0  # awake, and nothing heard for so long: it may have slept, or been without power
_AGAIN_S = 3.0  # a word that was not obeyed is said again
_GRACE_S = 2.0  # what was on its way when it was put to sleep
_TRIES = 3

Word = Literal["", "wake", "sleep"]


class Duty:
    """One instrument's sleep. `period_min` 0: it never sleeps."""

    def __init__(self, period_min: float) -> None:
        self._period_s = 60 * period_min
        self._asleep = False
        self._begun_s = math.inf  # this waking, or `inf` before the first
        self._first_s = math.inf  # when something was first heard in it
        self._last_s = math.inf
        self._say_s = math.inf  # when the last word is to be said again
        self._slept_s = math.inf
        self._tries = 0

    @property
    def asleep(self) -> bool:
        """Whether it should be asleep."""
        return self._asleep

    @property
    def awake(self) -> bool:
        """Whether it has been heard since it was woken."""
        return not self._asleep and self._first_s < math.inf

    def begin(self, now_s: float) -> None:
        """Wake it, whatever it does now."""
        self._asleep = False
        self._begun_s = self._say_s = now_s
        self._first_s = self._last_s = math.inf

    def heard(self, now_s: float) -> None:
        """Take that it has said something."""
        if self._asleep:
            if now_s > self._slept_s + _GRACE_S and self._tries < _TRIES:
                self._say_s = min(self._say_s, now_s)
            return
        if self._first_s == math.inf:
            self._first_s = now_s
        self._last_s = now_s

    def settled(self, now_s: float) -> bool:
        """Return whether what it says now may be believed."""
        return now_s >= self._first_s + SPIN_UP_S

    def due(self, now_s: float) -> Word:
        """Return what it is to be told now."""
        if self._asleep:
            if now_s >= self._begun_s + self._period_s:
                self.begin(now_s)
            elif now_s >= self._say_s:
                return self._sleep(now_s)
        elif now_s >= self._sleep_s():
            self._asleep, self._tries = True, 0
            return self._sleep(now_s)
        elif now_s >= self._last_s + QUIET_S:
            self._first_s = self._last_s = math.inf
            self._say_s = now_s
        if not self._asleep and self._first_s == math.inf and now_s >= self._say_s:
            self._say_s = now_s + _AGAIN_S
            return "wake"
        return ""

    def next_s(self) -> float:
        """Return when `due` is to be asked next."""
        if self._asleep:
            return min(self._begun_s + self._period_s, self._say_s)
        if self._first_s == math.inf:
            return self._say_s
        return min(self._sleep_s(), self._last_s + QUIET_S)

    def _sleep_s(self) -> float:
        """Return when it has been listened to for long enough."""
        return self._first_s + SPIN_UP_S + LISTEN_S if self._period_s else math.inf

    def _sleep(self, now_s: float) -> Word:
        self._tries += 1
        self._slept_s, self._say_s = now_s, math.inf  # again if it is heard
        return "sleep"


def silent_s(period_min: float, awake_silent_s: float) -> float:
    """Return for how long nothing may be heard of it that speaks each `awake_silent_s` at least while it is awake."""
    return awake_silent_s + (60 * period_min - SPIN_UP_S - LISTEN_S + 2 * _AGAIN_S if period_min else 0.0)
