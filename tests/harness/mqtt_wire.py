"""MQTT 3.1.1 and 5.0 packets, written without the agent's code or paho's: what was sent, and what a broker answers."""

from __future__ import annotations

from typing import NamedTuple

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = 1, 2, 3, 4, 8, 9, 12, 13, 14
_BYTES = {0x11: 4, 0x21: 2, 0x27: 4, 0x22: 2, 0x19: 1, 0x17: 1, 0x02: 4, 0x18: 4, 0x01: 1}  # properties of fixed size


class Packet(NamedTuple):
    """One control packet: its type, the four flags, what follows."""

    type: int
    flags: int
    body: bytes


class Connect(NamedTuple):
    """What a CONNECT says; `properties` by their numbers (MQTT 5)."""

    level: int
    clean: bool
    keepalive_s: int
    client_id: str
    will: Publish | None
    properties: dict[int, int]


class Publish(NamedTuple):
    """What a PUBLISH or a will says."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    dup: bool
    id: int


def take(buffer: bytearray) -> list[Packet]:
    """Take the whole packets from the begin of a buffer."""
    packets = []
    while (sized := _size(buffer, 1)) is not None and len(buffer) >= sum(sized):
        at, size = sized
        packets.append(Packet(buffer[0] >> 4, buffer[0] & 15, bytes(buffer[at : at + size])))
        del buffer[: at + size]
    return packets


def read_connect(body: bytes) -> Connect:
    """Read a CONNECT."""
    name, at = _text(body, 0)
    assert name == b"MQTT"
    level, flags, keepalive_s = body[at], body[at + 1], int.from_bytes(body[at + 2 : at + 4], "big")
    at += 4
    properties: dict[int, int] = {}
    if level == 5:
        properties, at = _properties(body, at)
    client_id, at = _text(body, at)
    will = None
    if flags & 4:
        if level == 5:
            _, at = _properties(body, at)
        topic, at = _text(body, at)
        payload, at = _text(body, at)
        will = Publish(topic.decode(), payload, flags >> 3 & 3, bool(flags & 32), False, 0)
    return Connect(level, bool(flags & 2), keepalive_s, client_id.decode(), will, properties)


def read_publish(packet: Packet, level: int) -> Publish:
    """Read a PUBLISH."""
    qos = packet.flags >> 1 & 3
    topic, at = _text(packet.body, 0)
    number = 0
    if qos:
        number, at = int.from_bytes(packet.body[at : at + 2], "big"), at + 2
    if level == 5:
        _, at = _properties(packet.body, at)
    retain, dup = bool(packet.flags & 1), bool(packet.flags & 8)
    return Publish(topic.decode(), packet.body[at:], qos, retain, dup, number)


def read_subscribe(body: bytes, level: int) -> tuple[int, list[tuple[str, int]]]:
    """Read a SUBSCRIBE: its number, the filters and what QoS they ask for."""
    at = 2
    if level == 5:
        _, at = _properties(body, at)
    filters = []
    while at < len(body):
        topic, at = _text(body, at)
        filters.append((topic.decode(), body[at] & 3))
        at += 1
    return int.from_bytes(body[:2], "big"), filters


def packet(kind: int, body: bytes = b"", flags: int = 0) -> bytes:
    """Build a packet."""
    return bytes((kind << 4 | flags,)) + length(len(body)) + body


def connack(level: int, reason: int = 0, receive_maximum: int | None = None) -> bytes:
    """Build a CONNACK."""
    said = b"" if receive_maximum is None else b"\x21" + receive_maximum.to_bytes(2, "big")
    return packet(CONNACK, bytes((0, reason)) + (length(len(said)) + said if level == 5 else b""))


def suback(level: int, number: int, codes: bytes) -> bytes:
    """Build a SUBACK."""
    return packet(SUBACK, number.to_bytes(2, "big") + (b"\0" if level == 5 else b"") + codes)


def puback(level: int, number: int, reason: int = 0) -> bytes:
    """Build a PUBACK; 3.1.1 cannot say a reason."""
    return packet(PUBACK, number.to_bytes(2, "big") + (bytes((reason, 0)) if level == 5 and reason else b""))


def publish(level: int, topic: bytes, payload: bytes) -> bytes:
    """Build a PUBLISH with QoS 0."""
    return packet(PUBLISH, len(topic).to_bytes(2, "big") + topic + (b"\0" if level == 5 else b"") + payload)


def length(size: int) -> bytes:
    """Build a variable byte integer."""
    packed = bytearray()
    while size > 127:
        packed.append(size & 127 | 128)
        size >>= 7
    packed.append(size)
    return bytes(packed)


def _size(raw: bytes | bytearray, at: int) -> tuple[int, int] | None:
    """Return where a variable byte integer ends, and what it is; none if it is not all there."""
    size = shift = 0
    while at < len(raw):
        size |= (raw[at] & 127) << shift
        shift += 7
        at += 1
        if raw[at - 1] < 128:
            return at, size
    return None


def _text(body: bytes, at: int) -> tuple[bytes, int]:
    end = at + 2 + int.from_bytes(body[at : at + 2], "big")
    return body[at + 2 : end], end


def _properties(body: bytes, at: int) -> tuple[dict[int, int], int]:
    sized = _size(body, at)
    assert sized is not None
    at, end = sized[0], sum(sized)
    found = {}
    while at < end:
        kind = body[at]
        width = _BYTES[kind]
        found[kind] = int.from_bytes(body[at + 1 : at + 1 + width], "big")
        at += 1 + width
    return found, end
