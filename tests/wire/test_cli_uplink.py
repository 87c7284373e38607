"""`gadelys uplink` over a real Mosquitto, with an edge node of canned answers behind it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.cli import client, terminal
from agent.cli.main import main
from agent.cli.text import Line, plain
from agent.local.records import UplinkState
from canned_agent import Agent, status
from canned_node import Metrics, Node
from mosquitto import PROGRAM, Mosquitto

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="mosquitto is not installed: apt install mosquitto")

Run = Callable[..., tuple[int, str, str]]
UNITS: dict[str, Metrics] = {"lamp/dimming_level": {"engUnit": "%"}}
LEVEL = "lum-03/lamp/dimming_level"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path_factory.mktemp("broker"))
    yield broker
    broker.close()


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """One that a test may kill."""
    broker = Mosquitto(tmp_path)
    yield broker
    broker.close()


@pytest.fixture
def node(broker: Mosquitto) -> Iterator[Node]:
    node = Node(broker.port)
    yield node
    node.close()


def uplink(port: int, **changes: Any) -> UplinkState:
    state = UplinkState(
        state="online",
        host="127.0.0.1",
        port=port,
        mqtt="5",
        group="demo",
        node="street-1",
        since_s=60.0,
        bd_seq=3,
        sent=100,
        received=1,
        unproven=0,
        proof_age_s=1.0,
        journal_waiting=0,
        journal_dropped=0,
        journal_fault="",
        journal_thinned=0,
        journal_quarantined=0,
        journal_written_mb=12.3,
        journal_budget_pct=0.0,
        commands_accepted=0,
        commands_refused=0,
        last_refusal="",
        last_error="",
        mirror=False,
    )
    return msgspec.structs.replace(state, **changes)


@pytest.fixture
def agent(tmp_path: Path, broker: Mosquitto) -> Iterator[Agent]:
    agent = Agent(tmp_path / "api.sock")
    agent.answers["status"] = status(uplink=uplink(broker.port))
    yield agent
    agent.close()


@pytest.fixture
def gadelys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line; exit code, stdout, stderr. With `until`, Ctrl-C comes after the line that has that text."""
    monkeypatch.setenv("GADELYS_SOCKET", str(tmp_path / "api.sock"))

    def run(*words: str, until: str = "") -> tuple[int, str, str]:
        def watched(text: str) -> None:
            if until and until in text:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            show, show_json = terminal.show, terminal.show_json

            def shown(lines: list[Line]) -> None:
                show(lines)
                watched("\n".join(map(plain, lines)))

            def shown_json(document: bytes) -> None:
                show_json(document)
                watched(document.decode())

            patch.setattr(terminal, "show", shown)
            patch.setattr(terminal, "show_json", shown_json)
            patch.setattr(sys, "argv", ["gadelys", "uplink", *words])
            with pytest.raises(SystemExit) as end:
                main()
        out, err = capsys.readouterr()
        return (end.value.code if isinstance(end.value.code, int) else 0), out, err

    return run


def street_speaks(node: Node) -> None:
    """A short life of a node."""
    births: Metrics = {"bdSeq": 3, "Node Control/Rebirth": False, "agent/version": "0.1.0"}
    node.say("NBIRTH", "", births)
    node.say("DBIRTH", "lum-03", {"lamp/dimming_level": 10.0, "lamp/control_rung": "schedule"}, properties=UNITS)
    node.say("DDATA", "lum-03", {"lamp/dimming_level": 55.0})
    node.say("DDATA", "lux-1", {"illuminance/value": None}, properties={"illuminance/value": {"Quality": 500}})
    node.say("DDATA", "lum-03", {"lamp/dimming_level": 40.0}, historical_ms=1_764_016_120_000)
    node.say("DDATA", "lum-03", {"lamp/dimming_level": 70.0}, seq=9)
    node.publish("spBv1.0/demo/DDATA/street-1/lum-04", b"\xff\xff\xff\xff")
    node.publish("spBv1.0/demo/GOSSIP/street-1", b"rubbish")
    node.say("DDEATH", "lux-1", seq=11)
    node.say("NDEATH", "", {"bdSeq": 3})


