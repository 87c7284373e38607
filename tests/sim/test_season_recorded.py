"""The season against recordings: passages in Basel, the sky over Cork, the sun over Lyngby. None is part of this repository.

Sources: Kantonspolizei Basel-Stadt / Open Data Basel-Stadt; D. O'Keeffe, sky quality meter at Mitchelstown (ODbL 1.0);
Technical University of Denmark, DTU Construct.
"""

from __future__ import annotations

import csv
import gzip
import math
import os
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from agent.control.classes import Volume
from agent.control.nightfall import MOST_SHIFT, Nightfall
from agent.control.photocell import OFF_LX, ON_LX, Photocell
from agent.control.sun import AstronomicalClock
from agent.control.traffic import Road
from counted_street import count, reference

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("GADELYS_DATA") or ROOT.parent / "shared" / "data")
PASSAGES = DATA / "basel-passages" / "passages.csv.gz"
SKY = DATA / "cork-twilight" / "sky_5min_20190419_20190511.csv"
CAPACITY_PER_H = {"neubadstrasse": 800.0, "breisacherstra": 400.0, "leimenstrasse": 400.0}  # others are quiet streets
QUIET_PER_H = 100.0

basel = pytest.mark.skipif(
    not PASSAGES.is_file(),
    reason=f"no recorded passages at {PASSAGES}; GADELYS_DATA names the folder that holds basel-passages",
)
cork = pytest.mark.skipif(
    not SKY.is_file(), reason=f"no recorded sky at {SKY}; GADELYS_DATA names the folder that holds cork-twilight"
)
lyngby = pytest.mark.skipif(
    not (DATA / "lyngby-sun-rain").is_dir(),
    reason=f"no recorded sun in {DATA}; GADELYS_DATA names the folder that holds lyngby-sun-rain",
)


