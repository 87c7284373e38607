"""What comes down: a message of the broker to a command that is carried out, or that is refused with its reason. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from agent.uplink import names, node_wishes, topics
from agent.uplink.authority import Authority
from agent.uplink.commands import Commands
from agent.uplink.node_orders import NodeOrders
from agent.uplink.payload import Payload, PayloadError, decode
from agent.uplink.storage import Storage, is_proof
from agent.uplink.table import Table
from agent.uplink.wishes import Unwanted, Wish, envelope_of, freshness, from_line, from_payload, read_line


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
    """Reads messages, judges them, hands wishes to whom they concern; `rebirth` is called when a host asks for the births."""

    def __init__(  # noqa: PLR0913 - what it stands between
        self,
        table: Table,
        commands: Commands,
        node: NodeOrders,
        authority: Authority,
        rebirth: Callable[[], None],
        *,
        storage: Storage | None = None,
    ) -> None:
        self._table = table
        self._commands = commands
        self._node_orders = node
        self._authority = authority
        self._rebirth = rebirth
        self._storage = storage

    def take(self, message: Incoming, now: Moment) -> None:
        """Carry out what a message asks for, or refuse it, which is answered and counted."""
        heard = topics.read(message.topic)
        device = heard.device if heard is not None else ""
        try:
            _not_retained(message)
            if heard is None:
                line = read_line(message.payload)  # of the mirror, the only other topic that is subscribed to
                device, wish = from_line(line, now.wall_ms)
                self._lamp(device, wish, now, lambda: self._authority.judge("lamp", message.topic, *envelope_of(line)))
            elif heard.type == "NCMD":
                self._node(message.topic, _opened(message), now)
            else:
                payload = _opened(message)
                wish, said = from_payload(payload)
                self._lamp(device, wish, now, lambda: self._authority.judge("lamp", message.topic, payload, said))
        except Unwanted as unwanted:
            self._commands.refuse(device if (device, names.LAST_ID) in self._table.own else "", unwanted)

    def _lamp(self, device: str, wish: Wish, now: Moment, judge: Callable[[], str]) -> None:
        if self._commands.repeated(device, wish):
            return
        freshness(wish, now.wall_ms, trusted=now.trusted)
        issuer = judge()
        self._commands.take(device, msgspec.structs.replace(wish, issuer=issuer), now.mono_s)

    def _node(self, topic: str, payload: Payload, now: Moment) -> None:
        if node_wishes.is_rebirth(payload):
            if any(metric.value is True for metric in payload.metrics):
                self._rebirth()
            return
        if self._storage is not None and is_proof(payload):
            try:
                self._storage.take(payload, now.mono_s)
            except Unwanted as unwanted:  # it comes every few seconds: an answer would be one more report to be stored
                self._commands.count("", unwanted)
            return
        wish, said = node_wishes.read(payload)
        if self._commands.known("", wish.id, wish.asked):
            return
        freshness(wish, now.wall_ms, trusted=now.trusted)
        self._authority.judge(wish.kind, topic, payload, said)
        self._node_orders.take(wish)


def _opened(message: Incoming) -> Payload:
    try:
        return decode(message.payload)
    except PayloadError as error:
        raise Unwanted(f"not a Sparkplug payload: {error}") from None


def _not_retained(message: Incoming) -> None:
    if message.retained:
        raise Unwanted("expected a command that is not retained: what lies in wait at the broker is not carried out")