def test_tail_tells_it_in_words(gadelys: Run, agent: Agent, node: Node) -> None:
    node.on_rebirth = street_speaks
    code, out, err = gadelys("tail", "--rebirth", "--seconds", "20", until="NDEATH")
    assert (code, err) == (0, f"listening at 127.0.0.1:{node.port} to demo/street-1; Ctrl-C ends it\n")
    told = [re.sub(r"^\d\d:\d\d:\d\d  ", "", line) for line in out.splitlines()]
    assert told[:9] == [
        "NCMD    street-1           asks for all births",
        "NBIRTH  street-1           bdSeq 3, 3 metrics, agent 0.1.0",
        "DBIRTH  lum-03             dimming_level 10 %, control_rung schedule",
        "DDATA   lum-03             lamp/dimming_level 55 %",
        "DDATA   lux-1              illuminance/value - stale",
        "DDATA   lum-03             lamp/dimming_level 40 % (of 24 Nov 2025 21:28:40)",
        "!       lum-03             seq 9 follows 4: 4 messages missing",
        "DDATA   lum-03             lamp/dimming_level 70 %",
        told[8],
    ]
    assert told[8].startswith("DDATA   lum-04             cannot be read: ")
    assert told[9] == "?       -                  spBv1.0/demo/GOSSIP/street-1: no topic of Sparkplug, 7 bytes ignored"
    assert told[10:] == ["DDEATH  lux-1              its node no longer hears it", "NDEATH  street-1           bdSeq 3"]


def test_tail_as_json_is_a_document_a_line(gadelys: Run, agent: Agent, node: Node) -> None:
    node.on_rebirth = street_speaks
    code, out, err = gadelys("tail", "--rebirth", "--json", "--seconds", "20", until="NDEATH")
    assert (code, err) == (0, "")
    records = [json.loads(line) for line in out.splitlines()]
    assert [record["type"] for record in records[:3]] == ["NCMD", "NBIRTH", "DBIRTH"]
    assert records[3]["metrics"][0] | {"time": None} == {
        "name": "lamp/dimming_level",
        "value": 55.0,
        "unit": "%",
        "quality": "good",
        "historical": False,
        "time": None,
        "journal": None,
    }
    assert records[6]["missing"] == 4
    assert records[7]["problem"]


def test_tail_tells_only_what_the_pattern_names(gadelys: Run, agent: Agent, node: Node) -> None:
    node.on_rebirth = street_speaks
    out = gadelys("tail", "*/lamp/dimming_level", "--rebirth", "--seconds", "20", until="NDEATH")[1]
    assert "control_rung" not in out
    assert "illuminance" not in out
    assert "lamp/dimming_level 55 %" in out


def test_tail_without_an_agent_hears_every_node(gadelys: Run, own_broker: Mosquitto) -> None:
    node = Node(own_broker.port)
    try:
        node.say("NBIRTH", "", {"bdSeq": 3}, retain=True)
        node.say("DBIRTH", "lum-03", {"lamp/dimming_level": 10.0}, retain=True)
        node.flush()
        words = ("tail", "--host", "127.0.0.1", "--port", str(node.port), "--seconds", "20")
        code, out, err = gadelys(*words, until="dimming_level")
    finally:
        node.close()
    assert code == 0
    assert "to +/+;" in err
    assert "  NBIRTH  demo/street-1                    retained by the broker, not sent now, bdSeq 3" in out
    assert "  DBIRTH  demo/street-1/lum-03             retained by the broker, not sent now, dimming_level 10" in out


def test_tail_ends_by_itself_or_by_ctrl_c(gadelys: Run, agent: Agent, broker: Mosquitto) -> None:
    assert gadelys("tail", "--seconds", "0.1")[:2] == (0, "")
    words = ["uplink", "tail", "--host", "127.0.0.1", "--port", str(broker.port)]
    code = f"import sys; sys.argv = ['gadelys', *{words!r}]; from agent.cli.main import main; main()"
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "listening" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""


def obeys(*stages: tuple[str, str]) -> Callable[[Node, str, Metrics], None]:
    def answer(node: Node, device: str, metrics: Metrics) -> None:
        node.prove(device, "somebody-else", ("rejected", "not ours"))
        node.prove(device, metrics["command/id"], *stages)

    return answer


