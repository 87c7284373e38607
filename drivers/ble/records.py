"""What beacons say, whichever way it came: five kinds of frame. Pure.

Power is what a receiver would measure at 1 m (iBeacon) or at 0 m (Eddystone), in dBm; one is the other less 41 dB.
"""

from __future__ import annotations

import msgspec

AT_1_M_DB = 41  # what is lost over the first metre at 2.4 GHz, by the Eddystone specification
APPLE = 0x004C
EDDYSTONE = 0xFEAA


class IBeacon(msgspec.Struct, frozen=True, tag="ibeacon"):
    """A place of an app: its UUID, and two numbers from 0 to 65535. `power_dbm` at 1 m."""

    uuid: str
    major: int
    minor: int
    power_dbm: int


class EddystoneUid(msgspec.Struct, frozen=True, tag="eddystone-uid"):
    """A name: 20 hexadecimal digits of namespace and 12 of instance. `power_dbm` at 0 m."""

    namespace: str
    instance: str
    power_dbm: int


class EddystoneUrl(msgspec.Struct, frozen=True, tag="eddystone-url"):
    """An address of the web. `power_dbm` at 0 m."""

    url: str
    power_dbm: int


class EddystoneTlm(msgspec.Struct, frozen=True, tag="eddystone-tlm"):
    """How a beacon is doing. `battery_mv` (mV) and `temperature_cel` (Celsius) are none where it measures none.

    `adv_count`: adverts since it was switched on, `uptime_s`: since when.
    """

    battery_mv: int | None
    temperature_cel: float | None
    adv_count: int
    uptime_s: float


class EddystoneEid(msgspec.Struct, frozen=True, tag="eddystone-eid"):
    """A name that changes, 16 hexadecimal digits, which only its owner can resolve. `power_dbm` at 0 m."""

    id: str
    power_dbm: int


Beacon = IBeacon | EddystoneUid | EddystoneUrl | EddystoneTlm | EddystoneEid


Named = IBeacon | EddystoneUid | EddystoneUrl


class Wrong(msgspec.Struct, frozen=True):
    """What says that it is a beacon's frame and is not one that can be believed, and why."""

    reason: str


def named(beacon: Beacon) -> tuple[str, ...]:
    """Return what tells a beacon from all others, in one way of writing: not its power. Empty for what is no name."""
    match beacon:
        case IBeacon():
            return ("ibeacon", beacon.uuid.lower(), str(beacon.major), str(beacon.minor))
        case EddystoneUid():
            return ("eddystone-uid", beacon.namespace.lower(), beacon.instance.lower())
        case EddystoneUrl():
            return ("eddystone-url", beacon.url)
    return ()


def power_at_1_m_dbm(beacon: Beacon) -> int | None:
    """Return what a receiver would measure at 1 m, in dBm; none where the frame does not say."""
    match beacon:
        case IBeacon():
            return beacon.power_dbm
        case EddystoneTlm():
            return None
        case _:
            return beacon.power_dbm - AT_1_M_DB


def distance_m(power_at_1_m_dbm: float, rssi_dbm: float) -> float:
    """Estimate how far a beacon is, in metres, as if nothing stood between (log-distance, exponent 2).

    An order of magnitude and no more: a body, a wet wall or the aerial's angle cost 10 to 20 dB, which is a factor of 3 to
    10. Good for "nearer than before"; never for a place.
    """
    return float(10 ** ((power_at_1_m_dbm - rssi_dbm) / 20))
