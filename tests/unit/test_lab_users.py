"""Who comes, worked by hand: starts without chance and with it, and recorded passages."""

from __future__ import annotations

import pytest

from agent.lab.sensing import first_step, visit_s
from agent.lab.users import EVENING_SHAPE, chance_starts, entering, even_starts, passing
from agent.lab.ways import Way
from lab_reading import SHORT, read_scenario

WAY = Way("main", ((0.0, 0.0), (1200.0, 0.0)), tuple((lamp, 30.0 * lamp) for lamp in range(41)), (300.0, 900.0))
PHI = 0.6180339887

RECORDED = """\
title = "Recorded"
[night]
date = "2017-04-10"
time_zone = "Europe/Zurich"
[street]
lamps = 41
[users.cars]
kind = "vehicle"
source = "passages"
file = "passages.csv"
site = "a"
at_m = 600
"""


def test_the_shape_of_an_evening_adds_up() -> None:
    assert sum(EVENING_SHAPE) == pytest.approx(3.61)


def test_starts_of_an_hour_of_four() -> None:
    """Place in the count k - 0.5 + 0.98 (frac(k phi) - 0.5): .61567, 1.24135, 2.84702, 3.47269; a count of 1 is 900 s."""
    starts = [*even_starts([4.0], 0.0)]
    assert [at_s for at_s, _ in starts] == pytest.approx([554.10, 1117.21, 2562.32, 3125.42], abs=0.01)
    assert [up for _, up in starts] == [True, False, True, False]


def test_the_first_walker_of_an_hour_of_two() -> None:
    """frac(phi + .37) = .98803: at 1800 x (0.5 + 0.98 x 0.48803) = 1760.89 s."""
    assert next(even_starts([2.0], 0.37))[0] == pytest.approx(1800 * (0.5 + 0.98 * (PHI + 0.37 - 0.5)), abs=1e-3)


def test_an_hour_without_volume_has_nobody() -> None:
    assert [int(at_s // 3600) for at_s, _ in even_starts([1.0, 0.0, 1.0], 0.0)] == [0, 2]
    assert [*even_starts([0.4, 0.5], 0.0)] == []
    assert [*chance_starts([0.0], "a")] == []


def test_chance_keeps_the_volumes_and_its_seed() -> None:
    starts = [*chance_starts([500.0, 0.0, 500.0], "street 1")]
    assert 900 < len(starts) < 1100
    assert not any(3600 <= at_s < 7200 for at_s, _ in starts)
    assert 400 < sum(up for _, up in starts) < 600
    assert starts == [*chance_starts([500.0, 0.0, 500.0], "street 1")]
    assert starts != [*chance_starts([500.0, 0.0, 500.0], "street 2")]


def test_users_come_from_before_the_first_lamp() -> None:
    """1800 m at 10 m/s; they reach lamp 0 after 30 s, going down after 150 s."""
    up, down = entering(0, 0, WAY, 100.0, 300.0, 10.0), entering(0, 0, WAY, 100.0, 300.0, -10.0)
    assert (up.from_m, up.end_s, up.when_s(0.0)) == (-300.0, 280.0, 130.0)
    assert (down.from_m, down.end_s, down.when_s(0.0)) == (1500.0, 280.0, 250.0)
    assert up.at_m(130.0) == 0.0


def test_somebody_recorded_passes_the_box_when_it_says() -> None:
    passer = passing(0, 0, WAY, 1000.0, 600.0, 300.0, -10.0)
    assert (passer.start_s, passer.end_s, passer.at_m(1000.0)) == (910.0, 1090.0, 600.0)


def test_a_visit_is_the_time_in_a_cell() -> None:
    up = entering(0, 0, WAY, 0.0, 300.0, 10.0)
    assert visit_s(up, 600.0, 15.0) == (88.5, 91.5)
    assert visit_s(entering(0, 0, WAY, 0.0, 0.0, 10.0), 0.0, 15.0) == (0.0, 1.5)  # begins in the cell
    assert visit_s(up, 2000.0, 15.0) is None


@pytest.mark.parametrize(("at_s", "step"), [(0.0, 0), (0.2, 1), (0.1999, 1), (0.2001, 2), (0.6000000000000001, 3)])
def test_a_moment_is_known_at_the_first_step_that_is_not_before_it(at_s: float, step: int) -> None:
    assert first_step(at_s, 0.2) == step


def test_recorded_passages() -> None:
    """18:00 in Zurich in April is 16:00 UTC. At 36 km/h from 300 m before the lamps to the box in 90 s."""
    text = (
        "time_utc,site,direction,speed_km_per_h,length_m\n"
        "2017-04-10T15:58:40Z,a,1,36,4\n"  # past the box before the night, still on the street
        "2017-04-10T15:58:00Z,a,1,36,4\n"  # 120 s before: gone
        "2017-04-10T16:30:00Z,a,2,36,4\n"
        "2017-04-10T16:40:00Z,b,1,36,4\n"
        "2017-04-11T04:00:00Z,a,1,36,4\n"  # at the end, on the street a moment before
        "2017-04-11T04:05:00Z,a,1,36,4\n"
    )
    passers = read_scenario(RECORDED, {"passages.csv": text}).passers
    assert [(passer.start_s, passer.m_per_s) for passer in passers] == [
        (-170.0, 10.0),
        (1710.0, -10.0),
        (43110.0, 10.0),
    ]


def test_users_of_a_scenario_come_by_their_start() -> None:
    more = '\n[users.cars]\nkind = "vehicle"\nper_hour = [3]\nspeed_km_per_h = 30\n'
    passers = read_scenario(SHORT + more).passers
    assert [passer.kind for passer in passers].count(0) == 3
    assert [passer.start_s for passer in passers] == sorted(passer.start_s for passer in passers)
    assert {round(abs(passer.m_per_s), 3) for passer in passers} == {8.333, 1.4}


def test_a_seed_can_be_given() -> None:
    document = SHORT.replace("per_hour = [2]", 'per_hour = [20]\nspread = "chance"')
    assert read_scenario(document, seed=2).passers != read_scenario(document).passers
    assert read_scenario(document, seed=1).passers == read_scenario(document).passers
