"""SEN0754, an ultrasonic head of the A02YYUW's form at 115200 baud, which says why it sees nothing. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.lines.a02 import A02, POINTS
from drivers.lines.instrument import Model, Setting


def _build(_: Mapping[str, Setting]) -> A02:
    return A02(10_000)


MODEL = Model(
    name="sen0754",
    title="DFRobot SEN0754 ultrasonic head",
    source="wiki.dfrobot.com/sen0754/docs/24696",
    baud=115200,
    points=POINTS,
    silent_after_s=2.0,
    build=_build,
    verified=("distance (the maker's frame)", "FFFE: another head interferes; FFFD: no object (the maker's words)"),
    recalled=("how far it sees",),
)
