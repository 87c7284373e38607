"""Each kind of mistake in a scenario, with the message that a person will read."""
# ruff: noqa: E501 - a mistake and its message on a line

from __future__ import annotations

import json

import pytest

from agent.config.errors import ConfigError
from lab_reading import SHORT, read_scenario

RECORDED = """\
title = "Recorded"
[night]
date = "2017-04-10"
time_zone = "Europe/Zurich"
[users.cars]
kind = "vehicle"
source = "passages"
file = "passages.csv"
"""
HEAD = "time_utc,site,direction,speed_km_per_h,length_m\n"


def said(document: str, **files: str) -> list[str]:
    """What is said of a document; files by their names without the dot."""
    texts = {name.replace("_", "."): text for name, text in files.items()}
    with pytest.raises(ConfigError) as caught:
        read_scenario(document, texts)
    return str(caught.value).split("\n")


CASES = [
    ('title = "A short street"', 'title = ""', 'tried.toml:1: title: expected what it is, in a line, found ""'),
    ('begin = "22:00"', 'begin = "25:00"', 'tried.toml:4: night.begin: expected a time such as "18:00", "sunset" or "sunrise", found "25:00"'),
    ('begin = "22:00"', 'begin = "sunset"', 'tried.toml:4: night.begin: expected a date beside it: [night] date, found "sunset"'),
    ('begin = "22:00"', 'begin = "22:00"\nlatitude = 3', "tried.toml:5: night.latitude: expected no such option without date, found 3"),
    ('begin = "22:00"', 'begin = "22:00"\ndate = "20.11.2026"\ntime_zone = "Europe/Oslo"', 'tried.toml:5: night.date: expected the date of the evening, such as "2026-11-20", found "20.11.2026"'),
    ('begin = "22:00"', 'begin = "22:00"\ndate = "2026-11-20"\ntime_zone = "Mars"', 'tried.toml:6: night.time_zone: expected an IANA time zone such as "Europe/Copenhagen", found "Mars"'),
    ('begin = "22:00"', 'begin = "sunset"\ndate = "2026-11-20"\ntime_zone = "Europe/Oslo"\nlatitude = 70\nlongitude = 10', "tried.toml:7: night.latitude: expected a number from -65 to 65, found 70"),
    ('begin = "22:00"', "step_s = 0", "tried.toml:4: night.step_s: expected a number from 0.05 to 1, found 0"),
    ("lamps = 5", "lamps = 0", "tried.toml:8: street.lamps: expected a whole number from 1 to 20000, found 0"),
    ("lamps = 5", "lamp = 5", "tried.toml:8: street.lamp: expected one of beside_m, lamps, lamps_file, scored_from_m, scored_to_m, shape, spacing_m (did you mean lamps?), found an unknown option"),
    ("lamps = 5", 'shape = "round"', 'tried.toml:8: street.shape: expected "straight" or "bend" or "path" or "junction" or "square", found "round"'),
    ("lamps = 5", 'shape = "bend"', "tried.toml:7: street.points: expected a list of two or more pairs of numbers from -1e+06 to 1e+06, found nothing"),
    ("lamps = 5", 'shape = "bend"\npoints = [[0, 0]]', "tried.toml:9: street.points: expected a list of two or more pairs of numbers from -1e+06 to 1e+06, found a list"),
    ("lamps = 5", 'shape = "bend"\npoints = [[0, 0], [1, nan]]', "tried.toml:9: street.points: expected a list of two or more pairs of numbers from -1e+06 to 1e+06, found a list"),
    ("lamps = 5", 'shape = "bend"\npoints = [[0, 0], [9, 9], [9, 9]]', "tried.toml:9: street.points: expected no two points at the same spot, one after the other, found two"),
    ("lamps = 5\nspacing_m = 30", 'shape = "bend"\npoints = [[0, 0], [1000000, 0]]\nspacing_m = 1', "tried.toml:10: street.spacing_m: expected at most 20000 lamps, found 1000001"),
    ("lamps = 5", 'shape = "junction"\nlamps = 4', "tried.toml:9: street.lamps: expected an odd number: one lamp stands at the crossing, found 4"),
    ("lamps = 5", "lamps = 5\nscored_from_m = 200", "tried.toml:7: street.scored_to_m: expected a stretch with lamps from scored_from_m on, found 200 to 120"),
    ("lamps = 5", 'lamps_file = "none.csv"', "tried.toml:8: street.lamps_file: expected a CSV file with x_m, y_m or position_m, or GeoJSON with points, found none.csv: no such file or directory"),
    ('kind = "pedestrian"', 'kind = "dog"', 'tried.toml:12: users.people.kind: expected "vehicle" or "pedestrian", found "dog"'),
    ('kind = "pedestrian"', 'kind = "pedestrian"\nway = "mian"', 'tried.toml:13: users.people.way: expected one of main (did you mean main?), found "mian"'),
    ("per_hour = [2]", "per_hour = 2", "tried.toml:13: users.people.per_hour: expected a list of numbers from 0 to 100000, found 2"),
    ("per_hour = [2]", "per_hour = []", "tried.toml:13: users.people.per_hour: expected a list of numbers from 0 to 100000, found a list"),
    ("per_hour = [2]", "per_hour = [2]\npeak_per_hour = 3", "tried.toml:14: users.people.peak_per_hour: expected no such option beside per_hour, found 3"),
    ("per_hour = [2]", "", "tried.toml:11: users.people.peak_per_hour: expected a number from 0 to 100000, found nothing"),
    ("per_hour = [2]", "per_hour = [2]\nspeed_km_per_h = 0", "tried.toml:14: users.people.speed_km_per_h: expected a number from 0.5 to 250, found 0"),
    ("per_hour = [2]", 'per_hour = [2]\nsource = "passages"\nfile = "a.csv"', "tried.toml:13: users.people.per_hour: expected one of at_m, before_m, file, kind, site, source, way, found an unknown option"),
    ("per_hour = [2]", "per_hour = [2]\n[lamp]\nstanding_w = 70", "tried.toml:15: lamp.standing_w: expected at most full_w (60), found 70"),
    ("per_hour = [2]", "per_hour = [2]\n[needs.vehicle]\nahead_m = [80, 120]", "tried.toml:15: needs.vehicle.ahead_m: expected 1 numbers, one for each of pct, found 2"),
    ("per_hour = [2]", "per_hour = [2]\n[needs.cat]", "tried.toml:14: needs.cat: expected one of pedestrian, vehicle, found an unknown option"),
    ("per_hour = [2]", "per_hour = [2]\n[sensors]\nreach_m = 0", "tried.toml:15: sensors.reach_m: expected a number from 1 to 200, found 0"),
    ("per_hour = [2]", 'per_hour = [2]\n[faults]\nlost_pct = 5\noutage_begin = "22:30"', "tried.toml:14: faults.outage_min: expected a number from 1 to 1440, found nothing"),
    ("per_hour = [2]", "per_hour = [2]\n[lighting]\nbase_pct = 101", "tried.toml:15: lighting.base_pct: expected a number from 0 to 100, found 101"),
    ("per_hour = [2]", 'per_hour = [2]\n[energy]\nzone = "dk2"', 'tried.toml:15: energy.zone: expected no such option without price_file or co2_file, found "dk2"'),
    ("per_hour = [2]", 'per_hour = [2]\n[energy]\nprice_file = "p.csv"\nzone = "se4"', 'tried.toml:16: energy.zone: expected "dk1" or "dk2", found "se4"'),
    ("per_hour = [2]", "per_hour = [2]\n[weather]", "tried.toml:14: weather: expected one of energy, faults, lamp, lighting, needs, night, seed, sensors, street, title, users, found an unknown option"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "by", "message"), CASES, ids=[by for _, by, _ in CASES])
