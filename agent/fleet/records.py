"""A fleet as its host knows it. Times are milliseconds since 1970, UTC, by the host's clock. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

NodeState = Literal["online", "offline", "unknown"]
DeviceState = Literal["alive", "dead", "unknown"]


class Seen(msgspec.Struct, frozen=True, gc=False):
    """The latest value of a metric."""

    value: bool | int | float | str | None  # bytes: in hexadecimal
    unit: str
    quality: str
    at_ms: int


class Device(msgspec.Struct):
    """A device, or the node itself under the name "". `unknown`: heard of, and not born since the host listens."""

    state: DeviceState = "unknown"
    since_ms: int = 0
    values: dict[str, Seen] = {}


class Node(msgspec.Struct):
    """An edge node. `raised`: alarms by `device/metric`, with the time at which the host heard of them."""

    group: str
    name: str
    state: NodeState = "unknown"
    since_ms: int = 0
    heard_ms: int = 0
    bd_seq: int | None = None
    raised: dict[str, int] = {}
    devices: dict[str, Device] = {}

    @property
    def path(self) -> str:
        """Return `group/node`, which is unique in a fleet."""
        return f"{self.group}/{self.name}"


class Span(msgspec.Struct):
    """What was heard of a node since its birth, which had a mark: so many messages."""

    since: int | None
    messages: int = 0


class Mark(msgspec.Struct, frozen=True, gc=False):
    """What a node told last of a mark, and of which store: all that it sent before was heard."""

    store_id: str
    number: int


class Sample(msgspec.Struct, frozen=True, gc=False):
    """A counter's reading, to be kept. `point` is `group/node/device/metric`."""

    point: str
    value: float
    at_ms: int
