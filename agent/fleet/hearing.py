"""What a host hears of edge nodes: messages decoded, with the units of their births, and what is missing. Pure."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

import msgspec

from agent.uplink import names, topics
from agent.uplink.payload import DataType, Metric, PayloadError, decode, value_as

MOST_DEVICES = 4096  # whose births are remembered; the oldest is forgotten first
EVERYTHING = "*"
_BIRTHS = frozenset({"NBIRTH", "DBIRTH"})
_COUNTED = frozenset({"NBIRTH", "DBIRTH", "NDATA", "DDATA", "DDEATH"})  # these carry the node's seq
TOLD_IN_PART = frozenset({"DBIRTH", "NDATA", "DDATA"})
_QUALITIES = {0: "bad", 192: "good", 500: "stale"}

Spoken = bool | int | float | str | bytes | None


class Told(msgspec.Struct, frozen=True):
    """A metric as a node tells it. `time_ms` and `number` (of the journal) are those of a historical one."""

    name: str
    value: Spoken
    unit: str = ""
    quality: str = "good"
    historical: bool = False
    time_ms: int | None = None
    number: int | None = None


class Message(msgspec.Struct, frozen=True):
    """A message of a node, or to one. `problem` says why it could not be read; `before` is the seq it should have followed.

    `missing` counts the messages between `before` and `seq`; -1: the same seq came again.
    """

    type: topics.MessageType
    group: str
    node: str
    device: str
    retained: bool = False
    time_ms: int | None = None
    seq: int | None = None
    before: int | None = None
    missing: int = 0
    metrics: tuple[Told, ...] = ()
    problem: str = ""

    @property
    def who(self) -> str:
        """Return whom it is about: the device, or the node itself."""
        return self.device or self.node


class Stray(msgspec.Struct, frozen=True):
    """Something on a topic that is not Sparkplug's."""

    topic: str
    size: int


class Hearing:
    """What births have said and which seq came last, node by node."""

    def __init__(self, units: Mapping[str, str] = {}, most: int = MOST_DEVICES) -> None:
        """`units` by `device/function/resource`, for what is heard before its birth; `most` devices are remembered."""
        self._units = units
        self._most = most
        self._births: dict[tuple[str, str, str], dict[str, Metric]] = {}
        self._seqs: dict[tuple[str, str], int] = {}

    def hear(self, topic: str, raw: bytes, *, retained: bool = False) -> Message | Stray:
        """Take in a message. What the broker had retained is told and not learned from: a node retains nothing."""
        heard = topics.read(topic)
        if heard is None:
            return Stray(topic, len(raw))
        message = Message(heard.type, heard.group, heard.node, heard.device, retained)
        try:
            payload = decode(raw)
        except PayloadError as error:
            if heard.type in _COUNTED and not retained:
                self._seqs.pop((heard.group, heard.node), None)  # its seq is unknown, so nothing is missing after it
            return msgspec.structs.replace(message, problem=str(error))
        if heard.type in _BIRTHS and not retained:
            self._learn(message, payload.metrics)
        births = self._births.get((heard.group, heard.node, heard.device), {})
        told = tuple(
            _told(metric, births.get(metric.name, metric), self._units.get(f"{heard.device}/{metric.name}", ""))
            for metric in payload.metrics
        )
        message = msgspec.structs.replace(message, time_ms=payload.timestamp_ms, seq=payload.seq, metrics=told)
        return message if retained else self._count(message)

    def _learn(self, message: Message, metrics: Iterable[Metric]) -> None:
        key = message.group, message.node, message.device
        self._births.pop(key, None)
        if len(self._births) >= self._most:
            del self._births[next(iter(self._births))]
        self._births[key] = {metric.name: metric for metric in metrics}

    def _count(self, message: Message) -> Message:
        if message.type not in _COUNTED or message.seq is None:
            return message
        node = message.group, message.node
        before = self._seqs.pop(node, None)
        if len(self._seqs) >= self._most:
            del self._seqs[next(iter(self._seqs))]
        self._seqs[node] = message.seq
        if before is None or message.type == "NBIRTH":
            return message
        missing = (message.seq - before - 1) % 256
        return msgspec.structs.replace(message, before=before, missing=-1 if missing == 255 else missing)


def chosen(message: Message, pattern: str) -> Message | None:
    """Return what of a message a pattern over `device/function/resource` is about; none if nothing.

    Deaths, gaps and what cannot be read are always told; commands and births of nodes are told whole.
    """
    if pattern == EVERYTHING or message.type in {"NDEATH", "DDEATH"} or message.problem:
        return message
    kept = tuple(told for told in message.metrics if fnmatchcase(f"{message.who}/{told.name}", pattern))
    if not kept and not message.missing:
        return None
    return msgspec.structs.replace(message, metrics=kept) if message.type in TOLD_IN_PART else message


def _told(metric: Metric, birth: Metric, unit: str) -> Told:
    quality = _number(metric, names.QUALITY_PROPERTY)
    told = "good" if quality is None else _QUALITIES.get(quality, f"quality {quality}")
    return Told(
        metric.name,
        _value(metric, birth.datatype),
        _unit(birth) or unit,
        f"not readable ({metric.unreadable})" if metric.unreadable else told,
        metric.historical,
        metric.timestamp_ms if metric.historical else None,
        _number(metric, names.NUMBER_PROPERTY),
    )


def _value(metric: Metric, born: DataType | None) -> Spoken:
    """Return a value as its birth declares it where the message does not say its datatype."""
    if metric.datatype is None and born is not None and metric.value is not None:
        with contextlib.suppress(PayloadError):
            return value_as(metric, born)
    return metric.value


def _unit(metric: Metric) -> str:
    found = (one.value for one in metric.properties if one.name == names.UNIT_PROPERTY)
    return next((unit for unit in found if isinstance(unit, str)), "")


def _number(metric: Metric, name: str) -> int | None:
    found = (one.value for one in metric.properties if one.name == name)
    return next((number for number in found if isinstance(number, int)), None)
