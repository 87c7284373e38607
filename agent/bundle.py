"""How everything is, in one record for whoever is to find a fault: without secrets, and without anybody's movements. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from agent.local.records import PointState, SeasonState, SensorState, Status

_SECRET = re.compile(r"^(\s*(?:\w*(?:secret|password|token|private)\w*|key)\s*=\s*).*$", re.IGNORECASE | re.MULTILINE)
_PRIVATE = frozenset({"presence", "vehicles"})
LEFT_OUT = (
    "presence and vehicles, and how many of them are counted (each is somebody's movement)",
    "frames of the lines (they hold the same)",
    "values of options that name a secret, a password, a token or a key",
)


class Bundle(msgspec.Struct, frozen=True):
    """The record. `made`: when (UTC); `left_out`: what is not in it, in words."""

    made: str
    left_out: tuple[str, ...]
    status: Status
    points: list[PointState]
    configuration: str
    trial: str


def made_of(status: Status, points: Iterable[PointState], text: str, trial: str) -> Bundle:
    """Return the record; what it must not hold is taken out here."""
    return Bundle(
        made=status.time,
        left_out=LEFT_OUT,
        status=msgspec.structs.replace(
            status, sensors=[_still(sensor) for sensor in status.sensors], season=_uncounted(status.season)
        ),
        points=[point for point in points if point.key.split("/")[1] not in _PRIVATE],
        configuration=_SECRET.sub(r'\1"(left out)"', text),
        trial=trial,
    )


def _still(sensor: SensorState) -> SensorState:
    return msgspec.structs.replace(sensor, present=None, age_s=None)


def _uncounted(season: SeasonState) -> SeasonState:
    traffic = season.traffic and msgspec.structs.replace(season.traffic, per_h=None)
    return msgspec.structs.replace(season, traffic=traffic)
