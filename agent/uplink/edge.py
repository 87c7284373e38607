"""The Sparkplug edge node of one session: births, data, deaths, one sequence number over all. Pure; bytes come out.

Source: Eclipse Sparkplug 3.0 (ISO/IEC 20237), chapters 5 and 6. One MQTT connection is one session.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import isfinite, nan

import msgspec

from agent.journal.records import Entry, Numbered, Report
from agent.uplink import names
from agent.uplink.payload import DataType, Metric, Payload, Property, encode
from agent.uplink.reports import SPARKPLUG_QUALITY, Reporter
from agent.uplink.table import Spec, Table
from agent.uplink.topics import MessageType, Topics

MOST_METRICS = 100  # a message; a backlog is sent in several

GOOD, BAD = 192, 0
_DATA: frozenset[MessageType] = frozenset({"NDATA", "DDATA"})
_DATATYPES = {int(datatype): datatype for datatype in DataType}


class Message(msgspec.Struct, frozen=True, gc=False):
    """What is to be published, with QoS 0 and not retained."""

    topic: str
    payload: bytes


class Stamp(msgspec.Struct, frozen=True, gc=False):
    """How monotonic seconds become UTC milliseconds: both of one moment, and whether the clock is trusted."""

    mono_s: float
    wall_ms: int
    trusted: bool = True

    def ms(self, mono_s: float) -> int:
        """Return the wall time of a monotonic one."""
        return max(0, self.wall_ms - round((self.mono_s - mono_s) * 1000))


class Past(msgspec.Struct, frozen=True):
    """Late data: the messages, and of which reports: that may leave the journal once they have arrived, that nobody can
    date or whose device is gone, that fit into no payload."""

    messages: list[Message]
    done: list[int]
    untold: list[int]
    unfit: list[int]


def will(topics: Topics, bd_seq: int) -> Message:
    """Return the death of the node, which is also its will: nothing but bdSeq."""
    return Message(topics.of("NDEATH"), encode(Payload((Metric(names.BD_SEQ, bd_seq, DataType.INT64),))))


class EdgeNode:
    """One session. Each message takes the next sequence number: publish them all, in this order.

    `strict`: data do not repeat the datatypes of the births.
    """

    def __init__(self, topics: Topics, table: Table, reporter: Reporter, bd_seq: int, *, strict: bool = False) -> None:
        self._topics = topics
        self._table = table
        self._reporter = reporter
        self._devices = table.devices()
        self._known = frozenset(("", *self._devices))
        self._strict = strict
        self.bd_seq = bd_seq
        self.store_id = ""  # what the node's birth has told last: numbers are those of that store
        self.born: set[str] = set()
        self._seq = 255
        self._messages = 0  # since the node's birth

    def births(self, stamp: Stamp) -> list[Message]:
        """Return the node's birth and those of all living devices: the begin of a session, or a rebirth."""
        self._seq, self._messages = 255, 0
        self.born = {""}
        self.store_id = str(self._reporter.own("", names.STORE_ID) or "")
        bd_seq = Metric(names.BD_SEQ, self.bd_seq, DataType.INT64, stamp.wall_ms)
        messages = [self._message("NBIRTH", "", [bd_seq, *self._all("", stamp)], stamp)]
        return messages + self.changes(stamp)

    def changes(self, stamp: Stamp) -> list[Message]:
        """Return the births of devices that have come to life, the deaths of those that are dead."""
        messages = []
        for device in self._devices:
            alive = self._reporter.alive(device)
            if alive and device not in self.born:
                self.born.add(device)
                messages.append(self._message("DBIRTH", device, self._all(device, stamp), stamp))
            elif not alive and device in self.born:
                self.born.discard(device)
                messages.append(self._message("DDEATH", device, [], stamp))
        return messages

    def data(self, numbered: Iterable[Numbered], stamp: Stamp) -> list[Message]:
        """Return live data, a message a device, of devices that are born. A number of 0 is none."""
        by_device: dict[str, list[Metric]] = {}
        when_s, when_ms = nan, 0
        for number, report in numbered:
            if report.mono_s != when_s:  # what was read together has one time
                when_s, when_ms = report.mono_s, stamp.ms(report.mono_s)
            by_device.setdefault(report.device, []).append(_metric(report, when_ms, number))
        return [message for device, metrics in by_device.items() for message in self._data(device, metrics, stamp)]

    def mark(self, number: int, since: int, stamp: Stamp, *, own: bool) -> Message:
        """Return what says that all before it was sent; `since` is the mark of the birth. `own`: no report has the number.

        Then it stands there as the number of a metric, too: a host that remembers numbers as ranges has no hole.
        """
        told = {names.TOLD: number, names.TOLD_SINCE: since, names.TOLD_MESSAGES: self._messages + 1}
        key = number if own else 0
        metrics = [Metric(name, value, DataType.INT64, stamp.wall_ms, number=key) for name, value in told.items()]
        return self._message("NDATA", "", metrics, stamp)

    def history(self, entries: Sequence[Entry], stamp: Stamp) -> Past:
        """Return late data. A dead device is born for as long as its past is told: data of one that is not are no data.

        What has no time yet waits until the clock is trusted; what nobody can date, or is of a device that is gone, is untold.
        """
        by_device: dict[str, list[Metric]] = {}
        done: list[int] = []
        untold: list[int] = []
        unfit: list[int] = []
        for entry in entries:  # the order of each point is kept; devices need not wait for each other
            if entry.report.wall_ms is None and entry.this_boot and not stamp.trusted:
                continue
            device = entry.report.device
            if device not in self._known or (entry.report.wall_ms is None and not entry.this_boot):
                untold.append(entry.number)
            elif entry.report.datatype not in _DATATYPES:
                unfit.append(entry.number)
            else:
                done.append(entry.number)
                by_device.setdefault(device, []).append(_historical(entry.number, stamped(entry.report, stamp)))
        messages: list[Message] = []
        for device, metrics in by_device.items():
            dead = device not in self.born
            if dead:
                messages.append(self._message("DBIRTH", device, self._all(device, stamp), stamp))
            messages += self._data(device, metrics, stamp)
            if dead:
                messages.append(self._message("DDEATH", device, [], stamp))
        return Past(messages, done, untold, unfit)

    def _data(self, device: str, metrics: list[Metric], stamp: Stamp) -> Iterator[Message]:
        for at in range(0, len(metrics), MOST_METRICS):
            kind: MessageType = "DDATA" if device else "NDATA"
            yield self._message(kind, device, metrics[at : at + MOST_METRICS], stamp)

    def _message(self, kind: MessageType, device: str, metrics: Sequence[Metric], stamp: Stamp) -> Message:
        self._seq = (self._seq + 1) % 256
        self._messages += 1
        typed = not self._strict or kind not in _DATA
        return Message(self._topics.of(kind, device), _packed(Payload(tuple(metrics), stamp.wall_ms, self._seq), typed))

    def _all(self, device: str, stamp: Stamp) -> list[Metric]:
        """Return everything that a device has ever to tell, as of now."""
        metrics = []
        for spec, reading in self._reporter.born(device, stamp.mono_s):
            when_ms = stamp.ms(reading.mono_s) if isfinite(reading.mono_s) else stamp.wall_ms
            metrics.append(_born(spec, reading.value, SPARKPLUG_QUALITY[reading.quality], when_ms))
        own = self._table.own_of[device]
        return metrics + [_born(spec, self._reporter.own(device, spec.name), GOOD, stamp.wall_ms) for spec in own]


