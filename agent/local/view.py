"""One look at the whole agent: builds the records of the local API from the parts. Reads only."""

from __future__ import annotations

import math
import os
import resource
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Protocol

import msgspec

from agent.clock import Clock
from agent.config import Config, Device
from agent.control.leases import RUNG, TERMS, remaining_s
from agent.control.punctual import Lateness
from agent.control.street import StreetControl
from agent.control.sun import AstronomicalClock
from agent.health import Supervisor
from agent.image import Image
from agent.local.bus_methods import BusView
from agent.local.records import (
    AlarmState,
    BusState,
    InstrumentRow,
    LampState,
    LeaseState,
    NeighboursState,
    PointState,
    SensorState,
    Status,
    TaskRow,
    TrialState,
    UnitRow,
    UplinkState,
)
from agent.local.season_view import SeasonView
from agent.services.alarms import Alarm
from agent.services.lamp_power import model_w
from drivers.bus import UnitState
from drivers.lines.port import InstrumentState
from drivers.points import Quality, Reading

_FOLLOW_PCT = 3.0  # a confirmed level may differ so much from what was sent: steps of modules and their read-back
_SENSORS = {"presence": "state", "contact": "state", "vehicles": "count"}  # the resource that says whether
_FOLLOW_S = 3.0  # a level that was sent may take so long to show: the module's own fade and one poll


class InstrumentView(Protocol):
    """What is shown of an instrument."""

    @property
    def id(self) -> str: ...

    def state(self) -> InstrumentState: ...

    def dump(self, wall_s: float) -> str: ...


