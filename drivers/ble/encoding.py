"""From what a beacon is to say to what is advertised. Pure; NotSo names what is wrong, and what would be right."""

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


class NotSo(ValueError):
    """A beacon cannot say this: which part of it, what was expected, what was found."""

    def __init__(self, part: str, expected: str, found: object) -> None:
        super().__init__(f"{part}: expected {expected}, found {found!r}")
        self.part = part
        self.expected = expected


class Payload(msgspec.Struct, frozen=True):
    """What BlueZ is told to advertise: a maker's data by its number, or a service's data by its UUID."""

    makers: Mapping[int, bytes]
    services: Mapping[str, bytes]


def payload(beacon: Beacon) -> Payload:
    """Return what BlueZ is told to advertise. NotSo."""
    if isinstance(beacon, IBeacon):
        return Payload({APPLE: ibeacon(beacon)}, {})
    return Payload({}, {service_uuid(EDDYSTONE): eddystone(beacon)})


def advert(beacon: Beacon) -> bytes:
    """Return the whole advert, at most 31 bytes, as the specifications show it. NotSo."""
    if isinstance(beacon, IBeacon):
        return _FLAGS + _part(MANUFACTURER, APPLE.to_bytes(2, "little") + ibeacon(beacon))
    service = EDDYSTONE.to_bytes(2, "little")
    return _FLAGS + _part(0x03, service) + _part(SERVICE_16, service + eddystone(beacon))


def ibeacon(beacon: IBeacon) -> bytes:
    """Return what follows Apple's number. NotSo."""
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
    """Return a frame of Eddystone. NotSo."""
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
    """Return an address of the web in its short form. NotSo."""
    scheme = next((scheme for scheme in SCHEMES if text.startswith(scheme) and len(text) > len(scheme)), None)
    if scheme is None:
        raise NotSo("url", "http:// or https:// and something after it", text)
    rest, short = text.removeprefix(scheme), bytearray()
    if not re.fullmatch(r"[!-~]+", rest):
        raise NotSo("url", f"letters, digits and signs of ASCII after {scheme}", text)
    while rest:
        end = next((end for end in ENDS if rest.startswith(end)), None)  # those with a slash stand first
        short.append(ord(rest[0]) if end is None else ENDS.index(end))
        rest = rest[1 if end is None else len(end) :]
    if len(short) > LONGEST_URL:
        raise NotSo("url", f"at most {LONGEST_URL} bytes in its short form, not {len(short)}", text)
    return bytes((SCHEMES.index(scheme),)) + bytes(short)


def _telemetry(beacon: EddystoneTlm) -> bytes:
    cel = beacon.temperature_cel
    if cel is not None and not abs(cel) <= 0x7FFF / 256:
        raise NotSo("temperature", "-127.996 to 127.996 degrees Celsius", cel)
    if not 0 <= beacon.uptime_s <= _LONGEST_S:
        raise NotSo("uptime", f"0 to {_LONGEST_S} s", beacon.uptime_s)
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
        raise NotSo("uuid", "one such as 2f234454-cf6d-4a0f-adf2-f4911ba9ffa6", text)
    return uuid.UUID(text).bytes


def _digits(name: str, text: str, count: int) -> bytes:
    if not re.fullmatch(rf"[0-9A-Fa-f]{{{count}}}", text):
        raise NotSo(name, f"{count} hexadecimal digits", text)
    return bytes.fromhex(text)


def _whole(name: str, number: int, most: int) -> int:
    if not 0 <= number <= most:
        raise NotSo(name, f"a whole number from 0 to {most}", number)
    return number


def _power(power_dbm: int) -> bytes:
    if not LOWEST_DBM <= power_dbm <= HIGHEST_DBM:
        raise NotSo("power", f"{LOWEST_DBM} to {HIGHEST_DBM} dBm", power_dbm)
    return power_dbm.to_bytes(1, "big", signed=True)
