"""Report by exception: what has changed and is due, as reports. Pure; time is an argument.

Most values are told at once. What presence moves (lamp levels, meters) is told at a slow beat, and presence itself as
counts, because on a quiet street each single movement is somebody's evening; a lamp that is held by hand is told at once.
What is told at the beat has the beat's time, and births tell it as of the last beat: who asks for births learns no more.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

import msgspec

from agent.image import Image
from agent.journal.records import Report
from agent.uplink import names
from agent.uplink.table import Spec, Table
from agent.uplink.tally import Tally
from drivers.points import Quality, Reading, Value

SPARKPLUG_QUALITY = {Quality.GOOD: 192, Quality.UNCERTAIN: 192, Quality.BAD: 0, Quality.STALE: 500}
_WORST_FIRST = (Quality.BAD, Quality.STALE, Quality.UNCERTAIN, Quality.GOOD)
_BY_HAND = frozenset({"technician", "operator", "lock", "interlock", "safety", "minimum_time"})
_STALE_EVERY_S = 5.0  # values go stale without an event: so often they are looked at
_ASKED = (names.REBIRTH, names.RELEASE, names.RESTART, names.RELOAD, names.BUNDLE, names.COLLECT)
_FIRST: dict[str, Value] = {names.COUNTER: 0, **dict.fromkeys(_ASKED, False)}
_Told = tuple[Value | None, Quality | None]
_NEVER_TOLD: _Told = (None, None)  # whatever is read first is news, also of whether its device is alive


class Pace(msgspec.Struct, frozen=True):
    """How often what presence moves is told, and its counts, in seconds; a count of fewer is not told as such."""

    level_every_s: float
    presence_every_s: float
    presence_at_least: int


class Reporter:
    """Listens to the image; `take` returns what is due. `wake` is called when something is due at once."""

    def __init__(self, image: Image, table: Table, pace: Pace, now_s: float) -> None:
        self._image = image
        self._table = table
        self._pace = pace
        self.wake: Callable[[], None] = lambda: None
        self.began_s = now_s  # counts are since then
        self._dirty: dict[str, None] = {}  # in the order of their changes
        self._slow: dict[str, None] = {}
        self._told: dict[str, _Told] = dict.fromkeys(table.points, _NEVER_TOLD)
        self._told_s = dict.fromkeys(table.points, now_s)
        self._own: dict[tuple[str, str], Value | None] = dict.fromkeys(table.own)
        self._news: deque[Report] = deque(maxlen=10_000)
        self._pushed_out = 0
        self._groups: dict[tuple[str, str], list[str]] = {}
        self._functions: dict[str, dict[str, None]] = {}
        self._driven: dict[str, list[str]] = {}
        self._of_device: dict[str, list[str]] = {}
        for key, spec in table.points.items():
            self._of_device.setdefault(spec.device, []).append(key)
        driven = [(key, spec.device, spec.function) for key, spec in table.points.items() if spec.driven]
        for key, device, function in driven + [(key, device, "presence") for key, device in table.presence.items()]:
            self._groups.setdefault((device, function), []).append(key)
            self._functions.setdefault(device, {})[function] = None
            self._driven.setdefault(device, []).append(key)
        self._present = dict.fromkeys(table.presence, False)
        self._presence_quality = dict.fromkeys(table.presence, Quality.BAD)
        self._turned = False
        self._counts = {device: Tally(pace.presence_at_least, now_s) for device in table.presence.values()}
        self._next_slow_s = now_s + pace.level_every_s
        self._next_count_s = now_s + pace.presence_every_s
        self._next_stale_s = now_s + _STALE_EVERY_S
        for device, name in table.own:
            self._own[device, name] = _FIRST.get(name)
        image.listeners.append(self.note)

    def close(self) -> None:
        """Stop listening."""
        self._image.listeners.remove(self.note)

    def note(self, key: str) -> None:
        """Take that a point has changed."""
        spec = self._table.points.get(key)
        if spec is None:
            self._note_presence(key)
        elif spec.slow and self._at_the_beat(key, spec):
            self._slow[key] = None
        else:
            self._dirty[key] = None
            self.wake()

    def set(self, device: str, name: str, value: Value | None, now_s: float) -> None:
        """Give a metric that is no point a new value; told at once if it differs."""
        if self._own[device, name] != value:
            self._put(device, name, value, now_s)
            self.wake()

    def tell(self, device: str, name: str, value: Value | None, now_s: float) -> None:
        """Give a metric that is no point a value and tell it, whether it differs or not."""
        self._put(device, name, value, now_s)
        self.wake()

    def tell_in_passing(self, device: str, name: str, value: Value, now_s: float) -> None:
        """Tell a value and that it is over; births say null."""
        self._put(device, name, value, now_s)
        self.tell(device, name, None, now_s)

    def take(self, now_s: float) -> list[Report]:
        """Return what is due, in the order in which it happened."""
        if now_s >= self._next_stale_s:
            self._next_stale_s = now_s + _STALE_EVERY_S
            self._look_for_stale(now_s)
        if now_s >= self._next_slow_s:
            self._next_slow_s = _next_beat(self._next_slow_s, self._pace.level_every_s, now_s)
            self._dirty |= self._slow
            self._slow.clear()
        if now_s >= self._next_count_s:
            self._next_count_s = _next_beat(self._next_count_s, self._pace.presence_every_s, now_s)
            for device, tally in self._counts.items():
                self.set(device, names.COUNTER, tally.close(now_s), now_s)
        if not self._dirty and not self._news:
            return []
        reports = [report for key in self._dirty if (report := self._report(key, now_s)) is not None]
        self._dirty.clear()
        reports += self._news
        self._news.clear()
        return reports

    def next_s(self) -> float:
        """Return when something may be due although nothing happens."""
        return min(self._next_slow_s if self._slow else math.inf, self._next_count_s, self._next_stale_s)

    def pushed_out(self) -> int:
        """Return how many news since the last call newer ones have pushed out before they were told."""
        count, self._pushed_out = self._pushed_out, 0
        return count

    def alive(self, device: str) -> bool:
        """Return whether anything that is read from a device itself is not bad; the node always is."""
        keys = self._driven.get(device)
        return keys is None or any(self._image.raw(key).quality is not Quality.BAD for key in keys)

    def turned(self) -> bool:
        """Return whether any quality has changed since the last call, so that a device may have died or come to life."""
        turned, self._turned = self._turned, False
        return turned

    def told(self, key: str) -> _Told:
        """Return what was last told of a point."""
        return self._told[key]

    def own(self, device: str, name: str) -> Value | None:
        """Return the value of a metric that is no point."""
        return self._own[device, name]

    def born(self, device: str, now_s: float) -> list[tuple[Spec, Reading]]:
        """Return all points of a device for its birth; they count as told, and what was to be told is not told again."""
        readings = [(self._table.points[key], self._born(key, now_s)) for key in self._of_device.get(device, ())]
        for function in self._functions.get(device, ()):
            self._judge(device, function, now_s)
        self._news = deque((report for report in self._news if report.device != device), self._news.maxlen)
        return readings

    def _born(self, key: str, now_s: float) -> Reading:
        """Return a point for its birth; what waits for the beat goes on waiting, and is told as it was told last."""
        reading, spec = self._image.get(key, now_s), self._table.points[key]
        told, told_quality = self._told[key]
        at_the_beat = self._at_the_beat(key, spec)
        self._dirty.pop(key, None)
        if at_the_beat and key in self._slow and told is not None and reading.quality is told_quality:
            return Reading(told, told_quality, "", self._told_s[key])
        self._slow.pop(key, None)
        self._told[key], self._told_s[key] = (reading.value, reading.quality), now_s
        return Reading(reading.value, reading.quality, reading.reason, now_s) if at_the_beat else reading

    def _report(self, key: str, now_s: float) -> Report | None:
        reading = self._image.get(key, now_s)
        value, quality = reading.value, reading.quality
        told, told_quality = self._told[key]
        spec = self._table.points[key]
        if quality is told_quality:
            if value == told or _within(value, told, spec.deadband):
                return None
        elif spec.driven:
            self._turned = True
            self._judge(spec.device, spec.function, now_s)
        # The moment of a level's change is the moment of a movement: what is told at the beat has the beat's time.
        own_time = math.isfinite(reading.mono_s) and not (spec.slow and self._at_the_beat(key, spec))
        self._told[key], self._told_s[key] = (value, quality), now_s
        when_s = reading.mono_s if own_time else now_s
        return Report(
            spec.device, spec.name, spec.datatype, value, SPARKPLUG_QUALITY[quality], when_s, None, spec.urgent
        )

    def _judge(self, device: str, function: str, now_s: float) -> None:
        """Tell the worst quality of a device's function if it is another one than before."""
        readings = [self._image.get(key, now_s) for key in self._groups[device, function]]
        worst = min(readings, key=lambda reading: _WORST_FIRST.index(reading.quality))
        reason = "" if worst.quality is Quality.STALE else worst.reason  # a stale one's reason is its growing age
        self.set(device, f"{function}/{names.QUALITY}", worst.quality + (f": {reason}" if reason else ""), now_s)

    def _note_presence(self, key: str) -> None:
        device = self._table.presence.get(key)
        if device is None:
            return
        reading = self._image.raw(key)
        present = reading.value is True
        if present and not self._present[key]:
            self._counts[device].count()
        self._present[key] = present
        if reading.quality is not self._presence_quality[key]:
            self._presence_quality[key] = reading.quality
            self._turned = True
            self._judge(device, "presence", reading.mono_s)

    def _at_the_beat(self, key: str, spec: Spec) -> bool:
        """Whether a point waits for the beat: not if its quality changes, or somebody holds the lamp by hand or did so."""
        if not spec.slow or self._pace.level_every_s <= 0 or self._image.raw(key).quality is not self._told[key][1]:
            return False
        rung = f"{spec.device}/lamp/control_rung"
        return rung not in self._told or not {self._image.raw(rung).value, self._told[rung][0]} & _BY_HAND

    def _look_for_stale(self, now_s: float) -> None:
        for key, (_, quality) in self._told.items():
            # Also back again: to the image a value that is read as before is no change.
            if (quality is Quality.STALE) is not self._image.stale(key, now_s):
                self._dirty[key] = None
        for device in self._table.presence.values():
            self._judge(device, "presence", now_s)

    def _put(self, device: str, name: str, value: Value | None, now_s: float) -> None:
        self._own[device, name] = value
        spec = self._table.own[device, name]
        self._pushed_out += len(self._news) == self._news.maxlen
        self._news.append(Report(device, name, spec.datatype, value, 192, now_s, None, spec.urgent))


def _within(value: Value | None, told: Value | None, deadband: float) -> bool:
    if deadband <= 0 or isinstance(value, bool | str) or isinstance(told, bool | str):
        return False
    return value is not None and told is not None and abs(value - told) < deadband


def _next_beat(beat_s: float, every_s: float, now_s: float) -> float:
    """Return the next beat after now; beats that were missed are left out."""
    return beat_s + every_s * (math.floor((now_s - beat_s) / every_s) + 1) if every_s > 0 else now_s
