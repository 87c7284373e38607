"""What hangs on a line: units from a file, or those of the demonstration, and what a hand can do to them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from firmware_sim.link import PARITIES, Link
from firmware_sim.units.dali_gateways import Arlight, EcodimGw2
from firmware_sim.units.mtdx62 import Mtdx62
from firmware_sim.units.products import PRODUCTS, Product
from firmware_sim.units.table import TableUnit
from firmware_sim.units.unit import Unit
from firmware_sim.units.waveshare import WaveshareAo8, WaveshareIo8, WaveshareRelay8
from firmware_sim.units.wb_mao4 import WbMao4

Where = Literal["line", "rtu-tcp", "tcp"]
KEYS = ("product", "name", "address", "baud", "parity", "stop_bits", "on", "values")
VISIT_S, BETWEEN_VISITS_S = 8.0, 30.0

DEMO = """
[[units]]
product = "jxct-illuminance"

[[units]]
product = "pzem-016"
address = 3

[[units]]
product = "thc-s"
address = 7

[[units]]
product = "jxct-wind-speed"
address = 8
baud = 4800

[[units]]
product = "waveshare-ao8-b"
address = 21

[[units]]
product = "waveshare-relay8"
address = 22

[[units]]
product = "mtdx62-mb"
address = 31

[[units]]
product = "wtvb01-485"

[[units]]
product = "wb-mao4"
address = 11
on = "rtu-tcp"

[[units]]
product = "ecodim-gw2"
address = 12
stop_bits = 2
on = "rtu-tcp"

[[units]]
product = "arlight-dali"
on = "tcp"
"""


class UnitsError(Exception):
    """The file of units is wrong; the text says where and what was expected."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A unit in its place."""

    name: str
    product: Product
    unit: Unit
    on: Where


def read_units(text: str, place: str) -> list[Placed]:
    """Units as a TOML text names them. UnitsError names `place`."""
    try:
        known = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise UnitsError(f"{place}: {wrong}") from None
    rows = known.get("units")
    if known.keys() != {"units"} or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnitsError(f"{place}: expected [[units]] tables and nothing else")
    placed: list[Placed] = []
    for number, row in enumerate(rows, 1):
        try:
            one = _placed(row)
        except ValueError as wrong:
            raise UnitsError(f"{place}: unit {number}: {wrong}") from None
        if one.name in {other.name for other in placed}:
            raise UnitsError(
                f"{place}: unit {number}: name: another one is called {one.name} already; give it a name of its own"
            )
        placed.append(one)
    return placed


def _placed(row: Mapping[str, Any]) -> Placed:
    if unknown := [key for key in row if key not in KEYS]:
        raise ValueError(f"{unknown[0]}: expected one of {', '.join(KEYS)}")
    product = PRODUCTS.get(_text(row, "product", ""))
    if product is None:
        raise ValueError(f"product: expected one of {', '.join(sorted(PRODUCTS))}")
    where = _text(row, "on", "line" if product.link else "tcp")
    if where not in get_args(Where) or (product.link is None and where != "tcp"):
        raise ValueError(f"on: expected {'tcp' if product.link is None else 'line, rtu-tcp or tcp'}")
    address = _whole(row, "address", product.address, 1, 255)
    unit = product.make(address)
    if where == "tcp":
        unit.place(address, None)
    else:
        unit.place(address, _link(row, product.link or Link(9600)))
    values = row.get("values", {})
    if not isinstance(values, dict):
        raise ValueError("values: expected a table of numbers")  # noqa: TRY004 (told as the other mistakes of the file)
    for name, value in values.items():
        put(unit, name, value, 0.0)
    on: Where = "tcp" if where == "tcp" else "rtu-tcp" if where == "rtu-tcp" else "line"
    return Placed(_text(row, "name", f"{product.name}-{address}"), product, unit, on)


def _link(row: Mapping[str, Any], factory: Link) -> Link:
    parity = _text(row, "parity", factory.parity or "none")
    for one in PARITIES:
        if parity == one:
            return Link(
                _whole(row, "baud", factory.baud, 300, 1_000_000),
                one,
                _whole(row, "stop_bits", factory.stop_bits, 1, 2),
            )
    raise ValueError(f"parity: expected {', '.join(PARITIES)}")


def _text(row: Mapping[str, Any], key: str, default: str) -> str:
    value = row.get(key, default)
    if not isinstance(value, str):
        raise ValueError(f"{key}: expected a text")  # noqa: TRY004
    return value


def _whole(row: Mapping[str, Any], key: str, default: int, low: int, high: int) -> int:
    value = row.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{key}: expected {low} to {high}")
    return value


def step(units: Iterable[Unit], now_s: float) -> None:
    """Somebody comes by now and then."""
    for unit in units:
        if isinstance(unit, Mtdx62) and now_s % BETWEEN_VISITS_S < VISIT_S:
            unit.lux, unit.distance_m = 12.3, 2.0 + now_s % BETWEEN_VISITS_S / 4
            unit.movement(now_s)


def names(unit: Unit) -> tuple[str, ...]:
    """What can be `put`."""
    match unit:
        case TableUnit():
            return tuple(unit.names)
        case Mtdx62():
            return ("lux", "distance_m", "movement")
        case WaveshareIo8():
            return tuple(f"input-{place}" for place in range(1, 9))
        case EcodimGw2() | Arlight():
            return (
                "dali",
                *(f"lamp-{address}-{what}" for address in unit.dali.lamps for what in ("failed", "present")),
            )
        case _:
            return ()


def put(unit: Unit, name: str, value: object, now_s: float) -> None:
    """Make the world so for a unit. ValueError says what was expected.

    A table's value is a number, or false: its sensor is broken. All the others are true or false, but for lux and distance.
    """
    if name not in names(unit):
        raise ValueError(f"{name}: expected {' or '.join(names(unit)) or 'nothing, this product has none'}")
    number = float(value) if isinstance(value, int | float) else None
    if number is None or not -1e9 <= number <= 1e12:
        raise ValueError(f"{name}: expected a number, true or false")
    match unit:
        case TableUnit():
            unit.set(name, None if value is False else number)
        case Mtdx62() if name == "movement":
            unit.movement(now_s)
        case Mtdx62():
            setattr(unit, name, number)
        case WaveshareIo8():
            unit.inputs[int(name.rpartition("-")[2]) - 1] = bool(number)
        case EcodimGw2() | Arlight() if name == "dali":
            if number:
                unit.dali.restore()
            else:
                unit.dali.fail(now_s)
        case EcodimGw2() | Arlight():
            _, address, what = name.split("-")
            setattr(unit.dali.lamps[int(address)], what, bool(number))


def values(unit: Unit, now_s: float) -> dict[str, float | bool | None]:
    """What there is to be measured, and what comes out, at this moment."""
    match unit:
        case TableUnit():
            return {name: unit.value(name, now_s) for name in unit.names}
        case Mtdx62():
            return {"present": unit.present(now_s), "lux": unit.lux, "distance_m": unit.distance_m}
        case EcodimGw2() | Arlight():
            return {
                f"lamp-{address}-light_pct": round(lamp.light_pct(now_s), 2)
                for address, lamp in unit.dali.lamps.items()
            }
        case WaveshareRelay8():
            return {f"output-{place}": on for place, on in enumerate(unit.outputs(now_s), 1)}
        case WaveshareAo8() | WbMao4():
            return {f"output-{place}": round(output.fraction, 4) for place, output in enumerate(unit.outputs(now_s), 1)}
        case _:
            return {}
