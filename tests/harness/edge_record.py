"""What an edge node has said over some connections, read off the wire by Google's protobuf."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import mqtt_wire as wire
from mqtt_relay import Passed, Record
from mqtt_wire import Connect
from sparkplug_peer import Parsed, ParsedMetric, parse
from sparkplug_protobuf import Payload as Raw


class Said(NamedTuple):
    """A Sparkplug message of the node, or of a host to it."""

    place: int  # in the record
    connection: int
    at_s: float
    topic: str
    kind: str
    device: str
    qos: int
    retain: bool
    bytes: bytes

    @property
    def payload(self) -> Parsed:
        """Its payload."""
        return parse(self.bytes)

    @property
    def raw(self) -> object:
        """Its payload as protobuf has it: also what was left out."""
        return Raw.FromString(self.bytes)

    def value(self, name: str) -> object:
        """The value of a metric in it."""
        return next(metric.value for metric in self.payload.metrics if metric.name == name)


class EdgeRecord:
    """What passed, by kind; `marks` are places in it that the scenario has named."""

    def __init__(self, record: Record, v5: bool) -> None:
        self.record = record
        self.v5 = v5
        self.marks: dict[str, int] = {}
        self.facts: dict[str, object] = {}

    def mark(self, name: str) -> None:
        """Name this place."""
        self.marks[name] = len(self.record.passed)

    def of(self, kind: int, *, up: bool = True) -> list[Passed]:
        """All packets of a type."""
        return [each for each in self.record.passed if each.packet.type == kind and each.up is up]

    def connects(self) -> list[Connect]:
        """Each CONNECT."""
        return [wire.read_connect(each.packet.body) for each in self.of(wire.CONNECT)]

    def said(self, *kinds: str, up: bool = True, after: str = "", before: str = "") -> list[Said]:
        """The Sparkplug messages of some kinds (none: all), between two marks."""
        begin, end = self.marks.get(after, 0), self.marks.get(before, len(self.record.passed))
        found = []
        for place, each in enumerate(self.record.passed[begin:end], begin):
            publish = each.publish if each.up is up else None
            parts = publish.topic.split("/") if publish is not None else []
            if publish is None or parts[0] != "spBv1.0" or (kinds and parts[2] not in kinds):
                continue
            device = parts[4] if len(parts) == 5 else ""
            found.append(
                Said(
                    place, each.connection, each.at_s, publish.topic, parts[2], device,
                    publish.qos, publish.retain, publish.payload,
                )
            )  # fmt: skip
        return found

    def history(self, key: str, after: str) -> list[ParsedMetric]:
        """What the first session after a mark told of a point's past."""
        device, _, name = key.partition("/")
        data = self.said("DDATA", after=after)
        first = min((said.connection for said in data), default=0)
        metrics = [
            metric
            for said in data
            if said.device == device and said.connection == first
            for metric in said.payload.metrics
        ]
        return [metric for metric in metrics if metric.historical and metric.name == name]

    def sessions(self) -> list[list[Said]]:
        """What the node said, by connection; those on which it said nothing are left out."""
        by_connection: dict[int, list[Said]] = {}
        for said in self.said():
            by_connection.setdefault(said.connection, []).append(said)
        return list(by_connection.values())

    def will_bd_seq(self, connection: int) -> int:
        """The bdSeq of a connection's will."""
        connect = self.connects()[connection]
        assert connect.will is not None
        return int(parse(connect.will.payload).metrics[0].value)


def numbered(session: Iterable[Said]) -> None:
    """Each message but NDEATH has the number after the last one's; an NBIRTH begins at nought."""
    expected = None
    for said in session:
        if said.kind == "NDEATH":
            continue
        if said.kind == "NBIRTH":
            expected = 0
        assert said.payload.seq == expected, (said.kind, said.device, said.payload.seq, expected)
        expected = (expected + 1) % 256  # type: ignore[operator]
