"""The methods of the local API: a table from name to what it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import msgspec
import structlog

from agent.bundle import Bundle
from agent.clock import wall_less_mono_s
from agent.control.leases import TERMS, Demand, Refusal
from agent.local import protocol
from agent.local.bus_methods import BusMethods
from agent.local.bus_records import Dump
from agent.local.protocol import Fault
from agent.local.records import AlarmState, LampState, PointState, Status
from agent.local.view import AgentView

log = structlog.get_logger()

_Pattern = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class _Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class _List(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pattern: _Pattern = "*"


class _Subscribe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pattern: _Pattern = "*"
    interval_s: Annotated[float, msgspec.Meta(ge=0.05, le=60.0)] = 0.2


class _Unsubscribe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    subscription: int


class _Dim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lamp: _Name
    level_pct: Annotated[float, msgspec.Meta(ge=0.0, le=100.0)]
    for_s: Annotated[float, msgspec.Meta(ge=1.0, le=TERMS["technician"].longest_s)] = TERMS["technician"].default_s
    holder: _Name = "cli"


class _Release(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lamp: _Name


class _Instrument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    instrument: _Name


class Subscription:
    """Points that a client watches: a first snapshot, then only what changed."""

    def __init__(self, view: AgentView, pattern: str, interval_s: float) -> None:
        self.interval_s = interval_s
        self._view = view
        self._keys = frozenset(view.keys(pattern))
        self._changed: set[str] = set()
        self._stale: set[str] = set()
        view.image.listeners.append(self._note)

    def snapshot(self) -> list[PointState]:
        """Return all points of the subscription."""
        return [self._state(key) for key in sorted(self._keys)]

    def changes(self) -> list[PointState]:
        """Return the points that changed since the last call, those that have gone stale included."""
        now_s = self._view.clock.mono_s()
        gone = {key for key in self._keys - self._stale if self._view.image.get(key, now_s).quality == "stale"}
        changed, self._changed = self._changed | gone, set()
        return [self._state(key) for key in sorted(changed)]

    def close(self) -> None:
        """Stop listening."""
        self._view.image.listeners.remove(self._note)

    def _state(self, key: str) -> PointState:
        state = self._view.point_state(key)
        (self._stale.add if state.quality == "stale" else self._stale.discard)(key)
        return state

    def _note(self, key: str) -> None:
        if key in self._keys:
            self._changed.add(key)


class Methods:
    """What the local API can be asked."""

    def __init__(self, view: AgentView, wake: Callable[[], None], bundled: Callable[[], Bundle]) -> None:
        self._view = view
        self._wake = wake
        self._bundled = bundled
        self._table: dict[str, Callable[[msgspec.Raw], object]] = {
            "status": self._status,
            "alarms.list": self._alarms,
            "points.list": self._list,
            "points.subscribe": self._subscribe,
            "lamp.dim": self._dim,
            "lamp.release": self._release,
            "instrument.dump": self._instrument_dump,
            "bundle": self._bundle,
            **BusMethods(view.config, view.buses, lambda: wall_less_mono_s(view.clock)).table,
        }

    def call(self, request: protocol.Request) -> object:
        """Do what a request asks. Fault if it cannot be done; nothing has changed then.

        What takes its time is returned as a coroutine, whose result it is and which can end with a Fault too.
        """
        method = self._table.get(request.method)
        if method is None:
            known = ", ".join(sorted([*self._table, "points.unsubscribe"]))
            raise Fault(protocol.NO_METHOD, f"there is no method {request.method!r}; there are {known}")
        return method(request.params)

    @staticmethod
    def unsubscribe_parameters(params: msgspec.Raw) -> int:
        """Return the number of the subscription to end."""
        return protocol.parameters(params, _Unsubscribe).subscription

    def _status(self, params: msgspec.Raw) -> Status:
        protocol.parameters(params, _Nothing)
        return self._view.status()

    def _alarms(self, params: msgspec.Raw) -> list[AlarmState]:
        protocol.parameters(params, _Nothing)
        return self._view.alarm_states()

    def _list(self, params: msgspec.Raw) -> list[PointState]:
        pattern = protocol.parameters(params, _List).pattern
        return [self._view.point_state(key) for key in self._view.keys(pattern)]

    def _subscribe(self, params: msgspec.Raw) -> Subscription:
        wanted = protocol.parameters(params, _Subscribe)
        return Subscription(self._view, wanted.pattern, wanted.interval_s)

    def _dim(self, params: msgspec.Raw) -> LampState:
        wanted = protocol.parameters(params, _Dim)
        lamp = self._lamp(wanted.lamp)
        control, now_s = self._view.control, self._view.clock.mono_s()
        try:
            control.leases.take(lamp, "technician", Demand(wanted.holder, wanted.level_pct, wanted.for_s), now_s)
        except Refusal as refusal:
            raise Fault(protocol.BAD_PARAMETERS, str(refusal)) from None
        log.info("lamp_dimmed", lamp=wanted.lamp, level_pct=wanted.level_pct, for_s=wanted.for_s, holder=wanted.holder)
        return self._in_force(lamp)

    def _release(self, params: msgspec.Raw) -> LampState:
        wanted = protocol.parameters(params, _Release)
        lamp = self._lamp(wanted.lamp)
        if self._view.control.leases.release(lamp, "technician"):
            log.info("lamp_released", lamp=wanted.lamp)
        return self._in_force(lamp)

    def _instrument_dump(self, params: msgspec.Raw) -> Dump:
        wanted = protocol.parameters(params, _Instrument).instrument
        instruments = {instrument.id: instrument for instrument in self._view.instruments}
        if wanted not in instruments:
            there = f"there are {', '.join(instruments)}" if instruments else "there are none"
            raise Fault(protocol.NOT_FOUND, f"instrument: there is no {wanted!r}; {there}")
        return Dump(instruments[wanted].dump(wall_less_mono_s(self._view.clock)))

    def _bundle(self, params: msgspec.Raw) -> Bundle:
        protocol.parameters(params, _Nothing)
        return self._bundled()

    def _in_force(self, lamp: int) -> LampState:
        """Let control compute at once, and say who holds the lamp now."""
        self._wake()
        return self._view.lamp_state(lamp)

    def _lamp(self, device: str) -> int:
        lamp = self._view.lamps.get(device)
        if lamp is None:
            raise Fault(protocol.NOT_FOUND, f"lamp: there is no {device!r}; there are {', '.join(self._view.lamps)}")
        return lamp