@cache
def passages() -> dict[str, list[float]]:
    """Seconds (Unix) of all passages, by site."""
    sites: dict[str, list[float]] = {}
    with gzip.open(PASSAGES, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            sites.setdefault(row["site"], []).append(datetime.fromisoformat(row["time_utc"]).timestamp())
    return sites


@basel
@pytest.mark.parametrize(
    "site",
    ["leimgrubenweg", "rigistrasse-31", "saengergasse", "drosselstrasse", "blauenstrasse", "walkeweg", "leimenstrasse",
     "breisacherstra", "neubadstrasse"],
)  # fmt: skip
def test_three_recorded_days_are_judged_as_by_the_rule_in_few_lines(site: str) -> None:
    times = passages()[site]
    begin_s = math.floor(times[0] / 600) * 600.0
    intervals: list[list[float]] = [[] for _ in range(3 * 144)]
    for time_s in times:
        if (number := int((time_s - begin_s) // 600)) < len(intervals):
            intervals[number].append(time_s - begin_s)
    capacity_per_h = CAPACITY_PER_H.get(site, QUIET_PER_H)
    expected = reference([len(interval) for interval in intervals], 0.15 * capacity_per_h, 0.45 * capacity_per_h)
    said = list(count(intervals, Road(capacity_per_h, "two-lane")))
    # The last second of an interval; where nobody passed for a day the counter would be blind, which no site here is.
    assert [interval[-1] for interval in said[1:]] == expected[1:]
    seconds = [volume for interval in said[2:] for volume in interval]
    for before, after in pairwise(seconds):
        if before is not after:
            assert after is not None
    changes = [at_s for at_s in range(1, len(seconds)) if seconds[at_s] is not seconds[at_s - 1]]
    falls = [at_s for at_s in changes if (seconds[at_s] or 0) < (seconds[at_s - 1] or 0)]
    # What was reached holds: a fall never comes sooner than ten minutes after the change before it.
    for fall in falls:
        assert all(fall - change >= 600 for change in changes if change < fall)
    assert Counter(seconds)[Volume.LOW] > 0


@cache
def sky() -> list[tuple[datetime, float, float]]:
    """Time, illuminance on the ground in lx under a uniform sky, the sun's height in degrees."""
    with SKY.open(encoding="utf-8") as file:
        return [
            (datetime.fromisoformat(row["time_utc"]), math.pi * float(row["zenith_luminance_cd_per_m2"]),
             float(row["solar_elevation_deg"]))
            for row in csv.DictReader(file)
        ]  # fmt: skip


def nights() -> Iterator[list[tuple[datetime, float, float]]]:
    night: list[tuple[datetime, float, float]] = []
    for row in sky():
        if night and row[0] - night[-1][0] > timedelta(hours=3):
            yield night
            night = []
        night.append(row)
    yield night


@cork
def test_the_astronomical_clock_has_the_sun_of_the_recording() -> None:
    sun = AstronomicalClock(52.2533, -8.3605, -0.833)
    assert max(abs(sun.elevation_deg(at) - height) for at, _, height in sky()) < 0.1


@cork
def test_each_recorded_dusk_and_dawn_switches_once_and_near_the_threshold() -> None:
    """22 nights with clouds and moon: one night each, whatever the sky did.

    Between readings of 5 min the light is taken as changing evenly by its logarithm. The meter records from about 11 lx
    down, so the minutes in which the thresholds are passed are continued from its first and last readings.
    """
    sun = AstronomicalClock(52.2533, -8.3605, -0.833)
    lit_lx: list[float] = []
    dark_lx: list[float] = []
    for night in nights():
        cell = Photocell()
        nightfall = Nightfall(sun, False, cell)
        said: list[tuple[datetime, float, bool | None]] = []
        for at, lux in ten_seconds(night):
            now_s = at.timestamp()
            cell.see(lux, now_s, sun.elevation_deg(at))
            said.append((at, lux, nightfall.step(now_s, at, trusted=True)))
        assert not cell.fault
        switches = [(at, lux, now) for (_, _, before), (at, lux, now) in pairwise(said)
                    if now is not before]  # fmt: skip
        assert [now for _, _, now in switches] == [True, False]
        (on_at, on_lux, _), (off_at, off_lux, _) = switches
        sunset = sun.crossing(night[0][0].date(), -0.833, rising=False)
        sunrise = sun.crossing(night[-1][0].date(), -0.833, rising=True)
        assert sunset is not None
        assert sunrise is not None
        assert abs(on_at - sunset) <= MOST_SHIFT + timedelta(seconds=90)
        assert abs(off_at - sunrise) <= MOST_SHIFT + timedelta(seconds=90)
        lit_lx.append(on_lux)
        dark_lx.append(off_lux)
    # Never lit later than the threshold asks for (half a minute and the low-pass late), never dark before it.
    assert min(lit_lx) > ON_LX / 2
    assert all(lux > OFF_LX for lux in dark_lx)


def ten_seconds(night: list[tuple[datetime, float, float]]) -> Iterator[tuple[datetime, float]]:
    """The recording begins and ends in twilight: before and after, two hours in which the light doubles every 4 min."""
    first, last = night[0], night[-1]
    for step in range(-720, 0):
        yield first[0] + timedelta(seconds=10 * step), min(first[1] * 2 ** (-step * 10 / 240), 50_000.0 + step)
    for (at, lux, _), (then, then_lux, _) in pairwise(night):
        span_s = (then - at).total_seconds()
        for step in range(math.ceil(span_s / 10)):
            share = step * 10 / span_s
            yield at + timedelta(seconds=step * 10), lux ** (1 - share) * then_lux**share
    for step in range(720):
        yield last[0] + timedelta(seconds=10 * step), min(last[1] * 2 ** (step * 10 / 240), 50_000.0 - step)


@lyngby
@pytest.mark.parametrize(("month", "days"), [("2016_06", 30), ("2016_12", 31)])
def test_a_month_of_clouds_makes_no_night_by_day(month: str, days: int) -> None:
    """115 lx a W/m2. A pyranometer cannot tell dusk from night, so only its days, and how often it switches, are judged."""
    sun = AstronomicalClock(55.79064, 12.52505, -0.833)
    cell = Photocell()
    nightfall = Nightfall(sun, True, cell)
    said: list[tuple[datetime, bool | None]] = []
    with gzip.open(DATA / "lyngby-sun-rain" / f"lyngby_{month}.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            at = datetime.fromisoformat(row["time_utc"])
            if row["ghi_w_per_m2"]:
                cell.see(max(115.0 * float(row["ghi_w_per_m2"]), 0.0), at.timestamp(), sun.elevation_deg(at))
            said.append((at, nightfall.step(at.timestamp(), at, trusted=True)))
            assert not cell.fault
    for number in range(days):
        day = said[0][0].date() + timedelta(days=number)
        rises, sets = (sun.crossing(day, -0.833, rising=rising) for rising in (True, False))
        assert rises is not None
        assert sets is not None
        begin, end = rises + MOST_SHIFT + timedelta(minutes=3), sets - MOST_SHIFT - timedelta(minutes=1)
        assert not any(night for at, night in said if begin <= at < end)
    switches = [at for (_, before), (at, now) in pairwise(said) if before is not now]
    assert 2 * days <= len(switches) <= 2.3 * days  # a cloud in twilight now and then
    assert min(then - at for at, then in pairwise(switches)) >= timedelta(seconds=120)
