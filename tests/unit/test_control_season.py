"""The season of a street in virtual time: calendar, traffic, clock and photocell into levels that nobody sees change."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.control.calendar import Calendar, Period
from agent.control.nightfall import Nightfall
from agent.control.photocell import Photocell
from agent.control.season import Design, Rest, Season
from agent.control.street import Output, StreetControl
from agent.control.traffic import Road, Traffic
from agent.services.cells import Sensor
from season_places import ALBERTSLUND, SUN, local, period
from street_levels import LEVELS, LIGHT

DESIGN = Design(LEVELS.class_pct, LEVELS.base_pct, "M3", "M5")
LATE = period("late", "23:00", "05:00", pct=40.0)
STEP_S = 0.5


class Street:
    """Two lamps, the second without a sensor; levels are kept as they are written, with their times."""

    def __init__(
        self,
        begin: datetime,
        *periods: Period,
        night: bool | None = True,
        traffic: Traffic | None = None,
        photocell: Photocell | None = None,
        design: Design = DESIGN,
    ) -> None:
        nightfall = Nightfall(SUN, night, photocell)
        calendar = Calendar(periods, ALBERTSLUND) if periods else None
        self.season = Season(design, nightfall, night=night, calendar=calendar, traffic=traffic)
        outputs = [Output("lum-0", 0.0, device_safety=True), Output("lum-1", 300.0, device_safety=True)]
        self.control = StreetControl(outputs, [Sensor("r0", 0.0)], LEVELS, LIGHT, night=night)
        self.utc, self.now_s, self.trusted = begin, 1000.0, True
        self.levels_pct: list[list[tuple[float, float]]] = [[], []]

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.now_s += STEP_S
            self.utc += timedelta(seconds=STEP_S)
            self.control.see(0, False, False, self.now_s)
            if self.now_s % 10 == 0:
                self.season.step(self.now_s, self.utc, trusted=self.trusted)
                self.control.set_night(self.season.night)
                rest = self.season.rest
                self.control.set_rest(rest.class_pct, rest.base_pct, self.now_s)
            for lamp, level_pct in self.control.step(self.now_s):
                self.levels_pct[lamp].append((self.now_s, level_pct))

    def level_pct(self, lamp: int) -> float:
        return self.levels_pct[lamp][-1][1]

    def turns(self, lamp: int) -> int:
        """How often a lamp's level has turned round."""
        levels = [level for _, level in self.levels_pct[lamp]]
        ways = [now > before for before, now in pairwise(levels) if now != before]
        return sum(now is not before for before, now in pairwise(ways))


def test_without_calendar_traffic_and_photocell_it_is_as_designed() -> None:
    street = Street(local("2026-11-25 22:00"))
    street.run(60.0)
    assert (street.level_pct(0), street.level_pct(1)) == (LEVELS.base_pct, LEVELS.class_pct)
    assert street.season.rest == Rest(LEVELS.class_pct, LEVELS.base_pct, "M3", "design")
    assert street.season.night_by == "clock"


def test_a_period_comes_and_goes_so_slowly_that_nobody_sees_it() -> None:
    street = Street(local("2026-11-25 22:58"), LATE)
    street.run(60.0)
    street.levels_pct[1].clear()
    street.run(400.0)
    times = [at_s for at_s, _ in street.levels_pct[1]]
    levels = [level for _, level in street.levels_pct[1]]
    assert street.level_pct(1) == 40.0
    assert 58.0 <= times[-1] - times[0] <= 62.0
    assert max(before - now for before, now in pairwise(levels)) <= 2.0
    assert street.control.winner(1) == "schedule"
    assert street.level_pct(0) == LEVELS.base_pct
    street.utc = local("2026-11-26 04:59:30")
    street.levels_pct[1].clear()
    street.run(120.0)
    times = [at_s for at_s, _ in street.levels_pct[1]]
    assert street.level_pct(1) == LEVELS.class_pct
    assert 28.0 <= times[-1] - times[0] <= 32.0
    assert times[0] - 1000.0 < 460.0 + 30.0 + 15.0  # up at once


