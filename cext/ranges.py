# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# mypy: disable-error-code="import-untyped,untyped-decorator"
"""Frames of a pulsed coherent radar (some sweeps over some distances, complex) to presence and its distance.

A body that moves by half a wavelength turns the phase of its echo once: 2.5 mm at 60 GHz, so that breathing shows. Two
movements are looked for at each distance: slow, between frames (the mean of a frame's sweeps against its own past), and
fast, within a frame (sweeps against their mean). Both are measured in the sensor's own noise at that distance, which the
third differences of neighbouring sweeps give: what a body does in so short a time they cancel. Arithmetic only.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from math import exp, inf, log10, nan

import cython

from cext.belief import ABSURD, BELIEVED, FROZEN, SATURATED, Belief
from cext.cfar import Reference

COMPILED: bool = cython.compiled

_PAST_S = 3.0  # of the mean that a frame is held against
_BLOCK_S = 2.0
_MEMORY_S = 60.0
_SATURATED_S = 5.0
_NEVER_QUIET_S = 1800.0
_LEARNING_FRAMES = 4  # for a first idea of the noise
_FAST_START = 2.0  # 3 dB: what an empty scene is taken to move within a frame, until it is learned
_MOST = cython.declare(cython.double, 1e9)
_ABSURD = cython.declare(cython.int, ABSURD)
_SATURATED = cython.declare(cython.int, SATURATED)
_FROZEN = cython.declare(cython.int, FROZEN)


@cython.final
@cython.cclass
class RangePresence:
    """A radar with range points, a frame at a time. Says VACANT, PRESENT or UNKNOWN (`cext.belief`)."""

    _belief: cython.object
    _slow: cython.object
    _fast: cython.object
    _distance_m: cython.double[::1]
    _points: cython.Py_ssize_t
    _sweeps: cython.Py_ssize_t
    _slow_power: cython.double[::1]
    _fast_power: cython.double[::1]
    _noise: cython.double[::1]  # power of a sweep's noise at each distance
    _past_re: cython.double[::1]
    _past_im: cython.double[::1]
    _before: cython.double[::1]  # the last frame
    _past_share: cython.double
    _noise_share: cython.double
    _full_scale: cython.double
    _frames: cython.int  # since the past was begun; stops counting at a thousand
    _same: cython.int
    _same_most: cython.int
    _railed: cython.int
    _railed_most: cython.int
    _at: cython.Py_ssize_t
    _is_fast: cython.bint
    _detections: cython.longlong

    def __init__(  # noqa: PLR0913
        self,
        distances_m: Sequence[float],
        sweeps: int,
        frame_rate_hz: float,
        *,
        hold_s: float = 2.0,
        false_alarms_per_h: float = 0.1,
        restless_db: float = 15.0,
        full_scale: float = inf,
        frozen_frames: int = 3,
    ) -> None:
        """`sweeps` (4..256) over `distances_m` in each of `frame_rate_hz` frames a second (0.1..200).

        On white noise `false_alarms_per_h` frames are false. Between frames an empty scene (paper, leaves, water) is taken
        to move `restless_db` above the sensor's noise, until it is learned: in about a minute. A value of `full_scale` or
        more is at the end of the ADC. A frame that comes `frozen_frames` times again to the last bit is no measurement.
        """
        points = len(distances_m)
        if not 4 <= sweeps <= 256 or not 1 <= points <= 1024:
            raise ValueError(f"{sweeps} sweeps over {points} distances: expected 4..256 and 1..1024")
        if not 0.1 <= frame_rate_hz <= 200.0:
            raise ValueError(f"frame_rate_hz = {frame_rate_hz}: expected 0.1..200 frames a second")
        if not full_scale > 0.0 or frozen_frames < 1:
            raise ValueError(f"full_scale = {full_scale}, frozen_frames = {frozen_frames}: expected above 0, 1 or more")
        if not 0.0 <= restless_db <= 60.0:
            raise ValueError(f"restless_db = {restless_db}: expected 0..60 dB")
        self._belief = Belief(frame_rate_hz, hold_s, _NEVER_QUIET_S)
        self._points = points
        self._sweeps = sweeps
        self._distance_m = array("d", distances_m)
        self._noise = array("d", [0.0]) * points
        self._past_re = array("d", [0.0]) * points
        self._past_im = array("d", [0.0]) * points
        self._before = array("d", [nan]) * (2 * points * sweeps)
        slow, fast = array("d", [0.0]) * points, array("d", [0.0]) * points
        self._slow_power = slow
        self._fast_power = fast
        alarm = false_alarms_per_h / frame_rate_hz / 3600.0 / 2.0
        block = max(1, int(_BLOCK_S * frame_rate_hz))
        memory = max(1, int(_MEMORY_S * frame_rate_hz / block))
        self._slow = Reference(slow, 1, alarm, block, memory, 10.0 ** (restless_db / 10.0))
        self._fast = Reference(fast, sweeps - 1, alarm, block, memory, _FAST_START)
        self._past_share = 1.0 - exp(-1.0 / (_PAST_S * frame_rate_hz))
        self._noise_share = 1.0 - exp(-1.0 / (_MEMORY_S * frame_rate_hz))
        self._full_scale = full_scale
        self._same_most = frozen_frames
        self._railed_most = max(2, int(_SATURATED_S * frame_rate_hz))
        self._frames = 0
        self._same = 0
        self._railed = 0
        self._at = -1
        self._is_fast = False
        self._detections = 0

    def frame(self, samples: cython.double[::1], now_s: float) -> int:
        """Take a frame; whether somebody is there now.

        `samples` is an array("d") of I, Q for each distance, for each sweep; of another length: ValueError.
        """
        if len(samples) != 2 * self._points * self._sweeps:
            raise ValueError(f"{len(samples)} values: expected {self._sweeps} sweeps of {self._points} pairs")
        if self._belief.sample(now_s, self._look(samples)):
            self._measure(samples)
            if self._frames > _LEARNING_FRAMES:
                self._decide()
        else:
            self._slow.pause()
            self._fast.pause()
            self._frames = 0
        return self._belief.state(now_s)  # type: ignore[no-any-return]

    def state(self, now_s: float) -> int:
        """Whether somebody is there, without a frame: UNKNOWN once none has come for a second, or for four frames."""
        return self._belief.state(now_s)  # type: ignore[no-any-return]

    def reason(self, now_s: float) -> int:
        """Why it cannot be believed: an index into `cext.belief.REASONS`, 0 if it can."""
        return self._belief.reason(now_s)  # type: ignore[no-any-return]

    @property
    def detections(self) -> int:
        """Frames in which something moved, since the start."""
        return self._detections  # type: ignore[no-any-return]

    @property
    def distance_m(self) -> float:
        """Of the strongest movement in the last frame in which something moved; NaN before."""
        return self._distance_m[self._at] if self._at >= 0 else nan

    @property
    def is_fast(self) -> bool:
        """Whether that was a movement within a frame."""
        return self._is_fast  # type: ignore[no-any-return]

    @property
    def strength_db(self) -> float:
        """The same against what an empty scene moves there, as far as it is known; NaN before."""
        if self._at < 0:
            return nan
        power = self._fast_power[self._at] if self._is_fast else self._slow_power[self._at]
        noise = (self._fast if self._is_fast else self._slow).noise(self._at)
        return 10.0 * log10(power / noise) if noise > 0.0 and power > 0.0 else nan

    def _decide(self) -> None:
        slow, fast = self._slow.step(), self._fast.step()
        if slow >= 0 or fast >= 0:
            self._detections += 1
            self._is_fast = slow < 0
            self._at = fast if slow < 0 else slow
            self._slow.pause()  # what moves in one way is not learned as noise in the other
            self._fast.pause()
        self._belief.decide(slow >= 0 or fast >= 0, True, BELIEVED)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _look(self, samples: cython.double[::1]) -> cython.int:
        """What is wrong with a frame."""
        n: cython.Py_ssize_t
        value: cython.double
        is_same: cython.bint = True
        is_flat: cython.bint = True  # each sweep is the first again: there is no noise in it
        is_railed: cython.bint = False
        row: cython.Py_ssize_t = 2 * self._points
        for n in range(row * self._sweeps):
            value = samples[n]
            if not -_MOST <= value <= _MOST:
                return _ABSURD
            is_same = is_same and value == self._before[n]
            is_flat = is_flat and (n < row or value == samples[n - row])
            is_railed = is_railed or value >= self._full_scale or value <= -self._full_scale
            self._before[n] = value
        self._same = min(self._same + 1, self._same_most) if is_same else 0
        self._railed = min(self._railed + 1, self._railed_most) if is_railed else max(self._railed - 1, 0)
        if self._railed >= self._railed_most:
            return _SATURATED
        return _FROZEN if is_flat or self._same >= self._same_most else 0

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _measure(self, samples: cython.double[::1]) -> cython.void:
        """The powers of the slow and the fast movement at each distance, in units of the noise there."""
        p: cython.Py_ssize_t
        noise_share: cython.double = max(self._noise_share, 1.0 / (self._frames + 1.0))
        past_share: cython.double = max(self._past_share, 1.0 / (self._frames + 1.0))
        for p in range(self._points):
            self._noise[p] += noise_share * (self._third(samples, p) - self._noise[p])
            self._compare(samples, p, past_share)
        if self._frames < 1000:
            self._frames += 1

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _third(self, samples: cython.double[::1], p: cython.Py_ssize_t) -> cython.double:
        """Power of the noise by third differences of sweeps; 1 + 9 + 9 + 1 = 20 times that of one sweep."""
        n: cython.Py_ssize_t
        part: cython.Py_ssize_t
        stride: cython.Py_ssize_t = 2 * self._points
        power: cython.double = 0.0
        for n in range(self._sweeps - 3):
            for part in range(2):
                at: cython.Py_ssize_t = n * stride + 2 * p + part
                d: cython.double = (
                    samples[at + 3 * stride] - samples[at] + 3.0 * (samples[at + stride] - samples[at + 2 * stride])
                )
                power += d * d
        return power / (20.0 * (self._sweeps - 3))

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _compare(self, samples: cython.double[::1], p: cython.Py_ssize_t, past_share: cython.double) -> cython.void:
        """Hold the mean of the sweeps against its past, and the sweeps against their mean."""
        n: cython.Py_ssize_t
        stride: cython.Py_ssize_t = 2 * self._points
        re: cython.double = 0.0
        im: cython.double = 0.0
        spread: cython.double = 0.0
        noise: cython.double = self._noise[p]
        for n in range(self._sweeps):
            re += samples[n * stride + 2 * p]
            im += samples[n * stride + 2 * p + 1]
        re /= self._sweeps
        im /= self._sweeps
        for n in range(self._sweeps):
            off_re: cython.double = samples[n * stride + 2 * p] - re
            off_im: cython.double = samples[n * stride + 2 * p + 1] - im
            spread += off_re * off_re + off_im * off_im
        re -= self._past_re[p]
        im -= self._past_im[p]
        self._past_re[p] += past_share * re
        self._past_im[p] += past_share * im
        self._slow_power[p] = (re * re + im * im) * self._sweeps / noise if noise > 0.0 else 0.0
        self._fast_power[p] = spread / (self._sweeps - 1) / noise if noise > 0.0 else 0.0
