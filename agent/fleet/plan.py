"""The fleet's own file: streets, what they would have used before, prices, and where the poles stand. Pure.

docs/fleet.md explains it; a mistake names file, line and key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from agent.config.table import Ledger, Table
from agent.lab.files import Files, UnreadableError, number, rows, text_of

HOUR_MS = 3_600_000
MONTH_HOURS = 744.0


class Baseline(msgspec.Struct, frozen=True):
    """What a pole drew before: `w` watts, in `hours` of each month of the year, or (none) while it is lit now."""

    w: float
    hours: tuple[float, ...] | None


class Area(msgspec.Struct, frozen=True):
    """A street: its lamps and its cabinet's meter as patterns over `group/node/device`."""

    id: str
    title: str
    lamps: tuple[str, ...]
    meter: str
    baseline: Baseline | None

    def has(self, path: str) -> bool:
        """Return whether a device, `group/node/device`, is a lamp of this street."""
        return any(fnmatchcase(path, pattern) for pattern in self.lamps)

    def has_node(self, path: str) -> bool:
        """Return whether a node, `group/node`, has lamps of this street."""
        return any(fnmatchcase(path, pattern.rpartition("/")[0]) for pattern in self.lamps)


class Carbon(msgspec.Struct, frozen=True):
    """Grams of CO2 a kWh: one number, or by the hour since 1970 where `hours` is not empty."""

    g_per_kwh: float | None
    hours: Mapping[int, float]
    source: str

    def at(self, hour: int) -> float | None:
        """Return it in an hour since 1970; none where nothing is known of it."""
        return self.hours.get(hour) if self.hours else self.g_per_kwh


class Pole(msgspec.Struct, frozen=True):
    """A row of the inventory: the number on the mast, where it stands, what is mounted there."""

    pole: str
    position: str
    part: str


class Plan(msgspec.Struct, frozen=True):
    """The file. Without one there are no streets and no prices."""

    host_id: str = "gadelys"
    time_zone: str = ""
    currency: str = "EUR"
    price_per_kwh: float | None = None
    carbon: Carbon = Carbon(None, {}, "not declared")
    areas: tuple[Area, ...] = ()
    poles: Mapping[str, Pole] = {}

    def area_of(self, path: str) -> str:
        """Return the name of the street of a node, `group/node`; of one that is in none, its group."""
        found = (area.title for area in self.areas if area.has_node(path))
        return next(found, path.partition("/")[0])

    def street_of(self, path: str) -> str:
        """Return the name of the street of a device; "" where none has it."""
        return next((area.title for area in self.areas if area.has(path)), "")

    def nodes(self) -> list[tuple[str, str]]:
        """Return the nodes that are named without wildcards: they can be asked though they say nothing."""
        found = {tuple(pattern.split("/")[:2]) for area in self.areas for pattern in area.lamps}
        return sorted((group, name) for group, name in found if not set(group + name) & set("*?["))


def read_plan(values: dict[str, Any], ledger: Ledger, files: Files, is_time_zone: Callable[[str], bool]) -> Plan:
    """Read a parsed file. Mistakes go to the ledger; the result is only to be used if there are none."""
    root = Table(ledger, (), values)
    table = root.table("fleet")
    zone = table.text("time_zone", 'an IANA time zone such as "Europe/Copenhagen"')
    if zone and not is_time_zone(zone):
        table.wrong("time_zone", 'an IANA time zone such as "Europe/Copenhagen"')
    plan = Plan(
        host_id=table.name("host_id") if table.has("host_id") else "gadelys",
        time_zone=zone,
        currency=table.text("currency", "a currency", "EUR"),
        price_per_kwh=table.number("price_per_kwh", 0, 1000) if table.has("price_per_kwh") else None,
        carbon=_carbon(table, files),
        areas=tuple(_area(name, street) for name, street in root.tables("street").items()),
        poles=_poles(table, files),
    )
    table.finish()
    root.finish()
    return plan


