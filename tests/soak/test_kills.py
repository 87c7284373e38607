"""Kills and pulled lines, again and again, on the real simulated street: each round recovers without a hand."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator

import pytest

from running_street import Json, Street, lit_street, settled

ROUNDS = 20
RECOVERY_S = 40.0
MAO4 = tuple(f"lum-{n:02}" for n in range(1, 7))


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with lit_street(tmp_path_factory.mktemp("street")) as street:
        yield street


def kill(street: Street, chance: random.Random) -> None:
    """Kill -9, at any moment of a second; after some of the kills device-side safety is waited for."""
    street.until("a moment", lambda _: chance.random() < 0.3)
    street.end_agent(signal.SIGKILL)
    if chance.random() < 0.5:
        street.until(
            "device-side safety", lambda state: all(street.outputs(state)[lamp] == "safe mode" for lamp in MAO4)
        )
    street.start_agent()


def pull(street: Street, chance: random.Random) -> None:
    """Pull a line and put it back."""
    line = chance.choice(["lamps", "field"])
    street.do(do="pull", line=line)
    street.until("the line is down", lambda _: {b["id"]: b["state"] for b in street.status()["buses"]}[line] == "down")
    street.do(do="plug", line=line)


def kill_without_lines(street: Street, chance: random.Random) -> None:
    """The agent dies while a line is out, and starts before it is back."""
    line = chance.choice(["lamps", "field"])
    street.do(do="pull", line=line)
    street.end_agent(signal.SIGKILL)
    street.start_agent()
    street.until("the agent answers without the line", lambda _: street.status()["pid"] > 0)
    street.do(do="plug", line=line)


def radar(street: Street, chance: random.Random) -> None:
    """A radar dies and comes back."""
    name = f"radar-{chance.randint(1, 11):02}"
    street.do(do="sensor_dies", sensor=name)
    street.until("it is not believed", lambda _: quality(street, name) != "good")
    street.do(do="sensor_back")
    street.until("it is believed again", lambda _: quality(street, name) == "good", RECOVERY_S)


def quality(street: Street, name: str) -> str:
    return next(str(sensor["quality"]) for sensor in street.status()["sensors"] if sensor["id"] == name)


def well(street: Street, state: Json) -> bool:
    return settled(street.status()) and set(street.outputs(state).values()) == {"commanded"}


@pytest.mark.parametrize("number", range(1, ROUNDS + 1))
def test_a_round(street: Street, number: int) -> None:
    chance = random.Random(number)
    what = (kill, pull, kill_without_lines, radar)[number % 4]
    what(street, chance)
    state = street.until("all is well again", lambda state: well(street, state), RECOVERY_S)
    ours = state["schemes"][0]
    print(
        f"\nround {number} of {ROUNDS}, {what.__name__}: well again; in the dark {ours['dark_s']:.1f} s so far",
        flush=True,
    )
    assert state["violations"] == []
    assert ours["dark_s"] == 0.0
    street.do(do="person" if number % 2 else "vehicle")
