"""What a signed command's signature is over: one line of JSON, the same bytes on both sides. Pure.

`["gadelys-command-1", topic, sent, [name, datatype, value], …]`, UTF-8, no white space; strings as JSON has them (RFC 8785),
and everything is a string. `sent` is the payload's timestamp in ms. Metrics stand in the order of their names' code points;
`command/signature` is left out. The datatype is Sparkplug's number of it, such as 9 for Float, and empty where it was left out.
A value is `true` or `false`, a whole number in decimal, the text, bytes in hexadecimal digits, or for Float and Double the
sixteen hexadecimal digits of the double (big end first) that has its value; what is null has the datatype `null`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import msgspec

from agent.uplink import names
from agent.uplink.payload import DataType, Metric, Payload, decode, encode

VERSION = "gadelys-command-1"
LONGEST_SIGNATURE = 88  # base64 of 64 bytes

Verify = Callable[[bytes, bytes, bytes], bool]  # public key, what is signed, signature
_encode = msgspec.json.Encoder().encode


class Key(msgspec.Struct, frozen=True):
    """Who signs, and what makes the base64 of a signature."""

    issuer: str
    sign: Callable[[bytes], str]


def canonical(topic: str, payload: Payload) -> bytes:
    """Return what is signed of a command."""
    metrics = sorted((one for one in payload.metrics if one.name != names.COMMAND_SIGNATURE), key=lambda one: one.name)
    sent = "" if payload.timestamp_ms is None else str(payload.timestamp_ms)
    return _encode([VERSION, topic, sent, *map(_said, metrics)])


def sealed(topic: str, payload: Payload, key: Key, counter: int, not_after_ms: int) -> Payload:
    """Return a command, which has its id and timestamp, with all that makes it a signed one. ValueError as `signed`.

    `counter` is above that of the issuer's last command to this node; the time in milliseconds will do.
    """
    envelope = (
        Metric(names.COMMAND_ISSUER, key.issuer, DataType.STRING),
        Metric(names.COMMAND_COUNTER, counter, DataType.INT64),
        Metric(names.COMMAND_NOT_AFTER, not_after_ms, DataType.DATETIME),
    )
    whole = msgspec.structs.replace(payload, metrics=(*payload.metrics, *envelope))
    return signed(topic, whole, key.sign)


def signed(topic: str, payload: Payload, sign: Callable[[bytes], str]) -> Payload:
    """Return a command with its signature; `sign` makes the base64 of one. Issuer, counter, id, not-after are in it.

    ValueError if a value has no encoding.
    """
    as_read = decode(encode(payload))  # a Float has fewer digits than what it was made of
    signature = Metric(names.COMMAND_SIGNATURE, sign(canonical(topic, as_read)), DataType.STRING)
    return msgspec.structs.replace(payload, metrics=(*payload.metrics, signature))


def _said(metric: Metric) -> list[str]:
    if metric.value is None:
        return [metric.name, "null", metric.unreadable]
    return [metric.name, "" if metric.datatype is None else str(int(metric.datatype)), _value(metric.value)]


def _value(value: bool | float | str | bytes) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return struct.pack(">d", value).hex()
    if isinstance(value, bytes):
        return value.hex()
    return str(value)