def test_a_mistake_in_a_scenario(what: str, by: str, message: str) -> None:
    assert what in SHORT
    assert message in said(SHORT.replace(what, by))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("", "passages.csv:1: expected the columns time_utc, direction, speed_km_per_h; not there: time_utc, direction, speed_km_per_h"),
        ("time_utc,speed_km_per_h\n", "passages.csv:1: expected the columns time_utc, direction, speed_km_per_h; not there: direction"),
        (HEAD + "2017-04-10T16:30:00Z,a,1,36\n", "passages.csv:2: expected 5 values, found 4"),
        (HEAD + "2017-04-10T16:30:00,a,1,36,4\n", "passages.csv:2: time_utc: expected such as 2014-12-01T20:15:00Z, found '2017-04-10T16:30:00'"),
        (HEAD + "2017-04-10T16:30:00Z,a,3,36,4\n", "passages.csv:2: direction: expected 1 or 2, found '3'"),
        (HEAD + "2017-04-10T16:30:00Z,a,1,nan,4\n", "passages.csv:2: speed_km_per_h: expected a number from 0.5 to 250, found 'nan'"),
    ],
)  # fmt: skip
def test_a_mistake_in_passages(rows: str, message: str) -> None:
    assert said(RECORDED, passages_csv=rows) == [
        f"tried.toml:8: users.cars.file: expected a CSV file with time_utc, direction, speed_km_per_h, found {message}"
    ]


