"""Alarms that came and went while nobody heard: what the history of nodes says of them, with their own times. Pure."""

from __future__ import annotations

from agent.fleet.alarms import HOLD_OTHERS_MS, Event, Fault, alarms
from agent.fleet.faults import ALARM_METRICS
from agent.fleet.hearing import Told

MOST_OPEN = 10_000  # beginnings whose end has not been told; the oldest is forgotten first


class Late:
    """Pairs the beginning of an alarm with its end. What has no end yet is an alarm of now, and told as such."""

    def __init__(self) -> None:
        self._began: dict[tuple[str, str], int] = {}  # by node and device/metric, in ms
        self._events: list[Event] = []

    def past(self, node: str, device: str, told: Told) -> None:
        """Take what is told of the past, in the order in which it happened; nulls say nothing."""
        if told.name not in ALARM_METRICS or told.time_ms is None:
            return
        key = node, f"{device}/{told.name}"
        if told.value is True:
            if len(self._began) >= MOST_OPEN:
                del self._began[next(iter(self._began))]
            self._began.setdefault(key, told.time_ms)
        elif told.value is False:
            began_ms = self._began.pop(key, None)
            if began_ms is not None and told.time_ms - began_ms >= HOLD_OTHERS_MS:
                (alarm,) = alarms([Fault(told.name, f"{node}/{device}", node, began_ms)])
                self._events += [
                    Event("raised", began_ms, alarm, late=True), Event("cleared", told.time_ms, alarm, late=True)
                ]  # fmt: skip

    def now(self, node: str, key: str) -> None:
        """Take that an alarm is told of now: its beginning needs no end from the past any more."""
        self._began.pop((node, key), None)

    def take(self) -> list[Event]:
        """Return what has come and gone since the last call."""
        events, self._events = self._events, []
        return events
