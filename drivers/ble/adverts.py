"""From the bytes of an advert to what its beacon says. Pure; nothing is raised, whatever the bytes.

Sources: Bluetooth Core, Supplement part A (structures); Apple's iBeacon; google/eddystone (UID, URL, TLM, EID).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import msgspec

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
)

MANUFACTURER = 0xFF
SERVICE_16 = 0x16

SCHEMES = ("http://www.", "https://www.", "http://", "https://")
ENDS = (".com/", ".org/", ".edu/", ".net/", ".info/", ".biz/", ".gov/",
        ".com", ".org", ".edu", ".net", ".info", ".biz", ".gov")  # fmt: skip
LONGEST_URL = 17

_BLUETOOTH_BASE = "-0000-1000-8000-00805f9b34fb"  # a short UUID is one of these
_IBEACON = b"\x02\x15"
_NO_TEMPERATURE = -0x8000


class Structure(msgspec.Struct, frozen=True):
    """One part of an advert: its type (flags 0x01, service data 0x16, a maker's own 0xFF …) and its bytes."""

    type: int
    data: bytes


class Advert(msgspec.Struct, frozen=True):
    """An advert taken apart. `fault`: where it does not go on as it should; empty if it is whole."""

    structures: tuple[Structure, ...]
    fault: str

    def beacons(self) -> tuple[Beacon | Wrong, ...]:
        """Return what it says as a beacon: mostly one thing, or nothing."""
        said = (beacon(structure) for structure in self.structures)
        return tuple(one for one in said if one is not None)


def take_apart(data: bytes) -> Advert:
    """Take an advert apart, legacy (at most 31 bytes) or extended, as far as its lengths hold."""
    structures: list[Structure] = []
    at = 0
    while at < len(data) and (length := data[at]):  # a length of 0 ends it early: the rest is padding
        part = data[at + 1 : at + 1 + length]
        if len(part) < length:
            return Advert(tuple(structures), f"byte {at}: a part of {length} bytes, of which {len(part)} are there")
        structures.append(Structure(part[0], part[1:]))
        at += 1 + length
    if any(data[at:]):
        return Advert(tuple(structures), f"byte {at}: a part of no length, and something after it")
    return Advert(tuple(structures), "")


def beacon(structure: Structure) -> Beacon | Wrong | None:
    """Return what one part says as a beacon; none if it is something else."""
    number, rest = int.from_bytes(structure.data[:2], "little"), structure.data[2:]
    if len(structure.data) < 2:
        return None
    if structure.type == MANUFACTURER and number == APPLE:
        return ibeacon(rest)
    if structure.type == SERVICE_16 and number == EDDYSTONE:
        return eddystone(rest)
    return None


def from_bluez(makers: Mapping[int, bytes], services: Mapping[str, bytes]) -> tuple[Beacon | Wrong, ...]:
    """Return what a device of BlueZ says as a beacon: its ManufacturerData and its ServiceData."""
    said: list[Beacon | Wrong | None] = [ibeacon(data) for maker, data in makers.items() if maker == APPLE]
    said += [eddystone(data) for name, data in services.items() if name.lower() == service_uuid(EDDYSTONE)]
    return tuple(one for one in said if one is not None)


def service_uuid(short: int) -> str:
    """Return the long form of a 16-bit UUID."""
    return f"{short:08x}{_BLUETOOTH_BASE}"


def ibeacon(data: bytes) -> IBeacon | Wrong | None:
    """Read what Apple's number stands before; none if it is another of its messages."""
    if data[:1] != _IBEACON[:1]:
        return None
    if data[:2] != _IBEACON or len(data) != 23:
        return Wrong(f"iBeacon: expected 02 15 and 21 bytes more; found {data[:2].hex(' ')} and {len(data[2:])}")
    return IBeacon(
        str(uuid.UUID(bytes=data[2:18])),
        int.from_bytes(data[18:20], "big"),
        int.from_bytes(data[20:22], "big"),
        _signed(data[22:]),
    )


def eddystone(data: bytes) -> Beacon | Wrong:
    """Read a frame of Eddystone, which begins with its type."""
    match data[:1]:
        case b"\x00":
            return _uid(data)
        case b"\x10":
            return _url(data)
        case b"\x20":
            return _tlm(data)
        case b"\x30":
            return _eid(data)
        case b"":
            return Wrong("Eddystone: an empty frame")
    return Wrong(f"Eddystone: expected a frame of type 00, 10, 20 or 30; found {data[0]:02x}")


def _uid(data: bytes) -> EddystoneUid | Wrong:
    if len(data) not in (18, 20):  # the last two are reserved; older beacons leave them out
        return Wrong(f"Eddystone-UID: expected 18 or 20 bytes, found {len(data)}")
    return EddystoneUid(data[2:12].hex(), data[12:18].hex(), _signed(data[1:2]))


def _url(data: bytes) -> EddystoneUrl | Wrong:
    text = data[3:]
    if not 1 <= len(text) <= LONGEST_URL:
        return Wrong(f"Eddystone-URL: expected 1 to {LONGEST_URL} bytes after the scheme, found {len(text)}")
    if data[2] >= len(SCHEMES):
        return Wrong(f"Eddystone-URL: expected a scheme from 0 to 3, found {data[2]}")
    for code in text:
        if code >= len(ENDS) and not 0x20 < code < 0x7F:
            return Wrong(f"Eddystone-URL: the byte {code:02x}, which is reserved")
    url = SCHEMES[data[2]] + "".join(ENDS[code] if code < len(ENDS) else chr(code) for code in text)
    return EddystoneUrl(url, _signed(data[1:2]))


def _tlm(data: bytes) -> EddystoneTlm | Wrong:
    if data[1:2] == b"\x01":
        return Wrong("Eddystone-TLM: encrypted, which only its owner can read")
    if data[1:2] != b"\x00":
        return Wrong(f"Eddystone-TLM: expected version 00, found {data[1:2].hex() or 'nothing'}")
    if len(data) != 14:
        return Wrong(f"Eddystone-TLM: expected 14 bytes, found {len(data)}")
    temperature = int.from_bytes(data[4:6], "big", signed=True)
    return EddystoneTlm(
        int.from_bytes(data[2:4], "big") or None,
        None if temperature == _NO_TEMPERATURE else temperature / 256,
        int.from_bytes(data[6:10], "big"),
        int.from_bytes(data[10:14], "big") / 10,
    )


def _eid(data: bytes) -> EddystoneEid | Wrong:
    if len(data) != 10:
        return Wrong(f"Eddystone-EID: expected 10 bytes, found {len(data)}")
    return EddystoneEid(data[2:].hex(), _signed(data[1:2]))


def _signed(data: bytes) -> int:
    return int.from_bytes(data, "big", signed=True)
