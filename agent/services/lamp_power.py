"""What a luminaire draws at a level: the model of an LED driver, and the curve that a meter teaches. Pure.

Power is spoken of as a share of the nominal one, above what a luminaire draws while it is off.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

OFF_W = 0.5
_AT_ONCE, _WITH_LIGHT = 0.05, 0.95  # LED drivers: 5 % of nominal as soon as there is light, the rest with the light
KNOTS_PCT = (0.0, 25.0, 50.0, 75.0, 100.0)  # the first is the least light, not none
_STEP_PCT = 25.0
_GAIN_SD, _SHAPE_SD = 1.0, 0.08  # what is not known before anything was seen: nominal powers may be wrong by half
_LEARNED = 0.2  # of a change, on average, may be missed
_WRONG = 0.25  # so much is missed where nothing is as it was learned
_LATELY = 1 / 16
_FORGET = 1e-6  # variance that comes back with each lesson: drivers age, slowly


def model_w(nominal_w: float, level_pct: float) -> float:
    """Return by the model what a luminaire draws, in watts."""
    if level_pct <= 0:
        return OFF_W
    return nominal_w * (_AT_ONCE + _WITH_LIGHT * min(level_pct, 100.0) / 100)


def model_level_pct(nominal_w: float, power_w: float) -> float:
    """Return by the model the level at which a luminaire draws so much, 0..100 %."""
    share = power_w / nominal_w
    return 0.0 if share < _AT_ONCE / 2 else min(max((share - _AT_ONCE) / _WITH_LIGHT, 0.0), 1.0) * 100


class KeptCurve(msgspec.Struct, frozen=True):
    """What is kept of a curve: its value at each knot, how sure each is (a covariance, row by row), how far off it was."""

    shares: list[float]
    covariance: list[float]
    missed: float
    learned: bool


class PowerCurve:
    """Shares at the knots, learned by least squares from changes of power; straight between them."""

    def __init__(self, kept: KeptCurve | None = None) -> None:
        self._begin()
        count = len(KNOTS_PCT)
        if kept is not None and len(kept.shares) == count and len(kept.covariance) == count * count:
            self.shares, self._missed, self._learned = list(kept.shares), kept.missed, kept.learned
            self._weight = _LATELY
            self._covariance = [list(kept.covariance[row * count : (row + 1) * count]) for row in range(count)]

    def kept(self) -> KeptCurve:
        """Return what is to be kept."""
        return KeptCurve(
            list(self.shares), [value for row in self._covariance for value in row], self._missed, self._learned
        )

    def share(self, level_pct: float) -> float:
        """Return what is drawn at a level."""
        return sum(weight * self.shares[knot] for knot, weight in _weights(level_pct))

    def add(self, regressor: list[float], level_pct: float, nominal_w: float) -> None:
        """Add a luminaire's part, in watts at each knot, to what `learn` and `variance_w2` take."""
        for knot, weight in _weights(level_pct):
            regressor[knot] += weight * nominal_w

    def variance_w2(self, regressor: Sequence[float]) -> float:
        """Return how sure a change of power is that the curve expects, as a variance."""
        return sum(
            a * b * value
            for a, row in zip(regressor, self._covariance, strict=True)
            if a
            for b, value in zip(regressor, row, strict=True)
        )

    @property
    def learned(self) -> bool:
        """Return whether changes of power are foreseen well enough to miss a luminaire by one that is not."""
        return self._learned

    def judge(self, expected_w: float, missed_w: float) -> None:
        """Take how far off what was expected of a change that was large enough to tell."""
        self._weight = max(self._weight / (1 + self._weight), _LATELY)
        self._missed += self._weight * (min(abs(missed_w / expected_w), 1.0) - self._missed)
        if self._missed < _LEARNED:
            self._learned = True
        elif self._missed > _WRONG and self._learned:
            self._begin()  # other luminaires hang there now

    def learn(self, regressor: Sequence[float], missed_w: float, variance_w2: float) -> None:
        """Take that a change of power differed by `missed_w` from what was expected, measured with that variance."""
        covariance = self._covariance
        gain = [sum(value * b for value, b in zip(row, regressor, strict=True)) for row in covariance]
        whole = variance_w2 + sum(a * g for a, g in zip(regressor, gain, strict=True))
        for row, part in enumerate(gain):
            self.shares[row] += part * missed_w / whole
            for column, other in enumerate(gain):
                covariance[row][column] -= part * other / whole
            covariance[row][row] += _FORGET

    def level_pct(self, share: float) -> float:
        """Return the level at which so much is drawn, 0..100 %."""
        if share < self.shares[0] / 2:
            return 0.0
        for knot, (low, high) in enumerate(zip(self.shares, self.shares[1:], strict=False)):
            if share <= high and high > low:
                return KNOTS_PCT[knot] + _STEP_PCT * max(share - low, 0.0) / (high - low)
        return 100.0

    def _begin(self) -> None:
        """Know no more than the model."""
        self.shares = [_AT_ONCE + _WITH_LIGHT * knot / 100 for knot in KNOTS_PCT]
        self._covariance = [
            [_GAIN_SD**2 * a * b + (_SHAPE_SD**2 if a == b else 0.0) for b in self.shares] for a in self.shares
        ]
        self._missed, self._weight, self._learned = 1.0, 1.0, False


def _weights(level_pct: float) -> tuple[tuple[int, float], ...]:
    """Return which knots a level lies between, and its part of each; nothing for a luminaire that is off."""
    if level_pct <= 0:
        return ()
    place = min(level_pct, 100.0) / _STEP_PCT
    knot = min(int(place), len(KNOTS_PCT) - 2)
    return (knot, 1 - (place - knot)), (knot + 1, place - knot)
