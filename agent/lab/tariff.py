"""What a kWh costs and how much CO2 it brings: constants, or hour by hour from files. Pure."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from agent.config.table import Table
from agent.lab.files import Files, UnreadableError, number, rows, text_of
from agent.lab.hours import NightHours
from agent.lab.records import Tariff

# Medians of Denmark east (DK2): day-ahead price 2023, CO2 forecast November 2023. Energinet, Energi Data Service, CC BY 4.0.
EUR_PER_MWH, G_CO2_PER_KWH = 85.07, 70.0


def read_tariff(table: Table, night: NightHours, files: Files) -> Tariff:
    """Read [energy]."""
    zone = ""
    if table.has("price_file", "co2_file"):
        zone = table.choice("zone", ("dk1", "dk2"))
    else:
        table.needless("zone", "without price_file or co2_file")
    prices, price_from = _series(table, "price", ("eur_per_mwh", EUR_PER_MWH), zone, night, files)
    carbon, carbon_from = _series(table, "co2", ("g_co2_per_kwh", G_CO2_PER_KWH), zone, night, files)
    source = price_from if price_from == carbon_from else f"{price_from}; {carbon_from}"
    return Tariff(tuple(price / 1000 for price in prices), carbon, source)


def _series(  # noqa: PLR0913, PLR0917 - where from, and for when
    table: Table, what: str, unit: tuple[str, float], zone: str, night: NightHours, files: Files
) -> tuple[tuple[float, ...], str]:
    key, column = f"{what}_file", f"{zone}_{unit[0]}"
    if not table.has(key):
        return (table.number(unit[0], -10_000, 10_000, unit[1]),), "constants"
    table.needless(unit[0], f"beside {key}")
    name, text = text_of(table, key, files, "a CSV file with time_utc and " + column)
    if night.begin_utc is None:
        table.wrong(key, "a date beside it: [night] date")
    if not name or night.begin_utc is None:
        return (unit[1],), ""
    try:
        return _by_hour(text, name, column, night.begin_utc, math.ceil(night.seconds / 3600)), name
    except UnreadableError as error:
        table.wrong(key, "hourly values for all the night", str(error))
        return (unit[1],), ""


def _by_hour(text: str, name: str, column: str, begin: datetime, hours: int) -> tuple[float, ...]:
    """Return the mean of the values in each hour of the night; one that began before the hour holds where none is in it."""
    sums: list[list[float]] = [[] for _ in range(hours)]
    latest: tuple[datetime, float] | None = None
    for line, row in rows(text, name, ("time_utc", column)):
        try:
            at = datetime.fromisoformat(row["time_utc"])
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            raise UnreadableError(f"{name}:{line}: time_utc: expected such as 2023-11-20T18:00:00Z")
        value = number(row[column], -10_000, 10_000, f"{name}:{line}: {column}")
        hour = math.floor((at - begin) / timedelta(hours=1))
        if 0 <= hour < hours:
            sums[hour].append(value)
        if begin - timedelta(hours=1) <= at <= begin and (latest is None or at > latest[0]):
            latest = (at, value)
    return _filled(sums, latest[1] if latest else None, name, begin)


def _filled(sums: list[list[float]], before: float | None, name: str, begin: datetime) -> tuple[float, ...]:
    values = []
    for own in sums:
        value = sum(own) / len(own) if own else before
        if value is None:
            raise UnreadableError(f"{name}: nothing for {begin.isoformat()}")
        values.append(value)
        before = value
    return tuple(values)
