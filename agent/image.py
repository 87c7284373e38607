"""The process image: the latest Reading of every Point, with its age; stale ones say so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from drivers.points import Point, Quality, Reading

NEVER = Reading(None, Quality.BAD, "not read yet", float("-inf"))


class _Group:
    """When some points were last read together."""

    __slots__ = ("read_s",)

    def __init__(self) -> None:
        self.read_s = NEVER.mono_s


class Image:
    """Latest reading by key. Listeners are told the key of each change of value or quality, at once."""

    def __init__(self, points: Iterable[Point]) -> None:
        self._points = {point.key: point for point in sorted(points, key=lambda point: point.key)}
        self._readings: dict[str, Reading] = dict.fromkeys(self._points, NEVER)
        self._groups: dict[tuple[str, ...], _Group] = {}  # points that are always read together
        self._group: dict[str, _Group] = dict.fromkeys(self._points, _Group())
        self.listeners: list[Callable[[str], None]] = []

    def __contains__(self, key: str) -> bool:
        return key in self._points

    def __iter__(self) -> Iterator[Point]:
        return iter(self._points.values())

    def point(self, key: str) -> Point:
        """Return the specification of a point. KeyError if there is none."""
        return self._points[key]

    def put(self, key: str, reading: Reading) -> None:
        """Take a new reading. KeyError if there is no such point: a driver must declare what it delivers."""
        before = self._readings[key]
        self._readings[key] = reading
        if before.value != reading.value or before.quality != reading.quality:
            for listener in self.listeners:
                listener(key)

    def same(self, keys: tuple[str, ...], mono_s: float) -> None:
        """Take that points, which are always read together, were read again: they are what they are until the next put."""
        group = self._groups.get(keys)
        if group is None:
            group = self._groups[keys] = _Group()
            self._group.update(dict.fromkeys(keys, group))
        group.read_s = mono_s

    def get(self, key: str, now_s: float) -> Reading:
        """Return the reading as of now: one that is older than the point's maximum age is stale."""
        reading = self.raw(key)
        age_s = now_s - reading.mono_s
        if reading.quality in {Quality.GOOD, Quality.UNCERTAIN} and age_s > self._points[key].max_age_s:
            return Reading(reading.value, Quality.STALE, f"last read {age_s:.0f} s ago", reading.mono_s)
        return reading

    def raw(self, key: str) -> Reading:
        """Return the reading as it came, however old."""
        reading = self._readings[key]
        read_s = self._group[key].read_s
        if read_s > reading.mono_s:
            # Made when somebody looks: most values are the same at most polls, and most are seldom looked at.
            reading = self._readings[key] = Reading(reading.value, reading.quality, reading.reason, read_s)
        return reading
