# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# mypy: disable-error-code="import-untyped,untyped-decorator"
"""Samples of a continuous-wave Doppler head to movement with speed and, from I and Q, direction. Arithmetic only.

What comes at v shifts the echo by f = 2 v / wavelength. The samples of a frame are weighed by a Hann window and made a
spectrum by a radix-2 Fourier transform; each frequency is a cell that is held against its own noise, so that the hum of a
supply is learned like any other noise, and only there.
"""

from __future__ import annotations

from array import array
from math import ceil, cos, inf, log10, nan, pi, sin, sqrt

import cython

from cext.belief import ABSURD, BELIEVED, FROZEN, SATURATED, Belief
from cext.cfar import Reference

COMPILED: bool = cython.compiled

_LIGHT_M_PER_S = 299792458.0
_BLOCK_S = 2.0
_MEMORY_S = 60.0
_SATURATED_S = 5.0
_NEVER_QUIET_S = 1800.0
_LONGEST = 4096
_MOST = cython.declare(cython.double, 1e9)
_ABSURD = cython.declare(cython.int, ABSURD)
_SATURATED = cython.declare(cython.int, SATURATED)
_FROZEN = cython.declare(cython.int, FROZEN)


@cython.final
@cython.cclass
class Doppler:
    """A Doppler head: volts or counts of I, or of I and Q, one at a time. VACANT, PRESENT or UNKNOWN (`cext.belief`)."""

    _belief: cython.object
    _reference: cython.object
    _quadrature: cython.bint
    _points: cython.Py_ssize_t
    _filled: cython.Py_ssize_t
    _lowest: cython.Py_ssize_t  # the first frequency that is looked at
    _side: cython.Py_ssize_t  # how many there are of one sign
    _bin_m_per_s: cython.double
    _low: cython.double
    _high: cython.double
    _last_i: cython.double
    _last_q: cython.double
    _same_i: cython.int  # samples that are equal to the one before them, in a row
    _same_q: cython.int
    _same_most: cython.int
    _railed: cython.int  # goes up with each sample at a rail, down with each other
    _railed_most: cython.int
    _window: cython.double[::1]
    _cos: cython.double[::1]
    _sin: cython.double[::1]
    _swap: cython.int[::1]
    _re: cython.double[::1]
    _im: cython.double[::1]
    _power: cython.double[::1]
    _speed_m_per_s: cython.double
    _strength_db: cython.double
    _detections: cython.longlong

    def __init__(  # noqa: PLR0913
        self,
        rate_hz: float,
        carrier_hz: float,
        *,
        quadrature: bool = True,
        points: int = 256,
        slowest_m_per_s: float = 0.3,
        hold_s: float = 2.0,
        false_alarms_per_h: float = 0.1,
        low: float = -inf,
        high: float = inf,
        frozen_s: float = 1.0,
    ) -> None:
        """`rate_hz` samples a second, of `carrier_hz` (24.125e9, 10.525e9); a frame is `points` (16..4096, a power of two).

        Speeds are seen from `slowest_m_per_s` to wavelength * rate_hz / 4, in steps of wavelength * rate_hz / 2 / points;
        what is faster folds back. On white noise `false_alarms_per_h` frames are false. `quadrature`: there is a Q. A channel
        that is the same for `frozen_s` to the last bit, or both without their noise, are frozen.
        """
        if not 16 <= points <= _LONGEST or points & (points - 1):
            raise ValueError(f"points = {points}: expected a power of two, 16..{_LONGEST}")
        if not 1.0 <= carrier_hz <= 1e12:
            raise ValueError(f"carrier_hz = {carrier_hz}: expected the frequency of the radar in hertz")
        if not 0.0 < frozen_s <= 1e4:
            raise ValueError(f"frozen_s = {frozen_s}: expected seconds, above 0, at most 10000")
        if not low < high:
            raise ValueError(f"low = {low}, high = {high}: expected low below high")
        self._belief = Belief(rate_hz, hold_s, _NEVER_QUIET_S)
        self._quadrature = quadrature
        self._points = points
        self._bin_m_per_s = rate_hz / points * _LIGHT_M_PER_S / carrier_hz / 2.0
        lowest = slowest_m_per_s / self._bin_m_per_s
        if not 0.0 <= lowest < points / 2 - 1:
            raise ValueError(
                f"slowest_m_per_s = {slowest_m_per_s}: the fastest is {self._bin_m_per_s * points / 2:.3g} m/s"
            )
        self._lowest = max(2, ceil(lowest))  # a Hann window leaves what stands still in the two below
        self._side = points // 2 - self._lowest
        self._low = low
        self._high = high
        self._same_most = max(2, int(frozen_s * rate_hz))
        self._railed_most = max(2, int(_SATURATED_S * rate_hz))
        turn = 2.0 * pi / points
        self._window = array("d", [0.5 - 0.5 * cos(turn * n) for n in range(points)])
        self._cos = array("d", [cos(turn * n) for n in range(points // 2)])
        self._sin = array("d", [sin(turn * n) for n in range(points // 2)])
        bits = points.bit_length() - 1
        self._swap = array("i", [int(f"{n:0{bits}b}"[::-1], 2) for n in range(points)])
        self._re = array("d", [0.0]) * points
        self._im = array("d", [0.0]) * points
        power = array("d", [0.0]) * (self._side * (2 if quadrature else 1))
        self._power = power
        frame_s = points / rate_hz
        block = max(1, int(_BLOCK_S / frame_s))
        memory = max(1, int(_MEMORY_S / (block * frame_s)))
        self._reference = Reference(power, 1, false_alarms_per_h * frame_s / 3600.0, block, memory)
        self._last_i = nan
        self._last_q = nan
        self._same_i = 0
        self._same_q = 0
        self._railed = 0
        self._filled = 0
        self._speed_m_per_s = nan
        self._strength_db = nan
        self._detections = 0

    def sample(self, i: float, q: float, now_s: float) -> int:
        """Take a sample (`q` is not looked at where there is none); whether somebody moves now."""
        if self._belief.sample(now_s, self._look(i, q if self._quadrature else i)):
            if self._take(i, q if self._quadrature else 0.0):
                self._decide()
        else:
            self._reference.pause()
            self._filled = 0
        return self._belief.state(now_s)  # type: ignore[no-any-return]

    def state(self, now_s: float) -> int:
        """Whether somebody moves, without a sample: UNKNOWN once none has come for a second."""
        return self._belief.state(now_s)  # type: ignore[no-any-return]

    def reason(self, now_s: float) -> int:
        """Why it cannot be believed: an index into `cext.belief.REASONS`, 0 if it can."""
        return self._belief.reason(now_s)  # type: ignore[no-any-return]

    @property
    def detections(self) -> int:
        """Frames in which something moved, since the start."""
        return self._detections  # type: ignore[no-any-return]

    @property
    def speed_m_per_s(self) -> float:
        """Of the strongest in the last frame in which something moved; NaN before.

        Positive comes nearer where I and Q are such that the phase then rises (on some heads they are the other way
        round); without Q the sign says nothing and is positive.
        """
        return self._speed_m_per_s  # type: ignore[no-any-return]

    @property
    def strength_db(self) -> float:
        """Of the same, against the noise at its frequency; NaN before."""
        return self._strength_db  # type: ignore[no-any-return]

    def _decide(self) -> None:
        self._transform()
        cell: cython.Py_ssize_t = self._reference.step()
        if cell >= 0:
            self._detections += 1
            self._speed_m_per_s = self._speed(cell)
            noise = self._reference.noise(cell)
            self._strength_db = 10.0 * log10(self._power[cell] / noise) if noise > 0.0 else inf
        if self._reference.deaf:
            self._reference.pause()  # that is not to be learned
        self._belief.decide(cell >= 0, self._reference.learned, FROZEN if self._reference.deaf else BELIEVED)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _look(self, i: cython.double, q: cython.double) -> cython.int:
        """What is wrong with a sample."""
        if not (-_MOST <= i <= _MOST and -_MOST <= q <= _MOST):
            return _ABSURD
        self._same_i = min(self._same_i + 1, self._same_most) if i == self._last_i else 0
        self._same_q = min(self._same_q + 1, self._same_most) if q == self._last_q else 0
        self._last_i = i
        self._last_q = q
        if min(i, q) <= self._low or max(i, q) >= self._high:
            self._railed = min(self._railed + 1, self._railed_most)
        else:
            self._railed = max(self._railed - 1, 0)
        if self._railed >= self._railed_most:
            return _SATURATED
        return _FROZEN if max(self._same_i, self._same_q) >= self._same_most else 0

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _take(self, i: cython.double, q: cython.double) -> cython.bint:
        """Put a sample where the transform wants it. Whether the frame is full."""
        at: cython.int = self._swap[self._filled]
        self._re[at] = i * self._window[self._filled]
        self._im[at] = q * self._window[self._filled]
        self._filled += 1
        if self._filled < self._points:
            return False
        self._filled = 0
        return True

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _transform(self) -> cython.void:
        """The powers of a frame's frequencies: first those that come nearer, then those that go away."""
        k: cython.Py_ssize_t
        half: cython.Py_ssize_t = 1
        while half < self._points:
            self._combine(half)
            half *= 2
        for k in range(self._side):
            self._power[k] = self._power_at(self._lowest + k)
            if self._quadrature:
                self._power[self._side + k] = self._power_at(self._points - self._lowest - k)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _combine(self, half: cython.Py_ssize_t) -> cython.void:
        """One pass of the transform: pairs that are `half` apart (Cooley and Tukey 1965, in place)."""
        first: cython.Py_ssize_t = 0
        k: cython.Py_ssize_t
        stride: cython.Py_ssize_t = self._points // (2 * half)
        while first < self._points:
            for k in range(half):
                a: cython.Py_ssize_t = first + k
                b: cython.Py_ssize_t = a + half
                c: cython.double = self._cos[k * stride]
                s: cython.double = self._sin[k * stride]
                re: cython.double = self._re[b] * c + self._im[b] * s
                im: cython.double = self._im[b] * c - self._re[b] * s
                self._re[b] = self._re[a] - re
                self._im[b] = self._im[a] - im
                self._re[a] += re
                self._im[a] += im
            first += 2 * half

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _power_at(self, k: cython.Py_ssize_t) -> cython.double:
        return self._re[k] * self._re[k] + self._im[k] * self._im[k]

    @cython.cfunc
    @cython.exceptval(check=False)
    def _speed(self, cell: cython.Py_ssize_t) -> cython.double:
        """By the ratio of the two greatest amplitudes: exact for one steady tone under a Hann window (Grandke 1983)."""
        sign: cython.int = 1 if cell < self._side else -1
        k: cython.Py_ssize_t = self._lowest + (cell if sign > 0 else cell - self._side)
        at: cython.Py_ssize_t = k if sign > 0 else self._points - k
        above: cython.double = self._power_at((at + sign) % self._points)
        below: cython.double = self._power_at(at - sign)
        ratio: cython.double = sqrt(max(above, below) / self._power_at(at))
        shift: cython.double = (2.0 * ratio - 1.0) / (1.0 + ratio)
        if below > above:
            shift = -shift
        return sign * (k + shift) * self._bin_m_per_s