def test_the_base_of_a_period_and_the_floor() -> None:
    dark = Period("dark", LATE.start, LATE.end, class_pct=0.0, base_pct=0.0)
    street = Street(local("2026-11-25 23:30"), dark)
    street.run(300.0)
    assert (street.level_pct(0), street.level_pct(1)) == (LEVELS.floor_pct, LEVELS.floor_pct)
    assert street.control.winner(1) == "floor"
    assert street.control.safe_pct() == LEVELS.class_pct  # the design's, whatever the hour


def test_the_base_is_never_above_the_class() -> None:
    street = Street(local("2026-11-25 23:30"), period("low", "23:00", "05:00", pct=6.0))
    street.run(300.0)
    assert (street.level_pct(0), street.level_pct(1)) == (6.0, 6.0)


def test_somebody_is_lit_as_ever_whatever_the_calendar_says() -> None:
    street = Street(local("2026-11-25 23:30"), LATE)
    street.run(300.0)
    street.control.see(0, True, False, street.now_s + STEP_S)
    street.now_s += 2.0
    street.control.see(0, True, False, street.now_s)
    street.control.step(street.now_s)
    street.control.step(street.now_s + 2.0)
    assert street.control.kernel.level(0) == LEVELS.presence_pct


def test_a_dead_sensor_is_lit_at_the_design_class() -> None:
    street = Street(local("2026-11-25 23:30"), LATE)
    street.run(300.0)
    for _ in range(20):
        street.now_s += STEP_S
        street.control.see(0, False, True, street.now_s)
        street.control.step(street.now_s)
    assert street.control.kernel.level(0) == LEVELS.class_pct


# ---- Without a trusted clock. ----------------------------------------------------------------------------------------


def test_without_a_trusted_clock_the_calendar_is_not_applied() -> None:
    cell = Photocell()
    street = Street(local("2026-11-25 23:30"), LATE, photocell=cell)
    street.run(300.0)
    assert street.level_pct(1) == 40.0
    street.trusted = False
    cell.night = True
    street.run(100.0)
    assert street.level_pct(1) == LEVELS.class_pct
    assert street.season.rest.why == "design, for the clock is not trusted"
    assert (street.season.night, street.season.night_by) == (True, "photocell")
    cell.night = None
    street.run(30.0)
    assert (street.season.night, street.control.winner(1), street.level_pct(1)) == (None, "default", 100.0)
    street.trusted = True
    street.run(300.0)
    assert (street.season.night, street.level_pct(1)) == (True, 40.0)


def test_a_clock_that_jumps_over_the_ends_of_periods_and_nights_is_not_seen() -> None:
    street = Street(local("2026-11-25 23:30"), LATE)
    street.run(300.0)
    for jump_h in (8, -8, 13, -13, 12, -12) * 7:
        street.utc += timedelta(hours=jump_h)
        street.run(25.0)
    street.run(300.0)
    assert street.level_pct(1) == 40.0
    # A jump each 25 s; the street goes up once, and comes back when it has been quiet for a minute.
    assert street.turns(1) <= 2
    assert min(level for _, level in street.levels_pct[1]) >= 39.0


def test_trust_that_comes_and_goes_is_not_seen() -> None:
    street = Street(local("2026-11-25 23:30"), LATE)
    street.run(300.0)
    for number in range(60):
        street.trusted = number % 2 == 1
        street.run(20.0)
    assert street.turns(1) <= 2


# ---- With counted traffic. -------------------------------------------------------------------------------------------

ROAD = Road(600.0, "two-lane")


