"""The commands against an agent with canned answers: what they print, what they ask, how they end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.cli import client, dim
from agent.cli.main import main
from canned_agent import Agent, alarm, lamp, point, sensor, status

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    agent = Agent(tmp_path / "api.sock")
    yield agent
    agent.close()


@pytest.fixture
def gadelys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line as a shell would; exit code, stdout, stderr."""
    monkeypatch.setenv("GADELYS_SOCKET", str(tmp_path / "api.sock"))
    monkeypatch.setenv("COLUMNS", "80")

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["gadelys", *words])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        code = end.value.code
        return (code if isinstance(code, int) else 0), out, err

    return run


def test_status(gadelys: Run, agent: Agent) -> None:
    code, out, err = gadelys("status")
    assert (code, err) == (0, "")
    assert "pole-7 (albertslund)" in out
    assert "Tue 24 Nov 2026 21:30:00 Europe/Copenhagen, clock trusted" in out
    assert "12 of 12 lamps follow, 2 of 2 units ok" in out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_status_as_json_is_what_the_agent_said(gadelys: Run, agent: Agent) -> None:
    code, out, _ = gadelys("status", "--json")
    assert code == 0
    assert json.loads(out) == json.loads(msgspec.json.encode(agent.answers["status"]))
    assert out.count("\n") == 1


def test_alarms(gadelys: Run, agent: Agent) -> None:
    agent.answers["alarms.list"] = []
    assert gadelys("alarms") == (0, "no alarms\n", "")
    agent.answers["alarms.list"] = [
        alarm("lum-03/lamp/lamp_failure"),
        alarm("lum-05/lamp/day_burner", what="day burner", since=None),
    ]
    code, out, _ = gadelys("alarms")
    assert code == 1
    assert out.splitlines() == [
        "alarm         of      since            for",
        "lamp failure  lum-03  24 Nov 21:30  10 min",
        "  draws 0.0 W at 100 %",
        "day burner    lum-05  -             10 min",
        "  draws 0.0 W at 100 %",
    ]
    code, out, _ = gadelys("alarms", "--json")
    assert code == 1
    assert [one["key"] for one in json.loads(out)] == ["lum-03/lamp/lamp_failure", "lum-05/lamp/day_burner"]


def test_points(gadelys: Run, agent: Agent) -> None:
    agent.answers["points.list"] = [
        point("lum-03/lamp/dimming_level", 40.0, "%"),
        point("lux-1/illuminance/value", None, "lx", quality="bad", reason="no answer", age_s=None),
        point("radar-01/presence/state", True),
        point("meter-1/meter/active_power", 104.4384, "W"),
    ]
    code, out, _ = gadelys("points", "lum-03")
    assert code == 0
    assert agent.asked[-1]["params"] == {"pattern": "lum-03/*"}
    lines = [line.split() for line in out.splitlines()]
    assert lines[1] == ["lum-03/lamp/dimming_level", "40", "%", "good", "0.4", "s"]
    assert lines[2] == ["lux-1/illuminance/value", "-", "bad", "never", "no", "answer"]
    assert lines[3][1] == "yes"
    assert lines[4][1:3] == ["104.4", "W"]


def test_points_that_are_not_there(gadelys: Run, agent: Agent) -> None:
    code, out, err = gadelys("points", "lum-99")
    assert (code, out) == (1, "")
    assert "no point is named 'lum-99'" in err
    assert gadelys("points", "lum-99", "--json")[:2] == (1, "[]\n")


def test_watch_prints_a_line_a_change(gadelys: Run, agent: Agent) -> None:
    agent.answers["points.subscribe"] = {"subscription": 1, "points": [point("radar-01/presence/state", False)]}
    agent.changes = [
        [point("radar-01/presence/state", True)],
        [point("radar-01/presence/state", None, quality="stale", reason="older than 5 s", time=None)],
    ]
    code, out, _ = gadelys("watch", "*/presence/*", "--seconds", "0.3")
    assert code == 0
    first, second = out.splitlines()
    assert first.split() == ["21:30:00", "radar-01/presence/state", "yes", "good"]
    assert second.split()[1:] == ["radar-01/presence/state", "-", "stale:", "older", "than", "5", "s"]


def test_watch_as_json_is_a_document_a_line(gadelys: Run, agent: Agent) -> None:
    agent.answers["points.subscribe"] = {"subscription": 1, "points": [point("a/b/c", 1)]}
    agent.changes = [[point("a/b/c", 2), point("a/b/d", 3)], [point("a/b/c", 4)]]
    code, out, _ = gadelys("watch", "--json", "--seconds", "0.3")
    assert code == 0
    assert [json.loads(line)["value"] for line in out.splitlines()] == [2, 3, 4]


