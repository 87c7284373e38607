"""The PUBLISH packet of MQTT 5.0 and 3.1.1 with QoS 0 (chapter 3.3 of both). Pure."""

from __future__ import annotations

from functools import lru_cache

from agent.uplink.payload.protobuf import pack_varint

PUBLISH = 0x30
_RETAIN = 0x01
_EXPIRY = 0x02  # MQTT 5.0, 3.3.2.3.3: message expiry interval, four bytes
_CORRELATION = 0x09  # MQTT 5.0, 3.3.2.3.6: correlation data, up to 65 535 bytes


def publish(  # noqa: PLR0913 - what stands in a packet
    topic: str,
    payload: bytes,
    *,
    v5: bool,
    retain: bool = False,
    expires_s: int | None = None,
    correlation: bytes | None = None,
) -> bytes:
    """Return the packet. `expires_s` and `correlation` only mean something with MQTT 5; 3.1.1 cannot say them."""
    head = _head(topic, v5, expires_s, correlation)
    size = pack_varint(len(head) + len(payload))  # MQTT's variable byte integer is the same up to its four bytes
    return bytes((PUBLISH | retain * _RETAIN,)) + size + head + payload


@lru_cache(maxsize=1024)
def _head(topic: str, v5: bool, expires_s: int | None, correlation: bytes | None) -> bytes:
    """Return what stands before the payload: the topic, and with MQTT 5 the properties."""
    name = topic.encode()
    properties = b"" if expires_s is None else bytes((_EXPIRY,)) + expires_s.to_bytes(4, "big")
    if correlation is not None:
        properties += bytes((_CORRELATION,)) + len(correlation).to_bytes(2, "big") + correlation
    return len(name).to_bytes(2, "big") + name + (pack_varint(len(properties)) + properties if v5 else b"")
