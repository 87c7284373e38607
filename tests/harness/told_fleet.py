"""A fleet told to a session message by message, by a clock of our own."""

from __future__ import annotations

from agent.fleet.hearing import Hearing, Message
from agent.fleet.records import Node
from agent.fleet.session import Session
from agent.uplink.payload import DataType, Metric, Payload, Property, encode
from agent.uplink.topics import MessageType, Topics

LAMP = (
    Metric("lamp/dimming_level", 10.0, DataType.FLOAT),
    Metric("lamp/lamp_failure", False, DataType.BOOLEAN),
    Metric("lamp/estimated_energy", 100.0, DataType.FLOAT),
    Metric("command/release", False, DataType.BOOLEAN),
)

POLE = (
    '[controller]\nid = "{id}"\ngroup = "demo"\nlatitude = 55.0\nlongitude = 12.0\ntime_zone = "Europe/Copenhagen"\n'
    '[bus.b]\nkind = "modbus-rtu"\nport = "/dev/tty0"\n[unit.u]\nbus = "b"\naddress = 1\nprofile = "wb-mao4"\n'
    '[device.lum]\nkind = "luminaire"\nunit = "u"\nchannel = 1\nposition_m = 0\n[uplink]\nhost = "broker.example"\n'
)  # a configuration that is in order


class Told:
    """A session, and words of its nodes. Each message has the seq that follows, unless one is lost."""

    def __init__(self) -> None:
        self.session = Session()
        self.hearing = Hearing()
        self.now_ms = 1_800_000_000_000
        self._seqs: dict[str, int] = {}

    def say(self, kind: MessageType, node: str, device: str = "", *metrics: Metric) -> None:
        """A node of the group `demo` says something."""
        seq = None
        if kind != "NDEATH":
            seq = self._seqs[node] = 0 if kind == "NBIRTH" else (self._seqs.get(node, 0) + 1) % 256
        heard = self.hearing.hear(Topics("demo", node).of(kind, device), encode(Payload(metrics, self.now_ms, seq)))
        assert isinstance(heard, Message)
        self.session.hear(heard, self.now_ms)

    def lose(self, node: str) -> None:
        """A message of a node gets lost."""
        self._seqs[node] = (self._seqs[node] + 1) % 256

    def born(self, node: str, *lamps: str, bd_seq: int = 0, store: str = "s1") -> None:
        """A node and its lamps are born."""
        self.say(
            "NBIRTH", node, "",
            Metric("bdSeq", bd_seq, DataType.INT64),
            Metric("journal/store_id", store, DataType.STRING),
        )  # fmt: skip
        for lamp in lamps:
            self.say("DBIRTH", node, lamp, *LAMP)

    def die(self, node: str, bd_seq: int = 0) -> None:
        """The broker tells a node's will."""
        self.say("NDEATH", node, "", Metric("bdSeq", bd_seq, DataType.INT64))

    def node(self, name: str) -> Node:
        """What the session knows of a node."""
        return self.session.nodes["demo", name]


def counter(value: float, *, at_ms: int | None = None, number: int | None = None) -> Metric:
    """A reading of a lamp's energy; with a number it comes from a journal."""
    properties = () if number is None else (Property("journal", DataType.INT64, number),)
    return Metric("lamp/estimated_energy", value, DataType.FLOAT, at_ms, at_ms is not None, properties)