def test_watch_says_that_the_agent_has_gone(gadelys: Run, agent: Agent) -> None:
    agent.answers["points.subscribe"] = {"subscription": 1, "points": [point("a/b/c", 1)]}
    agent.hang_up = True
    code, _, err = gadelys("watch")
    assert code == 3
    assert err == "gadelys: the agent has gone (connection closed)\n"


def test_watching_nothing_is_refused(gadelys: Run, agent: Agent) -> None:
    agent.answers["points.subscribe"] = {"subscription": 1, "points": []}
    assert gadelys("watch", "x")[0] == 1


def test_dim_tells_when_the_lamp_follows(gadelys: Run, agent: Agent) -> None:
    held = {"winner": "technician", "holder": "cli", "until": "2026-11-24T20:41:00Z", "remaining_s": 599.4}
    fade = iter([(100.0, 100.0), (60.0, 80.0), (40.0, 60.0), (40.0, 40.0)])

    def answer(_: object) -> object:
        sent, confirmed = next(fade)
        return status(lamps=[lamp(3, commanded_pct=40.0, sent_pct=sent, confirmed_pct=confirmed, **held)])

    agent.answers |= {"lamp.dim": lamp(3), "status": answer}
    code, out, _ = gadelys("dim", "lum-03", "40%", "--for", "10m")
    assert code == 0
    assert agent.asked[0]["params"] == {"lamp": "lum-03", "level_pct": 40.0, "for_s": 600}
    assert out.startswith("lum-03: 40 % commanded, confirmed 40 % after 0.")
    assert out.endswith("; technician until 21:41 (10 min)\n")


def test_dim_says_when_the_lamp_does_not_follow(gadelys: Run, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dim, "FOLLOW_S", 0.05)
    stuck = lamp(3, commanded_pct=40.0, sent_pct=40.0, confirmed_pct=100.0, winner="technician")
    agent.answers |= {"lamp.dim": lamp(3), "status": status(lamps=[stuck])}
    code, out, _ = gadelys("dim", "lum-03", "40")
    assert code == 1
    assert "for_s" not in agent.asked[0]["params"]
    assert "40 % commanded, NOT confirmed within 0.05 s (reads back 100 %)" in out
    code, out, _ = gadelys("dim", "lum-03", "40", "--json")
    assert code == 1
    assert json.loads(out)["confirmed"] is False


def test_a_higher_rung_keeps_the_lamp(gadelys: Run, agent: Agent) -> None:
    agent.answers |= {"lamp.dim": lamp(3), "status": status(lamps=[lamp(3, winner="safety")])}
    assert gadelys("dim", "lum-03", "40")[1].endswith("; safety; your demand waits under it\n")


def test_release(gadelys: Run, agent: Agent) -> None:
    agent.answers["lamp.release"] = lamp(3)
    assert gadelys("release", "lum-03") == (0, "lum-03: released; schedule now wants 10 %\n", "")


@pytest.mark.parametrize("words", [("dim", "lum-99", "40"), ("release", "lum-99")])
def test_what_the_agent_refuses_is_said_in_its_words(gadelys: Run, agent: Agent, words: tuple[str, ...]) -> None:
    error = {"code": -32001, "message": "lamp: there is no 'lum-99'; there are lum-01, lum-02"}
    agent.answers |= {"lamp.dim": error, "lamp.release": error}
    assert gadelys(*words) == (1, "", f"gadelys: {error['message']}\n")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("dim", "lum-03", "101"), "found '101'"),
        (("dim", "lum-03", "-1"), "found '-1'"),
        (("dim", "lum-03", "NaN"), "found 'NaN'"),
        (("dim", "lum-03", "null"), "found 'null'"),
        (("dim", "lum-03", "40", "--for", "10x"), "found '10x'"),
        (("dim", "lum-03", "40", "--fro", "10m"), "--fro"),
        (("dim", "lum-03"), "LEVEL"),
        (("watch", "--seconds", "x"), "--seconds"),
        (("watch", "--seconds", "nan"), "found 'nan'"),
        (("watch", "--seconds", "inf"), "found 'inf'"),
        (("top", "--plain", "--seconds", "0"), "found '0'"),
        (("top",), "--plain"),
        (("run", "--config", "x.toml", "--street-time", "21:30"), "--street-time"),
        (("run", "--config", "x.toml", "--log-level", "loud"), "--log-level"),
        (("config", "check", "nowhere.toml"), "nowhere.toml"),
        (("fly",), "fly"),
    ],
)
def test_wrong_usage_is_one_clear_message_and_asks_nothing(
    gadelys: Run, agent: Agent, words: tuple[str, ...], named: str
) -> None:
    code, out, err = gadelys(*words)
    assert (code, out) == (2, "")
    assert named in err
    assert "Traceback" not in err
    assert agent.asked == []


