"""From what an instrument says to readings: what hardly changes only gets younger. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from drivers.lines.instrument import Fact, Model, PointRow
from drivers.points import Point, Quality, Reading, Value

Deliver = Callable[[str, Reading], None]


class _Told:
    """One point, and what was last told of it."""

    __slots__ = ("key", "reading", "row", "told_s")

    def __init__(self, key: str, row: PointRow) -> None:
        self.key = key
        self.row = row
        self.reading = Reading(None, Quality.BAD, "", float("-inf"))
        self.told_s = float("-inf")


class Teller:
    """Tells what the devices on one instrument read."""

    def __init__(self, model: Model, devices: Sequence[tuple[str, str]], max_age_s: float, deliver: Deliver) -> None:
        """`devices`: (kind, id) of each; their points are stale when nothing has been heard of them for `max_age_s` s."""
        self._deliver = deliver
        self._told: dict[str, list[_Told]] = {}
        points = []
        for kind, device in devices:
            for row in model.points:
                if row.kind == kind:
                    key = f"{device}/{row.resource}"
                    self._told.setdefault(row.resource, []).append(_Told(key, row))
                    points.append(
                        Point(
                            key=key,
                            type=row.type,
                            unit=row.unit,
                            max_age_s=max_age_s,
                            deadband=row.deadband,
                            title=row.title,
                        )
                    )
        self.points = tuple(points)

    def tell(self, facts: Iterable[Fact], now_s: float) -> None:
        """Take what has been said now."""
        for fact in facts:
            for told in self._told.get(fact.resource, ()):
                self._tell(told, fact, now_s)

    def lost(self, reason: str, now_s: float) -> None:
        """Take that nothing can be heard any more."""
        for tolds in self._told.values():
            for told in tolds:
                self._put(told, Reading(None, Quality.BAD, reason, now_s))

    def _tell(self, told: _Told, fact: Fact, now_s: float) -> None:
        before, value = told.reading, fact.value
        if fact.quality is before.quality and value != before.value and _holds(told, value, now_s):
            value = before.value  # the same, now
        elif value != before.value or fact.quality is not before.quality:
            told.told_s = now_s
        self._put(told, Reading(value, fact.quality, fact.reason, now_s))

    def _put(self, told: _Told, reading: Reading) -> None:
        told.reading = reading
        self._deliver(told.key, reading)


def _holds(told: _Told, value: Value | None, now_s: float) -> bool:
    """Return whether a change is not told: it is too small, or the last one was too short ago."""
    before = told.reading.value
    if before is None or value is None:
        return False
    if now_s < told.told_s + told.row.every_s:
        return True
    if isinstance(value, bool | str) or isinstance(before, bool | str):
        return False
    return abs(value - before) < told.row.deadband
