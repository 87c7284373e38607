# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# mypy: disable-error-code="import-untyped,untyped-decorator"
"""How light is given: from the light that each lamp should give to what its driver is told, faded and corrected.

Light is in per cent of the lamp's light as designed, what a driver is told in per cent of its control range.
"""

from __future__ import annotations

from array import array
from math import inf, nan

import cython

COMPILED: bool = cython.compiled

CURVES = ("linear", "dali")
LINEAR, DALI = range(2)
DEAD_BAND_PCT = 1.0
ARC_LEVELS = 254
TWO_STEPS_UP = 0.0562  # of the light that is: what two arc power levels more are, and at least what two fewer are

# Light in per cent between the arc power levels n and n + 1, n = 1..253, halfway on the logarithmic curve of IEC 62386-102:
# X(n) = 10^((n - 1) / (253 / 3) - 1).
BETWEEN_PCT = tuple(10.0 ** ((n - 0.5) / (253.0 / 3.0) - 1.0) for n in range(1, ARC_LEVELS))

_BETWEEN_PCT = cython.declare(cython.double[::1], array("d", BETWEEN_PCT))
_NAN = cython.declare(cython.double, nan)
_DALI = cython.declare(cython.int, DALI)
_ARC_LEVELS = cython.declare(cython.int, ARC_LEVELS)
_DEAD_BAND_PCT = cython.declare(cython.double, DEAD_BAND_PCT)
_TWO_STEPS_UP = cython.declare(cython.double, TWO_STEPS_UP)


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
def told_pct(
    light_pct: cython.double, curve: cython.int, minimum_pct: cython.double, clo: cython.double
) -> cython.double:
    """What a driver is told so that the lamp gives so much of its light as designed: 0 for 0 only, NaN for NaN."""
    k: cython.Py_ssize_t = 0
    to: cython.Py_ssize_t = _ARC_LEVELS - 1
    if not light_pct > 0.0:
        return light_pct
    light_pct = max(light_pct * clo, minimum_pct)
    if curve != _DALI:
        return light_pct
    while k < to:
        if _BETWEEN_PCT[(k + to) >> 1] < light_pct:
            k = ((k + to) >> 1) + 1
        else:
            to = (k + to) >> 1
    return (k + 1) * 100.0 / _ARC_LEVELS


def light_pct(told_pct: float, curve: int, clo: float) -> float:
    """The light as designed, at most 100 %, that a lamp gives when its driver is told so much."""
    if curve == DALI and told_pct > 0.0:
        told_pct = 10.0 ** ((told_pct * ARC_LEVELS / 100.0 - 1.0) / (253.0 / 3.0) - 1.0)
    return min(told_pct / clo, 100.0)


@cython.final
@cython.cclass
class Ramps:
    """`count` lamps, at first linear, without a minimum and fading at once; what they give is not known.

    Its attributes are declared in ramps.pxd. `level_pct` is the light that was last asked of each lamp, `output_pct` what its
    driver is told for it; `changed` are those that are told something else since `changed_count` was set to 0. Bad
    arguments are ValueErrors and change nothing; the indices are the caller's to check.
    """

    def __init__(self, count: int) -> None:
        self.level_pct = array("d", [nan]) * count
        self.output_pct = array("d", [nan]) * count
        self._up_s = array("d", [0.0]) * count
        self._down_s = array("d", [0.0]) * count
        self._clo = array("d", [1.0]) * count
        self._minimum_pct = array("d", [0.0]) * count
        self._position_pct = array("d", [nan]) * count  # where the fade stands
        self._curve = array("i", [LINEAR]) * count
        self._alone = array("i", [0]) * count  # 1: the device fades up by itself, 2: down
        self._way = array("i", [0]) * count  # -1 fades down, 0 rests, 1 fades up
        changed = array("i", [0]) * count
        self._changed = changed
        self.changed = memoryview(changed)
        self.changed_count = 0

    def set_fade(self, i: int, up_s: float, down_s: float, *, up_alone: bool, down_alone: bool) -> None:
        for name, fade_s in (("up_s", up_s), ("down_s", down_s)):
            if not 0.0 <= fade_s < inf:
                raise ValueError(f"{name} = {fade_s}: expected seconds, 0 or more")
        self._up_s[i] = up_s
        self._down_s[i] = down_s
        self._alone[i] = (1 if up_alone else 0) + (2 if down_alone else 0)

    def set_curve(self, i: int, curve: int, minimum_pct: float) -> None:
        if not 0 <= curve < len(CURVES):
            raise IndexError(f"no curve {curve}: expected {LINEAR} (linear) or {DALI} (DALI)")
        if not 0.0 <= minimum_pct <= 100.0:
            raise ValueError(f"minimum_pct = {minimum_pct}: expected 0..100 per cent")
        self._curve[i] = curve
        self._minimum_pct[i] = minimum_pct

    def set_clo(self, i: int, factor: float) -> None:
        if not 0.0 < factor <= 1.0:
            raise ValueError(f"factor = {factor}: expected more than 0, at most 1")
        self._clo[i] = factor

    def set_level(self, i: int, pct: float) -> None:
        self._position_pct[i] = pct
        self.level_pct[i] = pct
        # A device that fades by itself may be on its way to another level than it gives: it is told where to go in any case.
        told: cython.double = told_pct(pct, self._curve[i], self._minimum_pct[i], self._clo[i])
        self.output_pct[i] = told if self._alone[i] == 0 else _NAN
        self._way[i] = 0

    def output_of(self, i: int, light_pct: float) -> float:
        return told_pct(light_pct, self._curve[i], self._minimum_pct[i], self._clo[i])  # type: ignore[no-any-return]

    def light_of(self, i: int, told_pct: float) -> float:
        return light_pct(told_pct, self._curve[i], self._clo[i])

    # ---- Inside ------------------------------------------------------------------------------------------------------

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def fade(self, i: cython.Py_ssize_t, target_pct: cython.double, elapsed_s: cython.double) -> cython.bint:
        """Move towards the target and report what the dead band lets through; whether there is still way to go."""
        gap_pct: cython.double = target_pct - self._position_pct[i]
        stride_pct: cython.double = _DEAD_BAND_PCT
        band_pct: cython.double = _DEAD_BAND_PCT
        way: cython.int = 1 if gap_pct > 0.0 else -1
        fade_s: cython.double = self._up_s[i] if way > 0 else self._down_s[i]
        asked_pct: cython.double
        output_pct: cython.double
        sets_off: cython.bint = way != self._way[i]
        alone: cython.bint = (self._alone[i] & (1 if way > 0 else 2)) != 0
        if self._curve[i] == _DALI:
            stride_pct = max(_DEAD_BAND_PCT, self._position_pct[i] * _TWO_STEPS_UP)
            band_pct = 150.0 / _ARC_LEVELS
        if not sets_off and fade_s > 0.0:
            stride_pct = elapsed_s * 100.0 / fade_s
        if fade_s > 0.0 and stride_pct < gap_pct * way:
            self._position_pct[i] += stride_pct * way
        else:  # reached, at once, or the position is unknown
            self._position_pct[i] = target_pct
            way = 0
        self._way[i] = way
        asked_pct = target_pct if alone else self._position_pct[i]
        output_pct = told_pct(asked_pct, self._curve[i], self._minimum_pct[i], self._clo[i])
        if way != 0 and not sets_off and not alone and -band_pct < output_pct - self.output_pct[i] < band_pct:
            return True
        self.level_pct[i] = asked_pct
        if output_pct != self.output_pct[i]:
            self.output_pct[i] = output_pct
            self._changed[self.changed_count] = i
            self.changed_count += 1
        return way != 0
