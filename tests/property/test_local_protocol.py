"""The local API's parser: whatever comes, it is a request or a fault with a message."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.local import protocol
from agent.local.protocol import Fault

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


def parsed(line: bytes) -> protocol.Request | Fault:
    try:
        return protocol.parse(line)
    except Fault as fault:
        return fault


def is_told(request: protocol.Request | Fault) -> bool:
    """Whether it is a request with a method, or a fault that says something."""
    return bool(request.message if isinstance(request, Fault) else request.method)


@given(st.binary(max_size=200))
def test_random_bytes(line: bytes) -> None:
    assert is_told(parsed(line))


@given(json_values)
def test_random_json(value: object) -> None:
    assert is_told(parsed(msgspec.json.encode(value)))


@given(method=st.text(min_size=1, max_size=30), request_id=st.integers() | st.text(max_size=10) | st.none())
def test_what_is_right_is_taken_as_it_is(method: str, request_id: int | str | None) -> None:
    line = msgspec.json.encode({"jsonrpc": "2.0", "method": method, "params": {}, "id": request_id})
    request = parsed(line)
    if isinstance(request_id, int) and not -(2**63) <= request_id < 2**64:
        return
    assert isinstance(request, protocol.Request)
    assert (request.method, request.id) == (method, request_id)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"", protocol.PARSE_ERROR),
        (b"{", protocol.PARSE_ERROR),
        (b"\xff\xfe", protocol.PARSE_ERROR),
        (b'{"jsonrpc": "2.0", "method": "status", "id": 1, "params": ' + b"[" * 50000, protocol.PARSE_ERROR),
        (b'{"jsonrpc": "2.0", "method": "lamp.dim", "params": {"level_pct": NaN}, "id": 1}', protocol.PARSE_ERROR),
        (b"[]", protocol.INVALID_REQUEST),
        (b'[{"jsonrpc": "2.0", "method": "status", "id": 1}]', protocol.INVALID_REQUEST),
        (b'{"jsonrpc": "1.0", "method": "status", "id": 1}', protocol.INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": 1}', protocol.INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "method": 7, "id": 1}', protocol.INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "method": "status", "id": {}}', protocol.INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "method": "status", "parms": {}, "id": 1}', protocol.INVALID_REQUEST),
    ],
)
def test_what_is_wrong_is_named(line: bytes, code: int) -> None:
    fault = parsed(line)
    assert isinstance(fault, Fault)
    assert fault.code == code