def test_passages_need_a_date_and_a_site_that_is_there() -> None:
    rows = HEAD + "2017-04-10T16:30:00Z,a,1,36,4\n"
    dateless = RECORDED.replace('date = "2017-04-10"\ntime_zone = "Europe/Zurich"\n', "")
    assert said(dateless, passages_csv=rows) == [
        'tried.toml:5: users.cars.source: expected a date beside it: [night] date, found "passages"'
    ]
    (line,) = said(RECORDED + 'site = "b"\n', passages_csv=rows)
    assert line.endswith("found passages.csv: no passages of 'b'; there are a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x_m,y_m\n0,0\n1,x\n", "l.txt:3: y_m: expected a number from -1e+06 to 1e+06, found 'x'"),
        ("x,y\n0,0\n", "l.txt:1: expected the columns x_m, y_m; not there: x_m, y_m"),
        ("x_m,y_m\n", "0 in l.txt"),
        ("{", "l.txt: expected GeoJSON, a FeatureCollection of points: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (json.dumps({"features": [{"geometry": {"type": "Point", "coordinates": [500, 0]}}]}), "l.txt: expected longitudes and latitudes in degrees"),
        ("{" * 3000, None),
    ],
)  # fmt: skip
def test_a_mistake_in_lamps(text: str, message: str | None) -> None:
    (line,) = said(SHORT.replace("lamps = 5\nspacing_m = 30", 'lamps_file = "l.txt"'), l_txt=text)
    assert line.startswith("tried.toml:8: street.lamps_file: expected ")
    assert message is None or line.endswith(f", found {message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time_utc,dk1_eur_per_mwh\n2026-11-20T12:00:00Z,1\n", "p.csv: nothing for 2026-11-20T21:00:00+00:00"),
        ("time_utc,dk1_eur_per_mwh\nnow,1\n", "p.csv:2: time_utc: expected such as 2023-11-20T18:00:00Z"),
        ("time_utc,dk2_eur_per_mwh\n", "p.csv:1: expected the columns time_utc, dk1_eur_per_mwh; not there: dk1_eur_per_mwh"),
    ],
)  # fmt: skip
def test_a_mistake_in_prices(text: str, message: str) -> None:
    document = SHORT.replace("[night]", '[night]\ndate = "2026-11-20"\ntime_zone = "Europe/Copenhagen"')
    document += '[energy]\nzone = "dk1"\nprice_file = "p.csv"\n'
    (line,) = said(document, p_csv=text)
    assert line.endswith(f"energy.price_file: expected hourly values for all the night, found {message}")


def test_vehicles_do_not_drive_on_a_path() -> None:
    path = SHORT.replace("lamps = 5", 'shape = "path"\npoints = [[0, 0], [90, 0]]').replace("pedestrian", "vehicle")
    assert said(path) == ['tried.toml:13: users.people.kind: expected "pedestrian", found "vehicle"']


def test_all_mistakes_are_told_at_once() -> None:
    assert len(said("seed = -1\n[night]\nbegin = 3\n[street]\nlamps = 0\n[users.a]\n[sensors]\nreach = 5\n")) == 6
