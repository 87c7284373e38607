"""Framed serial instruments: radars, ultrasonic and lidar heads, particulate counters, GNSS."""

from __future__ import annotations

import importlib
from typing import cast

from drivers.lines.instrument import Model

# Each stands in a module of its own, as MODEL; the daemon loads those that are configured.
MODELS = (
    "a02",
    "ld2410",
    "ld2450",
    "ld2451",
    "maxbotix",
    "nmea",
    "ops243",
    "pms5003",
    "sds011",
    "sen0754",
    "tfmini",
    "urm",
)


def load_model(name: str) -> Model:
    """Return an instrument's data sheet. KeyError if there is none of that name."""
    if name not in MODELS:
        raise KeyError(name)
    return cast("Model", importlib.import_module(f"drivers.lines.{name}").MODEL)
