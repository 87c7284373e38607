"""From beacons to points: what one of ours says, and what is known of one that is listened for. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import median

from drivers.ble.devices import Heard
from drivers.ble.records import (
    EddystoneTlm,
    EddystoneUid,
    EddystoneUrl,
    IBeacon,
    Named,
    distance_m,
    named,
    power_at_1_m_dbm,
)
from drivers.points import Point, PointType, Quality, Reading, Value

ON_AIR = "beacon/on_air"
EVERY_S = (
    10.0  # a beacon is heard up to ten times a second; its strength, which jumps, is told as the median of so long
)

_ROUGH = "from the strength of its signal: an order of magnitude"
_MOST = 1024  # samples

# resource, type, unit, deadband, what
_OF_OURS = (
    (ON_AIR, PointType.BOOL, "", "whether the beacon is advertised"),
    ("beacon/uuid", PointType.TEXT, "", "UUID of an iBeacon"),
    ("beacon/major", PointType.INT, "", "major number of an iBeacon"),
    ("beacon/minor", PointType.INT, "", "minor number of an iBeacon"),
    ("beacon/namespace", PointType.TEXT, "", "namespace of an Eddystone-UID"),
    ("beacon/instance", PointType.TEXT, "", "instance of an Eddystone-UID"),
    ("beacon/url", PointType.TEXT, "", "address that an Eddystone-URL says"),
    ("beacon/tx_power", PointType.INT, "dBm", "power that the beacon says it has"),
    ("beacon/interval", PointType.INT, "ms", "time between two adverts"),
)
_OF_OTHERS = (
    ("beacon/rssi", PointType.FLOAT, "dBm", 3.0, "strength at which the beacon is heard"),
    ("beacon/distance", PointType.FLOAT, "m", 1.0, "distance of the beacon, by its strength"),
    ("beacon/battery_voltage", PointType.FLOAT, "V", 0.05, "battery of the beacon"),
    ("beacon/temperature", PointType.FLOAT, "Cel", 0.5, "temperature of the beacon"),
    ("beacon/adv_count", PointType.INT, "", 1000.0, "adverts since the beacon was switched on"),
)


def points_of_ours(device: str, says: Named) -> list[Point]:
    """Return the points of a beacon that this controller is."""
    has = {ON_AIR, *(f"beacon/{name}" for name, _ in _constants(says, 0))}
    return [
        Point(key=f"{device}/{resource}", type=type_, unit=unit, max_age_s=math.inf, title=title)
        for resource, type_, unit, title in _OF_OURS
        if resource in has
    ]


def readings_of_ours(device: str, says: Named, interval_ms: int, now_s: float) -> Iterator[tuple[str, Reading]]:
    """Yield what does not change of a beacon that this controller is."""
    for name, value in _constants(says, interval_ms):
        yield f"{device}/beacon/{name}", Reading(value, Quality.GOOD, "", now_s)


def _constants(says: Named, interval_ms: int) -> list[tuple[str, Value]]:
    own: list[tuple[str, Value]]
    match says:
        case IBeacon():
            own = [("uuid", says.uuid), ("major", says.major), ("minor", says.minor)]
        case EddystoneUid():
            own = [("namespace", says.namespace), ("instance", says.instance)]
        case EddystoneUrl():
            own = [("url", says.url)]
    return [*own, ("tx_power", says.power_dbm), ("interval", interval_ms)]


class Ear:
    """What is known of one beacon that is listened for. Its telemetry comes from the address at which its name was heard."""

    def __init__(self, device: str, says: Named, silent_after_s: float) -> None:
        self._device = device
        self._name = named(says)
        self._address = ""
        self._near_dbm = 0
        self._rssi_dbm: list[int] = []
        self._told_s = -math.inf
        self.points = [
            Point(
                key=f"{device}/{resource}",
                type=type_,
                unit=unit,
                deadband=deadband,
                max_age_s=silent_after_s,
                title=title,
            )
            for resource, type_, unit, deadband, title in _OF_OTHERS
        ]

    def take(self, heard: Heard, now_s: float) -> Iterator[tuple[str, Reading]]:
        """Take any advert; yield what it says of this beacon."""
        for said in heard.beacons:
            if isinstance(said, IBeacon | EddystoneUid | EddystoneUrl) and named(said) == self._name:
                self._address = heard.address
                self._near_dbm = power_at_1_m_dbm(said) or 0
        if heard.address != self._address:
            return
        for said in heard.beacons:
            if isinstance(said, EddystoneTlm):
                yield from self._telemetry(said, now_s)
        if heard.rssi_dbm is not None and len(self._rssi_dbm) < _MOST:
            self._rssi_dbm.append(heard.rssi_dbm)
        if self._rssi_dbm and now_s - self._told_s >= EVERY_S:
            self._told_s = now_s
            rssi_dbm = float(median(self._rssi_dbm))
            self._rssi_dbm.clear()
            yield self._reading("rssi", rssi_dbm, now_s)
            far_m = round(distance_m(self._near_dbm, rssi_dbm), 1)
            yield f"{self._device}/beacon/distance", Reading(far_m, Quality.UNCERTAIN, _ROUGH, now_s)

    def deaf(self, reason: str, now_s: float) -> Iterator[tuple[str, Reading]]:
        """Yield that nothing can be heard, and why."""
        for point in self.points:
            yield point.key, Reading(None, Quality.BAD, reason, now_s)

    def _telemetry(self, said: EddystoneTlm, now_s: float) -> Iterator[tuple[str, Reading]]:
        yield self._reading("battery_voltage", None if said.battery_mv is None else said.battery_mv / 1000, now_s)
        yield self._reading("temperature", said.temperature_cel, now_s)
        yield self._reading("adv_count", said.adv_count, now_s)

    def _reading(self, name: str, value: Value | None, now_s: float) -> tuple[str, Reading]:
        key = f"{self._device}/beacon/{name}"
        if value is None:
            return key, Reading(None, Quality.BAD, "the beacon does not measure it", now_s)
        return key, Reading(value, Quality.GOOD, "", now_s)
