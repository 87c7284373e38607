"""The levels of one unit's outputs: what is wanted, what it has acknowledged, and when to write next. Pure."""

from __future__ import annotations

import math

SPACING_S = 0.1  # between two writes of a fade to one unit: polls must get their turn on the line
ASSERT_S = 2.0  # an output is written again at least so often, whatever the unit says that it gives
LEAP_PCT = 20.0  # a rise by more is no step of a fade, however soon after another one
SETTLE_S = 0.5  # after a level for all units at once, each is written its own as soon as the street is quiet


class Levels:
    """Levels by device, in per cent. Times are monotonic seconds; `due_s` is when to write, inf for never.

    `rise_s` is since when a lamp waits that is to begin to rise, inf if none does.
    """

    def __init__(self) -> None:
        self.wanted: dict[str, float] = {}
        self.written: dict[str, float] = {}
        self._write_due_s = math.inf
        self._assert_due_s = math.inf
        self._last_write_s = -math.inf
        self._rose_s: dict[str, float] = {}
        self.rise_s = math.inf
        self.told = False  # what is wanted went to all units at once, and was not acknowledged since

    @property
    def due_s(self) -> float:
        """Return when they are to be written."""
        return min(self._write_due_s, self._assert_due_s)

    def want(self, device: str, level_pct: float, now_s: float) -> bool:
        """Take a level; the latest wins. One that begins to rise goes out at once: somebody is there. False if no news."""
        before_pct = self.wanted.get(device)
        if before_pct == level_pct:
            return False
        spaced_s = max(now_s, self._last_write_s + SPACING_S)
        if before_pct is None or level_pct > before_pct:
            fades = now_s - self._rose_s.get(device, -math.inf) <= SPACING_S
            begins = not fades or level_pct - (before_pct or 0.0) > LEAP_PCT
            self._rose_s[device] = now_s
            if begins:
                spaced_s = now_s
                self.rise_s = min(self.rise_s, now_s)
        self.wanted[device] = level_pct
        self.told = False
        self._write_due_s = min(self._write_due_s, spaced_s)
        return True

    def rising_first(self) -> dict[str, float]:
        """Return what is wanted: first of those that are to rise, in the order in which that was wanted last."""
        rising = [device for device, level in self.wanted.items() if level > self.written.get(device, -1.0)]
        rising.sort(key=lambda device: self._rose_s.get(device, -math.inf))
        return {device: self.wanted[device] for device in (*rising, *self.wanted)}

    def complete(self) -> bool:
        """Return whether every output has been given a level."""
        return self.wanted.keys() == self.written.keys()

    def settled(self) -> bool:
        """Return whether the unit has acknowledged every level that is wanted."""
        return self.wanted == self.written

    def restart(self) -> None:
        """Forget what the unit has acknowledged: it may have lost everything."""
        self.written = {}
        self.told = False
        self.rise_s = math.inf
        self._write_due_s = -math.inf if self.wanted else math.inf

    def wrote(self, levels: dict[str, float], now_s: float) -> dict[str, float]:
        """Note that levels were acknowledged; return those that are news."""
        news = {device: level for device, level in levels.items() if self.written.get(device) != level}
        rises = any(self._begins(device, level) for device, level in levels.items())
        self.written = levels
        if news:  # an assertion is no step of a fade: a level that comes after it does not wait
            self._last_write_s = now_s
        self._assert_due_s = now_s + ASSERT_S
        # What came in during the write goes out after the spacing, but for a lamp that begins to rise.
        spaced_s = now_s if rises else max(now_s, self._last_write_s + SPACING_S)
        self._write_due_s = math.inf if self.settled() else spaced_s
        self.rise_s = min(self.rise_s, now_s) if rises else math.inf
        return news

    def _begins(self, device: str, told_pct: float) -> bool:
        """Return whether a lamp that is told a level now came to be wanted to rise meanwhile, and not only to go on rising."""
        further_pct = self.wanted[device] - told_pct
        return further_pct > LEAP_PCT or (further_pct > 0.0 and told_pct <= self.written.get(device, -1.0))

    def told_to_all(self, now_s: float) -> None:
        """Note that what is wanted went to all units at once, which nobody acknowledges: it is written again, for that."""
        self.told = True
        self._last_write_s = now_s
        self._write_due_s = now_s + SETTLE_S
        self.rise_s = math.inf

    def unanswered(self) -> None:
        """Note that a write was not answered: it is made again, but the lamps of other units do not wait for that."""
        self.rise_s = math.inf

    def refused(self, now_s: float) -> None:
        """Note that a write was refused: the same is not repeated before it is asserted again."""
        self.rise_s = math.inf
        self._write_due_s = math.inf
        self._assert_due_s = now_s + ASSERT_S
