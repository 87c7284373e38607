"""Which metric of which device each point is. Pure. docs/uplink.md shows it to people."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from agent.services.lamp_health import (
    CYCLING,
    DAY_BURNER,
    ESTIMATED,
    FAILURE,
    HIGH_HOURS,
    HOURS,
    METERED,
    OBSERVED,
    SWITCHES,
)
from agent.services.street_health import METER_CYCLING, METER_FAILURE
from agent.uplink import names
from agent.uplink.payload import DataType
from drivers.points import Point, PointType

DATATYPES = {
    PointType.BOOL: DataType.BOOLEAN,
    PointType.INT: DataType.INT64,
    PointType.FLOAT: DataType.FLOAT,
    PointType.TEXT: DataType.STRING,
}
# Of presence nothing goes up but its count, of single vehicles nothing: on a quiet street they are one resident's evening.
_PRIVATE, _STATE = frozenset({"presence", "vehicles"}), "presence/state"
_WATCHED = frozenset({"parking", "waste"})  # of a head that looks there the distances as well
# Functions whose values tell the same, and so are told slowly; a lux head sees the lamps, a sound level hears a car, and
# somebody has parked, or has thrown something away.
_MOVED_BY_PRESENCE = frozenset({"lamp", "meter", "illuminance", "noise"}) | _WATCHED
_OF_CONTROL = frozenset({"lamp/commanded_level", "lamp/sent_level", "lamp/control_rung"})
_ALARMS = frozenset(
    {FAILURE, DAY_BURNER, CYCLING, METER_FAILURE, METER_CYCLING}
)  # told at once: they tell of no movement
# What the agent itself knows or works out of a device, and so proves nothing of whether that is alive.
_OWN = _OF_CONTROL | _ALARMS | {HOURS, HIGH_HOURS, SWITCHES, ESTIMATED, METERED, OBSERVED}


class Spec(msgspec.Struct, frozen=True):
    """A metric. `slow`: told at the pace of `level_every_s`; `driven`: read from the device itself, not known to control;
    `urgent`: an alarm, or what became of a command, which are committed at once."""

    device: str
    name: str
    datatype: DataType
    unit: str = ""
    deadband: float = 0.0
    slow: bool = False
    driven: bool = False
    urgent: bool = False

    @property
    def function(self) -> str:
        """Return what of the device it belongs to."""
        return self.name.partition("/")[0]


class Table(msgspec.Struct, frozen=True):
    """All metrics of the devices: those that are points, by key; those that are none, by device and name."""

    points: dict[str, Spec]
    own: dict[tuple[str, str], Spec]
    presence: dict[str, str]  # key of a presence state -> its device, which counts
    own_of: dict[str, list[Spec]]  # `own` by device: births of many devices come at once

    def devices(self) -> list[str]:
        """Return the devices, in order."""
        return sorted({spec.device for spec in self.points.values()} | {device for device, _ in self.own if device})


def build(points: Iterable[Point], *, platform_proves: bool = False) -> Table:
    """Work out the metrics of all points; with `platform_proves` those by which a platform says what it has stored."""
    specs: dict[str, Spec] = {}
    own: dict[tuple[str, str], Spec] = {}
    presence: dict[str, str] = {}
    points = list(points)
    heads = {
        f"{device}/distance" for device, *rest in (point.key.split("/") for point in points) if rest[0] in _WATCHED
    }
    for point in points:
        device, _, name = point.key.partition("/")
        function = name.partition("/")[0]
        if name == _STATE:
            presence[point.key] = device
            _add(own, Spec(device, names.COUNTER, DataType.INT64))
        elif function not in _PRIVATE:
            specs[point.key] = Spec(
                device,
                name,
                DATATYPES[point.type],
                point.unit,
                point.deadband,
                slow=(function in _MOVED_BY_PRESENCE or f"{device}/{function}" in heads) and name not in _ALARMS,
                driven=name not in _OWN,
                urgent=name in _ALARMS,
            )
        _add(own, Spec(device, f"{function}/{names.QUALITY}", DataType.STRING))
        if name == names.DIMMING:
            for spec in _of_lamp(device):
                _add(own, spec)
        for spec in _answers(device):
            _add(own, spec)
    for spec in (*_of_node(), *(_of_proof() if platform_proves else ())):
        _add(own, spec)
    own_of: dict[str, list[Spec]] = {}
    for spec in own.values():
        own_of.setdefault(spec.device, []).append(spec)
    return Table(specs, own, presence, own_of)


def _add(own: dict[tuple[str, str], Spec], spec: Spec) -> None:
    own[spec.device, spec.name] = spec


def _of_lamp(device: str) -> list[Spec]:
    return [
        Spec(device, names.HOLDER, DataType.STRING),
        Spec(device, names.UNTIL, DataType.DATETIME),
        Spec(device, names.RELEASE, DataType.BOOLEAN),
        *_envelope(device),
    ]


def _envelope(device: str) -> list[Spec]:
    return [
        Spec(device, names.COMMAND_ID, DataType.STRING),
        Spec(device, names.COMMAND_FOR, DataType.INT64, "s"),
        Spec(device, names.COMMAND_NOT_AFTER, DataType.DATETIME),
        Spec(device, names.COMMAND_ISSUER, DataType.STRING),
        Spec(device, names.COMMAND_COUNTER, DataType.INT64),
        Spec(device, names.COMMAND_SIGNATURE, DataType.STRING),
    ]


def _answers(device: str) -> list[Spec]:
    told = (names.LAST_ID, names.LAST_STATUS, names.LAST_REASON)
    return [Spec(device, name, DataType.STRING, urgent=True) for name in told]


def _of_proof() -> list[Spec]:
    return [
        Spec("", name, DataType.INT64) for name in (names.TOLD, names.TOLD_SINCE, names.TOLD_MESSAGES, names.STORED)
    ]


def _of_node() -> list[Spec]:
    return [
        Spec("", names.REBIRTH, DataType.BOOLEAN),
        Spec("", names.RESTART, DataType.BOOLEAN),
        Spec("", names.RELOAD, DataType.BOOLEAN),
        Spec("", names.CONFIGURATION, DataType.STRING),
        Spec("", names.CONFIGURATION_DIGEST, DataType.STRING),
        Spec("", names.CONFIGURATION_STATE, DataType.STRING),
        Spec("", names.CONFIGURATION_TEXT, DataType.STRING),
        Spec("", names.LOG_LEVEL, DataType.STRING),
        Spec("", names.BUNDLE, DataType.BOOLEAN),
        Spec("", names.COLLECT, DataType.BOOLEAN),
        *_envelope(""),
        Spec("", names.VERSION, DataType.STRING),
        Spec("", names.CLOCK_TRUSTED, DataType.BOOLEAN),
        Spec("", names.STORE_ID, DataType.STRING),
        Spec("", names.WAITING, DataType.INT64),
        Spec("", names.DROPPED, DataType.INT64),
        Spec("", names.THINNED, DataType.INT64),
        Spec("", names.QUARANTINED, DataType.INT64),
        Spec("", names.WRITTEN, DataType.INT64, "B"),
        Spec("", names.FAULT, DataType.STRING),
        Spec("", names.REFUSED, DataType.INT64),
        Spec("", names.IDENTITY_EXPIRES, DataType.DATETIME),
        Spec("", names.IDENTITY_ALARM, DataType.STRING),
        *_answers(""),
    ]
