"""What is wrong with a profile though each option by itself is in order. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator

from drivers.modbus.code import Code
from drivers.points import PointType
from drivers.profile.checks import check_faults
from drivers.profile.places import Fault
from drivers.profile.records import Commission, Identify, Profile, Row

_LAST = 65535

# What whoever works with such devices must find, and of which type.
_NEEDED = {
    "luminaire": ("lamp/dimming_level", {PointType.FLOAT, PointType.INT}, "%"),
    "presence": ("presence/state", {PointType.BOOL}, ""),
    "distance": ("distance/sensor_value", {PointType.FLOAT, PointType.INT}, "m"),
    "parking": ("parking/occupancy", {PointType.BOOL}, ""),
}


def faults(profile: Profile) -> Iterator[Fault]:
    """Find what the types do not say, in the order of the records."""
    rows = list(_points_faults(profile))
    yield from rows
    yield from _kind_faults(profile)
    yield from _output_faults(profile)
    yield from _settings_faults(profile)
    yield from _identify_faults(profile)
    for number, range_ in enumerate(profile.forbidden):
        if range_.first > range_.last:
            yield ("forbidden", str(number), "last"), f"expected at least first ({range_.first}), found {range_.last}"
    if profile.commission is not None:
        yield from _commission_faults(profile.commission)
    if profile.card.verified:
        yield ("card", "verified"), "expected none: what is verified is said by [[check]]"
    if not rows:
        yield from check_faults(profile)


def _points_faults(profile: Profile) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, row in enumerate(profile.points):
        place = ("points", str(number))
        if row.point in seen:
            yield (*place, "point"), f"expected each point once, found {row.point} again"
        seen.add(row.point)
        for key, fault in _row_faults(row, profile):
            yield (*place, *key), fault


def _row_faults(row: Row, profile: Profile) -> Iterator[Fault]:
    try:
        code = row.code
    except ValueError as error:
        yield _keyed(str(error))
        return
    if row.type == "bits" and row.bit is None:
        yield ("bit",), "expected the lowest bit of the field, 0 to 15, found nothing"
    if row.type != "bits" and not (row.bit is None and row.width is None):
        yield ("bit",), f'expected no bit or width for type "{row.type}"'
    if not math.isfinite(row.deadband):
        yield ("deadband",), "expected a finite number"
    if code.point_type in {PointType.TEXT, PointType.BOOL} and (row.unit or row.deadband):
        yield ("unit",), f"expected no unit and no deadband for a {code.point_type} point"
    yield from _place_faults(row, code, profile)


def _keyed(fault: str) -> Fault:
    """Take the key that a code's fault begins with for the place."""
    key, _, text = fault.partition(": ")
    return (key,), text


def _place_faults(row: Row | Identify, code: Code, profile: Profile) -> Iterator[Fault]:
    if row.space in {"coil", "discrete"} and row.type != "bool":
        yield ("type",), f'expected "bool" in space "{row.space}", found "{row.type}"'
    if code.words > profile.max_read:
        yield ("type",), f"expected one that max_read ({profile.max_read}) allows, found {code.words} registers"
    for channel in range(max(profile.channels, 1) if isinstance(row, Row) else 1):
        first = row.address + channel * (row.stride if isinstance(row, Row) else 0)
        last = first + code.words - 1
        if last > _LAST:
            yield ("address",), f"expected the last register to be at most {_LAST}, found {last}"
            return
        for range_ in profile.forbidden:
            if range_.space == row.space and first <= range_.last and last >= range_.first:
                yield ("address",), f"expected none of the forbidden {range_.first} to {range_.last}, found {first}"
                return