@pytest.mark.parametrize(
    "words", [("status",), ("points",), ("watch",), ("dim", "lum-03", "40"), ("release", "lum-03")]
)
def test_no_agent(gadelys: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    code, out, err = gadelys(*words)
    assert (code, out) == (3, "")
    assert f"no agent answers at {tmp_path / 'api.sock'}" in err
    assert "./dev run" in err
    assert err.count("\n") == 1


def test_where_an_agent_is_looked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GADELYS_SOCKET", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    demo = tmp_path / f"gadelys-demo-{os.getuid()}" / "api.sock"
    assert client.socket_paths(None) == [client.SYSTEM_SOCKET, demo]
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert client.socket_paths(None)[1] == Path(f"/tmp/gadelys-demo-{os.getuid()}/api.sock")
    monkeypatch.setenv("GADELYS_SOCKET", "/x")
    assert client.socket_paths(None) == [Path("/x")]
    assert client.socket_paths(Path("/y")) == [Path("/y")]
    monkeypatch.setattr(client, "SYSTEM_SOCKET", tmp_path)
    monkeypatch.delenv("GADELYS_SOCKET")
    assert client.find_socket(None) == tmp_path


def test_lamp_names_are_completed_and_silence_where_there_is_no_agent(
    gadelys: Run, agent: Agent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.lamp_names(agent.path)[2] == "lum-03"
    assert client.lamp_names(tmp_path / "none.sock") == []
    monkeypatch.setenv("_GADELYS_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "gadelys dim lum-0")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert "lum-03" in gadelys()[1]


def test_a_file_is_checked(gadelys: Run, tmp_path: Path) -> None:
    good = Path(__file__).resolve().parents[2] / "docs" / "pole.toml"
    assert gadelys("config", "check", str(good))[0] == 0
    bad = tmp_path / "pole.toml"
    bad.write_text(good.read_text().replace("baud = 19200", "baud = 19"))
    code, out, err = gadelys("config", "check", str(bad))
    assert (code, out) == (2, "")
    assert "bus.lamps.baud" in err
    code, out, err = gadelys("config", "check", str(bad), "--json")
    answer: dict[str, Any] = json.loads(out)
    assert (code, err, answer["ok"]) == (2, "", False)
    assert answer["mistakes"][0]["key"] == "bus.lamps.baud"


@pytest.mark.parametrize(
    "words", ["run", "safe", "status", "alarms", "points", "watch", "dim", "release", "top", "config check"]
)
def test_each_command_has_an_example(gadelys: Run, words: str) -> None:
    code, out, _ = gadelys(*words.split(), "--help")
    assert code == 0
    assert f"gadelys {words}" in out.split("Example", 1)[1]


def test_problems_come_first(gadelys: Run, agent: Agent) -> None:
    agent.answers["status"] = status(
        lamps=[lamp(1), lamp(7, fault="does not follow: sent 40 %, reads back 100 %")],
        sensors=[sensor(5, quality="stale", reason="older than 5 s", present=None, age_s=None)],
    )
    out = gadelys("status")[1]
    assert out.index("! lamp lum-07: does not follow") < out.index("commanded")
    assert "! sensor radar-05 is stale (older than 5 s); its lamps are kept lit" in out
    assert "note: no device-side safety: lum-07" in out


@pytest.mark.parametrize("words", ["status", "status --json", "profile list", "profile show wb-mao4"])
def test_a_full_disk_is_told_in_one_line(agent: Agent, words: str) -> None:
    command = [sys.executable, "-c", "from agent.cli.main import main; main()", *words.split()]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=20, check=False,
            env={**os.environ, "GADELYS_SOCKET": str(agent.path)},
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "gadelys: standard output: no space left on device\n")


def test_what_a_terminal_does_not_have_is_shown_as_a_question_mark(agent: Agent) -> None:
    command = [sys.executable, "-c", "from agent.cli.main import main; main()", "status"]
    environment = {**os.environ, "GADELYS_SOCKET": str(agent.path), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "sun -35.1?" in done.stdout


def test_a_command_starts_with_little() -> None:
    """What costs time to import on a small board is imported by nobody who only looks."""
    code = (
        "import sys; sys.argv = ['gadelys', '--help']; from agent.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "from agent.cli import show, watch, dim\n"
        "dear = {'rich', 'asyncio', 'aiomqtt', 'paho', 'logging', 'structlog', 'astral', 'agent.app', 'agent.config'}\n"
        "print(sorted(dear & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=20)
    assert done.stdout.endswith("[]\n")
