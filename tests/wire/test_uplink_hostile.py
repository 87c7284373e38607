"""Rubbish from a broker: each piece is refused and counted, the connection stays, and memory does not grow."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

import mqtt_wire as wire
from agent.uplink.mqtt import LONGEST_BYTES
from hurried_uplink import VERSIONS, hurried, online, running, until
from scripted_broker import Script, ScriptedBroker
from sparkplug_peer import build
from sparkplug_protobuf import Payload as Raw

NCMD, DCMD = b"spBv1.0/albertslund/NCMD/pole-7", b"spBv1.0/albertslund/DCMD/pole-7/lum-01"
PLAIN = b"gadelys/albertslund/pole-7/command"
FLOAT, BOOLEAN, STRING = 9, 11, 12
GROWTH_BYTES = 4_000_000


@pytest.fixture(autouse=True)
def _hurried() -> Iterator[None]:
    with hurried():
        yield


def rubbish() -> Iterator[tuple[str, bytes, bytes]]:
    """Name, topic and payload of what is no command."""
    good = build([("lamp/dimming_level", FLOAT, 40.0)], timestamp=1)
    yield "nothing", DCMD, b""
    for cut in range(1, len(good), 5):
        yield f"cut off at {cut}", DCMD, good[:cut]
    yield "1 MB of zeros", DCMD, bytes(1_000_000)
    yield "1 MB of fields", NCMD, b"\x08\x00" * 500_000
    yield "the most that is read, of fields", DCMD, b"\x08\x00" * (LONGEST_BYTES // 2)
    yield "the most that is read, of metrics", DCMD, b"\x12\x00" * (LONGEST_BYTES // 2)
    yield "a length beyond all bounds", DCMD, b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
    yield "a length of 4 GB", DCMD, b"\x12\xff\xff\xff\xff\x0f" + b"x" * 100
    yield "nested", DCMD, nested(b"\x9a\x01", 2000)  # a template in a metric in a template …
    yield "nested properties", DCMD, nested(b"\x4a", 2000)
    yield "groups", DCMD, b"\x0b" * 5000
    yield "not UTF-8", DCMD, b"\x12\x06\x0a\x02\xc3\x28\x20\x09"
    yield "half a surrogate", DCMD, b"\x12\x07\x0a\x03\xed\xa0\x80\x20\x09"
    for field in range(10, 20):
        yield f"a value in field {field}", DCMD, wrong_field(field)
    for name in ("#", "+", "lamp/#", "spBv1.0/+/NCMD/#", "Node Control/#", "\0", "x" * 10_000):
        yield f"the name {name[:20]!r}", DCMD, build([(name, FLOAT, 40.0)], timestamp=1)
    for device in (b"+", b"#", b"no such", b"lum-01/lum-02", b"\xff\xfe", b"x" * 60_000):
        yield f"the device {device[:20]!r}", DCMD[:-6] + device, good
    for text in ("[" * 15_000, '{"point":' * 1000, '{"point": "lum-01/lamp/dimming_level", "value": 1e999}', "\ud800"):
        yield f"plain {text[:12]!r}", PLAIN, text.encode("utf-8", "surrogatepass")
    yield "plain, of all kinds", PLAIN, json.dumps({"point": {"a": [1]}, "value": [], "id": 3}).encode()


def nested(head: bytes, depth: int) -> bytes:
    inner = b""
    for _ in range(depth):
        inner = head + wire.length(len(inner)) + inner
    return b"\x12" + wire.length(len(inner)) + inner


def wrong_field(field: int) -> bytes:
    """A level whose value stands in that field, which is not a float's."""
    payload = Raw(timestamp=1)
    payload.metrics.add(name="lamp/dimming_level", datatype=BOOLEAN if field == 12 else FLOAT)
    raw: bytes = payload.SerializeToString()
    wires = {10: b"\x50\x01", 11: b"\x58\x01", 12: b"\x65\0\0\0\0", 13: b"\x69" + bytes(8), 14: b"\x70\x01"}
    value = wires.get(field, wire.length(field << 3 | 2) + b"\x01\x01")
    at = raw.index(b"\x12")
    metric = raw[at + 2 :] + value
    return raw[:at] + b"\x12" + wire.length(len(metric)) + metric


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.parametrize("version", VERSIONS)
async def test_each_piece_is_refused_and_counted(version: Literal["5", "3.1.1"]) -> None:
    level = 5 if version == "5" else 4
    async with ScriptedBroker() as broker, running(broker.port, mqtt=version, mirror=True) as street:
        await until(lambda: online(street), "it is online")
        for name, topic, payload in rubbish():
            before = street.uplink.state().commands_refused
            broker.say(wire.publish(level, topic, payload))
            await until(lambda refused=before + 1: street.uplink.state().commands_refused == refused, name)  # type: ignore[misc]
        assert len(broker.sessions) == 1, "the connection was given up"
        assert all(street.street.control.winner(lamp) != "operator" for lamp in range(3))
        assert len(street.uplink.state().last_refusal) <= 512


