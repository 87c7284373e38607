# cython: language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator"
"""Raw levels of contacts and passive infrared sensors to what they mean: debounce and hold. Arithmetic only.

What comes out depends on the times of the edges alone, not on how often step() is called.
"""

from math import inf, isfinite

import cython

COMPILED: bool = cython.compiled


@cython.final
@cython.cclass
class Debounce:
    """A contact: its level counts after it has stood for `debounce_s`. Low at first. Times are monotonic seconds."""

    _debounce_s: cython.double
    _raw: cython.bint
    _raw_since_s: cython.double
    _level: cython.bint
    _level_since_s: cython.double
    _last_s: cython.double

    def __init__(self, debounce_s: float) -> None:
        _check_span("debounce_s", debounce_s)
        self._debounce_s = debounce_s
        self._raw = False
        self._raw_since_s = -inf
        self._level = False
        self._level_since_s = -inf
        self._last_s = -inf

    def edge(self, level: bool, now_s: float) -> None:
        """The pin shows `level` from now on. Saying again what it shows changes nothing."""
        self.step(now_s)
        if level != self._raw:
            self._raw = level
            self._raw_since_s = self._last_s

    def step(self, now_s: float) -> bool:
        """The level that counts now. A time before the last one is taken as the last one; NaN, inf: ValueError."""
        if not isfinite(now_s):
            raise ValueError(f"now_s = {now_s}: expected a time in seconds")
        self._last_s = max(self._last_s, now_s)
        if self._raw != self._level and self._raw_since_s + self._debounce_s <= self._last_s:
            self._level = self._raw
            self._level_since_s = self._raw_since_s + self._debounce_s
        return self._level  # type: ignore[no-any-return]

    def since_s(self) -> float:
        """When the level that counts began to; -inf if it always did."""
        return self._level_since_s  # type: ignore[no-any-return]

    def next_s(self) -> float:
        """When a step will change the level, if no edge comes before; inf for never."""
        return inf if self._raw == self._level else self._raw_since_s + self._debounce_s


@cython.final
@cython.cclass
class PirDetector:
    """Presence: while the debounced sensor is high, and for `hold_s` after. Another pulse extends, never shortens."""

    _input: Debounce
    _hold_s: cython.double
    _high: cython.bint
    _last_s: cython.double

    def __init__(self, debounce_s: float, hold_s: float) -> None:
        _check_span("hold_s", hold_s)
        self._input = Debounce(debounce_s)
        self._hold_s = hold_s
        self._high = False
        self._last_s = -inf

    def edge(self, level: bool, now_s: float) -> None:
        """The sensor shows `level` from now on."""
        self._input.edge(level, now_s)
        self.step(now_s)

    def step(self, now_s: float) -> bool:
        """Whether somebody is there now."""
        self._high = self._input.step(now_s)
        self._last_s = max(self._last_s, now_s)
        present: bool = self._high or self._last_s < self._held_s()
        return present

    def next_s(self) -> float:
        """When a step is due if no edge comes before; inf for never."""
        due_s: cython.double = self._input.next_s()
        held: cython.bint = not self._high and self._last_s < self._held_s()
        return min(self._held_s(), due_s) if held else due_s  # type: ignore[no-any-return]

    @cython.cfunc
    def _held_s(self) -> cython.double:
        return self._input.since_s() + self._hold_s


def _check_span(name: str, span_s: float) -> None:
    if not 0.0 <= span_s < inf:
        raise ValueError(f"{name} = {span_s}: expected seconds, 0 or more")
