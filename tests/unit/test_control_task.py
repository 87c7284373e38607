"""The control task by a clock of our own: what it reads, what it writes, when it wakes."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from agent.clock import Wall
from agent.control.calendar import Calendar, Period
from agent.control.gear import Gear
from agent.control.leases import Demand
from agent.control.nightfall import Nightfall
from agent.control.pins import presence_on_pin
from agent.control.season import Design, Season
from agent.control.street import Output, StreetControl
from agent.control.sun import AstronomicalClock
from agent.control.task import FEED_S, LONGEST_REST_S, PERIOD_S, ControlTask, lamp_points
from agent.control.traffic import Road, Traffic
from agent.image import Image
from agent.services.cells import Sensor
from drivers.points import Point, PointType, Quality, Reading
from season_places import ALBERTSLUND, period
from street_levels import LEVELS, LIGHT

RADAR = "radar-1/presence/state"
DESIGN = Design(LEVELS.class_pct, LEVELS.base_pct, "M3", "M6")
NIGHT = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)


class VirtualClock:
    """Time that a test sets."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.trusted = True

    def mono_s(self) -> float:
        return self.now_s

    def wall(self) -> Wall:
        return Wall(NIGHT + timedelta(seconds=self.now_s - 1000.0), self.trusted)

    street = wall


class Bus:
    """Keeps what it is told to write, and until when it may feed the units' watchdogs."""

    def __init__(self) -> None:
        self.level_pct: dict[str, float] = {}
        self.fed_until_s = 0.0
        self.written = asyncio.Event()

    def set_level(self, device_id: str, level_pct: float) -> None:
        self.level_pct[device_id] = level_pct
        self.written.set()

    def feed(self, until_s: float) -> None:
        self.fed_until_s = until_s


class Rig:
    """One lamp, one radar, one bus."""

    def __init__(self, *periods: Period) -> None:
        self.clock = VirtualClock()
        self.bus = Bus()
        radar = Point(key=RADAR, type=PointType.BOOL, max_age_s=2.0)
        self.image = Image([radar, *lamp_points("lum-1")])
        self.control = StreetControl(
            [Output("lum-1", 0.0, device_safety=True)], [Sensor("radar-1", 0.0)], LEVELS, LIGHT, night=True
        )
        nightfall = Nightfall(AstronomicalClock(55.6561, 12.3683, -0.833), night=True)
        calendar = Calendar(periods, ALBERTSLUND)
        season = Season(DESIGN, nightfall, night=True, calendar=calendar)
        self.season = season
        self.task = ControlTask(self.control, self.image, self.clock, season, buses={"lum-1": self.bus}, detectors=[])

    def radar(self, *, present: bool) -> None:
        self.image.put(RADAR, Reading(present, Quality.GOOD, "", self.clock.now_s))

    def run(self, seconds: float, *, present: bool | None = None) -> None:
        for _ in range(round(seconds * 20)):
            self.clock.now_s += 0.05
            if present is not None:
                self.radar(present=present)
            self.task.step()


def test_the_first_step_writes_all_lamps_and_feeds_the_bus() -> None:
    rig = Rig()
    rig.task.step()
    assert rig.bus.level_pct == {"lum-1": LEVELS.class_pct}
    assert rig.bus.fed_until_s == rig.clock.now_s + FEED_S


def test_the_lamp_of_who_was_just_seen_is_told_first() -> None:
    """Lamps that share a line wait for each other; the sensor is that of the last one."""
    rig = Rig()
    lamps = [f"lum-{lamp}" for lamp in range(4)]
    outputs = [Output(lamp, 20.0 * place, device_safety=True) for place, lamp in enumerate(lamps)]
    rig.image = Image([rig.image.point(RADAR), *(point for lamp in lamps for point in lamp_points(lamp))])
    rig.control = StreetControl(outputs, [Sensor("radar-1", 60.0)], LEVELS, LIGHT, night=True)
    rig.task = ControlTask(
        rig.control, rig.image, rig.clock, rig.season, buses=dict.fromkeys(lamps, rig.bus), detectors=[]
    )
    rig.run(20.0, present=False)
    rig.bus.level_pct.clear()
    rig.run(0.05, present=True)
    assert len(rig.bus.level_pct) > 1
    assert next(iter(rig.bus.level_pct)) == "lum-3"


