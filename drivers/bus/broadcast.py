"""One level for all units of a line at once. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.bus.service import UnitService


def level_for_all(units: Sequence[UnitService]) -> float | None:
    """Return the level (%) that may go to all units of a line in one frame; none if they must be written one by one.

    It may if every unit is of one profile, in order and opened, and all outputs want the same level, of which more
    than one unit has not been told. Nobody acknowledges it: each is written again a little later.
    """
    if len(units) < 2 or any(unit.spec.profile is not units[0].spec.profile for unit in units):
        return None
    levels = {level for unit in units for level in unit.levels.wanted.values()}
    if len(levels) != 1 or any(unit.state != "ok" or unit.settings.opening for unit in units):
        return None
    news = sum(not unit.levels.settled() and not unit.levels.told for unit in units)
    return levels.pop() if news > 1 else None