def counted(street: Street, per_10_min: int, minutes: int) -> None:
    """Go on with so many passages, evenly."""
    traffic = street.season.traffic
    assert traffic is not None
    for _ in range(minutes):
        for second in range(60):
            street.now_s += 1.0
            street.utc += timedelta(seconds=1)
            if (second + 1) % (600 // per_10_min) == 0:
                traffic.pass_by(1, street.now_s)
            traffic.step(street.now_s)
        street.season.step(street.now_s, street.utc, trusted=True)


def test_traffic_takes_the_class_down_as_far_as_it_may() -> None:
    street = Street(local("2026-11-25 20:00"), traffic=Traffic(ROAD))
    counted(street, 1, 15)
    assert (street.season.rest.class_pct, street.season.rest.why) == (
        80.0, "design, for traffic is not counted for long enough yet")  # fmt: skip
    counted(street, 1, 15)
    assert (street.season.rest.class_pct, street.season.rest.class_name) == (40.0, "M5")
    assert street.season.rest.why == "traffic low"
    counted(street, 20, 20)
    assert (street.season.rest.class_pct, street.season.rest.class_name) == (60.0, "M4")
    counted(street, 60, 20)
    assert (street.season.rest.class_pct, street.season.rest.class_name) == (80.0, "M3")
    street.season.traffic.step(street.now_s, "radar is stale")  # type: ignore[union-attr]
    street.season.step(street.now_s, street.utc, trusted=True)
    assert street.season.rest.why == "design, for radar is stale"
    short = Street(local("2026-11-25 20:00"), traffic=Traffic(ROAD), design=Design(80.0, 10.0, "M3", "M4"))
    counted(short, 1, 40)
    assert short.season.rest.class_name == "M4"


def test_of_calendar_and_traffic_the_higher_wins_and_a_calendar_without_a_class_leaves_it_to_traffic() -> None:
    for pct, expected_pct in ((60.0, 60.0), (20.0, 40.0)):
        street = Street(local("2026-11-25 23:10"), period("late", "23:00", "05:00", pct=pct), traffic=Traffic(ROAD))
        counted(street, 1, 40)
        assert street.season.rest.class_pct == expected_pct
    only_base = Period("base", LATE.start, LATE.end, base_pct=3.0)
    street = Street(local("2026-11-25 23:10"), only_base, traffic=Traffic(ROAD))
    counted(street, 1, 40)
    assert (street.season.rest.class_pct, street.season.rest.base_pct) == (40.0, 3.0)


# ---- Any of it. ------------------------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.integers(-100_000, 100_000), st.booleans(), st.none() | st.booleans()), max_size=60),
    st.lists(st.floats(0.0, 100.0), min_size=1, max_size=3),
)
def test_any_instant_has_exactly_one_level_whatever_clock_and_photocell_do(
    steps: list[tuple[int, bool, bool | None]], levels: list[float]
) -> None:
    cell = Photocell()
    periods = [period(f"p{n}", f"{3 * n:02}:00", f"{3 * n + 9}:00", pct=pct) for n, pct in enumerate(levels)]
    nightfall = Nightfall(SUN, True, cell)
    season = Season(DESIGN, nightfall, night=True, calendar=Calendar(periods, ALBERTSLUND))
    utc, now_s, fell_s, level = local("2026-10-25 00:00"), 0.0, 0.0, DESIGN.class_pct
    for jump_s, trusted, says in steps:
        now_s += 10.0
        utc += timedelta(seconds=jump_s)
        cell.night, cell.heard_s = says, now_s
        season.step(now_s, utc, trusted=trusted)
        rest = season.rest
        assert 0.0 <= rest.base_pct <= rest.class_pct <= 100.0
        assert rest.class_pct in {DESIGN.class_pct, *levels}
        if rest.class_pct < level:
            assert now_s - fell_s >= 60.0
        if rest.class_pct != level:
            fell_s, level = now_s, rest.class_pct
        assert season.night is not None or not (trusted and says is not None) or now_s < 600


@pytest.mark.parametrize("trusted", [True, False])
def test_by_day_levels_of_the_rest_change_nothing(trusted: bool) -> None:
    street = Street(local("2026-11-25 12:00"), period("noon", "12:01", "13:00", pct=40.0), night=False)
    street.run(300.0)
    assert street.level_pct(1) == 0.0
    street.trusted = trusted
    street.run(60.0)
    assert street.level_pct(1) == (0.0 if trusted else 100.0)
