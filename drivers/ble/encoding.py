"""From what a beacon is to say to what is advertised. Pure; ValueError names what is wrong, and what would be right."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping

import msgspec

from drivers.ble.adverts import ENDS, LONGEST_URL, MANUFACTURER, SCHEMES, SERVICE_16, service_uuid
from drivers.ble.records import (
    APPLE,
    EDDYSTONE,
    Beacon,
    EddystoneEid,
    EddystoneTlm,
    EddystoneUid,
    EddystoneUrl,
    IBeacon,
)

LOWEST_DBM = -100
HIGHEST_DBM = 20

_FLAGS = bytes((2, 1, 6))  # generally discoverable, no classic Bluetooth: what both specifications show
_LONGEST_S = 0xFFFFFFFF / 10


class Payload(msgspec.Struct, frozen=True):
    """What BlueZ is told to advertise: a maker's data by its number, or a service's data by its UUID."""

    makers: Mapping[int, bytes]
    services: Mapping[str, bytes]


def payload(beacon: Beacon) -> Payload:
    """Return what BlueZ is told to advertise. ValueError."""
    if isinstance(beacon, IBeacon):
        return Payload({APPLE: ibeacon(beacon)}, {})
    return Payload({}, {service_uuid(EDDYSTONE): eddystone(beacon)})


def advert(beacon: Beacon) -> bytes:
    """Return the whole advert, at most 31 bytes, as the specifications show it. ValueError."""
    if isinstance(beacon, IBeacon):
        return _FLAGS + _part(MANUFACTURER, APPLE.to_bytes(2, "little") + ibeacon(beacon))
    service = EDDYSTONE.to_bytes(2, "little")
    return _FLAGS + _part(0x03, service) + _part(SERVICE_16, service + eddystone(beacon))


def ibeacon(beacon: IBeacon) -> bytes:
    """Return what follows Apple's number. ValueError."""
    return b"".join(
        (
            b"\x02\x15",
            _uuid(beacon.uuid),
            _whole("major", beacon.major, 0xFFFF).to_bytes(2, "big"),
            _whole("minor", beacon.minor, 0xFFFF).to_bytes(2, "big"),
            _power(beacon.power_dbm),
        )
    )


def eddystone(beacon: EddystoneUid | EddystoneUrl | EddystoneTlm | EddystoneEid) -> bytes:
    """Return a frame of Eddystone. ValueError."""
    match beacon:
        case EddystoneUid():
            name = _digits("namespace", beacon.namespace, 20) + _digits("instance", beacon.instance, 12)
            return b"\x00" + _power(beacon.power_dbm) + name + bytes(2)
        case EddystoneUrl():
            return b"\x10" + _power(beacon.power_dbm) + url(beacon.url)
        case EddystoneTlm():
            return b"\x20\x00" + _telemetry(beacon)
        case EddystoneEid():
            return b"\x30" + _power(beacon.power_dbm) + _digits("id", beacon.id, 16)


def url(text: str) -> bytes:
    """Return an address of the web in its short form. ValueError."""
    scheme = next((scheme for scheme in SCHEMES if text.startswith(scheme)), None)
    if scheme is None:
        raise ValueError(f"url: expected http:// or https:// at the start; found {text!r}")
    rest, short = text.removeprefix(scheme), bytearray()
    if not re.fullmatch(r"[!-~]+", rest):
        raise ValueError(f"url: expected letters, digits and signs of ASCII after {scheme}; found {text!r}")
    while rest:
        end = next((end for end in ENDS if rest.startswith(end)), None)  # those with a slash stand first
        short.append(ord(rest[0]) if end is None else ENDS.index(end))
        rest = rest[1 if end is None else len(end) :]
    if len(short) > LONGEST_URL:
        raise ValueError(f"url: expected at most {LONGEST_URL} bytes in its short form; {text!r} takes {len(short)}")
    return bytes((SCHEMES.index(scheme),)) + bytes(short)


def _telemetry(beacon: EddystoneTlm) -> bytes:
    cel = beacon.temperature_cel
    if cel is not None and not abs(cel) <= 0x7FFF / 256:
        raise ValueError(f"temperature: expected -127.996 to 127.996 degrees Celsius, found {cel}")
    if not 0 <= beacon.uptime_s <= _LONGEST_S:
        raise ValueError(f"uptime: expected 0 to {_LONGEST_S} s, found {beacon.uptime_s}")
    return b"".join(
        (
            _whole("battery", beacon.battery_mv or 0, 0xFFFF).to_bytes(2, "big"),
            (-0x8000 if cel is None else round(cel * 256)).to_bytes(2, "big", signed=True),
            _whole("adv_count", beacon.adv_count, 0xFFFFFFFF).to_bytes(4, "big"),
            round(beacon.uptime_s * 10).to_bytes(4, "big"),
        )
    )


def _part(kind: int, data: bytes) -> bytes:
    return bytes((len(data) + 1, kind)) + data


def _uuid(text: str) -> bytes:
    if not re.fullmatch(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", text):
        raise ValueError(f"uuid: expected one such as 7777772e-6b6b-4d63-6e2e-636f6d000001; found {text!r}")
    return uuid.UUID(text).bytes


def _digits(name: str, text: str, count: int) -> bytes:
    if not re.fullmatch(rf"[0-9A-Fa-f]{{{count}}}", text):
        raise ValueError(f"{name}: expected {count} hexadecimal digits, found {text!r}")
    return bytes.fromhex(text)


def _whole(name: str, number: int, most: int) -> int:
    if not 0 <= number <= most:
        raise ValueError(f"{name}: expected a whole number from 0 to {most}, found {number}")
    return number


def _power(power_dbm: int) -> bytes:
    if not LOWEST_DBM <= power_dbm <= HIGHEST_DBM:
        raise ValueError(f"power: expected {LOWEST_DBM} to {HIGHEST_DBM} dBm, found {power_dbm}")
    return power_dbm.to_bytes(1, "big", signed=True)
