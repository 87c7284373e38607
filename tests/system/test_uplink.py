"""The street and a platform: births, data, commands with their proof, the broker gone and back, kill -9."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mirror_judge import definition
from platform_host import GROUP, NODE, Platform
from running_street import Street, settled

DEVICES = {f"lum-{n:02}" for n in range(1, 13)} | {f"radar-{n:02}" for n in range(1, 12)} | {
    "pir-1", "door-1", "lux-1", "meter-1", "vehicles-01",
}  # fmt: skip
FLOAT, INT64, STRING, BOOLEAN = 9, 4, 12, 11
RELEASE = '{"point": "lum-08/command/release", "value": true}'


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    made = Street(tmp_path, broker=True)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def platform(street: Street) -> Iterator[Platform]:
    made = Platform(street.broker_port)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def lit(street: Street, platform: Platform) -> Street:
    """A street whose agent has told all of its births."""
    street.start_agent()
    platform.ear.until(lambda: platform.born() == DEVICES, 20.0)
    return street


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Street, Platform]]:
    """One lit street and its platform, for tests that leave them as they found them."""
    street = Street(tmp_path_factory.mktemp("street"), broker=True)
    try:
        platform = Platform(street.broker_port)
        street.start_agent()
        platform.ear.until(lambda: platform.born() == DEVICES, 20.0)
        street.until("all is read back", lambda _: settled(street.status()))
        yield street, platform
        platform.close()
    finally:
        street.close()


def numbered(platform: Platform) -> bool:
    """Whether each message has the number after the last one, from nought at each birth of the node."""
    expected = None
    for kind, seq in platform.sequence():
        if kind == "NBIRTH":
            expected = 0
        if seq is None or seq != expected:
            return False
        expected = (seq + 1) % 256
    return True


def test_births_first_and_one_sequence(lit: Street, platform: Platform) -> None:
    assert platform.sequence()[0] == ("NBIRTH", 0)
    node = {metric.name: metric.value for metric in platform.messages("NBIRTH")[0].metrics}
    assert (node["bdSeq"], node["Node Control/Rebirth"]) == (0, False)
    platform.ear.until(lambda: len(platform.sequence()) > 60, 30.0)
    assert numbered(platform)


def test_presence_goes_up_as_counts_only(lit: Street, platform: Platform) -> None:
    lit.until("somebody was seen", lambda state: state["passed"].get("radar-01", 0) > 0, 40.0)
    platform.ear.until(lambda: (platform.latest("radar-01").get("presence/counter") or 0) > 0, 30.0)
    told = {m.name for kind in ("DBIRTH", "DDATA") for p in platform.messages(kind, "radar-01") for m in p.metrics}
    assert "presence/state" not in told
    logged = [json.loads(line) for line in (lit.folder / "log").read_text().splitlines() if line.startswith("{")]
    assert {line["event"] for line in logged} <= {
        "ready",
        "uplink_online",
        "night_changed",
        "class_changed",
        "link_open",
    }
    assert b"radar-01" not in (lit.folder / "lamps.json").read_bytes()


def test_a_command_is_proven(shared: tuple[Street, Platform]) -> None:
    street, platform = shared
    platform.command(
        "lum-03", ("lamp/dimming_level", FLOAT, 55.0), ("command/id", STRING, "a1"), ("command/for_s", INT64, 60)
    )
    platform.ear.until(lambda: len(platform.answers("lum-03", "a1")) == 3)
    assert [status for status, _ in platform.answers("lum-03", "a1")] == ["accepted", "written", "verified"]
    street.until("lum-03 gives 55 %", lambda state: abs(street.levels(state)["lum-03"] - 55) < 2)
    lamp = street.lamps()["lum-03"]
    assert (lamp["winner"], lamp["holder"]) == ("operator", "platform")
    assert lamp["remaining_s"] <= 60
    platform.ear.until(lambda: platform.latest("lum-03").get("lamp/control_rung") == "operator")
    platform.command("lum-03", ("command/release", BOOLEAN, True), ("command/id", STRING, "a2"))
    platform.ear.until(lambda: platform.answers("lum-03", "a2") == [("verified", "released")])
    assert street.lamps()["lum-03"]["winner"] != "operator"


@pytest.mark.parametrize(
    ("number", "metrics", "says"),
    [
        (1, [("lamp/dimming_level", FLOAT, 101.0)], "expected 0 to 100"),
        (2, [("lamp/dimming_level", FLOAT, math.nan)], "lamp/dimming_level"),
        (3, [("lamp/dimming_level", FLOAT, None)], "lamp/dimming_level"),
        (4, [("lamp/dimming_level", STRING, "55")], "lamp/dimming_level"),
        (5, [("lamp/dimming_level", BOOLEAN, True)], "lamp/dimming_level"),
        (6, [("lamp/colour", FLOAT, 55.0)], "lamp/colour"),
        (7, [("lamp/dimming_level", FLOAT, 55.0), ("command/for_s", INT64, 0)], "command/for_s"),
        (8, [], "expected either"),
    ],
)
def test_rubbish_is_refused_with_its_reason(
    shared: tuple[Street, Platform], number: int, metrics: list[tuple[str, int, Any]], says: str
) -> None:
    street, platform = shared
    before = street.uplink()["commands_refused"]
    name = f"bad-{number}"
    platform.command("lum-05", *metrics, ("command/id", STRING, name))
    platform.ear.until(lambda: bool(platform.answers("lum-05", name)))
    ((status, reason),) = platform.answers("lum-05", name)
    assert status == "rejected"
    assert says in reason
    assert street.lamps()["lum-05"]["winner"] != "operator"
    assert street.uplink()["commands_refused"] == before + 1
    assert says in street.uplink()["last_refusal"]
    assert name in street.log()


def test_an_old_command_has_expired(shared: tuple[Street, Platform]) -> None:
    street, platform = shared
    platform.command("lum-05", ("lamp/dimming_level", FLOAT, 55.0), ("command/id", STRING, "old"), age_s=31.0)
    platform.ear.until(lambda: bool(platform.answers("lum-05", "old")))
    assert platform.answers("lum-05", "old")[0][0] == "expired"
    assert street.lamps()["lum-05"]["winner"] != "operator"


def test_no_payload_at_all(shared: tuple[Street, Platform]) -> None:
    street, platform = shared
    before = street.uplink()["commands_refused"]
    # The longest is not even delivered; an empty NCMD asks for nothing.
    for rubbish in (b"", b"\xff" * 40, b'{"value": 55}', bytes(100_000)):
        platform.ear.say(f"spBv1.0/{GROUP}/DCMD/{NODE}/lum-05", rubbish)
        platform.ear.say(f"spBv1.0/{GROUP}/NCMD/{NODE}", rubbish)
        platform.ear.say(f"gadelys/{GROUP}/{NODE}/command", rubbish)
    platform.ear.until(lambda: street.uplink()["commands_refused"] >= before + 8)
    assert street.lamps()["lum-05"]["winner"] != "operator"


def test_a_device_that_is_none_is_answered_by_the_node(shared: tuple[Street, Platform]) -> None:
    _, platform = shared
    platform.command("lum-99", ("lamp/dimming_level", FLOAT, 55.0), ("command/id", STRING, "none"))
    platform.ear.until(lambda: bool(platform.answers("", "none")))
    assert platform.answers("", "none")[0][0] == "rejected"


def test_a_rebirth(shared: tuple[Street, Platform]) -> None:
    _, platform = shared
    births, devices = len(platform.messages("NBIRTH")), len(platform.messages("DBIRTH", "lum-01"))
    platform.node_command(("Node Control/Rebirth", BOOLEAN, True))
    platform.ear.until(lambda: len(platform.messages("DBIRTH", "lum-01")) > devices)
    assert len(platform.messages("NBIRTH")) == births + 1
    assert {m.name: m.value for m in platform.messages("NBIRTH")[-1].metrics}["bdSeq"] == 0
    assert numbered(platform)


def test_the_mirror_reads_and_steers(shared: tuple[Street, Platform]) -> None:
    street, platform = shared

    def state(device: str) -> dict[str, Any]:
        topic = f"gadelys/{GROUP}/{NODE}/state/{device}"
        told = [payload for heard, payload, _ in list(platform.ear.heard) if heard == topic]
        return json.loads(told[-1]) if told else {}

    platform.ear.until(lambda: bool(state("lum-07").get("alive")) and bool(state("node")))
    for device in ("lum-07", "radar-01", "node"):
        definition("State").validate(state(device))
    assert "presence/state" not in state("radar-01")["values"]
    command = {"point": "lum-07/lamp/dimming_level", "value": 30, "id": "j1", "for_s": 60}
    platform.ear.say(f"gadelys/{GROUP}/{NODE}/command", json.dumps(command).encode())

    def results() -> list[str]:
        topic = f"gadelys/{GROUP}/{NODE}/result"
        told = [json.loads(payload) for heard, payload, _ in list(platform.ear.heard) if heard == topic]
        return [result["status"] for result in told if result["id"] == "j1"]

    platform.ear.until(lambda: results() == ["accepted", "written", "verified"])
    platform.ear.until(lambda: abs((state("lum-07")["values"]["lamp/dimming_level"] or 0) - 30) < 2)
    platform.ear.say(f"gadelys/{GROUP}/{NODE}/command", b'{"point": "lum-07/command/release", "value": true}')
    street.until("lum-07 is released", lambda _: street.lamps()["lum-07"]["winner"] != "operator")


def test_mosquittos_own_clients_read_and_steer(shared: tuple[Street, Platform]) -> None:
    street, platform = shared
    own = ["-h", "127.0.0.1", "-p", str(street.broker_port)]

    def hear(topic: str) -> dict[str, Any]:
        command = ["mosquitto_sub", *own, "-t", f"gadelys/{GROUP}/{NODE}/{topic}", "-C", "1", "-W", "10"]
        told: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=20).stdout)
        return told

    assert hear("state/lum-08")["device"] == "lum-08"
    command = json.dumps({"point": "lum-08/lamp/dimming_level", "value": 35, "id": "m1", "for_s": 60})
    subprocess.run(
        ["mosquitto_pub", *own, "-t", f"gadelys/{GROUP}/{NODE}/command", "-m", command], check=True, timeout=20
    )
    platform.ear.until(lambda: [status for status, _ in platform.answers("lum-08", "m1")][-1:] == ["verified"])
    platform.ear.until(lambda: abs((hear("state/lum-08")["values"]["lamp/dimming_level"] or 0) - 35) < 2)
    subprocess.run(
        ["mosquitto_pub", *own, "-t", f"gadelys/{GROUP}/{NODE}/command", "-m", RELEASE], check=True, timeout=20
    )
    street.until("lum-08 is released", lambda _: street.lamps()["lum-08"]["winner"] != "operator")


def test_a_retained_command_is_refused(street: Street, platform: Platform) -> None:
    platform.command("lum-04", ("lamp/dimming_level", FLOAT, 55.0), ("command/id", STRING, "lies"), retain=True)
    street.start_agent()
    street.until("it was refused", lambda _: "not retained" in street.uplink()["last_refusal"])
    assert street.lamps()["lum-04"]["winner"] != "operator"


def test_a_silent_unit_is_a_death_and_its_answer_a_birth(lit: Street, platform: Platform) -> None:
    births = len(platform.messages("DBIRTH", "radar-08"))
    lit.do(do="sensor_dies", sensor="radar-08")
    platform.ear.until(lambda: bool(platform.messages("DDEATH", "radar-08")), 20.0)
    lit.do(do="sensor_back")
    platform.ear.until(lambda: len(platform.messages("DBIRTH", "radar-08")) > births, 30.0)
    assert numbered(platform)


def test_the_broker_goes_and_comes_back_and_nothing_committed_is_lost(lit: Street) -> None:
    lit.do(do="broker_dies")
    lit.until("it is known", lambda _: lit.uplink()["state"] == "waiting")
    lit.do(do="door", open=True)
    lit.until("the door is seen", lambda _: door_is_open(lit))
    lit.until("somebody is lit without a broker", lambda state: max(lit.levels(state).values()) > 99, 40.0)
    lit.until("it is kept", lambda _: lit.uplink()["journal_waiting"] > 5, 30.0)
    assert lit.agent is not None
    lit.agent.send_signal(signal.SIGSTOP)  # the platform is to listen first: the agent may be back within a moment
    lit.do(do="broker_back")
    platform = Platform(lit.broker_port)
    lit.agent.send_signal(signal.SIGCONT)
    try:
        lit.until("the backlog is delivered", lambda _: delivered(lit), 60.0)
        platform.ear.until(lambda: bool(past_doors(platform)))
        assert past_doors(platform) == [True]
        numbers = [
            metric.properties["journal"]
            for device in sorted(DEVICES)
            for payload in platform.messages("DDATA", device)
            for metric in payload.metrics
            if metric.historical
        ]
        assert len(numbers) == len(set(numbers)) > 0
        assert numbered(platform)
    finally:
        platform.close()
    lines = [line for line in (lit.folder / "log").read_text().splitlines() if '"uplink_' in line]
    assert [json.loads(line)["event"] for line in lines] == ["uplink_online", "uplink_lost", "uplink_online"]


def test_killed_without_a_broker_what_was_committed_goes_up_once(lit: Street) -> None:
    lit.do(do="broker_dies")
    lit.do(do="door", open=True)
    lit.until("much is kept", lambda _: lit.uplink()["journal_waiting"] > 20, 60.0)
    lit.until("10 s pass", lambda _: lit.uplink()["since_s"] > 12.0, 30.0)
    lit.end_agent(signal.SIGKILL)
    lit.do(do="broker_back")
    platform = Platform(lit.broker_port)
    try:
        lit.start_agent()
        lit.until("the backlog is delivered", lambda _: delivered(lit), 60.0)
        first = {metric.name: metric.value for metric in platform.messages("NBIRTH")[0].metrics}
        assert first["bdSeq"] > 0
        platform.ear.until(lambda: bool(past_doors(platform)))
        assert past_doors(platform) == [True]
        lit.end_agent(signal.SIGTERM)
        heard = len(platform.ear.heard)
        lit.start_agent()
        platform.ear.until(lambda: platform.born() == DEVICES and len(platform.messages("NBIRTH")) == 2, 20.0)
        lit.until("it is proven", lambda _: delivered(lit), 30.0)
        again = [parsed for topic, parsed in platform.since(heard) if "/DDATA/" in topic]
        assert not [metric for payload in again for metric in payload.metrics if metric.historical]
    finally:
        platform.close()


def test_a_half_open_link_is_found_and_the_street_goes_on(lit: Street) -> None:
    broker = lit.broker_pid()
    os.kill(broker, signal.SIGSTOP)
    try:
        lit.until("it is found", lambda _: lit.uplink()["state"] != "online", 40.0)
        assert "no answer from the broker" in lit.uplink()["last_error"]
        lit.call("lamp.dim", lamp="lum-02", level_pct=70, for_s=60)
        lit.until("lum-02 gives 70 %", lambda state: abs(lit.levels(state)["lum-02"] - 70) < 2)
    finally:
        os.kill(broker, signal.SIGCONT)
    lit.until("it is back", lambda _: lit.uplink()["state"] == "online", 60.0)


def test_an_intended_stop_is_told(lit: Street, platform: Platform) -> None:
    assert lit.end_agent(signal.SIGTERM) == 0
    platform.ear.until(lambda: bool(platform.messages("NDEATH")))
    assert [(m.name, m.value) for m in platform.messages("NDEATH")[0].metrics] == [("bdSeq", 0)]
    states = [
        json.loads(raw) for topic, raw, _ in platform.ear.heard if topic == f"gadelys/{GROUP}/{NODE}/state/lum-03"
    ]
    assert not states[-1]["alive"]


def door_is_open(street: Street) -> bool:
    (point,) = street.call("points.list", pattern="door-1/contact/state")["result"]
    return bool(point["value"])


def past_doors(platform: Platform) -> list[object]:
    """The states of the door that were told as history."""
    metrics = [metric for payload in platform.messages("DDATA", "door-1") for metric in payload.metrics]
    return [metric.value for metric in metrics if metric.name == "contact/state" and metric.historical]


def delivered(street: Street) -> bool:
    uplink = street.uplink()
    return bool(uplink["state"] == "online" and uplink["journal_waiting"] == 0)