def test_a_lamp_whose_hours_are_counted_gives_constant_light() -> None:
    rig = Rig()
    hours = Point(key="lum-1/lamp/operating_hours", type=PointType.FLOAT, max_age_s=1.0)
    rig.image = Image([*rig.image, hours])
    worn = Gear(lumen_maintenance=((0.0, 1.0), (100_000.0, 0.8)))
    output = Output("lum-1", 0.0, device_safety=True, gear=worn)
    rig.control = StreetControl([output], [Sensor("radar-1", 0.0)], LEVELS, LIGHT, night=True)
    rig.task = ControlTask(rig.control, rig.image, rig.clock, rig.season, buses={"lum-1": rig.bus}, detectors=[])
    rig.run(10.0, present=False)
    assert rig.bus.level_pct["lum-1"] == LEVELS.base_pct  # not counted yet: as if it were old
    rig.image.put("lum-1/lamp/operating_hours", Reading(0.0, Quality.GOOD, "", rig.clock.now_s))
    rig.run(601.0, present=False)
    assert rig.bus.level_pct["lum-1"] == pytest.approx(0.8 * LEVELS.base_pct)
    rig.image.put("lum-1/lamp/operating_hours", Reading(100_000.0, Quality.GOOD, "", rig.clock.now_s))
    rig.run(601.0, present=False)
    assert rig.bus.level_pct["lum-1"] == LEVELS.base_pct


def test_a_sensor_that_goes_silent_is_lit_at_the_class_level() -> None:
    rig = Rig()
    rig.run(10.0, present=False)
    assert rig.bus.level_pct["lum-1"] == LEVELS.base_pct
    rig.run(5.0)
    assert rig.bus.level_pct["lum-1"] == LEVELS.class_pct
    assert rig.image.raw("lum-1/lamp/control_rung").value == "adaptive"


def test_a_clock_that_loses_its_trust_lights_the_street() -> None:
    rig = Rig()
    rig.run(10.0, present=False)
    rig.clock.trusted = False
    rig.run(20.0, present=False)
    assert rig.bus.level_pct["lum-1"] == 100.0
    assert rig.image.raw("lum-1/lamp/control_rung").value == "default"


def test_the_class_of_the_calendar_is_gone_to_and_told() -> None:
    rig = Rig(period("late", "21:00", "23:00", pct=5.0))  # of Copenhagen; it is 21:30
    rig.run(200.0, present=False)
    assert rig.bus.level_pct["lum-1"] == 5.0
    assert rig.image.raw("lum-1/lamp/control_rung").value == "schedule"
    assert rig.season.rest.why == "calendar late"
    assert PERIOD_S < rig.task.rest_s() <= LONGEST_REST_S


def test_a_class_by_traffic_is_logged_without_a_count() -> None:
    rig = Rig()
    rig.season.traffic = Traffic(Road(600.0, "two-lane"))
    with capture_logs() as logs:
        for _ in range(150):  # 25 min, one road user in each 10 min
            rig.clock.now_s += 10.0
            if rig.clock.now_s % 600.0 == 300.0:
                rig.season.traffic.pass_by(1, rig.clock.now_s)
            rig.season.traffic.step(rig.clock.now_s)
            rig.task.look_at_season(rig.clock.now_s)
    assert rig.season.traffic.per_h == 6.0
    assert [line["why"] for line in logs if line["event"] == "class_changed"] == ["traffic low"]


def test_a_class_that_fades_is_stepped_at_a_slow_pace() -> None:
    rig = Rig(period("late", "21:00", "23:00", pct=5.0))
    rig.run(85.0, present=False)
    assert 5.0 < rig.bus.level_pct["lum-1"] < LEVELS.base_pct
    assert rig.task.rest_s() <= 0.5


def test_a_step_of_the_wall_clock_moves_no_hold() -> None:
    rig = Rig()
    rig.run(10.0, present=False)
    rig.run(2.0, present=True)
    rig.run(LIGHT.hold_s - 0.5, present=False)
    assert rig.bus.level_pct["lum-1"] == 100.0
    rig.run(10.0, present=False)
    assert rig.bus.level_pct["lum-1"] == LEVELS.base_pct