def _area(name: str, table: Table) -> Area:
    lamps = table.words("lamps", 'patterns of lamps such as ["demo/street-1/lum-*"]')
    if not lamps or any(pattern.count("/") != 2 for pattern in lamps):
        table.wrong("lamps", "patterns of GROUP/NODE/DEVICE, one at least")
        lamps = []
    meter = table.text("meter", "a meter, GROUP/NODE/DEVICE") if table.has("meter") else ""
    if meter and meter.count("/") != 2:
        table.wrong("meter", "a meter, GROUP/NODE/DEVICE")
    area = Area(name, table.text("title", "the street's name", name), tuple(lamps), meter, _baseline(table))
    table.finish()
    return area


def _baseline(table: Table) -> Baseline | None:
    """Read watts a pole, with the hours of each month, or a level at which it was lit all night."""
    if not table.has("baseline_w"):
        for key in ("baseline_hours", "baseline_level_pct"):
            table.needless(key, "without baseline_w")
        return None
    watts = table.number("baseline_w", 0, 10_000)
    if table.has("baseline_hours"):
        table.needless("baseline_level_pct", "beside baseline_hours")
        hours = table.numbers("baseline_hours", 0, MONTH_HOURS)
        if table.sound("baseline_hours") and len(hours) != 12:
            table.wrong("baseline_hours", "twelve numbers, January to December", f"{len(hours)}")
        return Baseline(watts, hours)
    return Baseline(watts * table.number("baseline_level_pct", 0, 100, 100) / 100, None)


def _carbon(table: Table, files: Files) -> Carbon:
    if not table.has("co2_file"):
        table.needless("co2_column", "without co2_file")
        if not table.has("g_co2_per_kwh"):
            return Carbon(None, {}, "not declared")
        grams = table.number("g_co2_per_kwh", 0, 2000)
        return Carbon(grams, {}, f"{grams:g} g/kWh")
    table.needless("g_co2_per_kwh", "beside co2_file")
    column = table.text("co2_column", "a column of co2_file, in g/kWh")
    name, text = text_of(table, "co2_file", files, "a CSV file with time_utc and a column of g/kWh")
    try:
        return Carbon(None, _by_hour(text, name, column) if name and column else {}, f"{name}, {column}")
    except UnreadableError as error:
        table.wrong("co2_file", "time_utc and grams of CO2 a kWh", str(error))
        return Carbon(None, {}, "")


def _by_hour(text: str, name: str, column: str) -> dict[int, float]:
    """Return the mean of the values in each hour."""
    hours: dict[int, list[float]] = {}
    for line, row in rows(text, name, ("time_utc", column)):
        value = number(row[column], 0, 2000, f"{name}:{line}: {column}")
        hours.setdefault(_hour(row["time_utc"], f"{name}:{line}"), []).append(value)
    return {hour: sum(values) / len(values) for hour, values in hours.items()}


def _hour(text: str, place: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise UnreadableError(f"{place}: time_utc: expected such as 2023-11-20T18:00:00Z")
    return int(at.timestamp() * 1000) // HOUR_MS


def _poles(table: Table, files: Files) -> dict[str, Pole]:
    if not table.has("poles"):
        return {}
    name, text = text_of(table, "poles", files, "a CSV file with device,pole,position,part")
    try:
        return _inventory(text, name) if name else {}
    except UnreadableError as error:
        table.wrong("poles", "device,pole,position,part", str(error))
        return {}


def _inventory(text: str, name: str) -> dict[str, Pole]:
    found: dict[str, Pole] = {}
    for line, row in rows(text, name, ("device", "pole", "position", "part")):
        if row["device"].count("/") != 2:
            raise UnreadableError(f"{name}:{line}: device: expected GROUP/NODE/DEVICE, found {row['device']!r}")
        if row["device"] in found:
            raise UnreadableError(f"{name}:{line}: device: {row['device']} stands there twice")
        found[row["device"]] = Pole(row["pole"], row["position"], row["part"])
    return found
