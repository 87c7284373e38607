"""An edge node that says what a test tells it to, over a real broker; its payloads are made by Google's protobuf."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

import sparkplug_protobuf

Value = bool | int | float | str | None
Metrics = dict[str, Value]
_FIELDS: dict[type, tuple[int, str]] = {
    bool: (11, "boolean_value"),
    int: (4, "long_value"),
    float: (9, "float_value"),
    str: (12, "string_value"),
}


class Node:
    """Node `street-1` of the group `demo`: answers a rebirth with `on_rebirth` and a command with `on_command`."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[paho.MQTTMessage, Any]] = []  # commands, and their payloads by Google's protobuf
        self.on_rebirth: Callable[[Node], None] = lambda _node: None
        self.on_command: Callable[[Node, str, Metrics], None] = lambda _node, _device, _metrics: None
        self.port = port
        self._seq = -1
        self._ready = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self._client.on_connect = self._subscribe
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = lambda _client, _data, message: self._hear(message)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._ready.wait(10)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, kind: str, device: str = "", metrics: Metrics | None = None, **more: Any) -> None:
        """Publish a message; its seq follows the last unless `seq` is given."""
        if kind != "NDEATH":
            self._seq = 0 if kind == "NBIRTH" else int(more.pop("seq", (self._seq + 1) % 256))
        retain = bool(more.pop("retain", False))
        payload = encode(metrics or {}, None if kind == "NDEATH" else self._seq, **more)
        self.publish(f"spBv1.0/demo/{kind}/street-1" + (f"/{device}" if device else ""), payload, retain=retain)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish any bytes on any topic."""
        self._client.publish(topic, payload, retain=retain)

    def flush(self) -> None:
        """Return when the broker has all that was published; not to be called from an answer."""
        self._client.publish("flushed", b"", qos=1).wait_for_publish(10)

    def prove(self, device: str, id_: Value, *stages: tuple[str, str]) -> None:
        """Say what becomes of a command, a message a stage."""
        for status, reason in stages:
            self.say(
                "DDATA",
                device,
                {"command/last_id": id_, "command/last_status": status, "command/last_reason": reason},
            )

    def _subscribe(self, *_: object) -> None:
        self._client.subscribe([("spBv1.0/demo/NCMD/street-1", 1), ("spBv1.0/demo/DCMD/street-1/+", 1)])

    def _hear(self, message: paho.MQTTMessage) -> None:
        payload = sparkplug_protobuf.Payload()
        payload.ParseFromString(message.payload)
        self.heard.append((message, payload))
        metrics = decode(payload)
        if metrics == {"Node Control/Rebirth": True}:
            self.on_rebirth(self)
        elif "/DCMD/" in message.topic:
            self.on_command(self, message.topic.rsplit("/", 1)[1], metrics)


def encode(
    metrics: Metrics,
    seq: int | None,
    *,
    properties: dict[str, Metrics] | None = None,
    historical_ms: int | None = None,
) -> bytes:
    """Return the bytes of a payload; `properties` by metric; with `historical_ms` all metrics are of that time."""
    now_ms = time.time_ns() // 1_000_000
    payload = sparkplug_protobuf.Payload(timestamp=now_ms)
    if seq is not None:
        payload.seq = seq
    for name, value in metrics.items():
        metric = payload.metrics.add(name=name, timestamp=now_ms if historical_ms is None else historical_ms)
        metric.is_historical = historical_ms is not None
        if value is None:
            metric.datatype, metric.is_null = 9, True
        else:
            metric.datatype, field = _FIELDS[type(value)]
            setattr(metric, field, value)
        for key, told in (properties or {}).get(name, {}).items():
            metric.properties.keys.append(key)
            kind, field = (3, "int_value") if key == "Quality" else _FIELDS[type(told)]
            setattr(metric.properties.values.add(type=kind), field, told)
    return bytes(payload.SerializeToString())


def decode(payload: Any) -> Metrics:
    """Return the values of a payload by name."""
    fields = dict(_FIELDS.values())
    return {
        metric.name: None if metric.is_null else getattr(metric, fields[metric.datatype]) for metric in payload.metrics
    }
