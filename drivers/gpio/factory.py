"""The pin factory: which chip drives the pins. All of them have the interface of RPi.GPIO."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Literal, Protocol, cast

from drivers.errors import LinkLost

_EXTRAS = (
    "Install one of the extras, never both: in the clone, sudo systemd/install.sh gpio (rpi-lgpio: Pi 5 and every board with a "
    "gpiochip) or gpio-classic (RPi.GPIO: up to Pi 4)"
)


class Wave(Protocol):
    """A pin whose level goes up and down at a frequency, by RPi.GPIO's names; duty cycles in per cent."""

    def start(self, dc: float) -> None: ...
    def ChangeDutyCycle(self, dc: float) -> None: ...  # noqa: N802 - RPi.GPIO's name
    def stop(self) -> None: ...


class Chip(Protocol):
    """The part of RPi.GPIO's interface that is used here; its names are RPi.GPIO's."""

    BCM: int
    IN: int
    OUT: int
    PUD_OFF: int
    PUD_UP: int
    PUD_DOWN: int
    RISING: int
    FALLING: int
    BOTH: int

    def setmode(self, mode: int) -> None: ...
    def setwarnings(self, on: bool) -> None: ...
    def setup(self, channel: int, direction: int, pull_up_down: int = ..., initial: int = ...) -> None: ...
    def input(self, channel: int) -> int: ...
    def output(self, channel: int, value: int) -> None: ...
    def PWM(self, channel: int, frequency: float) -> Wave: ...  # noqa: N802 - RPi.GPIO's name
    def add_event_detect(
        self, channel: int, edge: int, callback: Callable[[int], None], bouncetime: int = ...
    ) -> None: ...
    def cleanup(self, chanlist: list[int] | int = ...) -> None: ...


def open_chip(kind: Literal["rpi", "simulated"], socket: Path | None) -> Chip:
    """Return the chip, ready for BCM numbers. LinkLost, with what to do, if there is none."""
    if kind == "simulated":
        from drivers.gpio.simulated import SimulatedChip  # noqa: PLC0415 (a board never loads it)

        if socket is None:
            raise LinkLost("a simulated chip: expected the path of its socket")
        chip: Chip = SimulatedChip(socket)
    else:
        chip = _real()
    try:
        chip.setwarnings(False)
        chip.setmode(chip.BCM)
    except pin_errors() as error:
        raise LinkLost(f"no pins: {error}. {_remedy(str(error))}") from None
    return chip


def pin_errors() -> tuple[type[Exception], ...]:
    """Return what is raised when there is no chip, or a pin cannot be had, driven or read."""
    errors = (LinkLost, RuntimeError, ValueError, OSError)
    # rpi-lgpio lets errors of the library under it through.
    lgpio = sys.modules.get("lgpio")
    return errors if lgpio is None else (*errors, lgpio.error)


def pin_trouble(pin: int, error: Exception) -> str:
    """Return what an error about a pin says, with its remedy."""
    if isinstance(error, LinkLost):
        return str(error)
    return f"pin {pin}: {str(error).strip(chr(39))}. {_remedy(str(error))}".rstrip()


def _real() -> Chip:
    installed = [name for name in ("rpi-lgpio", "RPi.GPIO") if _installed(name)]
    if len(installed) > 1:
        raise LinkLost(f"no pins: {' and '.join(installed)} overwrite each other's files. Uninstall both. {_EXTRAS}")
    try:
        return cast("Chip", importlib.import_module("RPi.GPIO"))
    except (ImportError, RuntimeError, NotImplementedError) as error:
        raise LinkLost(f"no pins: {error}. {_EXTRAS}") from None
    except OSError as error:  # lgpio makes a FIFO in the folder where it is started
        raise LinkLost(f"no pins: {error}. The agent must be started in a folder where it may write") from None


def _installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _remedy(said: str) -> str:
    words = said.lower()
    if "busy" in words:
        return "Another program has it: gpioinfo says which"
    if "bad gpio number" in words or "invalid on a raspberry" in words:
        return "The chip has no such pin: gpioinfo says which there are"
    if "open gpiochip" in words or "permission" in words or "/dev/mem" in words or "no access" in words:
        return "Is there a /dev/gpiochip, and is this user in the group gpio?"
    return ""
