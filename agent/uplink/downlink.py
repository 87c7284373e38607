"""What comes down: a message of the broker to a command that is carried out, or that is refused with its reason. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from agent.uplink import names, topics
from agent.uplink.commands import Commands
from agent.uplink.payload import Payload, PayloadError, decode
from agent.uplink.table import Table
from agent.uplink.wishes import Unwanted, Wish, freshness, from_json, from_payload


class Incoming(Protocol):
    """A message from the broker."""

    @property
    def topic(self) -> str: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def retained(self) -> bool: ...


class Moment(msgspec.Struct, frozen=True):
    """Now: monotonic seconds, UTC milliseconds and whether these may be believed."""

    mono_s: float
    wall_ms: int
    trusted: bool


class Downlink:
    """Reads messages and hands wishes to `commands`; `rebirth` is called when a host asks for the births."""

    def __init__(self, table: Table, commands: Commands, rebirth: Callable[[], None]) -> None:
        self._table = table
        self._commands = commands
        self._rebirth = rebirth

    def take(self, message: Incoming, now: Moment) -> bool:
        """Carry out what a message asks for. True if a demand on a lamp has changed: control must step."""
        heard = topics.read(message.topic)
        device = heard.device if heard is not None else ""
        try:
            if heard is None:
                device, wish = self._plain(message, now)
            elif heard.type == "NCMD":
                self._node(_opened(message))
                return False
            else:
                wish = from_payload(_opened(message))
            freshness(wish, now.wall_ms, trusted=now.trusted)
            return self._commands.take(device, wish, now.mono_s)
        except Unwanted as unwanted:
            self._commands.refuse(device if (device, names.LAST_ID) in self._table.own else "", unwanted)
            return False

    def _plain(self, message: Incoming, now: Moment) -> tuple[str, Wish]:
        """Read a command of the mirror, the only other topic that is subscribed to."""
        _not_retained(message)
        return from_json(message.payload, now.wall_ms)

    def _node(self, payload: Payload) -> None:
        others = [metric.name for metric in payload.metrics if metric.name != names.REBIRTH]
        if others:
            raise Unwanted(f"{others[0][:64]!r}: expected {names.REBIRTH}")
        if any(metric.value is True for metric in payload.metrics):
            self._rebirth()


def _opened(message: Incoming) -> Payload:
    _not_retained(message)
    try:
        return decode(message.payload)
    except PayloadError as error:
        raise Unwanted(f"not a Sparkplug payload: {error}") from None


def _not_retained(message: Incoming) -> None:
    if message.retained:
        raise Unwanted("expected a command that is not retained: what lies in wait at the broker is not carried out")
