"""From the image to counters and alarms and back, and over a restart; by a clock of our own."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from agent.clock import Wall
from agent.config.monitoring import shared_meter
from agent.control.task import lamp_points
from agent.image import Image
from agent.monitoring import Monitoring
from agent.services.street_health import Kept
from config_reading import read_text
from drivers.points import Point, PointType, Quality, Reading, Value

NIGHT = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
CONFIG = """
[controller]
id = "p"
group = "g"
latitude = 55.6
longitude = 12.3
time_zone = "Europe/Copenhagen"
[bus.b]
kind = "modbus-tcp"
host = "h"
[unit.d]
bus = "b"
address = 1
profile = "waveshare-ao8-b"
[unit.m]
bus = "b"
address = 2
profile = "eastron-sdm230"
[unit.n]
bus = "b"
address = 3
profile = "eastron-sdm230"
[device.lum-1]
kind = "luminaire"
unit = "d"
channel = 1
position_m = 0
meter = "own-1"
[device.lum-2]
kind = "luminaire"
unit = "d"
channel = 2
position_m = 30
[device.all]
kind = "meter"
unit = "m"
[device.own-1]
kind = "meter"
unit = "n"
"""


class Clock:
    """Time that a test sets; the wall can be stepped."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.wall_s = 0.0
        self.trusted = True

    def mono_s(self) -> float:
        return self.now_s

    def wall(self) -> Wall:
        return Wall(NIGHT + timedelta(seconds=self.now_s - 1000.0 + self.wall_s), self.trusted)

    street = wall


