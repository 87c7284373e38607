"""Signed commands: signatures by OpenSSL are believed, ours are by it, and nothing that was changed is."""

from __future__ import annotations

import base64
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from agent.config.commands import public_key
from agent.uplink import ed25519
from agent.uplink.envelope import Key, canonical, sealed
from agent.uplink.payload import DataType, Metric, Payload, decode, encode
from agent.uplink.wishes import envelope_of, read_line
from heard_commands import LAMP, MIRROR, NODE, WALL_MS, HeardCommands
from mutated_envelopes import mutated, seed_of
from signed_commands import Signer, openssl, said
from sparkplug_peer import build

FLOAT, DOUBLE, INT64, STRING, BOOLEAN, DATETIME = 9, 10, 4, 12, 11, 13
METRICS: list[tuple[str, int, Any]] = [("lamp/dimming_level", FLOAT, 55.3), ("command/id", STRING, 'a"é\n1')]
RESTART = [("agent/restart", BOOLEAN, True), ("command/id", STRING, "r1")]


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return Signer(tmp_path_factory.mktemp("key"))


def hearing(signer: Signer, **options: Any) -> HeardCommands:
    key = public_key(signer.public)
    assert key is not None
    signer.counter = 0
    return HeardCommands({signer.name: key}, **options)


def test_what_is_signed_is_what_the_documentation_says() -> None:
    whole: list[tuple[str, int, Any]] = [*METRICS, ("command/for_s", INT64, 600), ("agent/bundle", BOOLEAN, True)]
    assert canonical(LAMP, decode(build(whole, timestamp=WALL_MS))) == said(LAMP, WALL_MS, whole)


def test_openssl_signs_and_it_is_believed_once(signer: Signer) -> None:
    node = hearing(signer, signed=("lamp",))
    payload = build(signer.envelope(LAMP, WALL_MS, *METRICS), timestamp=WALL_MS)
    assert [status for _, status, _ in node.say(LAMP, payload)] == ["accepted"]
    assert node.street.control.leases.all(node.street.now_s)[2, "operator"].holder == "operations"
    assert "came again" in node.say(LAMP, payload)[0][2]


def test_openssl_believes_our_signature(signer: Signer, tmp_path: Path) -> None:
    key = Key("operations", ed25519.signer(signer.file.read_text(encoding="ascii")))
    metrics = [Metric(name, value, DataType(kind)) for name, kind, value in METRICS]
    payload = decode(encode(sealed(LAMP, Payload(tuple(metrics), WALL_MS), key, 1, WALL_MS + 9)))
    signature = next(str(metric.value) for metric in payload.metrics if metric.name == "command/signature")
    sig, signed = tmp_path / "sig", tmp_path / "signed"
    sig.write_bytes(base64.b64decode(signature))
    signed.write_bytes(canonical(LAMP, payload))
    words = ("pkeyutl", "-verify", "-rawin", "-inkey", signer.file, "-sigfile", sig, "-in", signed)
    assert b"Verified Successfully" in openssl(*words)


def test_a_counter_is_used_once_also_by_another_command_and_over_a_restart(signer: Signer) -> None:
    node = hearing(signer)
    first = node.say(NODE, build(signer.envelope(NODE, WALL_MS, *RESTART, counter=7), timestamp=WALL_MS))
    assert ([status for _, status, _ in first], node.ward.done) == (["accepted"], [("restart",)])
    other = [("agent/restart", BOOLEAN, True), ("command/id", STRING, "r2")]
    for counter in (7, 6, 0):
        told = node.say(NODE, build(signer.envelope(NODE, WALL_MS, *other, counter=counter), timestamp=WALL_MS))
        assert told[0][1:] == ("rejected", "command/counter: expected more than 7, which operations has used")
    assert node.ward.done == [("restart",)]
    assert node.street.orders.ledger.counters == {"operations": 7}  # it is kept with the commands


def test_for_another_lamp_another_node_or_by_another_name_it_is_nothing(signer: Signer) -> None:
    node = hearing(signer)
    payload = build(signer.envelope(LAMP, WALL_MS, *METRICS), timestamp=WALL_MS)
    for topic in (LAMP.replace("lum-03", "lum-01"), LAMP.replace("pole-7", "pole-8"), LAMP.replace("lund", "lund2")):
        assert "not that of operations" in node.say(topic, payload)[0][2]
    renamed = Signer(signer.file.parent, "others")
    assert "'others'" in node.say(LAMP, build(renamed.envelope(LAMP, WALL_MS, *METRICS), timestamp=WALL_MS))[0][2]
    renamed.name = "operations"
    told = node.say(LAMP, build(renamed.envelope(LAMP, WALL_MS, *METRICS), timestamp=WALL_MS))
    assert "not that of operations" in told[0][2]
    assert node.held() == []