class AgentView(msgspec.Struct, frozen=True):
    """The parts of a running agent that the local API shows."""

    config: Config
    version: str
    kernel: str
    demonstration: bool
    started_s: float
    clock: Clock
    image: Image
    control: StreetControl
    sun: AstronomicalClock
    season: SeasonView
    buses: Sequence[BusView]
    instruments: Sequence[InstrumentView]
    supervisor: Supervisor
    lamps: dict[str, int]
    lateness: Lateness
    alarms: Callable[[], Sequence[Alarm]]
    uplink: Callable[[], UplinkState | None]
    neighbours: Callable[[], NeighboursState | None]
    trial: Callable[[], TrialState | None]

    def keys(self, pattern: str) -> list[str]:
        """Return the keys of the points that a glob pattern names, sorted."""
        return [point.key for point in self.image if fnmatchcase(point.key, pattern)]

    def point_state(self, key: str) -> PointState:
        """Return a point with its reading as of now."""
        now_s = self.clock.mono_s()
        point = self.image.point(key)
        reading = self.image.get(key, now_s)
        return PointState(
            key=key,
            type=point.type,
            unit=point.unit,
            writable=point.writable,
            title=point.title,
            value=reading.value,
            quality=reading.quality,
            reason=reading.reason,
            age_s=_age_s(reading, now_s),
            time=self._time_of(reading, now_s),
        )

    def lamp_state(self, lamp: int) -> LampState:
        """Return a lamp: its levels, who won and until when."""
        now_s = self.clock.mono_s()
        output = self.control.outputs[lamp]
        device = next(device for device in self.config.devices if device.id == output.device)
        winner = self.control.winner(lamp)
        lease = self.control.leases.holder(lamp, winner, now_s) if winner in TERMS else None
        left_s = remaining_s(lease, now_s)
        confirmed = self.image.get(f"{device.id}/lamp/dimming_level", now_s)
        sent = self.image.raw(f"{device.id}/lamp/sent_level")
        return LampState(
            id=device.id,
            position_m=output.position_m,
            unit=device.unit or (f"gpio{device.pin.number}" if device.pin is not None else ""),
            channel=device.channel or 0,
            nominal_w=device.nominal_w,
            commanded_pct=round(self.control.commanded_pct(lamp), 2),
            sent_pct=_number(sent),
            confirmed_pct=_number(confirmed),
            observed_pct=_number(self.image.raw(f"{device.id}/lamp/observed_level")),
            winner=winner,
            holder=lease.holder if lease else "",
            until=None if left_s is None else stamp(self.clock.wall().utc + timedelta(seconds=left_s)),
            remaining_s=left_s,
            device_safety=output.device_safety,
            fault=_lamp_fault(sent, confirmed),
            doubt=confirmed.reason if confirmed.quality is Quality.UNCERTAIN else "",
        )

    def alarm_states(self) -> list[AlarmState]:
        """Return the alarms that are raised, the worst first."""
        now_s = self.clock.mono_s()
        return [
            AlarmState(
                key=alarm.key,
                device=alarm.key.partition("/")[0],
                what=alarm.what,
                severity=alarm.severity,
                text=alarm.text,
                since=alarm.since or None,
                for_s=round(now_s - alarm.since_s, 3),
            )
            for alarm in self.alarms()
        ]

    def lease_states(self) -> list[LeaseState]:
        """Return the demands that hold now, by lamp, the highest rung first."""
        now_s, wall = self.clock.mono_s(), self.clock.wall().utc
        found = sorted(self.control.leases.all(now_s).items(), key=lambda one: (one[0][0], RUNG[one[0][1]]))
        return [
            LeaseState(
                lamp=self.control.outputs[lamp].device,
                rung=lease.rung,
                holder=lease.holder,
                level_pct=lease.level_pct,
                until=None
                if (left_s := remaining_s(lease, now_s)) is None
                else stamp(wall + timedelta(seconds=left_s)),
                remaining_s=left_s,
                command=lease.command,
            )
            for (lamp, _), lease in found
        ]

    def status(self) -> Status:
        """Return everything at once."""
        wall, street = self.clock.wall(), self.clock.street()
        now_s = self.clock.mono_s()
        lamps = [self.lamp_state(lamp) for lamp in range(len(self.control.outputs))]
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return Status(
            version=self.version,
            pid=os.getpid(),
            uptime_s=round(now_s - self.started_s, 3),
            kernel=self.kernel,
            controller=self.config.controller.id,
            group=self.config.controller.group,
            config=str(self.config.path),
            time=stamp(wall.utc),
            clock_trusted=wall.trusted,
            time_zone=self.config.controller.time_zone,
            street_time=stamp(street.utc),
            demonstration=self.demonstration,
            night=self.control.night,
            sun_deg=round(self.sun.elevation_deg(street.utc), 2),
            season=self.season.state(street.utc, trusted=street.trusted),
            alarms=self.alarm_states(),
            lamps=lamps,
            sensors=[self._sensor(device, now_s) for device in self.config.devices if device.kind in _SENSORS],
            buses=[self._bus(bus) for bus in self.buses],
            units=[self._unit(state) for bus in self.buses for state in bus.unit_states()],
            instruments=[self._instrument(instrument.state(), now_s) for instrument in self.instruments],
            tasks=[
                TaskRow(t.name, t.state, t.restarts, round(t.beat_age_s, 3), t.last_error)
                for t in self.supervisor.states()
            ],
            control=self.lateness.told(),
            power_w=self._power_w(now_s),
            model_power_w=round(sum(_model_w(lamp) for lamp in lamps), 1),
            memory_mb=_resident_mb(),
            cpu_s=round(usage.ru_utime + usage.ru_stime, 3),
            uplink=self.uplink(),
            neighbours=self.neighbours(),
            leases=self.lease_states(),
            trial=self.trial(),
        )

    def _sensor(self, device: Device, now_s: float) -> SensorState:
        reading = self.image.get(f"{device.id}/{device.kind}/{_SENSORS[device.kind]}", now_s)
        present = None if reading.value is None else bool(reading.value)
        age_s = _age_s(reading, now_s)
        return SensorState(device.id, device.kind, device.position_m, present, reading.quality, reading.reason, age_s)

    def _bus(self, view: BusView) -> BusState:
        s = view.stats()
        return BusState(
            id=s.id,
            port=s.place,
            baud=s.link.baud if s.link is not None else None,
            state="up" if s.up else "down",
            use_pct=round(s.use_pct, 1),
            transactions=s.transactions,
            timeouts=s.timeouts,
            bad_answers=s.bad_answers,
            refusals=s.refusals,
        )

    def _unit(self, state: UnitState) -> UnitRow:
        unit = next(unit for unit in self.config.units if unit.id == state.id)
        return UnitRow(
            id=unit.id,
            bus=unit.bus,
            address=unit.address,
            profile=unit.profile,
            state=state.state,
            device_safety=state.device_safety,
            safety_verified=state.safety_verified,
            safe_after_s=unit.safe_after_s,
            answers=state.answers,
            failures=state.failures,
            last_error=state.last_error,
        )

    def _instrument(self, state: InstrumentState, now_s: float) -> InstrumentRow:
        return InstrumentRow(
            id=state.id,
            model=state.model,
            port=state.place,
            baud=state.baud,
            state=state.state,
            identity=state.identity,
            heard_s=None if math.isinf(state.heard_s) else round(now_s - state.heard_s, 3),
            frames=state.frames,
            bad_frames=state.bad_frames,
            stray_bytes=state.stray_bytes,
            last_error=state.last_error,
        )

    def _power_w(self, now_s: float) -> float | None:
        """Return the sum of what the meters read; none if one of them is not known."""
        meters = [f"{device.id}/meter/active_power" for device in self.config.devices if device.kind == "meter"]
        watts = [_number(self.image.get(key, now_s)) for key in meters if key in self.image]
        known = [watt for watt in watts if watt is not None]
        return round(sum(known), 1) if known and len(known) == len(watts) else None

    def _time_of(self, reading: Reading, now_s: float) -> str | None:
        wall = self.clock.wall()
        age_s = _age_s(reading, now_s)
        return stamp(wall.utc - timedelta(seconds=age_s)) if wall.trusted and age_s is not None else None


def stamp(utc: datetime) -> str:
    """Return a time as machines want it: ISO 8601, UTC, milliseconds, Z."""
    return utc.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _age_s(reading: Reading, now_s: float) -> float | None:
    return None if math.isinf(reading.mono_s) else round(now_s - reading.mono_s, 3)


def _number(reading: Reading) -> float | None:
    """Return a level or a power that may be believed."""
    value = reading.value
    if reading.quality in {Quality.BAD, Quality.STALE} or value is None or isinstance(value, str | bool):
        return None
    return round(float(value), 2)


def _lamp_fault(sent: Reading, confirmed: Reading) -> str:
    """Return why a lamp cannot be believed to follow, or nothing."""
    if confirmed.quality in {Quality.BAD, Quality.STALE}:
        return confirmed.reason or "not read back"
    wanted, shown = _number(sent), _number(confirmed)
    if wanted is None or shown is None:
        return "nothing sent yet"
    settled = confirmed.mono_s - sent.mono_s > _FOLLOW_S
    return (
        f"does not follow: sent {wanted:g} %, reads back {shown:g} %"
        if settled and abs(wanted - shown) > _FOLLOW_PCT
        else ""
    )


def _model_w(lamp: LampState) -> float:
    """Return a lamp's power by the model of an LED driver."""
    return model_w(lamp.nominal_w, lamp.confirmed_pct if lamp.confirmed_pct is not None else lamp.commanded_pct)


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return round(pages * resource.getpagesize() / 1e6, 1)
