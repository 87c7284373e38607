"""The settings of one unit: what its lamps need to light, what makes it safe, and what of that is proved. Pure."""

from __future__ import annotations

import math
from collections import deque

from drivers.bus.unit import Programme

_PROVE_AGAIN_S = 60.0  # a setting that was refused, or that read back as another, is tried again after this


class Settings:
    """Settings over time. `opening` is written once before the first level; `programme` is written and read back.

    `written`: the one whose turn it is was written, and is to be read back next.
    """

    def __init__(self, setup: tuple[Programme, ...], safety: tuple[Programme, ...]) -> None:
        self._setup = setup
        self._safety = safety
        self._unproved: set[str] = set()
        self._due_s = -math.inf
        self.opening: deque[Programme] = deque()
        self.programme: deque[Programme] = deque()
        self.written = False
        self.safe = False  # all that makes the unit light its lamps by itself reads back as meant
        self.restart()

    @property
    def due_s(self) -> float:
        """Return when the next one is to be written and read back, in monotonic seconds; inf for never."""
        return self._due_s if self.programme else math.inf

    def restart(self) -> None:
        """Begin anew. The opening is tried once, so that nothing keeps levels waiting; the programme proves it later."""
        self.opening = deque(self._setup)
        self.programme = deque((*self._safety, *self._setup))
        self._due_s = -math.inf
        self.written = self.safe = False

    def proved(self, now_s: float) -> None:
        """Note that the setting whose turn it was reads back as meant."""
        self._unproved.discard(self.programme.popleft().what)
        self._round_ends(now_s)

    def not_proved(self, now_s: float) -> bool:
        """Note that a setting was refused or reads back as another. True if that is news."""
        what = self.programme.popleft().what
        news = what not in self._unproved
        self._unproved.add(what)
        self._round_ends(now_s)
        return news

    def _round_ends(self, now_s: float) -> None:
        """Safety counts once all of its settings are proved; what could not be proved is tried again later."""
        self.written = False
        if self.programme:
            return
        self.safe = bool(self._safety) and self._unproved.isdisjoint(step.what for step in self._safety)
        steps = (*self._safety, *self._setup)
        self.programme.extend(step for step in steps if step.what in self._unproved)
        self._due_s = now_s + _PROVE_AGAIN_S
