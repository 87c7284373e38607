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


class _Cell:
    """A point, its latest reading, and the group that it is read with: one place to look at for each."""

    __slots__ = ("group", "max_age_s", "point", "reading")

    def __init__(self, point: Point, group: _Group) -> None:
        self.point = point
        self.max_age_s = point.max_age_s
        self.reading = NEVER
        self.group = group

    def latest(self) -> Reading:
        """Return the reading as it came, with the time at which it was last found to be the same."""
        reading, read_s = self.reading, self.group.read_s
        if read_s > reading.mono_s:
            # Made when somebody looks: most values are the same at most polls, and most are seldom looked at.
            reading = self.reading = Reading(reading.value, reading.quality, reading.reason, read_s)
        return reading


class Image:
    """Latest reading by key. Listeners are told the key of each change of value or quality, at once."""

    def __init__(self, points: Iterable[Point]) -> None:
        alone = _Group()
        self._cells = {point.key: _Cell(point, alone) for point in sorted(points, key=lambda point: point.key)}
        self._groups: dict[tuple[str, ...], _Group] = {}
        self.listeners: list[Callable[[str], None]] = []

    def __contains__(self, key: str) -> bool:
        return key in self._cells

    def __iter__(self) -> Iterator[Point]:
        return (cell.point for cell in self._cells.values())

    def point(self, key: str) -> Point:
        """Return the specification of a point. KeyError if there is none."""
        return self._cells[key].point

    def put(self, key: str, reading: Reading) -> None:
        """Take a new reading. KeyError if there is no such point: a driver must declare what it delivers."""
        cell = self._cells[key]
        before, cell.reading = cell.reading, reading
        if before.value != reading.value or before.quality is not reading.quality:
            for listener in self.listeners:
                listener(key)

    def same(self, keys: tuple[str, ...], mono_s: float) -> None:
        """Take that points, which are always read together, were read again: they are what they are until the next put."""
        group = self._groups.get(keys)
        if group is None:
            group = self._groups[keys] = _Group()
            for key in keys:
                self._cells[key].group = group
        group.read_s = mono_s

    def get(self, key: str, now_s: float) -> Reading:
        """Return the reading as of now: one that is older than the point's maximum age is stale."""
        cell = self._cells[key]
        reading = cell.latest()
        age_s = now_s - reading.mono_s
        if age_s > cell.max_age_s and reading.quality in {Quality.GOOD, Quality.UNCERTAIN}:
            return Reading(reading.value, Quality.STALE, f"last read {age_s:.0f} s ago", reading.mono_s)
        return reading

    def stale(self, key: str, now_s: float) -> bool:
        """Return whether `get` would say so."""
        cell = self._cells[key]
        if now_s - cell.group.read_s <= cell.max_age_s or now_s - cell.reading.mono_s <= cell.max_age_s:
            return False
        return cell.reading.quality in {Quality.GOOD, Quality.UNCERTAIN}

    def raw(self, key: str) -> Reading:
        """Return the reading as it came, however old."""
        return self._cells[key].latest()
