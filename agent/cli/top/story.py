"""The demonstration as a play: when what is done, and what is said of it. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

Deed = Literal[
    "person", "vehicle", "platform_command", "sensor_dies", "sensor_back", "broker_dies", "broker_back", "kill_agent"
]

LENGTH_S = 60.0
WIDEST_CAPTION = 76
SENSOR = "radar-09"  # away from the lamp that the platform commands, and from the dimmers that light up by themselves


class Scene(msgspec.Struct, frozen=True):
    """From this time on (seconds from the beginning) the caption stands; the deed is done at its beginning."""

    at_s: float
    caption: str
    deed: Deed | None = None


class Demand(msgspec.Struct, frozen=True):
    """What the platform asks for."""

    point: str
    value: float
    for_s: int


DEMAND = Demand("lum-03/lamp/dimming_level", 55.0, 20)

# Each trouble has the time that getting over it takes: a sensor is doubted after two polls; an uplink that was turned away may
# wait for 8 s; dimmers light up by themselves after 3 s, and the stage starts a dead agent again after 5 s.
SCENES = (
    Scene(0, "Night. Lamps rest at 10 %: full light is where somebody is, and ahead."),
    Scene(5, "A person steps out: light goes along, so nobody walks into the dark.", "person"),
    Scene(11, "A vehicle: the lamps ahead are lit before it is there, then dimmed again.", "vehicle"),
    Scene(17, "The platform sets lum-03 to 55 % over MQTT: written, then read back.", "platform_command"),
    Scene(23, "A sensor dies. Silence is not absence: its lamp is kept at full light.", "sensor_dies"),
    Scene(29, "The broker is killed. The street goes on, and keeps what it has to report.", "broker_dies"),
    Scene(35, "The broker is back: what was kept is delivered, marked with its own times.", "broker_back"),
    Scene(46, "The agent is killed with -9: dimmers light up, by a safety of their own.", "kill_agent"),
    Scene(52, "It is started again: it reads the street, then takes over the lamps."),
    Scene(56, "The sensor is believed again. Below: what other schemes would have taken.", "sensor_back"),
)