def _packed(payload: Payload, typed: bool) -> bytes:
    """Return the bytes of a payload. One value that fits into none is told as bad: it must not silence all the others."""
    try:
        return encode(payload, typed=typed)
    except ValueError:
        return encode(msgspec.structs.replace(payload, metrics=tuple(map(_fitting, payload.metrics))), typed=typed)


def _fitting(metric: Metric) -> Metric:
    try:
        encode(Payload((metric,)))
    except ValueError:
        others = tuple(item for item in metric.properties if item.name != names.QUALITY_PROPERTY)
        return msgspec.structs.replace(metric, value=None, properties=_quality(BAD) + others)
    return metric


def _born(spec: Spec, value: bool | float | str | None, quality: int, when_ms: int) -> Metric:
    unit = (Property(names.UNIT_PROPERTY, DataType.STRING, spec.unit),) if spec.unit else ()
    return Metric(spec.name, value, spec.datatype, when_ms, properties=_quality(quality) + unit)


def _metric(report: Report, when_ms: int, number: int) -> Metric:
    datatype, quality = _DATATYPES[report.datatype], report.quality
    if quality == GOOD:
        return Metric(report.metric, report.value, datatype, when_ms, number=number)
    return Metric(report.metric, report.value, datatype, when_ms, properties=_quality(quality), number=number)


def stamped(report: Report, stamp: Stamp) -> Report:
    """Return a report with its wall time."""
    return report if report.wall_ms is not None else msgspec.structs.replace(report, wall_ms=stamp.ms(report.mono_s))


def _historical(number: int, report: Report) -> Metric:
    return Metric(
        report.metric,
        report.value,
        DataType(report.datatype),
        report.wall_ms,
        historical=True,
        properties=_quality(report.quality),
        number=number,
    )


def _quality(quality: int) -> tuple[Property, ...]:
    return () if quality == GOOD else (Property(names.QUALITY_PROPERTY, DataType.INT32, quality),)
