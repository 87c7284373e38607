"""`gadelys bus` against an agent with canned answers: what it prints, what it asks, how it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.local.bus_records import Asked, Line, UnitPlace
from canned_agent import Agent, status
from command_line import CommandLine

DIMMER = UnitPlace("dimmer-1", 11, "wb-mao4", [("holding", 0, 3), ("coil", 16, 19)])
LINES = [
    Line("lamps", "rtu", "/dev/ttyUSB9", 19200, "none", 2, 100.0, True, [DIMMER]),
    Line("cabinet", "tcp", "10.0.0.7:502", None, None, None, 500.0, False, []),
]


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    agent = Agent(tmp_path / "api.sock")
    agent.answers["bus.list"] = LINES
    yield agent
    agent.close()


@pytest.fixture
def gadelys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("GADELYS_SOCKET", str(tmp_path / "api.sock"))
    monkeypatch.setenv("COLUMNS", "100")
    return CommandLine(monkeypatch, capsys)


def registers(*words: int) -> Asked:
    return Asked("answer", b"".join(word.to_bytes(2, "big") for word in words).hex(), 8.4)


def asked(agent: Agent) -> list[dict[str, Any]]:
    return [one["params"] for one in agent.asked if one["method"] == "bus.ask"]


@pytest.mark.parametrize("words", ["bus list", "bus read", "bus write", "bus solve", "bus stats", "bus dump"])
def test_each_command_has_an_example(gadelys: CommandLine, words: str) -> None:
    code, out, _ = gadelys(*words.split(), "--help")
    assert code == 0
    assert f"gadelys {words}" in out.split("Example", 1)[1]
    assert max(map(len, out.splitlines())) <= 100


def test_lines_are_listed(gadelys: CommandLine, agent: Agent) -> None:
    code, out, err = gadelys("bus", "list")
    assert (code, err) == (0, "")
    assert "lamps  /dev/ttyUSB9  serial, 19200 8N2, waits 100 ms, up" in out
    assert "cabinet  10.0.0.7:502  TCP, waits 500 ms, down" in out
    assert "dimmer-1  11  wb-mao4" in out
    assert json.loads(gadelys("bus", "list", "--json")[1]) == json.loads(msgspec.json.encode(LINES))


@pytest.mark.parametrize("where", ["lamps", "/dev/ttyUSB9"])
@pytest.mark.parametrize("unit", ["11", "dimmer-1"])
def test_what_the_agent_has_goes_through_the_agent(gadelys: CommandLine, agent: Agent, where: str, unit: str) -> None:
    agent.answers["bus.ask"] = registers(5000)
    code, out, err = gadelys("bus", "read", where, unit, "holding:90")
    assert (code, err) == (0, "")
    assert "lamps (/dev/ttyUSB9), unit 11, holding:90: answered after 8.4 ms" in out
    assert "0x1388  5000" in out
    assert asked(agent) == [
        {"bus": "lamps", "unit": 11, "pdu": "03005a0001", "traffic": "command", "broadcast": False}
    ]  # fmt: skip


def test_another_speed_and_time_out_are_asked_for(gadelys: CommandLine, agent: Agent) -> None:
    agent.answers["bus.ask"] = registers(5000)
    assert gadelys("bus", "read", "lamps", 11, "holding:90", "--baud", 9600, "--timeout", 300)[0] == 0
    (params,) = asked(agent)
    assert {key: params[key] for key in ("baud", "parity", "stop_bits", "timeout_ms")} == {
        "baud": 9600,
        "parity": "none",
        "stop_bits": 2,
        "timeout_ms": 300,
    }


def test_a_unit_of_the_agent_is_read_by_its_profile(gadelys: CommandLine, agent: Agent) -> None:
    agent.answers |= {"status": status(), "bus.ask": registers(5000)}
    code, out, _ = gadelys("bus", "read", "lamps", "dimmer-1")
    assert code == 0
    assert "as wb-mao4: Wiren Board WB-MAO4" in out
    assert "lamp/dimming_level 4" in out


@pytest.mark.parametrize(
    ("outcome", "code", "says"),
    [
        (Asked("no_answer", text="no answer within 100 ms"), 3, "no answer within 100 ms; is the unit powered"),
        (
            Asked("refused", text="exception 2: illegal data address", code=2),
            1,
            "exception 2: illegal data address; it ",
        ),
        (Asked("bad_answer", text="wrong CRC", cause="crc"), 3, "wrong CRC; two units with one id"),
        (Asked("link_lost", text="/dev/ttyUSB9: hung up"), 3, "/dev/ttyUSB9: hung up"),
        ({"code": -32003, "message": "too many questions wait"}, 1, "too many questions wait"),
    ],
)
def test_what_goes_wrong_is_one_line(gadelys: CommandLine, agent: Agent, outcome: object, code: int, says: str) -> None:
    agent.answers["bus.ask"] = outcome
    found, out, err = gadelys("bus", "read", "lamps", 11, "holding:90")
    assert (found, out) == (code, "")
    assert says in err
    assert err.count("\n") == 1


def test_nothing_is_written_without_unlock(gadelys: CommandLine, agent: Agent) -> None:
    agent.answers["bus.ask"] = registers(1000)
    code, out, err = gadelys("bus", "write", "lamps", 11, "holding:2", 60)
    assert code == 2
    assert "0x03E8  1000  ->  0x003C  60" in out
    assert "frame  0B 06 00 02 00 3C" in out
    assert "careful: the agent writes holding:2 of dimmer-1 itself, again within 2 s" in out
    assert err == "gadelys: nothing was written; to write it: gadelys bus write lamps 11 holding:2 60 --unlock\n"
    assert [params["pdu"] for params in asked(agent)] == ["0300020001"]


def test_a_write_is_read_back(gadelys: CommandLine, agent: Agent) -> None:
    reads = iter([registers(1000), registers(60)])
    agent.answers["bus.ask"] = lambda params: Asked("answer", "", 8.0) if params["pdu"][:2] == "06" else next(reads)
    code, out, err = gadelys("bus", "write", "lamps", 11, "holding:90", 60, "--unlock")
    assert (code, err) == (0, "")
    assert out.endswith("written, and reads back as written: 60 (0x003C)\n")
    assert "careful" not in out
    assert [params["pdu"] for params in asked(agent)] == ["03005a0001", "06005a003c", "03005a0001"]


def test_a_write_that_does_not_hold_is_1(gadelys: CommandLine, agent: Agent) -> None:
    agent.answers["bus.ask"] = lambda params: Asked("answer", "", 8.0) if params["pdu"][:2] == "06" else registers(1000)
    code, out, _ = gadelys("bus", "write", "lamps", 11, "holding:90", 60, "--unlock", "--json")
    told = json.loads(out)
    assert (code, told["verdict"], told["before"], told["after"]) == (1, "differs", [1000], [1000])


def test_a_broadcast_must_be_meant(gadelys: CommandLine, agent: Agent) -> None:
    agent.answers["bus.ask"] = Asked("answer", "", 0.0)
    code, _, err = gadelys("bus", "write", "lamps", 0, "holding:90", 60, "--unlock")
    assert code == 2
    assert "--broadcast" in err
    assert asked(agent) == []
    code, out, _ = gadelys("bus", "write", "lamps", 0, "holding:90", 60, "--unlock", "--broadcast")
    assert code == 0
    assert "all units" in out
    assert "not read back: nobody answers what all are told" in out
    (params,) = asked(agent)
    assert (params["unit"], params["broadcast"]) == (0, True)


def test_a_dump_is_printed_or_kept(gadelys: CommandLine, agent: Agent, tmp_path: Path) -> None:
    text = "# gadelys bus dump 1\n# bus lamps at /dev/ttyUSB9\n0.000000 > 0B 03\n"
    agent.answers["bus.dump"] = {"text": text}
    assert gadelys("bus", "dump", "lamps") == (0, text, "")
    out = tmp_path / "lamps.txt"
    assert gadelys("bus", "dump", "lamps", "--out", out) == (0, f"{out}: 1 frames and notes of lamps\n", "")
    assert out.read_text() == text
    code, _, err = gadelys("bus", "dump", "lamps", "--out", tmp_path / "no" / "lamps.txt")
    assert (code, err) == (1, f"gadelys: {tmp_path / 'no' / 'lamps.txt'}: no such file or directory\n")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("read", "lamps", "300", "holding:90"), "UNIT: expected a unit's id"),
        (("read", "lamps", "dimmer-9", "holding:90"), "its units are dimmer-1"),
        (("read", "lamps", "11", "holding:70000"), "found 70000"),
        (("read", "lamps", "11", "holding:90", "200"), "found 200"),
        (("read", "lamps", "11", "holding:0xZZ"), "found 'holding:0xZZ'"),
        (("read", "lamps", "11", "holding:90", "--as", "u17"), "found 'u17'"),
        (("read", "lamps", "11", "coil:0", "--as", "u16"), "coil are single bits"),
        (("read", "lamps", "12"), "expected SPACE:ADDRESS"),
        (("read", "lamps", "11", "--profile", "nix"), "--profile: nix.toml"),
        (("read", "lamps", "11", "holding:90", "--profile", "wb-mao4"), "--profile"),
        (("read", "lamps", "11", "--as", "u32"), "expected SPACE:ADDRESS with them"),
        (("read", "attic", "11", "holding:90"), "the agent has no bus 'attic'; there are lamps, cabinet"),
        (("read", "cabinet", "11", "holding:90", "--baud", "9600"), "10.0.0.7:502 is an address"),
        (("read", "lamps", "11", "holding:90", "--baud", "1"), "--baud"),
        (("read", "lamps", "11", "holding:90", "--watch", "x"), "--watch"),
        (("write", "lamps", "11", "input:90", "1"), "input can only be read"),
        (("write", "lamps", "11", "holding:90", "0xZZ", "--unlock"), "found '0xZZ'"),
        (("write", "lamps", "11", "holding:90", "65536", "--unlock"), "VALUE: 65536"),
        (("write", "lamps", "11", "holding:90"), "VALUE"),
        (("solve", "lamps", "11", "coil:90", "5"), "single bits"),
        (("solve", "lamps", "11", "input:0", "abc"), "VALUE: expected a number"),
        (("dump",), "BUS"),
    ],
)
def test_wrong_usage_is_one_clear_message_and_asks_nothing(
    gadelys: CommandLine, agent: Agent, words: tuple[str, ...], named: str
) -> None:
    code, out, err = gadelys("bus", *words)
    assert (code, out) == (2, "")
    assert named in err
    assert "Traceback" not in err
    assert asked(agent) == []


@pytest.mark.parametrize("words", [("list",), ("stats",), ("dump", "lamps")])
def test_no_agent(gadelys: CommandLine, tmp_path: Path, words: tuple[str, ...]) -> None:
    code, out, err = gadelys("bus", *words)
    assert (code, out) == (3, "")
    assert f"no agent answers at {tmp_path / 'api.sock'}" in err


def test_a_name_needs_an_agent_and_a_named_agent_must_be_there(gadelys: CommandLine, tmp_path: Path) -> None:
    code, _, err = gadelys("bus", "read", "lamps", 11, "holding:90")
    assert code == 2
    assert "so 'lamps' must be a port such as /dev/ttyUSB0, or an address" in err
    code, _, err = gadelys("bus", "read", "/dev/null", 11, "holding:90", "--socket", tmp_path / "other.sock")
    assert code == 3
    assert "no agent answers" in err


def test_lines_are_completed(gadelys: CommandLine, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_GADELYS_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "gadelys bus read la")
    monkeypatch.setenv("COMP_CWORD", "3")
    assert "lamps" in gadelys()[1]
