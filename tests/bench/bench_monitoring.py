"""What it costs to watch the lamps, and how often the shared meter names the right one."""

from __future__ import annotations

import random
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from agent.clock import Wall
from agent.config import Config, load_file
from agent.control.task import lamp_points
from agent.image import Image
from agent.monitoring import Monitoring
from drivers.points import Point, PointType, Quality, Reading
from figures import Figure, figure
from metered_lamps import MeteredLamps

NAME = "monitoring"
TITLE = "Monitoring: CPU of 40 lamps behind one meter; failed lamps that are named"
METER = "meter-1/meter/active_power"
EVENING = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
HEAD = """
[controller]
id = "p"
group = "g"
latitude = 55.6
longitude = 12.3
time_zone = "Europe/Copenhagen"
[bus.b]
kind = "modbus-tcp"
host = "192.0.2.1"
[unit.m]
bus = "b"
address = 2
profile = "eastron-sdm230"
[device.meter-1]
kind = "meter"
unit = "m"
"""
LAMPS = 40
SECONDS = 3000
STREETS = 60
PASSAGES = 6


def run() -> list[Figure]:
    """Watch 40 lamps while people walk by without a pause; then break a lamp on streets that differ."""
    busy_us = _step_us(moving=True)
    still_us = _step_us(moving=False)
    named, wrong = _named()
    return [
        figure(
            "a look, lamps move all the time", busy_us, "us", 2000.0, f"{LAMPS} lamps, once a second: 0.2 % of a core"
        ),
        figure("a look, nothing moves", still_us, "us", 2000.0),
        figure(
            "dead lamps named by a shared meter",
            100 * named / STREETS,
            "%",
            90.0,
            f"{STREETS} streets, {PASSAGES} passages",
            least=True,
        ),
        figure("lamps named that are well", wrong, "", 0.0, f"{STREETS} streets"),
    ]


class _Clock:
    """Time that goes on by a second at a time."""

    now_s = 1000.0

    def mono_s(self) -> float:
        return self.now_s

    def wall(self) -> Wall:
        return Wall(EVENING, trusted=True)

    street = wall


def _step_us(*, moving: bool) -> float:
    """Return the mean CPU time of a look at the image, in microseconds."""
    lamps = [f"lum-{number:02}" for number in range(1, LAMPS + 1)]
    points = [point for lamp in lamps for point in lamp_points(lamp)]
    points += [Point(key=f"{lamp}/lamp/dimming_level", type=PointType.FLOAT, unit="%") for lamp in lamps]
    points.append(Point(key=METER, type=PointType.FLOAT, unit="W"))
    clock, street = _Clock(), MeteredLamps(LAMPS)
    monitoring = Monitoring(_configuration(lamps), clock, {point.key for point in points})
    image = Image([*points, *monitoring.points()])
    monitoring.watch(image, lambda: True)
    spent_s = 0.0
    for second in range(SECONDS):
        clock.now_s += 1.0
        if moving and second % 8 == 0:
            street.levels = [100.0 if lamp == second // 8 % LAMPS else 10.0 for lamp in range(LAMPS)]
        for lamp, level_pct in zip(lamps, street.levels, strict=True):
            image.put(f"{lamp}/lamp/commanded_level", Reading(level_pct, Quality.GOOD, "", clock.now_s))
            image.put(f"{lamp}/lamp/dimming_level", Reading(level_pct, Quality.GOOD, "", clock.now_s))
        image.put(METER, Reading(street.power_w() + street.random.gauss(0, 0.5), Quality.GOOD, "", clock.now_s))
        begin_s = time.process_time()
        monitoring.step()
        spent_s += time.process_time() - begin_s
    return 1e6 * spent_s / SECONDS


def _configuration(lamps: list[str]) -> Config:
    """Return that of a pole with these lamps on analog outputs, and one meter."""
    text = HEAD + "".join(
        f'[unit.d-{unit}]\nbus = "b"\naddress = {10 + unit}\nprofile = "waveshare-ao8-b"\n'
        for unit in range((len(lamps) + 7) // 8)
    )
    text += "".join(
        f'[device.{lamp}]\nkind = "luminaire"\nunit = "d-{place // 8}"\nchannel = {place % 8 + 1}\nposition_m = {30 * place}\n'
        for place, lamp in enumerate(lamps)
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pole.toml"
        path.write_text(text, encoding="utf-8")
        return load_file(path)


def _named() -> tuple[int, int]:
    """Break a lamp on many streets; return on how many it was named, and how many lamps were that are well."""
    named = wrong = 0
    for seed in range(STREETS):
        chance = random.Random(seed)
        count = chance.choice((6, 12, 20, 40))
        street = MeteredLamps(count, real_w=chance.uniform(20.0, 120.0), seed=seed)
        street.noise_w = chance.uniform(0.1, 1.0)
        dead = chance.randrange(count)
        for passage in range(12 + PASSAGES):
            if passage == 12:
                wrong += sum(state != "ok" for state in street.meter.states)
                street.broken[dead] = "dead"
            street.other_w = chance.choice((20.0, 20.0, 35.0, 80.0))  # what else hangs there comes and goes
            street.pass_by()
        named += street.meter.states[dead] != "ok"
        wrong += sum(state != "ok" for lamp, state in enumerate(street.meter.states) if lamp != dead)
    return named, wrong
