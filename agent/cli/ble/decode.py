"""`gadelys ble decode`: what bytes of an advert say."""

from __future__ import annotations

import msgspec

from agent.cli import terminal
from agent.cli.ble.words import how_far, said
from agent.cli.text import Line, line
from agent.cli.trouble import MISUSED, REFUSED, Trouble
from drivers.ble import hci
from drivers.ble.adverts import take_apart
from drivers.ble.records import Beacon, Wrong


class Decoded(msgspec.Struct, frozen=True):
    """An advert: its sender where that is in the bytes, its parts by type, what it says, where it does not go on."""

    address: str | None
    rssi_dbm: int | None
    parts: tuple[dict[str, str], ...]
    beacons: tuple[Beacon | Wrong, ...]
    fault: str


def decode(text: str, *, as_json: bool) -> int:
    """Print what adverts say; 1 if none of them is a beacon's. Trouble for what is not hexadecimal, or cut off."""
    adverts = [_decoded(*advert) for advert in _adverts(_bytes(text))]
    if as_json:
        terminal.show_json(msgspec.json.encode(adverts))
    else:
        terminal.show(row for advert in adverts for row in _lines(advert))
    sound = any(not isinstance(beacon, Wrong) for advert in adverts for beacon in advert.beacons)
    return 0 if sound else REFUSED


def _bytes(text: str) -> bytes:
    bare = text.replace(":", " ").replace("0x", " ").replace(",", " ").replace(">", " ")
    try:
        data = bytes.fromhex(bare)
    except ValueError:
        raise Trouble(f"HEX: expected bytes in hexadecimal, such as 02 01 06; found {text[:60]!r}", MISUSED) from None
    if not data:
        raise Trouble("HEX: expected bytes in hexadecimal, such as 02 01 06; found none", MISUSED)
    return data


def _adverts(data: bytes) -> list[tuple[str | None, int | None, bytes]]:
    """Return the adverts in the bytes: those of an event of the controller, or the one that they are."""
    if not hci.is_event(data):
        return [(None, None, data)]
    reports = hci.reports(data)
    if isinstance(reports, Wrong):
        raise Trouble(f"HEX: {reports.reason}", MISUSED)
    return [(report.address, report.rssi_dbm, report.data) for report in reports]


def _decoded(address: str | None, rssi_dbm: int | None, data: bytes) -> Decoded:
    advert = take_apart(data)
    parts = tuple({"type": f"{part.type:02X}", "data": part.data.hex().upper()} for part in advert.structures)
    return Decoded(address, rssi_dbm, parts, advert.beacons(), advert.fault)


def _lines(advert: Decoded) -> list[Line]:
    lines = []
    if advert.address is not None:
        strength = how_far(advert.beacons[0] if advert.beacons else Wrong(""), advert.rssi_dbm)
        lines.append(line(f"from {advert.address}{', ' if strength else ''}{strength}"))
    lines += [said(beacon) for beacon in advert.beacons]
    if not advert.beacons:
        kinds = ", ".join(part["type"] for part in advert.parts) or "none"
        lines.append(said(Wrong(f"parts of type {kinds}")))
    if advert.fault:
        lines.append(line(f"cut off: {advert.fault}"))
    return lines
