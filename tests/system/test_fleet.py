"""The fleet's host before a real broker: nodes that are told, and a street with its agent."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mosquitto import Ear, Mosquitto
from running_street import Street, script
from sparkplug_peer import build, parse
from sparkplug_protobuf import Payload
from told_fleet import POLE

FLOAT, INT64, STRING, BOOLEAN = 9, 4, 12, 11
NOW_MS = 1_790_000_000_000


def gadelys(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [script("gadelys"), *map(str, words)], capture_output=True, text=True, timeout=30, check=False
    )


def said(*metrics: tuple[str, int, Any], seq: int | None) -> bytes:
    payload = Payload.FromString(build(metrics, timestamp=NOW_MS))
    if seq is not None:
        payload.seq = seq
    raw: bytes = payload.SerializeToString()
    return raw


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path)
    yield made
    made.close()


def state(ear: Ear) -> list[bool]:
    return [json.loads(payload)["online"] for topic, payload, _ in list(ear.heard) if topic == "spBv1.0/STATE/gadelys"]


def rebirths(ear: Ear, node: str) -> int:
    commands = [parse(payload) for topic, payload, _ in list(ear.heard) if topic == f"spBv1.0/g/NCMD/{node}"]
    assert all([(one.name, one.value) for one in each.metrics] == [("Node Control/Rebirth", True)] for each in commands)
    return len(commands)


def test_serve_is_the_host_and_keeps_what_it_hears(broker: Mosquitto, tmp_path: Path) -> None:
    ear, store = Ear(broker.port, "spBv1.0/#"), tmp_path / "fleet.db"
    words = ["fleet", "serve", "--host", "127.0.0.1", "--port", str(broker.port), "--store", str(store)]
    with (tmp_path / "serve.log").open("wb") as log:
        server = subprocess.Popen([script("gadelys"), *words], stdout=log, stderr=log)
        try:
            ear.until(lambda: state(ear) == [True])
            ear.say("spBv1.0/g/DDATA/n1/lum-01", said(("lamp/dimming_level", FLOAT, 5.0), seq=9))
            ear.until(lambda: rebirths(ear, "n1") == 1)
            ear.say("spBv1.0/g/NBIRTH/n1", said(("bdSeq", INT64, 3), ("journal/store_id", STRING, "s"), seq=0))
            lamp = (
                ("lamp/dimming_level", FLOAT, 10.0),
                ("lamp/lamp_failure", BOOLEAN, True),
            )
            ear.say("spBv1.0/g/DBIRTH/n1/lum-01", said(*lamp, seq=1))
            ear.say("spBv1.0/g/DBIRTH/n1/lum-02", said(*lamp, seq=2))
            ear.say("spBv1.0/g/DDEATH/n1/lum-02", said(seq=3))
            ear.say("spBv1.0/STATE/gadelys", b'{"online": false, "timestamp": 1}', retain=True)
            ear.until(lambda: state(ear)[-2:] == [False, True])
            server.send_signal(signal.SIGTERM)
            assert server.wait(10) == 0, (tmp_path / "serve.log").read_text()
            ear.until(lambda: state(ear)[-1] is False)
        finally:
            server.kill()
            server.wait()
            ear.close()
    found = json.loads(gadelys("fleet", "list", "--store", store, "--json").stdout)
    (node,) = found["nodes"]
    assert (node["node"], node["state"]) == ("g/n1", "online")
    lamps = {one["device"]: one for one in node["devices"]}
    assert {name: one["state"] for name, one in lamps.items()} == {"g/n1/lum-01": "alive", "g/n1/lum-02": "dead"}
    assert lamps["g/n1/lum-01"]["values"]["lamp/dimming_level"]["value"] == 10.0
    assert lamps["g/n1/lum-01"]["wrong"] == ["lamp/lamp_failure"]
    assert "has no connection" in found["remark"]


def test_a_host_that_is_killed_is_said_to_be_gone(broker: Mosquitto, tmp_path: Path) -> None:
    ear = Ear(broker.port, "spBv1.0/#")
    words = ["fleet", "serve", "--host", "127.0.0.1", "--port", str(broker.port), "--store", str(tmp_path / "f.db")]
    server = subprocess.Popen([script("gadelys"), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        ear.until(lambda: state(ear) == [True])
    finally:
        server.kill()
        server.wait()
    ear.until(lambda: state(ear) == [True, False])
    ear.close()


def orders(ear: Ear, node: str) -> list[dict[str, Any]]:
    """The commands to a node, but for those that ask for its births."""
    heard = [parse(payload) for topic, payload, _ in list(ear.heard) if topic == f"spBv1.0/demo/NCMD/{node}"]
    found = [{metric.name: metric.value for metric in each.metrics} for each in heard]
    return [one for one in found if "command/id" in one]


def test_a_configuration_goes_to_a_canary_first_and_stops_where_it_fails(broker: Mosquitto, tmp_path: Path) -> None:
    ear, nodes = Ear(broker.port, "spBv1.0/#"), ["a", "b", "c", "d"]
    files = [tmp_path / f"{node}.toml" for node in nodes]
    for file in files:
        file.write_text(POLE.format(id=file.stem))
    words = [
        "fleet",
        "apply",
        *map(str, files),
        "--stage",
        "2",
        "--json",
        "--host",
        "127.0.0.1",
        "--port",
        str(broker.port),
    ]
    applying = subprocess.Popen([script("gadelys"), *words], stdout=subprocess.PIPE, text=True)

    def answer(node: str, status: str) -> None:
        ear.until(lambda: orders(ear, node))
        (order,) = orders(ear, node)
        assert order["agent/configuration"] == POLE.format(id=node)
        texts = {"command/last_id": order["command/id"], "command/last_status": status, "command/last_reason": "so"}
        ear.say(f"spBv1.0/demo/NDATA/{node}", said(*((name, STRING, text) for name, text in texts.items()), seq=1))

    try:
        for node in nodes:
            ear.until(lambda node=node: f"spBv1.0/demo/NCMD/{node}" in ear.topics())
            ear.say(
                f"spBv1.0/demo/NBIRTH/{node}", said(("bdSeq", INT64, 1), ("configuration/digest", STRING, "old"), seq=0)
            )
        ear.until(lambda: orders(ear, "a"))
        assert not any(orders(ear, node) for node in "bcd")
        answer("a", "verified")
        answer("b", "verified")
        answer("c", "rejected")
        out, _ = applying.communicate(timeout=10)
    finally:
        applying.kill()
        applying.wait()
        ear.close()
    assert {one["path"]: one["status"] for one in json.loads(out)} == {
        "demo/a": "verified", "demo/b": "verified", "demo/c": "rejected", "demo/d": "not tried",
    }  # fmt: skip
    assert (applying.returncode, orders(ear, "d")) == (1, [])


def test_no_broker_and_no_store_are_said(tmp_path: Path) -> None:
    done = gadelys("fleet", "list", "--host", "127.0.0.1", "--port", 1)
    assert (done.returncode, done.stderr) == (3, "gadelys: no broker answers at 127.0.0.1:1 (connection refused)\n")
    done = gadelys("fleet", "list", "--store", tmp_path / "none.db")
    assert done.returncode == 1
    assert "`gadelys fleet serve --store" in done.stderr


def test_a_street_is_seen_dimmed_and_given_back(tmp_path: Path) -> None:
    street = Street(tmp_path, broker=True)
    try:
        street.start_agent()
        street.until("the uplink is there", lambda _: street.uplink()["state"] == "online")
        at = ("--host", "127.0.0.1", "--port", street.broker_port)
        (tmp_path / "fleet.toml").write_text(
            '[fleet]\ntime_zone = "Europe/Copenhagen"\n[street.h]\nlamps = ["demo/street-1/lum-0*"]\n'
        )
        plan = ("--fleet", tmp_path / "fleet.toml", "--look", 8)
        done = gadelys("fleet", "dim", 40, "--street", "h", "--for", "1m", "--json", *at, *plan)
        outcomes = {one["path"].rpartition("/")[2]: one["status"] for one in json.loads(done.stdout)}
        assert outcomes == {f"lum-{n:02}": "verified" for n in range(1, 10)}
        assert done.returncode == 0
        lamps = street.lamps()
        assert {round(lamps[name]["confirmed_pct"] - 40.0, -1) for name in outcomes} == {
            0.0
        }  # the fade may still go on
        street.until("the fade ends", lambda _: {street.lamps()[name]["confirmed_pct"] for name in outcomes} == {40.0})
        assert lamps["lum-10"]["winner"] != "operator"
        done = gadelys("fleet", "write", "demo/street-1/lum-03/lamp/dimming_level", 400, *at)
        assert (done.returncode, "rejected" in done.stdout) == (1, True)
        done = gadelys("fleet", "release", "--lamps", "demo/street-1/lum-0*", *at, *plan)
        assert (done.returncode, done.stdout.split(",")[0]) == (0, "9 of 9 verified")
        assert {street.lamps()[name]["winner"] for name in outcomes}.isdisjoint({"operator"})
    finally:
        street.close()
