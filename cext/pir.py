# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# mypy: disable-error-code="import-untyped,untyped-decorator"
"""Samples of an analogue passive infrared sensor to presence: how much the signal moves against its own noise.

A body that walks through the zones of the lens makes a swing of some tenths to some hertz around a level that drifts with
the temperature. Arithmetic only.
"""

from __future__ import annotations

from array import array
from math import exp, inf, log10, nan, pi

import cython

from cext.belief import ABSURD, BELIEVED, FROZEN, SATURATED, Belief
from cext.cfar import Reference

COMPILED: bool = cython.compiled

_SLOWEST_HZ = 0.2  # what is slower is drift
_FASTEST_HZ = 10.0  # what is faster is noise; samples are averaged to twice that
_CELL_S = 0.4
_BLOCK_S = 4.0
_MEMORY_S = 120.0
_SATURATED_S = 5.0
_NEVER_QUIET_S = 1800.0
_MOST = cython.declare(cython.double, 1e9)
_ABSURD = cython.declare(cython.int, ABSURD)
_SATURATED = cython.declare(cython.int, SATURATED)
_FROZEN = cython.declare(cython.int, FROZEN)


@cython.final
@cython.cclass
class AnaloguePir:
    """An analogue PIR: volts or counts of an ADC, one at a time. Says VACANT, PRESENT or UNKNOWN (`cext.belief`)."""

    _belief: cython.object
    _reference: cython.object
    _power: cython.double[::1]
    _low: cython.double
    _high: cython.double
    _last: cython.double
    _same: cython.int  # samples that are equal to the one before them, in a row
    _same_most: cython.int
    _railed: cython.int  # goes up with each sample at a rail, down with each other
    _railed_most: cython.int
    _per: cython.int  # samples that are averaged to one
    _points: cython.int  # of those in a cell
    _settle: cython.int
    _waits: cython.int  # points until the filter has settled
    _sum: cython.double
    _summed: cython.int
    _share: cython.double  # of the way to its input that a filter goes in a point
    _level: cython.double  # the two stages of the high pass
    _slope: cython.double
    _energy: cython.double
    _filled: cython.int
    _detections: cython.longlong

    def __init__(  # noqa: PLR0913
        self,
        rate_hz: float,
        *,
        hold_s: float = 5.0,
        false_alarms_per_h: float = 0.1,
        low: float = -inf,
        high: float = inf,
        frozen_s: float = 10.0,
    ) -> None:
        """`rate_hz` samples a second, 5 to 10 000. At or beyond `low` and `high` the amplifier or the ADC is at its end.

        A detection is decided each 0.4 s; on white noise `false_alarms_per_h` are false. A signal that is the same for
        `frozen_s` to the last bit, or without its noise for 2 s, is frozen: the ADC must resolve the noise.
        """
        if not 5.0 <= rate_hz <= 1e4:
            raise ValueError(f"rate_hz = {rate_hz}: expected 5..10000 samples a second")
        if not 0.0 < frozen_s <= 1e4:
            raise ValueError(f"frozen_s = {frozen_s}: expected seconds, above 0, at most 10000")
        if not low < high:
            raise ValueError(f"low = {low}, high = {high}: expected low below high")
        self._belief = Belief(rate_hz, hold_s, _NEVER_QUIET_S)
        self._low = low
        self._high = high
        self._same_most = max(2, int(frozen_s * rate_hz))
        self._railed_most = max(2, int(_SATURATED_S * rate_hz))
        self._per = max(1, int(rate_hz / (2.0 * _FASTEST_HZ)))
        point_s = self._per / rate_hz
        looks = max(1, int(_CELL_S / point_s / 2.0))
        self._points = 2 * looks
        cell_s = self._points * point_s
        alarm = false_alarms_per_h * cell_s / 3600.0
        power = array("d", [0.0])
        self._power = power
        self._reference = Reference(power, looks, alarm, int(_BLOCK_S / cell_s), int(_MEMORY_S / _BLOCK_S))
        self._share = 1.0 - exp(-2.0 * pi * _SLOWEST_HZ * point_s)
        self._settle = int(3.0 / self._share)
        self._last = nan
        self._same = 0
        self._railed = 0
        self._detections = 0
        self._begin()

    def sample(self, value: float, now_s: float) -> int:
        """Take a sample; whether somebody is there now."""
        if self._belief.sample(now_s, self._look(value)):
            if self._filter(value):
                self._decide()
        else:
            self._reference.pause()
            self._begin()
        return self._belief.state(now_s)  # type: ignore[no-any-return]

    def state(self, now_s: float) -> int:
        """Whether somebody is there, without a sample: UNKNOWN once none has come for a second."""
        return self._belief.state(now_s)  # type: ignore[no-any-return]

    def reason(self, now_s: float) -> int:
        """Why it cannot be believed: an index into `cext.belief.REASONS`, 0 if it can."""
        return self._belief.reason(now_s)  # type: ignore[no-any-return]

    @property
    def detections(self) -> int:
        """Cells of 0.4 s in which something moved, since the start."""
        return self._detections  # type: ignore[no-any-return]

    @property
    def noise(self) -> float:
        """Root mean square of the signal while nothing moves, in its own unit."""
        return self._reference.noise(0) ** 0.5  # type: ignore[no-any-return]

    @property
    def strength_db(self) -> float:
        """The last cell against the noise; NaN before there is one."""
        noise = self._reference.noise(0)
        return 10.0 * log10(self._power[0] / noise) if noise > 0.0 and self._power[0] > 0.0 else nan

    def _decide(self) -> None:
        detected = self._reference.step() >= 0
        self._detections += detected
        if self._reference.deaf:
            self._reference.pause()  # that is not to be learned
        self._belief.decide(detected, self._reference.learned, FROZEN if self._reference.deaf else BELIEVED)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _look(self, value: cython.double) -> cython.int:
        """What is wrong with a sample."""
        if not -_MOST <= value <= _MOST:
            return _ABSURD
        self._same = min(self._same + 1, self._same_most) if value == self._last else 0
        self._last = value
        if value <= self._low or value >= self._high:
            self._railed = min(self._railed + 1, self._railed_most)
        else:
            self._railed = max(self._railed - 1, 0)
        if self._railed >= self._railed_most:
            return _SATURATED
        return _FROZEN if self._same >= self._same_most else 0

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _filter(self, value: cython.double) -> cython.bint:
        """Average, take the drift off, add up the squares. Whether a cell is full."""
        self._sum += value
        self._summed += 1
        if self._summed < self._per:
            return False
        point: cython.double = self._sum / self._summed
        self._sum = 0.0
        self._summed = 0
        if self._waits == self._settle:
            self._level = point
        point -= self._level
        self._level += self._share * point
        point -= self._slope
        self._slope += self._share * point
        if self._waits > 0:
            self._waits -= 1
            return False
        self._energy += point * point
        self._filled += 1
        if self._filled < self._points:
            return False
        self._power[0] = self._energy / self._points
        self._energy = 0.0
        self._filled = 0
        return True

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _begin(self) -> cython.void:
        """Begin a cell anew, and the filter with it."""
        self._waits = self._settle
        self._sum = 0.0
        self._summed = 0
        self._slope = 0.0
        self._energy = 0.0
        self._filled = 0
