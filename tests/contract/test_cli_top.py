"""The live view against an agent and a street with canned answers: the story, the keys, what is refused."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

import canned_street
from agent.cli.top import deeds, state, story, view
from agent.cli.top.feeds import Request, StreetHand
from agent.cli.top.state import Moment, Picture
from agent.cli.top.story import Demand
from agent.cli.top.street import Broker
from agent.cli.trouble import MISUSED, UNREACHABLE, Trouble
from agent.local.records import UplinkState
from canned_agent import Agent, status, uplink

PACE = 0.02  # of the story
NOW = Moment(datetime(2026, 11, 24, 20, 30, tzinfo=UTC), 0.0)


@pytest.fixture
def victim() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing better to do than to be the agent that is killed."""
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def street(tmp_path: Path) -> Iterator[canned_street.Street]:
    street = canned_street.Street(tmp_path / "street.sock")
    yield street
    street.close()


@pytest.fixture
def agent(tmp_path: Path, victim: subprocess.Popen[bytes]) -> Iterator[Agent]:
    agent = Agent(tmp_path / "api.sock")
    agent.answers["status"] = status(pid=victim.pid, uplink=uplink())
    yield agent
    agent.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The story in little more than a second."""
    scenes = [msgspec.structs.replace(scene, at_s=PACE * scene.at_s) for scene in story.SCENES]
    monkeypatch.setattr(story, "SCENES", scenes)
    monkeypatch.setattr(story, "LENGTH_S", PACE * story.LENGTH_S)
    monkeypatch.setattr(view, "_LINE_EVERY_S", 0.01)
    monkeypatch.setattr(view, "_COMMAND_WITHIN_S", 0.05)


async def proven(of: UplinkState, demand: Demand) -> AsyncGenerator[str, None]:
    yield f"{demand.point} = {demand.value:g} sent to {of.host}:{of.port}"
    yield "verified"


async def refused(of: UplinkState, demand: Demand) -> AsyncGenerator[str, None]:
    yield "sent"
    raise Trouble("no broker answers", UNREACHABLE)


async def silent(of: UplinkState, demand: Demand) -> AsyncGenerator[str, None]:
    yield "sent"
    await asyncio.Event().wait()


def play(tmp_path: Path, command: view.Command | None, seconds: float | None = None) -> None:
    live = view._Live(tmp_path / "api.sock", tmp_path / "street.sock", command)
    asyncio.run(live.run(plain=True, seconds=seconds, tell=True))


def in_order(text: str, *parts: str) -> bool:
    places = [text.find(part) for part in parts]
    return -1 not in places and places == sorted(places)


@pytest.mark.usefixtures("quick")
def test_the_story_is_played_to_its_end(
    tmp_path: Path,
    agent: Agent,
    street: canned_street.Street,
    victim: subprocess.Popen[bytes],
    capsys: pytest.CaptureFixture[str],
) -> None:
    play(tmp_path, proven)
    assert [one for one in street.asked if one["do"] != "watch"] == [
        {"do": "person"},
        {"do": "vehicle"},
        {"do": "sensor_dies", "sensor": story.SENSOR},
        {"do": "broker_dies"},
        {"do": "broker_back"},
        {"do": "sensor_back"},
    ]
    assert victim.wait(20) == -9
    out = capsys.readouterr().out
    assert in_order(out, *(f"  > {scene.caption}" for scene in story.SCENES), "scheme ")
    assert in_order(
        out,
        "  > The platform",
        "  * platform: lum-03/lamp/dimming_level = 55 sent to 127.0.0.1:40123",
        "  * platform: verified",
        "  > A sensor dies",
        "  > The agent is killed",
        "  * the agent is killed with -9",
        "power now",
    )


@pytest.mark.usefixtures("quick", "agent", "street")
@pytest.mark.parametrize(
    ("command", "told"),
    [
        (refused, "platform: no broker answers"),
        (silent, "platform: no end of the command within 0.05 s"),
        (None, "no platform can command this agent"),
    ],
)
def test_a_command_that_fails_is_told_and_the_story_goes_on(
    tmp_path: Path, command: view.Command | None, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    play(tmp_path, command)
    assert in_order(capsys.readouterr().out, f"  * {told}", story.SCENES[-1].caption, "scheme ")


@pytest.mark.usefixtures("quick", "agent", "street")
def test_so_many_seconds_end_it_earlier(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    play(tmp_path, proven, seconds=story.SCENES[2].at_s)
    out = capsys.readouterr().out
    assert in_order(out, story.SCENES[0].caption, "scheme ")
    assert story.SCENES[-1].caption not in out


def test_a_story_without_a_street_is_refused() -> None:
    with pytest.raises(Trouble, match=r"--story needs a simulated street: \./dev run --story") as refusal:
        view.top(None, None, plain=True, seconds=None, tell=True)
    assert refusal.value.code == MISUSED


def asked(key: str, picture: Picture) -> Request | None:
    """What the key asks of the street."""
    hand = StreetHand(Path("nowhere"))
    assert deeds.KEYS[key](hand, picture) == ""
    return None if hand._wishes.empty() else hand._wishes.get_nowait()


def test_the_key_of_the_broker_goes_by_the_streets_state() -> None:
    for broker, request in (
        (Broker(40123, up=True), {"do": "broker_dies"}),
        (Broker(40123, up=False), {"do": "broker_back"}),
        (None, None),
    ):
        picture = state.street_said(Picture(NOW, street_wanted=True), canned_street.street(broker=broker), NOW)
        assert asked("b", picture) == request
    assert asked("b", Picture(NOW)) is None


def test_the_other_keys() -> None:
    well = state.street_said(Picture(NOW, street_wanted=True), canned_street.street(), NOW)
    sick = state.street_said(well, canned_street.street(sensors=(canned_street.sensor(1, alive=False),)), NOW)
    assert asked("p", well) == {"do": "person"}
    assert asked("v", well) == {"do": "vehicle"}
    assert asked("s", well) == {"do": "sensor_dies"}
    assert asked("s", sick) == {"do": "sensor_back"}
    assert asked("d", well) == {"do": "door", "open": True}
    assert asked("k", well) is None  # nobody is there to be killed
