"""What BlueZ says of the devices around, as it changes, and which of it is an advert that was heard. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from drivers.ble.adverts import from_bluez
from drivers.ble.records import Beacon, Wrong

_MOST = 4096  # devices; BlueZ itself forgets those that it has not heard for 30 s


class Heard(msgspec.Struct, frozen=True):
    """An advert that was heard: from which address, how strong (dBm, none if BlueZ does not say), and what it said."""

    address: str
    rssi_dbm: int | None
    beacons: tuple[Beacon | Wrong, ...]


class _Device:
    __slots__ = ("address", "makers", "rssi_dbm", "services")

    def __init__(self) -> None:
        self.address = ""
        self.rssi_dbm: int | None = None
        self.makers: dict[int, bytes] = {}
        self.services: dict[str, bytes] = {}


class Devices:
    """What is known of each device, by its path. Values are plain: no D-Bus variants."""

    def __init__(self) -> None:
        self._devices: dict[str, _Device] = {}

    def __len__(self) -> int:
        return len(self._devices)

    def known(self, path: str, said: Mapping[str, Any]) -> None:
        """Take what BlueZ remembers of a device from before: nothing was heard now."""
        self._take(path, said)

    def changed(self, path: str, said: Mapping[str, Any]) -> Heard | None:
        """Take what has changed of a device; return the advert that this tells of, none if it tells of something else."""
        device = self._take(path, said)
        if not said.keys() & {"RSSI", "ManufacturerData", "ServiceData"}:
            return None
        fresh = from_bluez(
            device.makers if "ManufacturerData" in said else {}, device.services if "ServiceData" in said else {}
        )
        if not fresh and "RSSI" in said:  # the same advert again, at another strength
            fresh = from_bluez(device.makers, device.services)
        return Heard(device.address, device.rssi_dbm, fresh)

    def gone(self, path: str) -> None:
        """Forget a device."""
        self._devices.pop(path, None)

    def _take(self, path: str, said: Mapping[str, Any]) -> _Device:
        device = self._devices.get(path)
        if device is None:
            if len(self._devices) >= _MOST:
                del self._devices[next(iter(self._devices))]
            device = self._devices[path] = _Device()
            device.address = path.rpartition("/dev_")[2].replace("_", ":")
        device.address = str(said.get("Address", device.address))
        rssi = said.get("RSSI", device.rssi_dbm)
        device.rssi_dbm = rssi if isinstance(rssi, int) else None
        if isinstance(makers := said.get("ManufacturerData"), Mapping):
            device.makers = {int(maker): bytes(data) for maker, data in makers.items()}
        if isinstance(services := said.get("ServiceData"), Mapping):
            device.services = {str(service): bytes(data) for service, data in services.items()}
        return device