def test_send_prints_the_proof(gadelys: Run, agent: Agent, node: Node) -> None:
    node.on_command = obeys(("accepted", ""), ("written", ""), ("verified", "the lamp reads back 55 %"))
    code, out, err = gadelys("send", LEVEL, "55", "--for", "10m")
    assert (code, err) == (0, "")
    shown = re.sub(r"after \d+ ms", "after N ms", re.sub(r"cli-[0-9a-f]{8}\)", "cli-X)", out))
    assert shown.splitlines() == [
        "sent      lum-03/lamp/dimming_level = 55 %, for 10 min (id cli-X)",
        "accepted  after N ms",
        "written   after N ms",
        "verified  after N ms: the lamp reads back 55 %",
    ]


def test_send_publishes_what_the_contract_says(gadelys: Run, agent: Agent, node: Node) -> None:
    node.on_command = obeys(("verified", ""))
    before_ms = time.time_ns() // 1_000_000
    assert gadelys("send", LEVEL, "55", "--for", "1h30m", "--id", "a1")[0] == 0
    message, payload = node.heard[-1]
    assert (message.topic, message.qos, message.retain) == ("spBv1.0/demo/DCMD/street-1/lum-03", 0, False)
    assert before_ms <= payload.timestamp <= time.time_ns() // 1_000_000
    assert not payload.HasField("seq")
    assert [(one.name, one.datatype) for one in payload.metrics] == [
        ("lamp/dimming_level", 9),
        ("command/id", 12),
        ("command/for_s", 4),
    ]
    level, id_, for_s = payload.metrics
    assert (level.float_value, id_.string_value, for_s.long_value) == (55.0, "a1", 5400)
    assert gadelys("send", "lum-03/command/release", "true", "--id", "a2")[1].startswith(
        "sent      lum-03/command/release = true (id a2)\n"
    )
    (release, _) = node.heard[-1][1].metrics
    assert (release.name, release.datatype, release.boolean_value) == ("command/release", 11, True)
    assert gadelys("send", LEVEL, "null", "--id", "a3")[0] == 0
    assert node.heard[-1][1].metrics[0].is_null
    assert gadelys("send", LEVEL, "-1", "--id", "a4")[0] == 0
    assert node.heard[-1][1].metrics[0].float_value == -1.0


@pytest.mark.parametrize("status_", ["rejected", "expired", "superseded"])
def test_what_the_node_refuses_is_said_in_its_words(gadelys: Run, agent: Agent, node: Node, status_: str) -> None:
    node.on_command = obeys(("accepted", ""), (status_, "expected 0 to 100, found 101"))
    code, out, err = gadelys("send", LEVEL, "101", "--id", "a1")
    assert (code, err) == (1, "")
    assert re.search(rf"^{status_} +after \d+ ms: expected 0 to 100, found 101$", out, re.MULTILINE)


def test_send_as_json_is_a_stage_a_line(gadelys: Run, agent: Agent, node: Node) -> None:
    node.on_command = obeys(("accepted", ""), ("verified", "reads back 55 %"))
    code, out, err = gadelys("send", LEVEL, "55", "--json", "--id", "a1")
    assert (code, err) == (0, "")
    stages = [json.loads(line) for line in out.splitlines()]
    assert [stage["status"] for stage in stages] == ["sent", "accepted", "verified"]
    assert stages[2] | {"after_s": 0} == {
        "device": "lum-03",
        "metric": "lamp/dimming_level",
        "value": 55.0,
        "for_s": None,
        "id": "a1",
        "status": "verified",
        "reason": "reads back 55 %",
        "after_s": 0,
    }


def test_a_silent_node(gadelys: Run, agent: Agent, node: Node) -> None:
    code, out, err = gadelys("send", LEVEL, "55", "--within", "1s", "--id", "a1")
    assert (code, out) == (3, "sent      lum-03/lamp/dimming_level = 55 % (id a1)\n")
    assert err == (
        "gadelys: no answer from street-1 within 1.0 s: is it connected? "
        "`gadelys uplink tail --rebirth` shows whether it answers\n"
    )


def test_a_node_that_stops_half_way(gadelys: Run, agent: Agent, node: Node) -> None:
    node.on_command = obeys(("accepted", ""), ("written", "0 %"))
    code, _, err = gadelys("send", LEVEL, "55", "--within", "1s")
    assert code == 3
    assert re.fullmatch(r"gadelys: no end within 1\.0 s: written after \d+ ms was the last stage\n", err)


