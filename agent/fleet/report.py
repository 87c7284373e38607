"""A month's energy, money and CO2 by street, against what was declared as its baseline. Pure.

Metered and estimated energy are kept apart; a time of which nothing is known is counted on neither side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo

import msgspec

from agent.fleet.faults import ENERGY_ESTIMATED, ENERGY_METERED, ENERGY_OF_METER, HOURS_LIT
from agent.fleet.plan import HOUR_MS, Area, Carbon, Plan
from agent.fleet.usage import Reading, Usage, usage

Readings = Mapping[str, Sequence[Reading]]  # by point, `group/node/device/metric`


class Month(msgspec.Struct, frozen=True):
    """A month of a time zone; `end_ms` is now where it is not over yet."""

    year: int
    month: int
    start_ms: int
    end_ms: int
    full_ms: int

    @property
    def name(self) -> str:
        """Return it as 2026-10."""
        return f"{self.year:04}-{self.month:02}"

    @property
    def complete(self) -> bool:
        """Return whether it is over."""
        return self.end_ms - self.start_ms == self.full_ms


class LampUse(msgspec.Struct):
    """One lamp in the month. `known_ms`: of how much time its energy is known; `baseline_kwh` over the same time."""

    path: str
    metered_kwh: float
    estimated_kwh: float
    lit_h: float
    baseline_kwh: float | None
    known_ms: int
    spread_ms: int
    resets: int
    by_hour: dict[int, float]


class StreetUse(msgspec.Struct, kw_only=True):
    """A street in the month. None: not declared, or not known. Hours are lamp-hours; `saved_*` are against the baseline."""

    title: str
    lamps: int
    metered_kwh: float
    estimated_kwh: float
    meter_kwh: float | None
    baseline_kwh: float | None
    saved_kwh: float | None
    cost: float | None
    saved_cost: float | None
    co2_kg: float | None
    saved_co2_kg: float | None
    without_co2_kwh: float
    hours: float
    hours_missing: float
    hours_spread: float
    resets: int
    silent: list[str]

    @property
    def kwh(self) -> float:
        """Return what its lamps used, metered and estimated."""
        return self.metered_kwh + self.estimated_kwh

    @property
    def saved_pct(self) -> float | None:
        """Return what was saved, in per cent of the baseline."""
        if self.saved_kwh is None or not self.baseline_kwh:
            return None
        return 100 * self.saved_kwh / self.baseline_kwh


class Report(msgspec.Struct, frozen=True):
    """The month of all streets."""

    month: Month
    currency: str
    price_per_kwh: float | None
    co2_source: str
    streets: tuple[StreetUse, ...]


def month_of(text: str, zone: tzinfo, now: datetime) -> Month:
    """Read a month such as 2026-10. ValueError if it is none, or has not begun."""
    try:
        start = datetime.strptime(text, "%Y-%m").replace(tzinfo=zone)
    except ValueError:
        raise ValueError(f"--month: expected a month such as 2026-10; found {text!r}") from None
    year, number = divmod(start.year * 12 + start.month, 12)
    end = datetime(year, number + 1, 1, tzinfo=zone)
    if start >= now:
        raise ValueError(f"--month: {text} has not begun; it is {now.astimezone(zone):%Y-%m-%d}")
    begin_ms, end_ms = (int(moment.timestamp() * 1000) for moment in (start, end))
    until_ms = min(end_ms, int(now.timestamp() * 1000))
    return Month(start.year, start.month, begin_ms, until_ms, end_ms - begin_ms)


def report(plan: Plan, readings: Readings, month: Month) -> Report:
    """Work the month out. `readings` hold all points of counters that are known, also of lamps that said nothing in it."""
    streets = tuple(_street(area, plan, readings, month) for area in plan.areas)
    return Report(month, plan.currency, plan.price_per_kwh, plan.carbon.source, streets)


def _street(area: Area, plan: Plan, readings: Readings, month: Month) -> StreetUse:
    paths = sorted({point.rsplit("/", 2)[0] for point in readings if point.endswith(_OF_LAMPS)})
    lamps = [_lamp(path, area, readings, month) for path in paths if area.has(path)]
    length_ms = month.end_ms - month.start_ms
    metered = sum(lamp.metered_kwh for lamp in lamps)
    estimated = sum(lamp.estimated_kwh for lamp in lamps)
    used = metered + estimated
    baseline = None if area.baseline is None else sum(lamp.baseline_kwh or 0.0 for lamp in lamps)
    saved = None if baseline is None else baseline - used
    price = plan.price_per_kwh
    co2, rate, without = _carbon_of(lamps, plan.carbon)
    return StreetUse(
        title=area.title,
        lamps=len(lamps),
        metered_kwh=metered,
        estimated_kwh=estimated,
        meter_kwh=_meter(area, readings, month),
        baseline_kwh=baseline,
        saved_kwh=saved,
        cost=None if price is None else used * price,
        saved_cost=None if price is None or saved is None else saved * price,
        co2_kg=co2,
        saved_co2_kg=None if rate is None or saved is None or without else saved * rate,
        without_co2_kwh=without,
        hours=len(lamps) * length_ms / HOUR_MS,
        hours_missing=sum(length_ms - lamp.known_ms for lamp in lamps) / HOUR_MS,
        hours_spread=sum(lamp.spread_ms for lamp in lamps) / HOUR_MS,
        resets=sum(lamp.resets for lamp in lamps),
        silent=[lamp.path for lamp in lamps if not lamp.known_ms],
    )


_OF_LAMPS = tuple(f"/{name}" for name in (ENERGY_METERED, ENERGY_ESTIMATED, HOURS_LIT))


def _lamp(path: str, area: Area, readings: Readings, month: Month) -> LampUse:
    metered, estimated, lit = (
        usage(readings.get(f"{path}/{name}", ()), month.start_ms, month.end_ms)
        for name in (ENERGY_METERED, ENERGY_ESTIMATED, HOURS_LIT)
    )
    known = max(metered, estimated, key=lambda one: one.covered_ms)
    by_hour = dict(metered.by_hour)
    for hour, wh in estimated.by_hour.items():
        by_hour[hour] = by_hour.get(hour, 0.0) + wh
    return LampUse(
        path,
        metered.total / 1000,
        estimated.total / 1000,
        lit.total,
        _baseline_kwh(area, lit, known, month),
        known.covered_ms,
        known.spread_ms,
        metered.resets + estimated.resets,
        by_hour,
    )


def _baseline_kwh(area: Area, lit: Usage, known: Usage, month: Month) -> float | None:
    """Return what the pole would have used while its energy is known."""
    if area.baseline is None:
        return None
    if area.baseline.hours is None:
        return area.baseline.w * lit.total / 1000
    return area.baseline.w * area.baseline.hours[month.month - 1] * known.covered_ms / month.full_ms / 1000


def _carbon_of(lamps: Iterable[LampUse], carbon: Carbon) -> tuple[float | None, float | None, float]:
    """Return kg of CO2, kg a kWh on the mean of the same energy, and the kWh of hours of which no CO2 is known."""
    grams = counted = without = 0.0
    for lamp in lamps:
        for hour, wh in lamp.by_hour.items():
            rate = carbon.at(hour)
            if rate is None:
                without += wh / 1000
            else:
                grams += rate * wh / 1000
                counted += wh / 1000
    if not carbon.hours and carbon.g_per_kwh is None:
        return None, None, 0.0
    rate_kg = carbon.g_per_kwh / 1000 if carbon.g_per_kwh is not None else grams / counted / 1000 if counted else None
    return grams / 1000, rate_kg, without


def _meter(area: Area, readings: Readings, month: Month) -> float | None:
    found = readings.get(f"{area.meter}/{ENERGY_OF_METER}") if area.meter else None
    return usage(found, month.start_ms, month.end_ms).total / 1000 if found else None
