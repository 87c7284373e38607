"""A month by street: what was counted, what was estimated, what nobody knows."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.fleet.plan import HOUR_MS, Area, Baseline, Carbon, Plan
from agent.fleet.report import Month, StreetUse, month_of, report
from agent.fleet.usage import Reading, usage

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
DAY_MS = 24 * HOUR_MS
START_MS = 1_790_805_600_000  # 1 October 2026, 00:00 in Copenhagen
OCTOBER = Month(2026, 10, START_MS, START_MS + 745 * HOUR_MS, 745 * HOUR_MS)  # an hour more: summer time ends


def hourly(watts: float, hours: range, start: float = 0.0) -> list[Reading]:
    """A counter of Wh, read on the hour."""
    return [Reading(START_MS + hour * HOUR_MS, start + watts * (hour - hours.start)) for hour in hours]


def of(readings: dict[str, list[Reading]], carbon: Carbon | None = None, **area: object) -> StreetUse:
    """The report of one street of which all lamps are called l."""
    fields: dict[str, object] = {"meter": "", "baseline": Baseline(74.0, None)} | area
    street = Area("a", "A", ("g/n/l*",), **fields)  # type: ignore[arg-type]
    plan = Plan(price_per_kwh=0.5, carbon=carbon or Carbon(100.0, {}, ""), areas=(street,))
    (found,) = report(plan, readings, OCTOBER).streets
    return found


def test_a_month_is_that_of_the_street_s_time_zone() -> None:
    assert month_of("2026-10", COPENHAGEN, datetime(2027, 1, 1, tzinfo=UTC)) == OCTOBER
    december = month_of("2026-12", COPENHAGEN, datetime(2027, 1, 5, tzinfo=UTC))
    assert (december.full_ms, december.complete) == (31 * DAY_MS, True)
    running = month_of("2026-10", COPENHAGEN, datetime(2026, 10, 2, tzinfo=UTC))
    assert (running.end_ms - running.start_ms, running.complete) == (26 * HOUR_MS, False)


@pytest.mark.parametrize("text", ["2026", "2026-13", "october", "2026-10-01", "2027-01"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="--month"):
        month_of(text, COPENHAGEN, datetime(2026, 12, 1, tzinfo=UTC))


def test_metered_and_estimated_are_kept_apart_and_held_against_the_baseline() -> None:
    month = range(746)
    found = of(
        {
            "g/n/l1/lamp/active_energy": hourly(20.0, month),
            "g/n/l1/lamp/operating_hours": hourly(0.5, month),
            "g/n/l2/lamp/estimated_energy": hourly(10.0, month, start=5e5),
            "g/n/l2/lamp/operating_hours": hourly(0.5, month),
            "g/n/other/lamp/active_energy": hourly(1e6, month),
        }
    )
    assert found.lamps == 2
    assert found.metered_kwh == pytest.approx(745 * 0.020)
    assert found.estimated_kwh == pytest.approx(745 * 0.010)
    assert found.baseline_kwh == pytest.approx(2 * 74 * 745 * 0.5 / 1000)
    assert found.saved_kwh == pytest.approx(55.13 - 22.35)
    assert found.saved_pct == pytest.approx(59.46, abs=0.01)
    assert found.cost == pytest.approx(22.35 * 0.5)
    assert found.saved_cost == pytest.approx(32.78 * 0.5)
    assert found.co2_kg == pytest.approx(2.235)
    assert found.saved_co2_kg == pytest.approx(3.278)
    assert (found.hours_missing, found.hours_spread, found.resets, found.silent) == (0, 0, 0, [])


def test_a_baseline_of_hours_is_counted_for_the_time_that_is_known() -> None:
    hours = tuple(400.0 if month == 10 else 1.0 for month in range(1, 13))
    half = {"g/n/l1/lamp/active_energy": hourly(20.0, range(373))}  # 372 of 745 hours
    found = of(half, baseline=Baseline(74.0, hours))
    assert found.baseline_kwh == pytest.approx(74 * 400 * 372 / 745 / 1000)
    assert found.hours_missing == pytest.approx(373)


def test_a_lamp_that_said_nothing_is_named_and_no_zero() -> None:
    found = of({"g/n/l1/lamp/active_energy": hourly(20.0, range(746)), "g/n/l2/lamp/active_energy": []})
    assert (found.lamps, found.silent) == (2, ["g/n/l2"])
    assert (found.hours, found.hours_missing) == (1490, 745)


def test_after_a_gap_only_the_sum_is_known() -> None:
    readings = [*hourly(10.0, range(100)), *hourly(10.0, range(200, 746), start=2000.0)]
    found = of({"g/n/l1/lamp/active_energy": readings})
    assert found.metered_kwh == pytest.approx(7.45)
    assert (found.hours_missing, found.hours_spread) == (0, 101)


def test_a_counter_that_begins_anew_leaves_a_gap_and_no_negative() -> None:
    readings = [*hourly(10.0, range(100), start=1e6), *hourly(10.0, range(100, 746))]
    found = of({"g/n/l1/lamp/active_energy": readings})
    assert found.metered_kwh == pytest.approx(7.44)
    assert (found.hours_missing, found.resets) == (1, 1)


def test_co2_is_by_the_hour_and_what_has_none_is_told() -> None:
    first = START_MS // HOUR_MS
    night = {first + hour: 50.0 if hour < 100 else 200.0 for hour in range(700)}
    found = of({"g/n/l1/lamp/active_energy": hourly(10.0, range(746))}, Carbon(None, night, "measured"))
    assert found.co2_kg == pytest.approx((100 * 50 + 600 * 200) * 0.01 / 1000)
    assert found.without_co2_kwh == pytest.approx(0.45)
    assert found.saved_co2_kg is None


def test_without_prices_or_baseline_nothing_is_made_up() -> None:
    plan = Plan(areas=(Area("a", "A", ("g/n/l*",), "g/n/m", None),))
    readings = {
        "g/n/l1/lamp/active_energy": hourly(1.0, range(3)),
        "g/n/m/meter/active_energy_import": hourly(9.0, range(746)),
    }
    (found,) = report(plan, readings, OCTOBER).streets
    assert (found.baseline_kwh, found.saved_kwh, found.saved_pct, found.cost, found.co2_kg) == (None,) * 5
    assert found.meter_kwh == pytest.approx(745 * 9 / 1000)


@given(st.lists(st.tuples(st.integers(1, 5 * HOUR_MS), st.floats(0, 1000)), max_size=40), st.integers(-20, 60))
def test_what_is_counted_is_in_its_hours_and_never_more_than_there_was(
    steps: list[tuple[int, float]], begin: int
) -> None:
    at, value, readings = START_MS, 0.0, [Reading(START_MS, 0.0)]
    for length, amount in steps:
        at, value = at + length, value + amount
        readings.append(Reading(at, value))
    start = START_MS + begin * HOUR_MS
    found = usage(readings, start, start + 10 * HOUR_MS)
    assert sum(found.by_hour.values()) == pytest.approx(found.total, abs=1e-6)
    assert 0 <= found.total <= value * (1 + 1e-9) + 1e-6
    assert 0 <= found.covered_ms <= 10 * HOUR_MS
    assert all(start // HOUR_MS <= hour < start // HOUR_MS + 10 for hour in found.by_hour)
    whole = usage(readings, START_MS, max(at, START_MS + 1))
    assert whole.total == pytest.approx(value, abs=1e-6)
    assert whole.covered_ms == at - START_MS
