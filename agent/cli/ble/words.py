"""Adverts and beacons in words, for pages and as records. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from agent.cli.text import Column, Line, Span, line, table
from drivers.ble.adverts import MANUFACTURER, SERVICE_16, Structure, take_apart
from drivers.ble.hci import Report
from drivers.ble.records import (
    APPLE,
    EDDYSTONE,
    Beacon,
    EddystoneEid,
    EddystoneTlm,
    EddystoneUid,
    EddystoneUrl,
    IBeacon,
    Wrong,
    distance_m,
    power_at_1_m_dbm,
)

# Bluetooth's assigned numbers, 2.3: the types that are met.
_TYPES = {
    0x01: "flags",
    0x02: "some services",
    0x03: "services",
    0x06: "some services, long",
    0x07: "services, long",
    0x08: "short name",
    0x09: "name",
    0x0A: "power",
    SERVICE_16: "service data",
    0x19: "appearance",
    0x20: "service data, 32 bits",
    0x21: "service data, long",
    MANUFACTURER: "maker's data",
}
_WHOSE = {(MANUFACTURER, APPLE): "Apple", (SERVICE_16, EDDYSTONE): "Eddystone"}
_A_ROW = 12  # bytes
_COLUMNS = (Column("at"), Column("type"), Column("what"), Column("bytes"))


def sentence(said: Beacon) -> str:
    """Return what a beacon says, in a line."""
    match said:
        case IBeacon():
            return f"iBeacon {said.uuid} major {said.major} minor {said.minor}"
        case EddystoneUid():
            return f"Eddystone-UID {said.namespace} {said.instance}"
        case EddystoneUrl():
            return f"Eddystone-URL {said.url}"
        case EddystoneEid():
            return f"Eddystone-EID {said.id}"
        case EddystoneTlm():
            return f"Eddystone-TLM {telemetry(said)}"


def telemetry(said: EddystoneTlm) -> str:
    """Return how a beacon is doing."""
    parts = [
        "no battery measured" if said.battery_mv is None else f"{said.battery_mv / 1000:.2f} V",
        "no temperature measured" if said.temperature_cel is None else f"{said.temperature_cel:.1f} Cel",
        f"advert {said.adv_count}",
        f"up {said.uptime_s / 3600:.1f} h",
    ]
    return ", ".join(parts)


def page(heard: Sequence[Report | bytes], width: int) -> Iterator[Line]:
    """Yield each advert: how it was heard, its parts, and what it says as a beacon."""
    for number, one in enumerate(heard):
        if number:
            yield line()
        if isinstance(one, Report):
            rssi = "" if one.rssi_dbm is None else f", {one.rssi_dbm} dBm"
            yield line(Span(f"from {one.address} ({one.address_type}){rssi}", "bold"))
        yield from _advert(one, width)


def _advert(one: Report | bytes, width: int) -> Iterator[Line]:
    data = one if isinstance(one, bytes) else one.data
    advert = take_apart(data)
    at, rows = 0, list[list[str]]()
    for part in advert.structures:
        begin = (str(at), f"{part.type:02x}", _what(part))
        rows += [
            [*(begin if first == 0 else ("", "", "")), part.data[first : first + _A_ROW].hex(" ")]
            for first in range(0, max(len(part.data), 1), _A_ROW)
        ]
        at += len(part.data) + 2
    yield from table(_COLUMNS, rows, width) if rows else ()
    if advert.fault:
        yield line(Span(advert.fault, "bad"))
    said = advert.beacons()
    for beacon in said:
        if isinstance(beacon, Wrong):
            yield line(Span(f"not to be believed: {beacon.reason}", "bad"))
            continue
        yield line(Span(sentence(beacon), "good"))
        yield from _power(beacon, one.rssi_dbm if isinstance(one, Report) else None)
    if not said:
        yield line(Span("no beacon", "warn"))


def _power(beacon: Beacon, rssi_dbm: int | None) -> Iterator[Line]:
    near_dbm = power_at_1_m_dbm(beacon)
    if near_dbm is None:
        return
    far = f"; at {rssi_dbm} dBm roughly {far_off(near_dbm, rssi_dbm)} away" if rssi_dbm is not None else ""
    yield line(f"{near_dbm} dBm at 1 m{far}")


def far_off(near_dbm: int, rssi_dbm: float) -> str:
    """Return a distance that is known to an order of magnitude."""
    return (
        f"{distance_m(near_dbm, rssi_dbm):.1g} m"
        if rssi_dbm > near_dbm - 20
        else f"{distance_m(near_dbm, rssi_dbm):.0f} m"
    )


def _what(part: Structure) -> str:
    whose = _WHOSE.get((part.type, int.from_bytes(part.data[:2], "little")), "") if len(part.data) > 1 else ""
    return _TYPES.get(part.type, "") + (f", {whose}" if whose else "")


def record(one: Report | bytes) -> dict[str, Any]:
    """Return an advert as a record."""
    advert = take_apart(one if isinstance(one, bytes) else one.data)
    heard: dict[str, Any] = {}
    if isinstance(one, Report):
        heard = {"address": one.address, "address_type": one.address_type, "rssi_dbm": one.rssi_dbm}
    return {
        **heard,
        "parts": [{"type": part.type, "data": part.data.hex()} for part in advert.structures],
        "beacons": [msgspec.to_builtins(said) for said in advert.beacons() if not isinstance(said, Wrong)],
        "faults": [advert.fault] * bool(advert.fault)
        + [said.reason for said in advert.beacons() if isinstance(said, Wrong)],
    }
