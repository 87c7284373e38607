"""The pin factory: which chip drives the pins. All of them have the interface of RPi.GPIO."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol, cast

from drivers.errors import LinkLost


class Chip(Protocol):
    """The part of RPi.GPIO's interface that is used here; its names are RPi.GPIO's."""

    BCM: int
    IN: int
    PUD_OFF: int
    PUD_UP: int
    PUD_DOWN: int
    BOTH: int

    def setmode(self, mode: int) -> None: ...
    def setwarnings(self, on: bool) -> None: ...
    def setup(self, channel: int, direction: int, pull_up_down: int = ...) -> None: ...
    def input(self, channel: int) -> int: ...
    def add_event_detect(self, channel: int, edge: int, callback: Callable[[int], None]) -> None: ...
    def cleanup(self) -> None: ...


def open_chip(kind: Literal["rpi", "simulated"], socket: Path | None) -> Chip:
    """Return the chip. LinkLost, with what to install, if there is none."""
    if kind == "simulated":
        from drivers.gpio.simulated import SimulatedChip  # noqa: PLC0415 (a board never loads it)

        if socket is None:
            raise LinkLost("a simulated chip: expected the path of its socket")
        return SimulatedChip(socket)
    try:
        return cast("Chip", importlib.import_module("RPi.GPIO"))
    except (ImportError, RuntimeError) as error:
        raise LinkLost(
            f"no pins: {error}. Install one of the extras, never both: gpio (rpi-lgpio: Pi 5 and every board with a "
            "gpiochip) or gpio-classic (RPi.GPIO: up to Pi 4)"
        ) from None
