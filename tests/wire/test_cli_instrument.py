"""`gadelys instrument` on simulated instruments at ptys: what is listened to, what is found, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from command_line import CommandLine
from drivers.lines import MODELS
from firmware_sim.instruments import INSTRUMENTS, Instrument
from firmware_sim.instruments.ld2410 import Ld2410
from firmware_sim.instruments.ld2451 import Ld2451, Vehicle
from firmware_sim.instruments.urm import Urm
from firmware_sim.serial_stream import SerialStream
from firmware_sim.tty_end import TtyEnd

Plug = Callable[[Instrument], Path]


@pytest.fixture
def gadelys(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("COLUMNS", "120")
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[Plug]:
    ends = []

    def plugged(instrument: Instrument) -> Path:
        end = TtyEnd(tmp_path / "port", SerialStream(instrument))
        end.plug()
        ends.append(end)
        return end.path

    yield plugged
    for end in ends:
        end.pull()


def test_every_model_is_listed_and_can_be_simulated(gadelys: CommandLine) -> None:
    code, out, err = gadelys("instrument", "list")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()[1:]] == list(MODELS) == sorted(INSTRUMENTS)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_shown(gadelys: CommandLine, name: str) -> None:
    code, out, _ = gadelys("instrument", "show", name)
    assert (code, out.split()[0]) == (0, name)
    code, out, _ = gadelys("instrument", "show", name, "--json")
    assert json.loads(out)["name"] == name


def test_a_model_that_there_is_not(gadelys: CommandLine) -> None:
    code, _, err = gadelys("instrument", "show", "ld2452")
    assert (code, err) == (
        2,
        "gadelys: no model is named 'ld2452' (did you mean ld2451?); see `gadelys instrument list`\n",
    )


def test_what_an_instrument_says(gadelys: CommandLine, plug: Plug) -> None:
    port = plug(Ld2451((Vehicle(60.0, 10.0),)))
    code, out, err = gadelys("instrument", "listen", port, "--model", "ld2451", "--seconds", "1")
    assert (code, err) == (0, "")
    lines = [line.split()[1:] for line in out.splitlines()]
    assert ["vehicles/distance", "60", "m", "good"] in lines
    assert "firmware 1.01.24071009" in out.splitlines()[-1]


def test_what_an_instrument_says_for_machines(gadelys: CommandLine, plug: Plug) -> None:
    port = plug(Ld2451((Vehicle(60.0, 10.0),)))
    code, out, _ = gadelys(
        "instrument", "listen", port, "--model", "ld2451", "--set", "nearer=0", "--seconds", "1", "--json"
    )
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert {"vehicles/speed", "vehicles/count"} <= {row["resource"] for row in rows}
    assert next(row["value"] for row in rows if row["resource"] == "vehicles/speed") == 0.0


def test_another_model_is_not_understood(gadelys: CommandLine, plug: Plug) -> None:
    port = plug(Ld2451())
    code, _, err = gadelys("instrument", "listen", port, "--model", "tfmini", "--seconds", "1")
    assert code == 1
    assert err.endswith(
        f"bytes came that make no frame of a tfmini at 115200 baud; what is there: gadelys instrument find {port}\n"
    )


def test_a_port_that_is_not_there(gadelys: CommandLine, tmp_path: Path) -> None:
    code, out, err = gadelys("instrument", "listen", tmp_path / "none", "--model", "ld2451")
    assert (code, out) == (3, "")
    assert err == f"gadelys: {tmp_path}/none: No such file or directory\n"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nearer=3", '--set nearer: expected "1" or "0"; found \'3\''),
        ("nearer", "--set: expected OPTION=VALUE, one of nearer; found 'nearer'"),
        ("farther=1", "--set: expected OPTION=VALUE, one of nearer (did you mean nearer?); found 'farther=1'"),
    ],
)
def test_options_that_are_none(gadelys: CommandLine, tmp_path: Path, given: str, said: str) -> None:
    code, _, err = gadelys("instrument", "listen", tmp_path, "--model", "ld2451", "--set", given)
    assert (code, err) == (2, f"gadelys: {said}\n")


@pytest.mark.parametrize(
    ("instrument", "name"), [(Ld2410(2.0), "ld2410"), (Urm(1.5), "urm")], ids=["that speaks", "that answers"]
)
def test_what_is_there_is_found(
    gadelys: CommandLine, plug: Plug, monkeypatch: pytest.MonkeyPatch, instrument: Instrument, name: str
) -> None:
    monkeypatch.setattr("agent.cli.instrument.find._LISTEN_S", 0.3)
    port = plug(instrument)
    code, out, err = gadelys("instrument", "find", port, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert [one["model"] for one in found] == [name]
    assert found[0]["baud"] == instrument.baud


def test_where_nothing_is_nothing_is_found(gadelys: CommandLine, plug: Plug, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.cli.instrument.find._LISTEN_S", 0.05)
    monkeypatch.setattr("agent.cli.instrument.find._ASK_S", 0.05)
    dead = Ld2410()
    dead.alive = False
    port = plug(dead)
    code, out, err = gadelys("instrument", "find", port)
    assert (code, out) == (1, "")
    assert err == f"gadelys: nothing was understood at {port}: check supply, ground, and that RX meets TX\n"
