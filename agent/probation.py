"""Whether a new configuration has proven itself: all is well at the end of its time, and was so for the last quarter. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

_SHARE = 0.25  # of the probation; before that buses and broker may take their time to come back


class Signs(msgspec.Struct, frozen=True):
    """How the agent is: tasks that hang, tasks that have died, buses that lived before and are silent, the way up."""

    stuck: Sequence[str]
    died: Sequence[str]
    silent: Sequence[str]
    online: bool

    @property
    def trouble(self) -> str:
        """Return what is not well, in words; empty if all is."""
        found = [f"the task {name} hangs" for name in self.stuck]
        found += [f"the task {name} has died" for name in self.died]
        found += [f"no unit of the bus {name} answers any more" for name in self.silent]
        return "; ".join(found if self.online else [*found, "the uplink does not come back"])


class End(msgspec.Struct, frozen=True):
    """How it has ended, and why."""

    passed: bool
    reason: str


class Probation:
    """Looks again and again, until the time is over."""

    def __init__(self, now_s: float, for_s: float) -> None:
        self._for_s = for_s
        self._ends_s = now_s + for_s
        self._well_since_s = now_s
        self._trouble = ""

    def left_s(self, now_s: float) -> float:
        """Return how long it still goes on, in seconds."""
        return max(self._ends_s - now_s, 0.0)

    def look(self, signs: Signs, now_s: float) -> End | None:
        """Take how things are; return the end when it has come."""
        if signs.trouble:
            self._trouble, self._well_since_s = signs.trouble, now_s
        if now_s < self._ends_s:
            return None
        if now_s - self._well_since_s >= self._for_s * _SHARE:
            return End(
                passed=True, reason=f"in force: control, buses and uplink were well to the end of {self._for_s:g} s"
            )
        return End(passed=False, reason=self._trouble)
