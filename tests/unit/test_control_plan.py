"""What can be foreseen of a street: the next change, asked again and again."""

from __future__ import annotations

from datetime import datetime, timedelta

from agent.control.calendar import Calendar
from agent.control.plan import Foresight, StreetPlan
from agent.control.season import Design
from season_places import ALBERTSLUND, SUN, local, period

PLAN = StreetPlan(Design(100.0, 10.0), SUN, Calendar([period("late", "23:00", "05:00")], ALBERTSLUND))


def coming(foresight: Foresight, now: datetime) -> tuple[bool, float] | None:
    found = foresight.next(now)
    return None if found is None else (found.night, found.rest.class_pct)


def test_the_next_change_is_the_next_one_whenever_it_is_asked() -> None:
    foresight = Foresight(PLAN)
    assert coming(foresight, local("2026-11-25 12:00")) == (True, 100.0)  # sunset
    assert coming(foresight, local("2026-11-25 22:59:50")) == (True, 50.0)
    assert coming(foresight, local("2026-11-25 22:59:59")) == (True, 50.0)
    assert coming(foresight, local("2026-11-25 23:00")) == (True, 100.0)
    assert coming(foresight, local("2026-11-26 05:00:20")) == (False, 100.0)
    assert coming(foresight, local("2026-11-26 05:00:10")) == (False, 100.0)  # a clock that was set back a little
    assert coming(foresight, local("2026-11-25 22:00")) == (True, 50.0)


def test_a_street_without_a_calendar_has_the_sun_alone() -> None:
    found = Foresight(StreetPlan(Design(100.0, 10.0), SUN)).next(local("2026-11-25 20:00"))
    assert found is not None
    assert not found.night
    assert abs(found.at - local("2026-11-26 08:06")) <= timedelta(minutes=1)
