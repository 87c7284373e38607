"""From an event of a Bluetooth controller (btmon, hcidump) to the adverts in it. Pure; nothing is raised.

Source: Bluetooth Core, volume 4 part E, 7.7.65.2 and 7.7.65.13. Several reports in one event stand one after the other, as
Linux reads them.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from drivers.ble.records import Wrong

_META = 0x3E
_LEGACY = 0x02
_EXTENDED = 0x0D
_NO_RSSI = 127
_EVENT_PACKET = b"\x04"


class Report(msgspec.Struct, frozen=True):
    """An advert that a controller has heard. `rssi_dbm`: how strong; none if the controller does not say."""

    address: str
    address_type: Literal["public", "random"]
    rssi_dbm: int | None
    data: bytes


def is_event(data: bytes) -> bool:
    """Return whether this is a controller's event about adverts, with or without the byte 04 before it."""
    event = data.removeprefix(_EVENT_PACKET) if data[:2] == bytes((4, _META)) else data
    return event[:1] == bytes((_META,)) and event[2:3] in (bytes((_LEGACY,)), bytes((_EXTENDED,))) and len(event) > 3


def reports(data: bytes) -> tuple[Report, ...] | Wrong:
    """Return the adverts of an event, as far as they are whole; none of them if it is not whole."""
    event = data.removeprefix(_EVENT_PACKET) if data[:2] == bytes((4, _META)) else data
    if not is_event(data):
        return Wrong("expected an LE advertising report: 3E, its length, 02 or 0D")
    if event[1] != len(event) - 2:
        return Wrong(f"an event of {event[1]} bytes, of which {len(event) - 2} are there")
    read = _legacy if event[2] == _LEGACY else _extended
    heard, rest = [], event[4:]
    for number in range(event[3]):
        took = read(rest)
        if took is None:
            return Wrong(f"report {number + 1} of {event[3]} is cut off")
        report, rest = took
        heard.append(report)
    return Wrong(f"{len(rest)} bytes after the last report") if rest else tuple(heard)


def _legacy(data: bytes) -> tuple[Report, bytes] | None:
    if len(data) < 9 or len(data) < (end := 10 + data[8]):
        return None
    return _report(data[1], data[2:8], data[end - 1 : end], data[9 : end - 1]), data[end:]


def _extended(data: bytes) -> tuple[Report, bytes] | None:
    if len(data) < 24 or len(data) < (end := 24 + data[23]):
        return None
    return _report(data[2], data[3:9], data[13:14], data[24:end]), data[end:]


def _report(kind: int, address: bytes, rssi: bytes, data: bytes) -> Report:
    rssi_dbm = int.from_bytes(rssi, "big", signed=True)
    return Report(
        address[::-1].hex(":").upper(),
        "random" if kind & 1 else "public",
        None if rssi_dbm == _NO_RSSI else rssi_dbm,
        data,
    )
