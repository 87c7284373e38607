"""Instruments on a serial port of their own: what they send, and what they do when they are told something. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from firmware_sim.instruments.a02 import A02, Sen0754
from firmware_sim.instruments.ld2410 import Ld2410
from firmware_sim.instruments.ld2450 import Ld2450
from firmware_sim.instruments.ld2451 import Ld2451
from firmware_sim.instruments.maxbotix import Maxbotix
from firmware_sim.instruments.nmea import Gnss
from firmware_sim.instruments.ops243 import Ops243
from firmware_sim.instruments.pms5003 import Pms5003
from firmware_sim.instruments.sds011 import Sds011
from firmware_sim.instruments.tfmini import Tfmini
from firmware_sim.instruments.urm import Urm


class Instrument(Protocol):
    """What a port of its own makes of an instrument. Times are monotonic seconds."""

    @property
    def baud(self) -> int:
        """Its speed; all speak 8N1."""

    def arrived(self, data: bytes, now_s: float) -> None:
        """Take what was sent to it."""

    def due(self, now_s: float) -> bytes:
        """Return what it sends now."""

    def next_s(self) -> float:
        """Return when it sends something next."""


INSTRUMENTS: dict[str, Callable[..., Instrument]] = {
    "a02": A02,
    "ld2410": Ld2410,
    "ld2450": Ld2450,
    "ld2451": Ld2451,
    "maxbotix": Maxbotix,
    "nmea": Gnss,
    "ops243": Ops243,
    "pms5003": Pms5003,
    "sds011": Sds011,
    "sen0754": Sen0754,
    "tfmini": Tfmini,
    "urm": Urm,
}
