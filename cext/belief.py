# cython: language_level=3, cdivision=True
# mypy: disable-error-code="import-untyped,untyped-decorator"
"""Whether a sensor of raw samples can be believed, and whether somebody is there. Arithmetic only; it never raises.

A sensor that cannot be believed says UNKNOWN and why, never VACANT: then a street is lit as if it had no such sensor.
"""

from math import inf

import cython

COMPILED: bool = cython.compiled

VACANT, PRESENT, UNKNOWN = range(3)
REASONS = ("", "learning", "time", "rate", "absurd", "saturated", "frozen", "never quiet", "silent")
BELIEVED, LEARNING, TIME, RATE, ABSURD, SATURATED, FROZEN, NEVER_QUIET, SILENT = range(9)

_INF = cython.declare(cython.double, inf)
_RECOVER_S = cython.declare(cython.double, 5.0)  # a fault lasts so long after it was last seen
_SPAN_S = cython.declare(cython.double, 1.0)  # samples are counted over so long, or over eight of them
_MOST_S = cython.declare(cython.double, 1e12)  # beyond that a double cannot tell one sample from the next
_VACANT = cython.declare(cython.int, VACANT)
_PRESENT = cython.declare(cython.int, PRESENT)
_UNKNOWN = cython.declare(cython.int, UNKNOWN)
_LEARNING = cython.declare(cython.int, LEARNING)
_TIME = cython.declare(cython.int, TIME)
_RATE = cython.declare(cython.int, RATE)
_NEVER_QUIET = cython.declare(cython.int, NEVER_QUIET)
_SILENT = cython.declare(cython.int, SILENT)


@cython.final
@cython.cclass
class Belief:
    """Times and faults of the samples of one sensor, and what was detected in them, held. Times are monotonic seconds."""

    _rate_hz: cython.double
    _hold_s: cython.double
    _never_quiet_s: cython.double
    _gap_s: cython.double
    _span_s: cython.double
    _last_s: cython.double
    _begin_s: cython.double  # of the samples that are being counted
    _count: cython.double
    _fault: cython.int
    _fault_until_s: cython.double
    _seen_s: cython.double
    _quiet_s: cython.double  # when nobody was last there
    _learning: cython.bint

    def __init__(self, rate_hz: float, hold_s: float, never_quiet_s: float) -> None:
        """Samples come `rate_hz` times a second (half to twice); what is detected holds for `hold_s`.

        Somebody who is there for `never_quiet_s` without a gap of `hold_s` is rather a noise that has risen.
        """
        if not 0.0 < rate_hz <= 1e6:
            raise ValueError(f"rate_hz = {rate_hz}: expected samples a second, above 0, at most 1e6")
        for name, span_s in (("hold_s", hold_s), ("never_quiet_s", never_quiet_s)):
            if not 0.0 <= span_s < inf:
                raise ValueError(f"{name} = {span_s}: expected seconds, 0 or more")
        self._rate_hz = rate_hz
        self._hold_s = hold_s
        self._never_quiet_s = never_quiet_s
        self._gap_s = max(_SPAN_S, 4.0 / rate_hz)
        self._span_s = max(_SPAN_S, 8.0 / rate_hz)
        self._last_s = -inf
        self._fault = 0
        self._fault_until_s = -inf
        self._seen_s = -inf
        self._quiet_s = inf
        self._learning = True

    def sample(self, now_s: float, fault: int) -> bool:
        """A sample has come, with what is wrong with it (a reason, or BELIEVED). Whether it may be used.

        Several may bear the same time, as an ADC hands them over; no more than come in a second.
        """
        wrong: cython.int = self._clock(now_s)
        if wrong == 0:
            wrong = fault
        if wrong != 0:
            self._fault = wrong
            self._fault_until_s = self._last_s + _RECOVER_S
        return wrong == 0  # type: ignore[no-any-return]

    def decide(self, detected: bool, learned: bool, fault: int) -> None:
        """Something was detected in the samples up to the last one, or not; `learned`: it could have been.

        `fault` is what is wrong with them together: a reason, or BELIEVED.
        """
        self._learning = not learned
        if detected:
            self._seen_s = self._last_s
        if self._last_s >= self._seen_s + self._hold_s or self._quiet_s == _INF:
            self._quiet_s = self._last_s
        if fault == 0 and self._last_s - self._quiet_s > self._never_quiet_s:
            fault = _NEVER_QUIET
        if fault != 0:
            self._fault = fault
            self._fault_until_s = self._last_s + _RECOVER_S

    def state(self, now_s: float) -> int:
        """VACANT, PRESENT or UNKNOWN. Who asks may be a little behind the last sample."""
        if self._reason(now_s) != 0:
            return _UNKNOWN  # type: ignore[no-any-return]
        return _PRESENT if now_s < self._seen_s + self._hold_s else _VACANT  # type: ignore[no-any-return]

    def reason(self, now_s: float) -> int:
        """Why it is UNKNOWN; BELIEVED if it is not."""
        return self._reason(now_s)  # type: ignore[no-any-return]

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _reason(self, now_s: cython.double) -> cython.int:
        if not -_MOST_S <= now_s <= _MOST_S or now_s < self._last_s - self._gap_s:
            return _TIME
        if now_s < self._fault_until_s:
            return self._fault
        if now_s - self._last_s > self._gap_s:
            return _SILENT
        return _LEARNING if self._learning else 0

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _clock(self, now_s: cython.double) -> cython.int:
        """What is wrong with the time of a sample."""
        wrong: cython.int = 0
        if not -_MOST_S <= now_s <= _MOST_S:
            return _TIME
        if now_s < self._last_s:
            wrong = _TIME
            self._seen_s = min(self._seen_s, now_s)
            self._quiet_s = now_s
        elif now_s - self._last_s > self._gap_s and self._last_s > -_INF:
            wrong = _RATE
        if wrong != 0 or self._last_s == -_INF:
            self._begin_s = now_s
            self._count = 0.0
        self._last_s = now_s
        return wrong if wrong != 0 else self._counted()

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _counted(self) -> cython.int:
        """Whether samples come at their rate: half to twice as many as in the time since the count began."""
        span_s: cython.double = self._last_s - self._begin_s
        self._count += 1.0
        wrong: cython.bint = self._count > 2.0 * self._rate_hz * self._span_s + 1.0
        if span_s >= self._span_s:
            wrong = wrong or self._count < 0.5 * self._rate_hz * span_s
        elif not wrong:
            return 0
        self._begin_s = self._last_s
        self._count = 0.0
        return _RATE if wrong else 0