def test_a_node_that_answers_rubbish(gadelys: Run, agent: Agent, node: Node) -> None:
    def answer(node: Node, device: str, metrics: Metrics) -> None:
        node.publish(f"spBv1.0/demo/DDATA/street-1/{device}", b"\xff" * 50)
        node.publish("spBv1.0/demo/GOSSIP/street-1", b"\xff" * 50)
        node.say("DDATA", device, {"command/last_id": 7, "command/last_status": 1.0, "command/last_reason": None})
        node.prove(device, metrics["command/id"], ("verified", "\x1b[2J\x07done"))

    node.on_command = answer
    code, out, _ = gadelys("send", LEVEL, "55")
    assert code == 0
    assert out.endswith(": �[2J�done\n")


@pytest.mark.parametrize("words", [("tail",), ("send", LEVEL, "55")])
@pytest.mark.parametrize("mqtt", ["5", "3.1.1"])
def test_no_broker(gadelys: Run, agent: Agent, words: tuple[str, ...], mqtt: str) -> None:
    agent.answers["status"] = status(uplink=uplink(1, mqtt=mqtt))
    assert gadelys(*words) == (3, "", "gadelys: no broker answers at 127.0.0.1:1 (connection refused)\n")


def test_a_broker_that_refuses(gadelys: Run, tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path, options="allow_anonymous false")
    try:
        code, out, err = gadelys("tail", "--host", "127.0.0.1", "--port", str(broker.port))
    finally:
        broker.close()
    assert (code, out) == (3, "")
    assert err == f"gadelys: no broker answers at 127.0.0.1:{broker.port} (not authorized)\n"


def test_a_broker_that_goes(gadelys: Run, agent: Agent, own_broker: Mosquitto) -> None:
    agent.answers["status"] = status(uplink=uplink(own_broker.port))
    node = Node(own_broker.port)
    node.on_command = lambda *_: own_broker.kill()
    try:
        code, out, err = gadelys("send", LEVEL, "55", "--id", "a1")
    finally:
        node.close()
    assert (code, out.count("\n")) == (3, 1)
    assert err == f"gadelys: the broker at 127.0.0.1:{own_broker.port} has gone (connection lost)\n"


def test_an_agent_without_an_uplink(gadelys: Run, agent: Agent) -> None:
    agent.answers["status"] = status()
    for words in (("tail",), ("send", LEVEL, "55")):
        code, out, err = gadelys(*words)
        assert (code, out) == (1, "")
        assert "the agent has no uplink: add [uplink] to its configuration, or name a broker with --host" in err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("send", "lum-03", "55"), "POINT: expected device/function/resource"),
        (("send", "lum-03/lamp/+", "x"), "VALUE: expected a number, true, false or null; found 'x'"),
        (("send", "lum+/lamp/level", "55"), "found 'lum+/lamp/level'"),
        (("send", LEVEL, "55", "--for", "10x"), "--for: expected a time"),
        (("send", LEVEL, "55", "--within", "soon"), "--within: expected a time"),
        (("send", LEVEL, "nan"), "expected a finite number in 32 bits, found nan"),
        (("send", LEVEL, "1e39"), "expected a finite number in 32 bits, found 1e+39"),
        (("send", LEVEL, "1", "--id", ""), "--id: expected"),
        (("send", LEVEL, "1", "--node", "a/b"), "--node: expected a name"),
        (("send", LEVEL, "1", "--node", "+"), "name the node"),
        (("tail", "--rebirth", "--group", "+"), "--rebirth: name one node"),
        (("tail", "--port", "0"), "--port"),
        (("send", LEVEL), "VALUE"),
    ],
)
def test_wrong_usage_is_one_clear_message(
    gadelys: Run, agent: Agent, node: Node, words: tuple[str, ...], named: str
) -> None:
    code, out, err = gadelys(*words)
    assert (code, out) == (2, "")
    assert named in err
    assert "Traceback" not in err
    assert node.heard == []


@pytest.mark.parametrize("words", ["tail", "send"])
def test_each_command_has_an_example(gadelys: Run, words: str) -> None:
    assert f"gadelys uplink {words}" in gadelys(words, "--help")[1].split("Example", 1)[1]


def test_points_are_completed(gadelys: Run, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.lamp_names(agent.path)[2] == "lum-03"
    monkeypatch.setenv("_GADELYS_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "gadelys uplink send lum-03/")
    monkeypatch.setenv("COMP_CWORD", "3")
    out = gadelys()[1]
    assert "lum-03/lamp/dimming_level" in out
    assert "lum-03/command/release" in out
    assert "lum-04" not in out
