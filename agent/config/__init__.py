"""One TOML file to frozen records; a mistake names file, line, key and what was expected."""

from agent.config.errors import ConfigError, Mistake
from agent.config.file import load_file
from agent.config.records import (
    Api,
    Beacon,
    Ble,
    Bus,
    Config,
    Controller,
    Device,
    Gpio,
    Instrument,
    Lighting,
    Neighbour,
    Neighbours,
    Pin,
    Place,
    Unit,
    Uplink,
)

__all__ = [
    "Api",
    "Beacon",
    "Ble",
    "Bus",
    "Config",
    "ConfigError",
    "Controller",
    "Device",
    "Gpio",
    "Instrument",
    "Lighting",
    "Mistake",
    "Neighbour",
    "Neighbours",
    "Pin",
    "Place",
    "Unit",
    "Uplink",
    "load_file",
]