def _kind_faults(profile: Profile) -> Iterator[Fault]:
    for kind, (point, types, unit) in _NEEDED.items():
        if kind not in profile.kinds:
            continue
        number = next((n for n, row in enumerate(profile.points) if row.point == point), None)
        if number is None:
            yield ("kinds",), f'expected a point {point}, which "{kind}" needs'
        elif (type_ := _type(profile.points[number])) not in {None, *types}:
            words = " or ".join(sorted(types))
            yield ("points", str(number), "type"), f"expected a value of type {words} for {point}, found {type_}"
        elif profile.points[number].unit != unit:
            yield ("points", str(number), "unit"), f'expected "{unit}" for {point}'
    if "luminaire" in profile.kinds and profile.output is None:
        yield ("kinds",), 'expected [output], which "luminaire" needs'


def _type(row: Row) -> PointType | None:
    try:
        return row.point_type
    except ValueError:  # told where it is
        return None


def _output_faults(profile: Profile) -> Iterator[Fault]:
    output = profile.output
    if output is None:
        return
    names = [row.point for row in profile.points]
    if output.confirmed_by not in names:
        yield ("output", "confirmed_by"), f"expected one of {', '.join(names)}, found {output.confirmed_by!r}"
    if not profile.channels:
        yield ("output",), "expected channels: as many as there are outputs, found none"
    if (output.space == "holding") != (output.steps_per_pct > 0):
        wanted = "raw units a per cent" if output.space == "holding" else "none for a coil"
        yield ("output", "steps_per_pct"), f"expected {wanted}, found {output.steps_per_pct:g}"
    if output.space == "holding" and output.raw(100) > _LAST:
        yield ("output", "steps_per_pct"), f"expected 100 % to be at most {_LAST}, found {output.raw(100)}"
    if profile.broadcast and (output.space, output.stride) != ("holding", 1):
        yield ("broadcast",), "expected outputs in holding registers, one after the other, for one write to all units"
    if output.address + max(profile.channels - 1, 0) * output.stride > _LAST:
        yield ("output", "address"), f"expected its last channel to be at most at {_LAST}"


def _settings_faults(profile: Profile) -> Iterator[Fault]:
    for key, settings in (("setup", profile.setup), ("safety", profile.safety or ())):
        for number, setting in enumerate(settings):
            last = setting.address + setting.count - 1
            if last > _LAST:
                yield (key, str(number), "address"), f"expected its last address to be at most {_LAST}, found {last}"
            if setting.space == "holding" and setting.count > profile.max_read:
                most = f"expected at most max_read ({profile.max_read}), since it is read back"
                yield (key, str(number), "count"), f"{most}, found {setting.count}"


def _identify_faults(profile: Profile) -> Iterator[Fault]:
    for number, mark in enumerate(profile.identify):
        place = ("identify", str(number))
        try:
            code = mark.code
        except ValueError as error:
            key, fault = _keyed(str(error))
            yield (*place, *key), fault
            continue
        for key, fault in _place_faults(mark, code, profile):
            yield (*place, *key), fault
        ranged = mark.low is not None or mark.high is not None
        if (mark.equals is not None) + ranged + mark.refuses != 1:
            yield place, "expected either equals, or low and high, or refuses = true"
        elif ranged and (mark.low is None or mark.high is None or not mark.low <= mark.high):
            yield place, "expected low and high, low not above high"
        elif ranged and code.point_type in {PointType.TEXT, PointType.BOOL}:
            yield place, f"expected equals for a {code.point_type} value"
        elif mark.equals is not None and isinstance(mark.equals, str) != (code.point_type is PointType.TEXT):
            yield (*place, "equals"), f"expected a value of type {code.point_type}"


def _commission_faults(commission: Commission) -> Iterator[Fault]:
    if commission.address is None and commission.baud is None and commission.parity is None:
        yield ("commission",), "expected address, baud or parity, found none of them"
    baud, parity = commission.baud, commission.parity
    if baud is not None and bool(baud.codes) == (baud.per is not None):
        yield ("commission", "baud"), "expected either codes or per"
    for key, part in (("baud", baud), ("parity", parity)):
        outside = [value for value in part.codes.values() if value & ~part.mask] if part is not None else []
        for value in outside:
            yield ("commission", key, "codes"), f"expected codes within its mask, found {value}"
