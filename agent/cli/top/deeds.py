"""What a key or a scene does to the street."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable

from agent.cli.top import story
from agent.cli.top.feeds import StreetHand
from agent.cli.top.state import Picture

Do = Callable[
    [StreetHand, Picture], str
]  # returns what is to be told of it at once, "" = what comes of it tells itself


def _ask(**request: object) -> Do:
    def do(hand: StreetHand, _: Picture) -> str:
        hand.ask(**request)
        return ""

    return do


def _sensor(hand: StreetHand, picture: Picture) -> str:
    hand.ask(do="sensor_back" if picture.any_dead else "sensor_dies")
    return ""


def _door(hand: StreetHand, picture: Picture) -> str:
    hand.ask(do="door", open=not picture.door_open)
    return ""


def _broker(hand: StreetHand, picture: Picture) -> str:
    if picture.broker is None:
        return ""
    hand.ask(do="broker_dies" if picture.broker.up else "broker_back")
    return ""


def _kill(_: StreetHand, picture: Picture) -> str:
    if not picture.up or picture.agent is None:
        return ""
    with contextlib.suppress(ProcessLookupError):
        os.kill(picture.agent.pid, signal.SIGKILL)
    return "the agent is killed with -9"


KEYS: dict[str, Do] = {
    "p": _ask(do="person"),
    "v": _ask(do="vehicle"),
    "s": _sensor,
    "b": _broker,
    "k": _kill,
    "d": _door,
}

SCENES: dict[story.Deed, Do] = {
    "person": _ask(do="person"),
    "vehicle": _ask(do="vehicle"),
    "sensor_dies": _ask(do="sensor_dies", sensor=story.SENSOR),
    "sensor_back": _ask(do="sensor_back"),
    "broker_dies": _ask(do="broker_dies"),
    "broker_back": _ask(do="broker_back"),
    "kill_agent": _kill,
}
