"""The methods `bus.*` of the local API: what the lines are, and one question to a unit in its line's schedule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec
import structlog

from agent.config import Config, Unit
from agent.local import protocol
from agent.local.bus_records import Ask, Asked, Dump, Kind, Line, LineStats, Name, UnitPlace, told
from agent.local.protocol import Fault
from drivers.bus.port import Answer
from drivers.bus.records import BusSpec, BusStats, Link, RtuBus, TcpBus, UnitState
from drivers.errors import Busy, WireError
from drivers.modbus.pdu import BROADCAST, WRITE_COIL, WRITE_COILS, WRITE_REGISTER, WRITE_REGISTERS, Request, request_of
from drivers.profile import Profile, Space, load_profile

log = structlog.get_logger()

_WRITES = {WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS}


class BusView(Protocol):
    """What is shown and asked of a bus."""

    def stats(self) -> BusStats: ...

    def unit_states(self) -> tuple[UnitState, ...]: ...

    def dump(self, wall_s: float) -> str: ...

    async def ask(
        self, request: Request, *, scan: bool = False, link: Link | None = None, timeout_s: float | None = None
    ) -> Answer: ...


class _Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class _Which(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    bus: Name


class BusMethods:
    """What the local API can be asked of the lines."""

    def __init__(self, config: Config, buses: Sequence[BusView], wall_s: Callable[[], float]) -> None:
        """`wall_s`: wall time less monotonic, as it is now."""
        self._config = config
        self._wall_s = wall_s
        self._buses = {spec.id: bus for spec, bus in zip(config.buses, buses, strict=True)}
        self._specs = {spec.id: spec for spec in config.buses}
        self.table: dict[str, Callable[[msgspec.Raw], object]] = {
            "bus.list": self._list,
            "bus.ask": self._ask,
            "bus.stats": self._stats,
            "bus.dump": self._dump,
        }

    def _list(self, params: msgspec.Raw) -> list[Line]:
        protocol.parameters(params, _Nothing)
        return [self._line(spec) for spec in self._config.buses]

    def _stats(self, params: msgspec.Raw) -> list[LineStats]:
        protocol.parameters(params, _Nothing)
        return [
            LineStats(**msgspec.structs.asdict(bus.stats()), units=bus.unit_states()) for bus in self._buses.values()
        ]

    def _dump(self, params: msgspec.Raw) -> Dump:
        return Dump(self._bus(protocol.parameters(params, _Which).bus).dump(self._wall_s()))

    async def _ask(self, params: msgspec.Raw) -> Asked:
        wanted = protocol.parameters(params, Ask)
        bus, spec = self._bus(wanted.bus), self._specs[wanted.bus]
        request, link = _request(wanted), _link(wanted, spec)
        timeout_s = None if wanted.timeout_ms is None else wanted.timeout_ms / 1000
        asked = Asked("no_answer", text="nobody waited for the end of it")
        try:
            answer = await bus.ask(request, scan=wanted.traffic == "scan", link=link, timeout_s=timeout_s)
            asked = Asked("answer", answer.data.hex(), round(answer.latency_s * 1000, 3))
        except Busy as busy:
            asked = Asked("no_answer", text=str(busy))
            raise Fault(protocol.TOO_MANY, f"{busy}; ask again in a moment") from None
        except WireError as error:
            asked = told(error)
        finally:
            if request.function in _WRITES:
                _audit(wanted, request, asked)
        return asked

    def _bus(self, name: str) -> BusView:
        bus = self._buses.get(name)
        if bus is None:
            raise Fault(protocol.NOT_FOUND, f"bus: there is no {name!r}; there are {', '.join(self._buses)}")
        return bus

    def _line(self, spec: BusSpec) -> Line:
        link = spec.link if isinstance(spec, RtuBus) else None
        return Line(
            id=spec.id,
            kind=_kind(spec),
            place=spec.place,
            baud=link.baud if link else None,
            parity=link.parity if link else None,
            stop_bits=link.stop_bits if link else None,
            timeout_ms=round(spec.timeout_s * 1000, 3),
            up=self._buses[spec.id].stats().up,
            units=[self._unit(unit) for unit in self._config.units if unit.bus == spec.id],
        )

    def _unit(self, unit: Unit) -> UnitPlace:
        profile = load_profile(unit.profile, self._config.profiles)
        return UnitPlace(unit.id, unit.address, unit.profile, written(profile))


def written(profile: Profile) -> list[tuple[Space, int, int]]:
    """Return what the agent writes itself: (space, first, last address)."""
    settings = (*profile.setup, *(profile.safety or ()))
    spans: list[tuple[Space, int, int]] = [(one.space, one.address, one.address + one.count - 1) for one in settings]
    if (output := profile.output) is not None:
        channels = range(max(profile.channels, 1))
        spans += [(output.space, at, at) for at in (output.address + n * output.stride for n in channels)]
    return spans


def _request(wanted: Ask) -> Request:
    if wanted.unit == BROADCAST and not wanted.broadcast:
        raise Fault(protocol.REFUSED, "unit: 0 writes to all units of the line; say broadcast, if that is meant")
    try:
        return request_of(wanted.unit, bytes.fromhex(wanted.pdu))
    except ValueError as error:
        raise Fault(protocol.BAD_PARAMETERS, f"pdu: {error}") from None


def _link(wanted: Ask, spec: BusSpec) -> Link | None:
    if isinstance(spec, RtuBus):
        return wanted.link(spec.link)
    if wanted.link(Link()) is not None:
        raise Fault(protocol.BAD_PARAMETERS, f"baud, parity, stop_bits: {spec.id} is at {spec.place}, which has none")
    return None


def _kind(spec: BusSpec) -> Kind:
    if isinstance(spec, RtuBus):
        return "rtu"
    return "tcp" if isinstance(spec, TcpBus) else "rtu_tcp"


def _audit(wanted: Ask, request: Request, asked: Asked) -> None:
    """Say who wrote what by hand."""
    log.warning(
        "bus_written",
        bus=wanted.bus,
        unit=wanted.unit,
        function=request.function,
        address=int.from_bytes(request.pdu[1:3], "big"),
        pdu=request.pdu.hex(" "),
        outcome=asked.outcome,
        holder=wanted.holder,
    )