async def test_memory_does_not_grow() -> None:
    """A thousand pieces, and one of 64 MB, which MQTT 3.1.1 lets through."""
    async with ScriptedBroker() as broker, running(broker.port, mqtt="3.1.1") as street:
        await until(lambda: online(street), "it is online")
        pieces = [wire.publish(4, topic, payload) for _, topic, payload in rubbish() if len(payload) < 100_000]

        async def all_of(pieces: list[bytes]) -> None:
            before = street.uplink.state().commands_refused
            for piece in pieces:
                broker.say(piece)
                await asyncio.sleep(0)
            await until(lambda: street.uplink.state().commands_refused >= before + len(pieces), "all are refused")

        await all_of(pieces)
        gc.collect()
        before = resident()
        for _ in range(1000 // len(pieces) + 1):
            await all_of(pieces)
        gc.collect()
        assert resident() - before < GROWTH_BYTES
        refused, most = street.uplink.state().commands_refused, 0
        topic = b"\0\x05cmd/x"
        broker.say(b"\x30" + wire.length(64_000_000 + len(topic)) + topic)
        for _ in range(1000):
            broker.say(bytes(64_000))
            await broker.drained()
            most = max(most, resident())
        await until(lambda: street.uplink.state().commands_refused == refused + 1, "it is refused")
        assert most - before < GROWTH_BYTES
        assert len(broker.sessions) == 1


async def test_rubbish_from_the_primary_host() -> None:
    async with ScriptedBroker() as broker, running(broker.port, primary_host="scada") as street:
        topic = b"spBv1.0/STATE/scada"
        await until(lambda: broker.sessions and broker.sessions[0].connect, "it is connected")
        await until(lambda: "scada is not online" in street.uplink.state().last_error, "it is said")
        for payload in (b"", b"\xff", b"[" * 15_000, b'{"online": 1, "timestamp": 5}', bytes(1_000_000)):
            broker.say(wire.publish(5, topic, payload))
        broker.say(wire.publish(5, topic, b'{"online": true, "timestamp": 5}'))
        await until(lambda: online(street), "it is online")
        broker.say(wire.publish(5, topic, b'{"online": false, "timestamp": "6"}'))
        broker.say(wire.publish(5, topic, b'{"online": false, "timestamp": 4}'))
        await asyncio.sleep(0.05)
        assert online(street)
        broker.say(wire.publish(5, topic, b'{"online": false, "timestamp": 5}'))
        await until(lambda: len(broker.sessions) == 2, "it has gone")
        assert broker.sessions[0].disconnect == b"\x04"


@pytest.mark.parametrize(
    "raw",
    [
        wire.packet(wire.PUBLISH, b"\0"),  # no topic
        wire.packet(wire.PUBLISH, b"\xff\xffabc"),  # a topic longer than the packet
        wire.packet(wire.PUBLISH, b"\0\x01a\x7f"),  # properties longer than the packet
        wire.packet(wire.PUBLISH, b"\0\x01a\0", flags=6),  # QoS 3
        wire.packet(wire.SUBACK, b""),
        wire.packet(wire.PUBACK, b"\0"),
        wire.packet(0, b"?"),
        b"\xf0\xff\xff\xff\xff\xff",
    ],
    ids=repr,
)
async def test_a_packet_that_is_none_ends_the_connection_and_no_more(raw: bytes) -> None:
    async with ScriptedBroker(Script()) as broker, running(broker.port) as street:
        await until(lambda: online(street), "it is online")
        broker.say(raw)
        await until(lambda: len(broker.sessions) == 2 and online(street), "a new connection")
