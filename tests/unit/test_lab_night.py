"""The night of a scenario, its tariff, its account: hours and cents worked by hand."""

from __future__ import annotations

import msgspec
import pytest

from agent.lab.play import Picture, Play
from agent.lab.records import Scenario
from agent.lab.schemes import SCHEMES
from agent.lab.scores import co2_g, cost_eur, scores
from lab_reading import SHORT, read_scenario, shipped

DATED = 'date = "2026-11-20"\ntime_zone = "Europe/Copenhagen"\n'


def night(options: str) -> Scenario:
    begin, end = SHORT.index("[night]"), SHORT.index("[street]")
    return read_scenario(f"{SHORT[:begin]}[night]\n{options}\n{SHORT[end:]}")


def test_fixed_hours() -> None:
    scenario = night("")
    assert (scenario.begin_h, scenario.night_s, scenario.steps) == (18.0, 12 * 3600, 216_000)
    assert night('begin = "23:30"\nend = "00:15"').night_s == 45 * 60
    assert night('begin = "06:00"\nend = "06:00"').night_s == 24 * 3600


def test_from_sunset_to_sunrise() -> None:
    """Copenhagen, 20 November 2026: sunset 15:54, sunrise the next day 08:00 (almanac), to two minutes."""
    place = 'begin = "sunset"\nend = "sunrise"\nlatitude = 55.676\nlongitude = 12.568\n'
    scenario = night(DATED + place)
    assert scenario.begin_h == pytest.approx(15 + 54 / 60, abs=2 / 60)
    assert scenario.begin_h + scenario.night_s / 3600 == pytest.approx(24 + 8, abs=4 / 60)


def test_the_night_of_a_clock_change_is_an_hour_longer() -> None:
    """The last Sunday of October 2026 is the 25th."""
    assert night('date = "2026-10-24"\ntime_zone = "Europe/Copenhagen"').night_s == 13 * 3600
    assert night('date = "2026-10-25"\ntime_zone = "Europe/Copenhagen"').night_s == 12 * 3600


@pytest.mark.parametrize(
    ("scheme", "kwh"),
    [
        ("conventional", 0.060),
        ("part-night", 0.060),
        ("step-dim", 0.060 * (0.05 + 0.95 * 0.6)),
        ("multi-step", 0.060 * (0.05 + 0.95 * 0.7)),
    ],
)
def test_an_hour_from_22_on_by_the_clock(scheme: str, kwh: float) -> None:
    """Each begins the night at the level that the clock has had before; multi-step has 70 % from 21 to 23."""
    scenario = read_scenario(SHORT)
    assert Play(scenario).run(SCHEMES[scheme](scenario)).kwh_per_lamp == pytest.approx(kwh)


def test_energy_by_the_hour_costs_what_it_costs_then() -> None:
    """Part-night, 23:00 to 01:30: 60 Wh, then 0.5 Wh and 2 s of fading, then 0.25 Wh."""
    document = SHORT.replace('"22:00"', '"23:00"').replace('end = "23:00"', 'end = "01:30"')
    scenario = read_scenario(document + "\n[energy]\neur_per_mwh = 100\ng_co2_per_kwh = 50\n")
    account = Play(scenario).run(SCHEMES["part-night"](scenario))
    assert account.kwh_by_hour == pytest.approx((0.060, 0.0005, 0.00025), abs=4e-5)
    assert sum(account.kwh_by_hour) == pytest.approx(account.kwh_per_lamp)
    assert cost_eur(account, scenario.tariff) == pytest.approx(0.1 * account.kwh_per_lamp)
    assert co2_g(account, scenario.tariff) == pytest.approx(50 * account.kwh_per_lamp)


def test_prices_and_co2_of_files() -> None:
    """Hours from 22:30 local, 21:30 UTC: what began before the hour holds until there is a newer one; 5 min are averaged."""
    energy = '[energy]\nzone = "dk2"\nprice_file = "price.csv"\nco2_file = "co2.csv"\n'
    files = {
        "price.csv": "time_utc,dk1_eur_per_mwh,dk2_eur_per_mwh\n"
        + "".join(f"2026-11-20T{hour}:00:00Z,0,{hour}\n" for hour in (20, 21, 22, 23)),
        "co2.csv": "time_utc,dk2_g_co2_per_kwh\n2026-11-20T21:30:00Z,10\n2026-11-20T21:35:00Z,30\n2026-11-20T22:40:00Z,40\n",
    }
    document = SHORT.replace("[night]\n", f"[night]\n{DATED}") + energy
    document = document.replace('"22:00"', '"22:30"').replace('end = "23:00"', 'end = "00:30"')
    tariff = read_scenario(document, files).tariff
    assert tariff.eur_per_kwh == (0.022, 0.023)
    assert tariff.g_co2_per_kwh == (20.0, 40.0)
    assert tariff.source == "price.csv; co2.csv"


def test_pictures_are_means_of_their_spans() -> None:
    """Step-dim, 21:59:50 to 22:00:50: 50 steps of full light, then 0.95 ... 0.6 in eight steps; spans of 5 s."""
    document = SHORT.replace('begin = "22:00"', 'begin = "21:59"').replace('end = "23:00"', 'end = "22:01"')
    scenario = read_scenario(document)
    whole, part = Picture(0, 600, 25, []), Picture(300, 350, 25, [])
    Play(scenario, (whole, part)).run(SCHEMES["step-dim"](scenario))
    assert [row[0] for row in whole.rows] == [100] * 12 + [
        66,
        *[60] * 11,
    ]  # (0.95+0.9+0.85+0.8+0.75+0.7+0.65)/25 + 18 x 0.6/25
    assert part.rows == whole.rows[12:14]
    assert {len(row) for row in whole.rows} == {5}


def test_nobody_lacks_anything_where_nobody_comes() -> None:
    scenario = msgspec.structs.replace(read_scenario(SHORT), passers=())
    account = Play(scenario).run(SCHEMES["neighbour-lease"](scenario))
    assert (account.utility, account.under_lit_share) == (1.0, 0.0)
    assert account.kwh_per_lamp == pytest.approx(0.0005)


def test_the_figures_of_a_run() -> None:
    scenario = shipped("s0")
    accounts = {name: Play(scenario).run(SCHEMES[name](scenario)) for name in ("conventional", "part-night")}
    found = scores("s0", accounts, accounts["conventional"])
    assert found.scenario == "s0"
    assert found.schemes["part-night"].energy_pct == pytest.approx(58.68, abs=0.01)
    assert found.schemes["conventional"].energy_pct == 100.0
