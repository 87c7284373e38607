"""Errors of the wire, named by what the caller does next."""

from __future__ import annotations

from typing import Literal

Cause = Literal["crc", "length", "unit", "function", "count", "echo", "noise"]


class WireError(Exception):
    """Root of everything a bus or an instrument can do wrong. The text says what was expected and what came."""


class NoAnswer(WireError):
    """The unit was silent until its time-out. Next move: count it, try again later, mark the points bad."""


class BadAnswer(WireError):
    """Bytes came that are not the answer to this request. Next move: as NoAnswer; never believe them."""

    def __init__(self, text: str, cause: Cause) -> None:
        super().__init__(text)
        self.cause: Cause = cause


class Refused(WireError):
    """The unit answered with a Modbus exception. Next move: do not repeat the same request; `code` says why."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class LinkLost(WireError):
    """The port itself is gone (unplugged, EIO). Next move: close it and open it again with back-off."""


class Busy(WireError):
    """Too many questions wait for this line already. Next move: ask again later."""
