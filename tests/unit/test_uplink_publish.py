"""The PUBLISH packet, against paho's own."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import paho.mqtt.client as paho
import pytest
from hypothesis import given
from hypothesis import strategies as some
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from agent.uplink.publish import publish


class Paho(paho.Client):
    """paho's client, with what it would write in the place of a socket."""

    written = b""

    def _packet_queue(self, _command: int, packet: bytes | bytearray, *_: Any) -> MQTTErrorCode:
        self.written = bytes(packet)
        return MQTTErrorCode.MQTT_ERR_SUCCESS


def by_paho(
    topic: str, payload: bytes, *, v5: bool, retain: bool, expires_s: int | None, correlation: bytes | None
) -> bytes:
    version = MQTTProtocolVersion.MQTTv5 if v5 else MQTTProtocolVersion.MQTTv311
    client = Paho(CallbackAPIVersion.VERSION2, protocol=version)
    properties = Properties(PacketTypes.PUBLISH) if v5 else None  # type: ignore[no-untyped-call]
    if properties is not None and expires_s is not None:
        properties.MessageExpiryInterval = expires_s
    if properties is not None and correlation is not None:
        properties.CorrelationData = correlation
    client._sock = Mock()
    client._send_publish(0, topic.encode(), payload, 0, retain, False, None, properties)
    client._sock = None
    return client.written


@pytest.mark.parametrize("v5", [True, False])
@given(
    topic=some.text("abcø/_-", min_size=1, max_size=300),
    payload=some.one_of(some.binary(max_size=300), some.integers(16_000, 17_000).map(bytes)),
    retain=some.booleans(),
    expires_s=some.none() | some.integers(0, 2**32 - 1),
    correlation=some.none() | some.binary(max_size=200),
)
def test_a_packet_is_what_paho_would_send(
    v5: bool, topic: str, payload: bytes, retain: bool, expires_s: int | None, correlation: bytes | None
) -> None:
    said: dict[str, Any] = {"v5": v5, "retain": retain, "expires_s": expires_s, "correlation": correlation}
    assert publish(topic, payload, **said) == by_paho(topic, payload, **said)
