# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# mypy: disable-error-code="import-untyped,untyped-decorator"
"""Thresholds at a constant false-alarm rate (CFAR), against a noise that is learned while nothing moves. Arithmetic only.

A cell is a power: of a moment, a frequency, a distance. It is the mean of some looks: independent squares of a complex
Gaussian noise (or half as many pairs of a real one), so that its power times the looks is Gamma distributed.
"""

from __future__ import annotations

from array import array
from math import exp, inf, log, log1p

import cython

COMPILED: bool = cython.compiled

_DEAF = cython.declare(cython.Py_ssize_t, 4)  # steps: a single look is so weak once in a hundred


def factor(false_alarm: float, looks: int, reference_looks: float) -> float:
    """How many times the reference a cell of noise exceeds with the probability `false_alarm` (above 0, below 0.5).

    With T = factor * looks / reference_looks, noise exceeds it with the probability
    sum over k < looks of C(reference_looks + k - 1, k) T^k / (1 + T)^(reference_looks + k), the tail of the ratio of two
    Gamma variables; for one look that is (1 + T)^-reference_looks (Finn and Johnson, RCA Review 29, 1968).
    """
    if not 0.0 < false_alarm < 0.5:
        raise ValueError(f"false_alarm = {false_alarm}: expected a probability above 0 and below 0.5")
    if looks < 1 or not 1.0 <= reference_looks < inf:
        raise ValueError(f"{looks} looks against {reference_looks}: expected 1 or more of each")
    low, high = -60.0, 700.0  # of log T
    for _ in range(100):
        middle = (low + high) / 2
        if _tail(middle, looks, reference_looks) > false_alarm:
            low = middle
        else:
            high = middle
    return exp(high + log(reference_looks / looks))


def _tail(log_t: float, looks: int, reference_looks: float) -> float:
    log_one_more = log1p(exp(log_t))
    log_share = log_t - log_one_more  # of T / (1 + T)
    log_term, total = -reference_looks * log_one_more, 0.0
    for k in range(looks):
        total += exp(log_term)
        log_term += log((reference_looks + k) / (k + 1)) + log_share
    return total


@cython.final
@cython.cclass
class Reference:
    """The noise of some cells, and whether a cell rises above it. `power` is to be filled before each step.

    Cells are taken in blocks. A block counts once the next is over too and nothing was detected in either: what is seen
    does not raise the threshold it is held against, nor does what came just before (the guard).
    """

    _power: cython.double[::1]
    _threshold: cython.double[::1]
    _noise: cython.double[::1]
    _fresh: cython.double[::1]  # sums of the block that is being filled
    _aged: cython.double[::1]  # sums of the one before
    _factor: cython.double[::1]  # by the blocks that the noise is of
    _count: cython.Py_ssize_t
    _block: cython.Py_ssize_t
    _memory: cython.Py_ssize_t
    _blocks: cython.Py_ssize_t
    _steps: cython.Py_ssize_t
    _noises: cython.double  # sum of all cells' noise
    _deaf: cython.Py_ssize_t  # steps in a row whose power was far below it
    _is_aged: cython.bint

    def __init__(  # noqa: PLR0913, PLR0917
        self, power: array[float], looks: int, false_alarm: float, block: int, memory: int, start: float = 0.0
    ) -> None:
        """`false_alarm` of a step that looks at all cells; `memory` blocks of `block` steps are remembered.

        With a `start` above 0 the noise is taken for that at first and is believed at once, else the first block is
        learned whatever is in it.
        """
        if len(power) < 1 or block < 1 or memory < 1 or not 0.0 <= start < inf:
            raise ValueError("expected a cell or more, a step a block or more, a block or more, a start of 0 or more")
        self._count = len(power)
        self._block = block
        self._memory = memory
        alarm = false_alarm / self._count
        factors = [factor(alarm, looks, float(looks * block * (n + 1))) for n in range(memory)]
        self._factor = array("d", factors)
        self._power = power
        self._threshold = array("d", [factors[memory - 1] * start if start > 0.0 else inf]) * self._count
        self._noise = array("d", [start]) * self._count
        self._fresh = array("d", [0.0]) * self._count
        self._aged = array("d", [0.0]) * self._count
        self._blocks = memory if start > 0.0 else 0
        self._noises = start * self._count
        self._steps = 0
        self._deaf = 0
        self._is_aged = False

    @property
    def learned(self) -> bool:
        """Whether there is a noise to hold cells against."""
        return self._blocks > 0  # type: ignore[no-any-return]

    @property
    def deaf(self) -> bool:
        """Whether even the noise has gone, to less than a hundredth in four steps: then the sensor is not there."""
        return self._deaf >= _DEAF  # type: ignore[no-any-return]

    def noise(self, i: int) -> float:
        """The power that a cell has while nothing moves."""
        return self._noise[self._at(i)]  # type: ignore[no-any-return]

    def threshold(self, i: int) -> float:
        """The power above which a cell is a detection; inf while nothing is learned."""
        return self._threshold[self._at(i)]  # type: ignore[no-any-return]

    def step(self) -> int:
        """The cell that is farthest above its threshold, as a ratio; -1 if none is above."""
        return self._step()  # type: ignore[no-any-return]

    def pause(self) -> None:
        """Samples are missing: forget the blocks that do not count yet."""
        self._forget()

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _step(self) -> cython.Py_ssize_t:
        i: cython.Py_ssize_t
        best: cython.Py_ssize_t = -1
        power: cython.double = 0.0
        for i in range(self._count):
            power += self._power[i]
            self._fresh[i] += self._power[i]
            if self._power[i] > self._threshold[i] and (
                best < 0 or self._power[i] * self._threshold[best] > self._power[best] * self._threshold[i]
            ):
                best = i
        self._deaf = min(self._deaf + 1, _DEAF) if power < 0.01 * self._noises else 0
        self._steps += 1
        if best >= 0:
            self._forget()
        elif self._steps == self._block:
            self._turn()
        return best

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _turn(self) -> cython.void:
        """A block is over in which nothing was detected: the one before it counts, or the very first at once."""
        i: cython.Py_ssize_t
        first: cython.bint = self._blocks == 0
        counts: cython.bint = first or self._is_aged
        rate: cython.double
        if counts and self._blocks < self._memory:
            self._blocks += 1
        rate = 1.0 / self._blocks
        if counts:
            self._noises = 0.0
        for i in range(self._count):
            if counts:
                self._noise[i] += rate * ((self._fresh[i] if first else self._aged[i]) / self._block - self._noise[i])
                self._noises += self._noise[i]
                self._threshold[i] = self._factor[self._blocks - 1] * self._noise[i]
            self._aged[i] = self._fresh[i]
            self._fresh[i] = 0.0
        self._steps = 0
        self._is_aged = not first

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _forget(self) -> cython.void:
        i: cython.Py_ssize_t
        for i in range(self._count):
            self._fresh[i] = 0.0
        self._steps = 0
        self._is_aged = False

    @cython.cfunc
    @cython.exceptval(-1)
    def _at(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        if not 0 <= i < self._count:
            raise IndexError(f"no cell {i}: there are {self._count}, counted from 0")
        return i
