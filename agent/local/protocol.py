"""JSON-RPC 2.0, a message a line: requests in, answers and notifications out. Pure; hostile bytes raise `Fault`."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

LONGEST_LINE_BYTES = 65536

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
NO_METHOD = -32601
BAD_PARAMETERS = -32602
NOT_FOUND = -32001
REFUSED = -32002
TOO_MANY = -32003


class Fault(Exception):
    """A request that is answered with an error: its code and one clear message."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One call. Without an `id` it is a notification, and is not answered."""

    jsonrpc: str
    method: str
    params: msgspec.Raw = msgspec.Raw(b"{}")
    id: int | str | msgspec.UnsetType | None = msgspec.UNSET


_decode_request = msgspec.json.Decoder(Request).decode
_encode = msgspec.json.Encoder().encode


def parse(line: bytes) -> Request:
    """Read one request. Fault if it is not JSON or not a request."""
    try:
        request = _decode_request(line)
    except msgspec.ValidationError as error:
        raise Fault(INVALID_REQUEST, f"not a JSON-RPC 2.0 request: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Fault(PARSE_ERROR, f"not JSON: {error}") from None
    if request.jsonrpc != "2.0":
        raise Fault(INVALID_REQUEST, f'jsonrpc: expected "2.0", found "{request.jsonrpc}"')
    return request


def parameters(raw: msgspec.Raw, kind: type[T]) -> T:
    """Read a call's parameters as the record `kind`. Fault names the parameter and what was expected."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise Fault(BAD_PARAMETERS, str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Fault(PARSE_ERROR, f"not JSON: {error}") from None


def answer(request_id: int | str | None, result: Any) -> bytes:
    """Build the line that answers a call."""
    return bytes(_encode({"jsonrpc": "2.0", "id": request_id, "result": result})) + b"\n"


def refusal(request_id: int | str | None, fault: Fault) -> bytes:
    """Build the line that refuses a call."""
    error = {"code": fault.code, "message": fault.message}
    return bytes(_encode({"jsonrpc": "2.0", "id": request_id, "error": error})) + b"\n"


def notification(method: str, params: Any) -> bytes:
    """Build the line of a notification."""
    return bytes(_encode({"jsonrpc": "2.0", "method": method, "params": params})) + b"\n"
