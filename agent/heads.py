"""Distance heads that look at something: their readings in the image, and beside them what these mean."""

from __future__ import annotations

from agent.config import Config, Device
from agent.image import Image
from agent.services.heads import DISTANCE, Bay, Container, meant
from drivers.points import Point


class Heads:
    """All heads of a configuration that say what they look at."""

    def __init__(self, config: Config) -> None:
        found = [(device.id, looks_at) for device in config.devices if (looks_at := _looks_at(device)) is not None]
        self.points: list[Point] = [looks_at.point(device) for device, looks_at in found]
        self._by_key = {
            f"{device}/{DISTANCE}": (looks_at, point.key)
            for (device, looks_at), point in zip(found, self.points, strict=True)
        }

    def watch(self, image: Image) -> None:
        """Tell what each reading means from now on."""

        def note(key: str) -> None:
            if (found := self._by_key.get(key)) is not None:
                looks_at, told = found
                image.put(told, meant(looks_at, image.raw(key), image.raw(told).value))

        if self._by_key:
            image.listeners.append(note)


def _looks_at(device: Device) -> Bay | Container | None:
    if device.occupied_below_m is not None:
        return Bay(device.occupied_below_m)
    if device.empty_m is not None and device.full_m is not None:
        return Container(device.empty_m, device.full_m)
    return None
