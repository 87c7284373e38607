"""What can be wrong with a fleet, in the words of whoever goes there; which metrics are alarms and counters. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["alarm", "warning"]

ENERGY_METERED = "lamp/active_energy"  # Wh, by the lamp's own meter
ENERGY_ESTIMATED = "lamp/estimated_energy"  # Wh, by the lamp model
HOURS_LIT = "lamp/operating_hours"  # h
ENERGY_OF_METER = "meter/active_energy_import"  # Wh, of a cabinet
COUNTERS = frozenset({ENERGY_METERED, ENERGY_ESTIMATED, HOURS_LIT, ENERGY_OF_METER})

CONTROLLER, SILENT = "controller", "silent"


class Kind(msgspec.Struct, frozen=True):
    """What it is called, how bad it is, which part is to be looked at, and what is to be done there."""

    what: str
    severity: Severity
    part: str
    instruction: str


KINDS: dict[str, Kind] = {
    CONTROLLER: Kind(
        "controller gone", "alarm", "controller",
        "Look for supply and network at the controller; its lamps light themselves or keep their level meanwhile.",
    ),
    SILENT: Kind(
        "no answer", "alarm", "device or its line",
        "Check the supply of the device and its bus cable; `gadelys bus stats` on the controller names the line.",
    ),
    "lamp/lamp_failure": Kind(
        "lamp failure", "alarm", "luminaire: fuse, driver, control pair",
        "Look whether it gives light. If not: the fuse in the mast, the driver, the 0-10 V or DALI pair. "
        "If it burns at full light whatever is said: the pair is open.",
    ),
    "lamp/day_burner": Kind(
        "day burner", "warning", "luminaire: relay, control pair",
        "If 0 % is commanded: a relay that is stuck or an open pair. Else somebody holds the lamp: release it.",
    ),
    "lamp/cycling_failure": Kind(
        "cycling", "alarm", "luminaire: driver",
        "The driver gets too hot or dies, or a wire is loose. Change the driver: each start wears it.",
    ),
    "lamp/control_gear_failure": Kind(
        "control gear failure", "alarm", "luminaire: driver", "The driver says that it has failed. Change it.",
    ),
    "meter/lamp_failure": Kind(
        "power is missing", "warning", "one of several lamps",
        "Dim the lamps that the controller names one after the other: the one that the meter does not see has failed.",
    ),
    "meter/cycling_failure": Kind(
        "something is cycling", "warning", "one of several lamps",
        "Dim the lamps that the controller names one after the other, so that the one that cycles draws something else.",
    ),
}  # fmt: skip
ALARM_METRICS = frozenset(KINDS) - {CONTROLLER, SILENT}

TOGETHER = {
    CONTROLLER: Kind(
        "controllers gone together", "alarm", "cabinet: supply, or network",
        "They went within minutes of each other: look at the cabinet that feeds them, then at their network.",
    ),
    SILENT: Kind(
        "devices silent together", "alarm", "bus line, or supply of the line",
        "They fell silent within minutes of each other: look at the line's cable, its adapter and its supply.",
    ),
}  # fmt: skip


def kind_of(name: str, members: int) -> Kind:
    """Return what a fault is called when so many have it at once."""
    return TOGETHER.get(name, KINDS[name]) if members > 1 else KINDS[name]
