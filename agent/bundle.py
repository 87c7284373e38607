"""How everything is, in one record for whoever is to find a fault: without secrets, and without anybody's movements. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from agent.local.records import LogLine, PointState, SeasonState, SensorState, Status

_SECRET = re.compile(r"^(\s*(?:\w*(?:secret|password|token|private)\w*|key)\s*=\s*).*$", re.IGNORECASE | re.MULTILINE)
_PRIVATE = frozenset({"presence", "vehicles"})
_FRAMES = frozenset({"pdu", "frame"})
_NAMES_SECRET = re.compile(r"secret|password|token|private", re.IGNORECASE)
LEFT_OUT = (
    "presence and vehicles, and how many of them are counted (each is somebody's movement)",
    "frames of the lines (they hold the same)",
    "values of options that name a secret, a password, a token or a key",
)


class Bundle(msgspec.Struct, frozen=True):
    """The record. `made`: when (UTC); `left_out`: what is not in it, in words; `log`: the last warnings since the start."""

    made: str
    left_out: tuple[str, ...]
    status: Status
    points: list[PointState]
    configuration: str
    trial: str
    log: list[LogLine]


def made_of(status: Status, points: Iterable[PointState], text: str, trial: str, log: Iterable[LogLine] = ()) -> Bundle:
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
        log=[_bare(one) for one in log if not _of_somebody(one)],
    )


def _of_somebody(one: LogLine) -> bool:
    """Return whether a line names a point that tells of somebody."""
    return any(f"/{kind}/" in value for value in one.keys.values() for kind in _PRIVATE)


def _bare(one: LogLine) -> LogLine:
    """Return a line without frames and secrets."""
    keys = {name: said for name, said in one.keys.items() if name not in _FRAMES and not _NAMES_SECRET.search(name)}
    return msgspec.structs.replace(one, keys=keys)


def _still(sensor: SensorState) -> SensorState:
    return msgspec.structs.replace(sensor, present=None, age_s=None)


def _uncounted(season: SeasonState) -> SeasonState:
    traffic = season.traffic and msgspec.structs.replace(season.traffic, per_h=None)
    return msgspec.structs.replace(season, traffic=traffic)
