"""The JSON mirror: each device's state as one retained message, for platforms without Sparkplug. Pure.

The same metrics as in Sparkplug, presence as counts included; or FIWARE's entities. docs/uplink.md shows the messages.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime

import msgspec

from agent.uplink import names
from agent.uplink.commands import Answer
from agent.uplink.edge import Message, Stamp
from agent.uplink.fiware import Entities
from agent.uplink.reports import Reporter
from agent.uplink.table import Spec, Table
from agent.uplink.topics import Topics
from drivers.points import Value

EVERY_S = 1.0  # a device is told at most so often
EXPIRES_S = 900  # MQTT 5: a state that nobody renews goes away
RENEW_S = 300.0

_encode = msgspec.json.Encoder().encode


class State(msgspec.Struct, frozen=True):
    """What is told of a device: its values by metric, null where nothing is known; as of a moment in UTC."""

    device: str
    time: str
    alive: bool
    values: dict[str, Value | None]


class Result(msgspec.Struct, frozen=True):
    """What has become of a command; `device` is empty where none could be made out."""

    id: str
    device: str
    status: names.CommandStatus
    reason: str
    time: str


class Mirror:
    """States to be told of one session: plain ones, or where there are `entities` these, as far as models go."""

    def __init__(
        self, topics: Topics, table: Table, reporter: Reporter, now_s: float, entities: Entities | None = None
    ) -> None:
        self._entities = entities
        self._topics = topics
        self._table = table
        self._reporter = reporter
        self._devices = ["", *table.devices()]
        self._specs: dict[str, list[tuple[str, Spec]]] = {device: [] for device in self._devices}
        for key, spec in table.points.items():
            self._specs[spec.device].append((key, spec))
        bays = {spec.device: key for key, spec in table.points.items() if spec.name == names.OCCUPANCY}
        self._bays = bays if entities is not None else {}
        self._meters = entities.meters if entities is not None else {}
        self._metered = {meter: lamp for lamp, meter in self._meters.items()}
        self._dirty = dict.fromkeys(self._devices)
        self._next_s = now_s
        self._renew_s = now_s + RENEW_S

    def changed(self, devices: Iterable[str]) -> None:
        """Take that something of these devices has just been told."""
        for device in devices:
            self._dirty[device] = None
            if (lamp := self._metered.get(device)) is not None:
                self._dirty[lamp] = None

    def next_s(self) -> float:
        """Return when `due` has something to say."""
        return self._next_s if self._dirty else self._renew_s

    def due(self, stamp: Stamp) -> list[Message]:
        """Return the states that are to be told now, retained."""
        now_s = stamp.mono_s
        if now_s >= self._renew_s:
            self._renew_s = now_s + RENEW_S
            self._dirty |= dict.fromkeys(self._devices)
        if not self._dirty or now_s < self._next_s:
            return []
        self._next_s = now_s + EVERY_S
        states = self._states(self._dirty, stamp, self._reporter.alive)
        self._dirty.clear()
        return states

    def farewell(self, stamp: Stamp) -> list[Message]:
        """Return all states once more, as of something that nobody looks after: at an intended stop."""
        return self._states(self._devices, stamp, lambda _device: False)

    def result(self, answer: Answer, stamp: Stamp) -> Message:
        """Return what has become of a command, not retained."""
        said = Result(answer.id, answer.device, answer.status, answer.reason, iso(stamp.wall_ms))
        return Message(self._topics.mirror_result, _encode(said))

    def _states(self, devices: Collection[str], stamp: Stamp, alive: Callable[[str], bool]) -> list[Message]:
        states = [
            Message(self._topics.mirror_state(device), self._state(device, stamp, alive=alive(device)))
            for device in devices
        ]
        if self._entities is not None and not self._bays.keys().isdisjoint(devices):
            bays = {bay: self._reporter.told(key)[0] if alive(bay) else None for bay, key in self._bays.items()}
            parking = self._entities.parking(bays, iso(stamp.wall_ms))
            states.append(Message(self._topics.mirror_parking, _encode(parking)))
        return states

    def _state(self, device: str, stamp: Stamp, *, alive: bool) -> bytes:
        values, now = self._values(device), iso(stamp.wall_ms)
        if self._entities is not None and device:
            if (meter := self._meters.get(device)) is not None:
                values |= {name: value for name, value in self._values(meter).items() if name.startswith("meter/")}
            since = iso(stamp.ms(self._reporter.began_s))
            entity = self._entities.entity(device, values if alive else dict.fromkeys(values), now, since)
            if entity is not None:
                return _encode(entity)
        return _encode(State(device or self._topics.node, now, alive, dict(sorted(values.items()))))

    def _values(self, device: str) -> dict[str, Value | None]:
        values: dict[str, Value | None] = {}
        for key, spec in self._specs[device]:
            value, _ = self._reporter.told(key)
            values[spec.name] = float(f"{value:.7g}") if isinstance(value, float) else value  # as Sparkplug's Float
        for spec in self._table.own_of[device]:
            if spec.name not in names.INPUTS | names.IN_PASSING:
                values[spec.name] = self._reporter.own(device, spec.name)
        return values


def iso(wall_ms: int) -> str:
    """Return a time as machines want it: ISO 8601, UTC, milliseconds, Z."""
    return datetime.fromtimestamp(wall_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
