"""The beacons of this controller, and those that it listens for: between the radio and the image."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from typing import Protocol

from agent.config import Config
from agent.remedies import missing
from drivers.ble.devices import Heard
from drivers.ble.encoding import payload
from drivers.ble.telling import ON_AIR, Ear, points_of_ours, readings_of_ours
from drivers.points import Point, Quality, Reading

_NOT_INSTALLED = missing("ble")


class Sink(Protocol):
    """Where beacons deliver."""

    def reading(self, key: str, reading: Reading) -> None:
        """A point was read, or cannot be."""

    def event(self, name: str, **keys: object) -> None:
        """Something changed its state: beacon_off_air, beacon_on_air, beacons_unheard, beacons_heard."""


class Beacons:
    """All beacons of a configuration. All methods are for the event loop."""

    def __init__(self, config: Config, now: Callable[[], float], sink: Sink) -> None:
        self._adapter = config.ble.adapter if config.ble is not None else ""
        self._now = now
        self._sink = sink
        devices = [(device.id, device.beacon) for device in config.devices if device.beacon is not None]
        self._ours = {id_: beacon for id_, beacon in devices if not beacon.heard}
        self._ears = [Ear(id_, beacon.says, beacon.silent_after_s) for id_, beacon in devices if beacon.heard]
        self._fault: dict[str, str] = {}
        self.beat: Callable[[], None] = lambda: None

    def points(self) -> list[Point]:
        """Return every point of them."""
        ours = [point for id_, beacon in self._ours.items() for point in points_of_ours(id_, beacon.says)]
        return ours + [point for ear in self._ears for point in ear.points]

    async def run(self) -> None:
        """Keep the beacons on the air, and listen, until cancelled. The radio is loaded only here, beside the street."""
        now_s = self._now()
        for id_, beacon in self._ours.items():
            for key, reading in readings_of_ours(id_, beacon.says, beacon.interval_ms, now_s):
                self._sink.reading(key, reading)
        try:
            await asyncio.to_thread(importlib.import_module, "drivers.ble.bluez")
        except ImportError:
            await self._stay_off(_NOT_INSTALLED)
        from drivers.ble.bluez import Broadcast, Radio  # noqa: PLC0415

        broadcasts = [Broadcast(id_, payload(ours.says), ours.interval_ms) for id_, ours in self._ours.items()]
        radio = Radio(self._adapter, broadcasts, listen=bool(self._ears), sink=self)
        radio.beat = self.beat
        await radio.run()

    def on_air(self, name: str, fault: str) -> None:
        """Take that a beacon is on the air, or why it is not."""
        self._tell(name, "beacon_on_air", "beacon_off_air", fault, beacon=name)
        self._sink.reading(f"{name}/{ON_AIR}", Reading(not fault, Quality.GOOD, fault, self._now()))

    def listening(self, fault: str) -> None:
        """Take that adverts are listened for, or why they are not."""
        self._tell("", "beacons_heard", "beacons_unheard", fault)
        for ear in self._ears if fault else ():
            for key, reading in ear.deaf(fault, self._now()):
                self._sink.reading(key, reading)

    def heard(self, heard: Heard) -> None:
        """Take an advert."""
        now_s = self._now()
        for ear in self._ears:
            for key, reading in ear.take(heard, now_s):
                self._sink.reading(key, reading)

    def _tell(self, name: str, good: str, bad: str, fault: str, **keys: object) -> None:
        if self._fault.get(name) == fault:
            return
        self._fault[name] = fault
        self._sink.event(bad if fault else good, adapter=self._adapter, **keys, **({"reason": fault} if fault else {}))

    async def _stay_off(self, fault: str) -> None:
        for id_ in self._ours:
            self.on_air(id_, fault)
        if self._ears:
            self.listening(fault)
        while True:
            self.beat()
            await asyncio.sleep(3600)
