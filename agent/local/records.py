"""What the local API's results are made of; the table in agent/README.md says what each field means. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from agent.control.punctual import Punctuality
from drivers.points import Value


class PointState(msgspec.Struct, frozen=True):
    """A point and what is known of it now."""

    key: str
    type: str
    unit: str
    writable: bool
    title: str
    value: Value | None
    quality: str
    reason: str
    age_s: float | None
    time: str | None


class LampState(msgspec.Struct, frozen=True):
    """A lamp: four levels in per cent, who won and until when."""

    id: str
    position_m: float
    unit: str
    channel: int
    nominal_w: float
    commanded_pct: float
    sent_pct: float | None
    confirmed_pct: float | None
    observed_pct: float | None
    winner: str
    holder: str
    until: str | None
    remaining_s: float | None
    device_safety: bool
    fault: str
    doubt: str


class AlarmState(msgspec.Struct, frozen=True):
    """An alarm that is raised: the key of its point, what it is in words and figures, since when (UTC) and for how long."""

    key: str
    device: str
    what: str
    severity: Literal["alarm", "warning"]
    text: str
    since: str | None
    for_s: float


class SensorState(msgspec.Struct, frozen=True):
    """A presence sensor or contact and what it says."""

    id: str
    kind: str
    position_m: float | None
    present: bool | None
    quality: str
    reason: str
    age_s: float | None


class BusState(msgspec.Struct, frozen=True):
    """A line and how busy and how sound it is; `baud` is none where the port is an address."""

    id: str
    port: str
    baud: int | None
    state: str
    use_pct: float
    transactions: int
    timeouts: int
    bad_answers: int
    refusals: int


class UnitRow(msgspec.Struct, frozen=True):
    """A box on a bus."""

    id: str
    bus: str
    address: int
    profile: str
    state: str
    device_safety: bool
    safety_verified: bool
    safe_after_s: float | None
    answers: int
    failures: int
    last_error: str


class InstrumentRow(msgspec.Struct, frozen=True):
    """An instrument on a port of its own; `heard_s` ago its last frame was understood, none if there was none."""

    id: str
    model: str
    port: str
    baud: int
    state: str
    identity: str
    heard_s: float | None
    frames: int
    bad_frames: int
    stray_bytes: int
    last_error: str


class TaskRow(msgspec.Struct, frozen=True):
    """A named task of the agent."""

    name: str
    state: str
    restarts: int
    beat_age_s: float
    last_error: str


class IdentityState(msgspec.Struct, frozen=True):
    """Our certificate: whose, until when, how that is, what is wrong with its file ("" = nothing).

    `renewed`: the file is newer than the connection, and the next one will show it.
    """

    name: str
    expires: datetime | None
    standing: Literal["good", "soon", "ended", "early", "unsure", "none"]
    says: str
    fault: str
    renewed: bool

    @property
    def trouble(self) -> str:
        """Return what somebody has to look after; "" if nothing."""
        if self.fault:
            return self.fault
        return f"our certificate {self.says}" if self.standing in {"soon", "ended", "early"} else ""


class UplinkState(msgspec.Struct, frozen=True):
    """The way to the platform: where it leads, how it is, what is not proven delivered."""

    state: Literal["connecting", "online", "waiting"]
    host: str
    port: int
    mqtt: str
    group: str
    node: str
    since_s: float
    bd_seq: int | None
    sent: int
    received: int
    unproven: int
    proof_age_s: float | None
    journal_waiting: int
    journal_dropped: int
    journal_fault: str
    journal_thinned: int
    journal_quarantined: int
    journal_written_mb: float
    journal_budget_pct: float
    commands_accepted: int
    commands_refused: int
    last_refusal: str
    last_error: str
    mirror: bool
    identity: IdentityState | None = None


class NeighbourRow(msgspec.Struct, frozen=True):
    """A neighbouring controller. `age_ms` is how old its newest message was when it came; `refused` counts by reason."""

    id: str
    endpoint: str
    end: Literal["up", "down"]
    offset_m: float
    state: Literal["silent", "blind", "heard"]
    heard_s: float | None
    sent: int
    received: int
    users_told: int
    users_announced: int
    refused: dict[str, int]
    round_trip_ms: float | None
    age_ms: float | None


class NeighboursState(msgspec.Struct, frozen=True):
    """The way to the neighbours, and each of them. `refused` counts what bears no neighbour's name."""

    state: Literal["opening", "open", "waiting", "off"]
    listen: str
    signed: bool
    encrypted: bool
    last_error: str
    dropped_in: int
    dropped_out: int
    refused: dict[str, int]
    neighbours: list[NeighbourRow]


class LogLine(msgspec.Struct, frozen=True):
    """A line of the log: when (UTC), its level, what happened, and what it says of it."""

    time: str
    level: str
    event: str
    keys: dict[str, str]


class LeaseState(msgspec.Struct, frozen=True):
    """A demand on a lamp that holds now, whether it wins or a higher rung does; `command`: the platform's, "" = none."""

    lamp: str
    rung: str
    holder: str
    level_pct: float
    until: str | None
    remaining_s: float | None
    command: str


class TrialState(msgspec.Struct, frozen=True):
    """A configuration on trial, or one whose trial has just ended: by which command, and for how long it goes on still."""

    id: str
    phase: Literal["on trial", "passed", "rolled back"]
    remaining_s: float | None
    reason: str


class PhotocellState(msgspec.Struct, frozen=True):
    """The light sensor that is the photocell: filtered lx, what it says, and why it is not believed ("": it is)."""

    device: str
    lux: float | None
    night: bool | None
    fault: str


class TrafficState(msgspec.Struct, frozen=True):
    """The device that counts, road users an hour by the last ten minutes, the volume in force, and what is wrong with it."""

    counter: str
    per_h: float | None
    volume: str | None
    fault: str


class SeasonState(msgspec.Struct, frozen=True):
    """Night by what, the class in force and why, and the next change that can be foreseen."""

    night_by: str
    design_class: str
    class_name: str
    class_pct: float
    base_pct: float
    why: str
    next_change: str | None
    next_what: str
    photocell: PhotocellState | None
    traffic: TrafficState | None


class Status(msgspec.Struct, frozen=True):
    """The whole of it, for one look."""

    version: str
    pid: int
    uptime_s: float
    kernel: str
    controller: str
    group: str
    config: str
    time: str
    clock_trusted: bool
    time_zone: str
    street_time: str
    demonstration: bool
    night: bool | None
    sun_deg: float
    season: SeasonState
    alarms: list[AlarmState]
    lamps: list[LampState]
    sensors: list[SensorState]
    buses: list[BusState]
    units: list[UnitRow]
    instruments: list[InstrumentRow]
    tasks: list[TaskRow]
    control: Punctuality
    power_w: float | None
    model_power_w: float
    memory_mb: float
    cpu_s: float
    uplink: UplinkState | None
    neighbours: NeighboursState | None
    leases: list[LeaseState] = []
    trial: TrialState | None = None
