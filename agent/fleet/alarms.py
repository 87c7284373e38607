"""From what is wrong to alarms: forty that have one cause are one, and each keeps its name while it lasts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from agent.fleet.faults import CONTROLLER, SILENT, Severity, kind_of
from agent.fleet.records import Node

TOGETHER_MS = (
    120_000  # what goes wrong at a place within so long of the one before has one cause; keep-alives end within 45 s
)
LEAST_TOGETHER = 3
HOLD_MS = {CONTROLLER: 60_000}  # a controller that only connects again is no alarm
HOLD_OTHERS_MS = 10_000
MOST_NAMED = 3

Area = Callable[[str], str]  # of a `group/node`: the place whose cabinet feeds it


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong: `kind` is a key of KINDS, `of` is `group/node` or `group/node/device`."""

    kind: str
    of: str
    area: str
    since_ms: int


class Alarm(msgspec.Struct, frozen=True):
    """Faults of one kind and cause. `id` is unique; `members` are what they are of, the earliest first."""

    id: str
    kind: str
    what: str
    severity: Severity
    area: str
    since_ms: int
    members: tuple[str, ...]

    @property
    def named(self) -> str:
        """Return its members in words."""
        shown = ", ".join(self.members[:MOST_NAMED])
        more = len(self.members) - MOST_NAMED
        return f"{shown} and {more} more" if more > 0 else shown


class Event(msgspec.Struct, frozen=True):
    """An alarm that is raised, has grown or shrunk, or is over. `late`: it is told of the past, with the node's time."""

    event: Literal["raised", "changed", "cleared"]
    at_ms: int
    alarm: Alarm
    late: bool = False


def faults(nodes: Iterable[Node], area: Area) -> Iterator[Fault]:
    """Yield what is wrong. Of a controller that is gone nothing else is told: what it said is not known any more."""
    for node in nodes:
        if node.state == "offline":
            yield Fault(CONTROLLER, node.path, area(node.path), node.since_ms)
        else:
            for name, device in node.devices.items():
                if device.state == "dead":
                    yield Fault(SILENT, f"{node.path}/{name}", node.path, device.since_ms)
            for key, since_ms in node.raised.items():
                name, _, metric = key.partition("/")
                if name in node.devices and node.devices[name].state != "dead":
                    yield Fault(metric, f"{node.path}/{name}", node.path, since_ms)


def alarms(found: Iterable[Fault]) -> list[Alarm]:
    """Return faults as alarms: at least three of a kind at one place, each within 2 min of the one before, are one."""
    places: dict[tuple[str, str], list[Fault]] = {}
    for fault in found:
        places.setdefault((fault.kind, fault.area), []).append(fault)
    made = []
    for faults_there in places.values():
        faults_there.sort(key=lambda fault: (fault.since_ms, fault.of))
        for cluster in _clusters(faults_there):
            made += [_alarm(cluster)] if len(cluster) >= LEAST_TOGETHER else [_alarm([fault]) for fault in cluster]
    return sorted(made, key=lambda alarm: (alarm.severity != "alarm", alarm.since_ms, alarm.id))


def _clusters(found: Sequence[Fault]) -> Iterator[list[Fault]]:
    cluster: list[Fault] = []
    for fault in found:
        if cluster and fault.since_ms - cluster[-1].since_ms > TOGETHER_MS:
            yield cluster
            cluster = []
        cluster.append(fault)
    if cluster:
        yield cluster


def _alarm(cluster: Sequence[Fault]) -> Alarm:
    first = cluster[0]
    kind = kind_of(first.kind, len(cluster))
    members = tuple(fault.of for fault in cluster)
    id_ = f"{first.kind}:{first.of}:{first.since_ms}"
    return Alarm(id_, first.kind, kind.what, kind.severity, first.area, first.since_ms, members)


class Book:
    """The alarms that are raised. One that has grown, or whose first member is well again, is still the same."""

    def __init__(self, raised: Iterable[Alarm] = ()) -> None:
        self.raised: dict[str, Alarm] = {alarm.id: alarm for alarm in raised}

    def step(self, found: Iterable[Alarm], now_ms: int) -> list[Event]:
        """Take what is wrong now; return what is news. An alarm is told when it has stood for its time."""
        owner = {(alarm.kind, of): alarm.id for alarm in self.raised.values() for of in alarm.members}
        now: dict[str, Alarm] = {}
        for alarm in found:
            ids = [owner[alarm.kind, of] for of in alarm.members if (alarm.kind, of) in owner]
            free = next((id_ for id_ in ids if id_ not in now), None)
            if free is not None:
                now[free] = msgspec.structs.replace(alarm, id=free)
            elif ids or now_ms - alarm.since_ms >= HOLD_MS.get(alarm.kind, HOLD_OTHERS_MS):
                now[alarm.id] = alarm
        news = [Event("cleared", now_ms, alarm) for id_, alarm in self.raised.items() if id_ not in now]
        for id_, alarm in now.items():
            before = self.raised.get(id_)
            if before is None:
                news.append(Event("raised", now_ms, alarm))
            elif before.members != alarm.members:
                news.append(Event("changed", now_ms, alarm))
        self.raised = now
        return news