def test_an_issuer_may_command_what_it_may(signer: Signer) -> None:
    node = hearing(signer, may=("lamp",))
    told = node.say(NODE, build(signer.envelope(NODE, WALL_MS, *RESTART), timestamp=WALL_MS))
    assert told[0][2] == "operations may not command restart, but lamp"
    assert node.ward.done == []


@pytest.mark.parametrize("missing", ["command/issuer", "command/counter", "command/not_after", "command/id"])
def test_a_signed_command_is_whole(signer: Signer, missing: str) -> None:
    node = hearing(signer)
    whole = [metric for metric in signer.envelope(NODE, WALL_MS, *RESTART) if metric[0] != missing]
    assert missing in node.say(NODE, build(whole, timestamp=WALL_MS))[0][2]
    assert node.ward.done == []


def test_the_page_shows_what_is_signed_of_a_line() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "uplink.md").read_text(encoding="utf-8")
    shown = re.search(r'^    (\["gadelys-command-1","gadelys/.*?\]\])', page, re.MULTILINE | re.DOTALL)
    assert shown is not None
    line = {"point": "lum-03/lamp/dimming_level", "value": 55, "id": "m1", "issuer": "operations", "counter": 17,
            "time": "2026-11-24T20:30:00Z", "not_after": "2026-11-24T20:30:20Z", "signature": "x"}  # fmt: skip
    payload, _ = envelope_of(read_line(json.dumps(line).encode()))
    assert json.loads(shown[1]) == json.loads(canonical(MIRROR, payload))


def plain(signer: Signer, **changed: object) -> bytes:
    """A line of the mirror, signed as the documentation tells it; what is changed afterwards."""
    point, stamp = "lum-03/lamp/dimming_level", "2026-11-24T20:30:00Z"
    late, counter = datetime.fromisoformat("2026-11-24T20:30:20+00:00"), signer.counter + 1
    signer.counter = counter
    metrics: list[tuple[str, int, Any]] = [
        (point, DOUBLE, 55.3), ("command/id", STRING, "m1"), ("command/for_s", DOUBLE, 600),
        ("command/issuer", STRING, signer.name), ("command/counter", INT64, counter),
        ("command/not_after", DATETIME, WALL_MS + 20_000),
    ]  # fmt: skip
    line = {
        "point": point, "value": 55.3, "for_s": 600, "id": "m1", "time": stamp, "not_after": late.isoformat(),
        "issuer": signer.name, "counter": counter, "signature": signer.sign(said(MIRROR, WALL_MS, metrics)),
    }  # fmt: skip
    return json.dumps(line | changed).encode()


def test_a_signed_line_of_the_mirror_is_believed_once(signer: Signer) -> None:
    node = hearing(signer, signed=("lamp",))
    line = plain(signer)
    assert [status for _, status, _ in node.say(MIRROR, line)] == ["accepted"]
    assert node.held() == ["2 operator 55.3"]
    assert "changed nothing" in node.say(MIRROR, line)[0][2]
    again = node.say(MIRROR, line.replace(b'"m1"', b'"m2"'))
    assert "not that of operations" in again[0][2]


@pytest.mark.parametrize("changed", [
    {"value": 55.4}, {"point": "lum-01/lamp/dimming_level"}, {"for_s": 601}, {"id": "m2"}, {"counter": 99},
    {"time": "2026-11-24T20:30:01Z"}, {"not_after": "2026-11-24T20:30:21Z"}, {"issuer": "others"},
    {"signature": ""}, {"signature": "x"}, {"counter": None}, {"not_after": None}, {"id": ""}, {"time": None},
])  # fmt: skip
def test_no_line_of_the_mirror_that_was_changed_is_believed(signer: Signer, changed: dict[str, object]) -> None:
    node = hearing(signer, signed=("lamp",))
    assert [status for _, status, _ in node.say(MIRROR, plain(signer, **changed))] == ["rejected"]
    assert node.held() == []


def test_nothing_that_was_changed_is_believed(signer: Signer) -> None:
    assert mutated(signer, 400, seed_of(1)) == 0


def test_keys_that_are_none() -> None:
    with pytest.raises(ValueError, match="expected a private key"):
        ed25519.signer("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")
    assert public_key("AAAA") is None
    assert public_key("é") is None


def test_without_the_library_nothing_signed_is_believed(signer: Signer) -> None:
    node = hearing(signer)
    node.downlink._authority._verify = None
    told = node.say(NODE, build(signer.envelope(NODE, WALL_MS, *RESTART), timestamp=WALL_MS))
    assert "sudo systemd/install.sh signed" in told[0][2]
    assert node.ward.done == []