class Pole:
    """Two lamps, the first with a meter of its own, and a meter for both."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        config = read_text(CONFIG)
        self.config = msgspec.structs.replace(
            config, monitoring=msgspec.structs.replace(config.monitoring, kept=folder / "lamps.json")
        )
        self.clock = clock or Clock()
        self.night: bool | None = True
        points = [
            *lamp_points("lum-1"),
            *lamp_points("lum-2"),
            *(Point(key=f"lum-{lamp}/lamp/dimming_level", type=PointType.FLOAT, unit="%") for lamp in (1, 2)),
            *(Point(key=f"{meter}/meter/active_power", type=PointType.FLOAT, unit="W") for meter in ("all", "own-1")),
            Point(key="lum-2/lamp/gear_temperature", type=PointType.FLOAT, unit="Cel"),
            Point(key="lum-2/lamp/lamp_failure", type=PointType.BOOL),
        ]
        self.monitoring = Monitoring(self.config, self.clock, {point.key for point in points})
        self.image = Image([*points, *self.monitoring.points()])
        self.monitoring.watch(self.image, lambda: self.night)
        self.now: dict[str, Value] = {}

    def set(self, **values: Value) -> None:
        names = {
            "level_1": "lum-1/lamp/dimming_level",
            "level_2": "lum-2/lamp/dimming_level",
            "power_1": "own-1/meter/active_power",
            "power": "all/meter/active_power",
            "gear": "lum-2/lamp/gear_temperature",
            "failed": "lum-2/lamp/lamp_failure",
        }
        self.now |= {names[name]: value for name, value in values.items()}

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.now_s += 1.0
            for key, value in self.now.items():
                self.image.put(key, Reading(value, Quality.GOOD, "", self.clock.now_s))
            self.monitoring.step()

    def reading(self, key: str) -> Reading:
        return self.image.get(key, self.clock.now_s)


def test_the_meter_that_all_share_is_the_only_one_that_is_not_of_one_lamp() -> None:
    config = read_text(CONFIG)
    assert shared_meter(config) == "all"
    assert shared_meter(read_text(CONFIG + '[monitoring]\nmeter = "none"\n')) is None
    assert shared_meter(read_text(CONFIG.replace('meter = "own-1"\n', ""))) is None
    assert shared_meter(read_text(CONFIG.replace('meter = "own-1"\n', "") + '[monitoring]\nmeter = "all"\n')) == "all"


async def test_a_lamp_that_fails_by_its_own_meter_is_told_and_cleared(tmp_path: Path) -> None:
    pole = Pole(tmp_path)
    key = "lum-1/lamp/lamp_failure"
    assert pole.reading(key).quality is Quality.BAD
    pole.set(level_1=100.0, power_1=60.0, level_2=10.0, power=70.0)
    pole.run(10)
    assert pole.reading(key).value is False
    pole.set(power_1=0.0)
    with capture_logs() as logs:
        pole.run(310)
        pole.run(310)
    assert pole.reading(key).value is True
    assert [(entry["event"], entry["key"]) for entry in logs] == [("alarm_raised", key)]
    (alarm,) = pole.monitoring.alarms()
    assert alarm.since == (NIGHT + timedelta(seconds=310)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    pole.set(power_1=60.0)
    with capture_logs() as logs:
        pole.run(70)
    assert [entry["event"] for entry in logs] == ["alarm_cleared"]
    assert pole.reading(key).value is False


async def test_stale_readings_raise_nothing_and_clear_nothing(tmp_path: Path) -> None:
    pole = Pole(tmp_path)
    pole.set(level_1=100.0, power_1=0.0)
    pole.run(200)
    pole.now.clear()
    pole.run(1000)
    assert pole.monitoring.alarms() == []
    pole.set(level_1=100.0, power_1=0.0)
    pole.run(120)
    assert len(pole.monitoring.alarms()) == 1
    pole.now.clear()
    pole.run(1000)
    assert len(pole.monitoring.alarms()) == 1


async def test_what_the_unit_says_itself_and_hot_gear_have_no_second_point(tmp_path: Path) -> None:
    pole = Pole(tmp_path)
    pole.set(failed=True, gear=99.0, level_2=10.0)
    pole.run(310)
    assert {alarm.key for alarm in pole.monitoring.alarms()} == {
        "lum-2/lamp/lamp_failure",
        "lum-2/lamp/gear_temperature",
    }
    assert pole.reading("lum-2/lamp/gear_temperature").value == 99.0
    pole.set(failed=False, gear=20.0)
    pole.run(70)
    assert pole.monitoring.alarms() == []


async def test_what_is_observed_by_a_meter_of_its_own(tmp_path: Path) -> None:
    pole = Pole(tmp_path)
    pole.set(level_1=50.0, power_1=0.525 * 60.0)
    pole.run(5)
    assert (pole.reading("lum-1/lamp/observed_level").value, pole.reading("lum-2/lamp/observed_level").value) == (
        50.0,
        None,
    )


async def test_no_quality_changes_when_a_lamp_does_or_the_uplink_would_tell_it_at_once(tmp_path: Path) -> None:
    pole = Pole(tmp_path)
    key = "lum-1/lamp/observed_level"
    seen = []
    pole.set(level_1=50.0, power_1=30.0, power=80.0)
    for power_w in (30.0, None, 60.0):
        if power_w is None:
            pole.now.pop("own-1/meter/active_power")
        else:
            pole.set(power_1=power_w)
        pole.run(10)
        seen.append((pole.reading(key).value is None, pole.reading(key).quality))
    assert seen == [(False, Quality.UNCERTAIN), (True, Quality.UNCERTAIN), (False, Quality.UNCERTAIN)]


@pytest.mark.parametrize("value", [math.nan, math.inf, -1e300, 1e300, "60 W", True])
async def test_a_meter_that_reports_nonsense_is_not_believed(tmp_path: Path, value: float | str) -> None:
    pole = Pole(tmp_path)
    pole.set(level_1=100.0, power_1=value, power=value, level_2=100.0)
    pole.run(1000)
    assert pole.monitoring.alarms() == []


async def test_counters_and_alarms_outlive_a_restart_and_wall_steps_change_nothing(tmp_path: Path) -> None:
    pole = Pole(tmp_path)
    pole.set(level_1=100.0, power_1=0.0, level_2=0.0)
    pole.run(1801)
    pole.clock.wall_s = -40 * 86400.0
    pole.run(1800)
    assert not (tmp_path / "lamps.json").exists()
    await pole.monitoring.stop()
    assert pole.reading("lum-1/lamp/operating_hours").value == 1.0
    since = pole.monitoring.alarms()[0].since

    again = Pole(tmp_path, pole.clock)
    assert [alarm.since for alarm in again.monitoring.alarms()] == [since]
    assert again.reading("lum-1/lamp/lamp_failure").value is True
    again.set(level_1=0.0, power_1=0.5, level_2=0.0)
    again.run(1)
    again.set(level_1=100.0, power_1=60.0)
    again.run(3601)
    assert again.monitoring.alarms() == []
    await again.monitoring.stop()
    told = {
        key: again.reading(f"lum-1/lamp/{key}").value for key in ("operating_hours", "switch_counter", "active_energy")
    }
    assert told == {"operating_hours": 2.0, "switch_counter": 0, "active_energy": pytest.approx(60.0, abs=0.1)}
    by_model = again.reading("lum-2/lamp/estimated_energy")
    assert by_model.quality is Quality.UNCERTAIN
    assert by_model.value == pytest.approx(1.0, abs=0.01)


async def test_a_damaged_file_is_set_aside_and_counting_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "lamps.json").write_bytes(b'{"lamps":{"lum-1":{"lit_s":-5}}}')
    with capture_logs() as logs:
        pole = Pole(tmp_path)
    assert [entry["event"] for entry in logs] == ["kept_set_aside"]
    pole.set(level_1=100.0)
    pole.run(10)
    await pole.monitoring.stop()
    kept = msgspec.json.decode((tmp_path / "lamps.json").read_bytes(), type=Kept)
    assert kept.lamps["lum-1"].lit_s == 9.0
    assert (tmp_path / "lamps.json.damaged").exists()


async def test_counts_of_a_lamp_that_is_not_configured_now_are_not_lost(tmp_path: Path) -> None:
    (tmp_path / "lamps.json").write_bytes(b'{"lamps":{"lum-9":{"lit_s":7200}}}')
    pole = Pole(tmp_path)
    pole.run(3)
    await pole.monitoring.stop()
    kept = msgspec.json.decode((tmp_path / "lamps.json").read_bytes(), type=Kept)
    assert kept.lamps["lum-9"].lit_s == 7200.0
