"""Alarms with hysteresis in time: raised after a time over a limit, cleared after a time below a lower one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

Severity = Literal["alarm", "warning"]

_MOST_STEP_S = 10.0  # what happened in a longer pause between two looks nobody has seen


class Terms(msgspec.Struct, frozen=True):
    """How long a condition must be met before its alarm is raised, and how long not before it is cleared, in seconds."""

    raise_after_s: float
    clear_after_s: float


class Kind(msgspec.Struct, frozen=True):
    """What an alarm is about, how bad that is, and its terms."""

    what: str
    severity: Severity
    terms: Terms


class Alarm(msgspec.Struct, frozen=True):
    """An alarm that is raised. `key` is that of its point; `since_s` is monotonic, `since` UTC, "" where no clock knew."""

    key: str
    what: str
    severity: Severity
    text: str
    since_s: float
    since: str


class KeptAlarm(msgspec.Struct, frozen=True):
    """What is kept of an alarm over a restart of the agent."""

    text: str
    since: str


class Watch:
    """One condition and whether its alarm is raised. What is not known neither raises nor clears it, and stops both times."""

    __slots__ = ("_gone_s", "_last_s", "_met_s", "_terms", "known", "raised")

    def __init__(self, terms: Terms, *, raised: bool = False) -> None:
        self._terms = terms
        self._met_s = 0.0
        self._gone_s = 0.0
        self._last_s: float | None = None
        self.raised = raised
        self.known = raised

    def step(self, met: bool | None, now_s: float) -> bool:
        """Take whether the condition is met: over the limit, below the lower one, or neither or not known (none).

        Returns whether the alarm has just been raised or cleared, or is now for the first time known not to be raised.
        """
        last_s = now_s if self._last_s is None else self._last_s
        self._last_s = max(now_s, last_s)
        if met is None:
            return False
        news, self.known = not self.known, True
        passed_s = min(self._last_s - last_s, _MOST_STEP_S)
        if met:
            self._met_s, self._gone_s = self._met_s + passed_s, 0.0
        else:
            self._met_s, self._gone_s = 0.0, self._gone_s + passed_s
        if met is self.raised:
            return news
        if met and self._met_s >= self._terms.raise_after_s:
            self.raised = True
        elif not met and self._gone_s >= self._terms.clear_after_s:
            self.raised = False
        return news or met is self.raised


class AlarmBook:
    """All alarms of a controller: watches by key, and what is raised."""

    def __init__(self, kept: Mapping[str, KeptAlarm]) -> None:
        """`kept` are those that an earlier run had raised: they stay until their condition is known to be gone."""
        self._kept = dict(kept)
        self._raised: dict[str, Alarm] = {}

    def watch(self, key: str, kind: Kind, now_s: float) -> Watch:
        """Make the watch of a condition."""
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._raised[key] = Alarm(key, kind.what, kind.severity, kept.text, now_s, kept.since)
        return Watch(kind.terms, raised=kept is not None)

    def raise_(self, alarm: Alarm) -> None:
        """Take an alarm that was raised, or its new text."""
        self._raised[alarm.key] = alarm

    def clear(self, key: str) -> None:
        """Take that an alarm is over."""
        self._raised.pop(key, None)

    def __contains__(self, key: str) -> bool:
        return key in self._raised

    def alarms(self) -> list[Alarm]:
        """Return what is raised: alarms before warnings, then the oldest first."""
        return sorted(self._raised.values(), key=lambda alarm: (alarm.severity, alarm.since_s, alarm.key))

    def kept(self) -> dict[str, KeptAlarm]:
        """Return what is to be kept over a restart."""
        return {key: KeptAlarm(alarm.text, alarm.since) for key, alarm in self._raised.items()}