def test_control_rests_while_nothing_moves_and_keeps_pace_while_something_does() -> None:
    rig = Rig()
    rig.run(10.0, present=False)
    assert PERIOD_S < rig.task.rest_s() <= LONGEST_REST_S
    rig.run(0.05, present=True)
    assert rig.task.rest_s() == PERIOD_S  # somebody is followed
    rig.run(LIGHT.hold_s + 1.5, present=False)
    assert LEVELS.base_pct < rig.bus.level_pct["lum-1"] < 100.0
    assert rig.task.rest_s() == PERIOD_S  # the lamp fades
    rig.run(10.0, present=False)
    assert PERIOD_S < rig.task.rest_s() <= LONGEST_REST_S


def test_control_does_not_rest_beyond_the_moment_when_a_sensor_is_stale() -> None:
    rig = Rig()
    rig.run(10.0, present=False)
    rig.run(1.5)
    assert rig.task.rest_s() == pytest.approx(0.5, abs=0.002)
    rig.clock.now_s += rig.task.rest_s() + PERIOD_S
    rig.task.step()
    assert rig.image.raw("lum-1/lamp/control_rung").value == "adaptive"


def test_control_rests_until_a_lease_ends_and_no_longer_than_buses_may_feed() -> None:
    rig = Rig()
    rig.run(10.0, present=False)
    rig.control.leases.take(0, "technician", Demand("t", 10.0, 1.2), rig.clock.now_s)
    rig.run(1.0, present=False)
    assert rig.task.rest_s() == pytest.approx(0.2)
    assert LONGEST_REST_S <= FEED_S / 2


def test_a_detector_on_a_pin_says_when_it_wants_to_be_stepped() -> None:
    rig = Rig()
    delivered: list[object] = []
    pin = presence_on_pin("pir-1", 0.2, 5.0, lambda _, reading: delivered.append(reading.value))
    rig.task._detectors = [pin]
    rig.run(10.0, present=False)
    assert PERIOD_S < rig.task.rest_s() <= LONGEST_REST_S
    pin.level(True, rig.clock.now_s)
    assert rig.task.rest_s() == pytest.approx(0.2)
    rig.run(0.25, present=False)
    assert delivered == [False, True]


async def test_what_is_set_from_outside_is_followed_at_full_pace() -> None:
    rig = Rig()
    rig.run(10.0, present=False)
    task = asyncio.create_task(rig.task.run())
    await asyncio.sleep(0)
    rig.bus.written.clear()
    rig.control.leases.take(0, "technician", Demand("t", 90.0, 60.0), rig.clock.now_s)
    rig.task.step()
    assert rig.bus.written.is_set()
    began_s = asyncio.get_running_loop().time()
    for _ in range(5):  # each step of a fade is one period after the last
        rig.bus.written.clear()
        rig.clock.now_s += PERIOD_S
        await rig.bus.written.wait()
    assert asyncio.get_running_loop().time() - began_s < LONGEST_REST_S
    task.cancel()
    await asyncio.wait([task])


async def test_a_presence_edge_is_acted_on_at_once() -> None:
    """The loop's clock stands nearly still between two periods: what comes earlier was not the period's doing."""
    rig = Rig()
    rig.run(10.0, present=False)
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(rig.task.run())
    await asyncio.sleep(0)
    rig.bus.written.clear()
    began_s = loop.time()
    rig.clock.now_s += 0.05
    rig.radar(present=True)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    acted = rig.bus.written.is_set()
    waited_s = loop.time() - began_s
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert acted or waited_s > 0.05, "three turns of the loop, and no step was made"
    assert rig.bus.level_pct["lum-1"] > LEVELS.base_pct


def test_after_its_end_a_command_writes_nothing_and_feeds_nothing() -> None:
    """The ordered stop: safe levels are being written while the local API and the uplink still take commands."""
    rig = Rig()
    rig.run(1.0, present=False)
    rig.task.end()
    rig.bus.set_level("lum-1", LEVELS.class_pct)
    fed_until_s = rig.bus.fed_until_s
    rig.control.leases.take(0, "operator", Demand("platform", 5.0, 600.0), rig.clock.now_s)
    rig.run(1.0, present=False)
    assert rig.bus.level_pct["lum-1"] == LEVELS.class_pct
    assert rig.bus.fed_until_s == fed_until_s
