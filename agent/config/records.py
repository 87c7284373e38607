"""The configuration as frozen records. Bounds and defaults stand in `read`, where each option is read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from agent.control.calendar import Period
from agent.control.classes import RoadKind
from drivers.ble.records import Named
from drivers.bus.records import RtuBus, RtuTcpBus, TcpBus
from drivers.lines.instrument import Setting
from drivers.profile import DeviceKind as ProfileKind
from drivers.profile import own_folder

Pull = Literal["none", "up", "down"]
DeviceKind = ProfileKind | Literal["vehicles", "location", "contact", "beacon"]


class Controller(msgspec.Struct, frozen=True, kw_only=True):
    """Who this controller is and where it stands (degrees north and east); `production`: not without an identity."""

    id: str
    group: str
    latitude_deg: float
    longitude_deg: float
    time_zone: str
    clock: Literal["network", "rtc", "gnss"]
    production: bool = False


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """Where the local API listens."""

    socket: Path


Bus = RtuBus | RtuTcpBus | TcpBus


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A box on a bus. `safe_after_s` is none where the profile has no device-side safety."""

    id: str
    bus: str
    address: int
    profile: str
    poll_s: float
    safe_after_s: float | None


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """A framed serial instrument on a port of its own. `baud` is none where it is the model's, or is to be found.

    `options` of the model, by name; `kinds` of device that the model serves.
    """

    id: str
    model: str
    port: Path
    baud: int | None
    options: tuple[tuple[str, Setting], ...]
    kinds: tuple[str, ...]


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """A pin by its BCM number; inputs: pull, debounce, what a pulse means (Wh or mm); lamps: how it is driven, feedback."""

    number: int
    active_high: bool
    pull: Pull = "none"
    debounce_s: float = 0.0
    per_pulse: float = 0.0
    drive: Literal["switch", "pwm"] | None = None
    pwm_hz: float = 0.0
    feedback: int | None = None
    feedback_active_high: bool = False


class Beacon(msgspec.Struct, frozen=True, kw_only=True):
    """A beacon that this controller is, or one that it listens for.

    `says` is what is advertised, every `interval_ms`; of one that is `heard` only the name counts, and it is silent after
    `silent_after_s`.
    """

    says: Named
    heard: bool
    interval_ms: int
    silent_after_s: float


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """What the city sees: a channel of a unit, an instrument, a pin, or a beacon.

    `looks`: where a vehicle radar looks along the street, to higher positions ("up") or to lower ones. Of a luminaire:
    `meter`, the device that measures it and nothing else; on a unit its driver's `curve` if it is not the profile's, the
    least light that it can give, and `lumen_maintenance`: burning hours and the share of its first light that is left by then.
    Of a distance head: what it looks at, by distances in m: a bay that is taken, or a container that is empty, and full.
    """

    id: str
    kind: DeviceKind
    unit: str | None
    channel: int | None
    instrument: str | None
    pin: Pin | None
    beacon: Beacon | None
    hold_s: float
    position_m: float | None
    nominal_w: float
    looks: Literal["up", "down"] | None
    meter: str | None
    curve: Literal["linear", "dali"] | None = None
    minimum_pct: float = 0.0
    lumen_maintenance: tuple[tuple[float, float], ...] = ()
    occupied_below_m: float | None = None
    empty_m: float | None = None
    full_m: float | None = None


class Gpio(msgspec.Struct, frozen=True, kw_only=True):
    """Which chip drives the pins."""

    chip: Literal["rpi", "simulated"]
    socket: Path | None


class Ble(msgspec.Struct, frozen=True, kw_only=True):
    """Which Bluetooth adapter sends and hears, by its name in Linux."""

    adapter: str


class CountedTraffic(msgspec.Struct, frozen=True, kw_only=True):
    """The device that counts, what the street can take in road users an hour, the lowest class that its volume may choose."""

    counter: str
    capacity_per_h: float
    road: RoadKind
    lowest: str


class Lighting(msgspec.Struct, frozen=True, kw_only=True):
    """Levels in per cent of full light, times in seconds, places in metres, the sun in degrees.

    `design_class` is that of `class_pct`, "" if it is not said. `photocell` is a device.
    """

    class_pct: float
    base_pct: float
    floor_pct: float
    night_minimum_pct: float
    presence_pct: float
    near_pct: float
    far_pct: float
    hold_s: float
    vehicle_hold_s: float
    sight_m: float
    speed_limit_km_per_h: float
    response_s: float
    fade_up_s: float
    fade_down_s: float
    dusk_deg: float
    design_class: str = ""
    photocell: str | None = None
    calendar: tuple[Period, ...] = ()
    traffic: CountedTraffic | None = None


class Monitoring(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of the lamps' alarms: times in seconds, power in per cent of what is expected, temperature in degrees Celsius.

    `kept` is where counters outlive a restart; `meter` the device that measures all lamps, none if no such one does.
    """

    kept: Path
    meter: str | None
    day_burner_s: float
    failure_power_pct: float
    failure_level_pct: float
    failure_after_s: float
    cycling_changes: int
    cycling_within_s: float
    hot_cel: float
    clear_after_s: float


class Tls(msgspec.Struct, frozen=True, kw_only=True):
    """The files of TLS (PEM): whom we believe, who we are; `key` is none where it stands in the certificate's file.

    `crl`: which certificates are revoked; none where nobody looks. A certificate that ends within `warn_days` is told.
    """

    ca: Path
    certificate: Path
    key: Path | None
    warn_days: float
    crl: Path | None = None


class Place(msgspec.Struct, frozen=True):
    """Where a broker listens."""

    host: str
    port: int


CommandKind = Literal["lamp", "restart", "reload", "configuration", "log_level", "bundle", "collect"]


class Issuer(msgspec.Struct, frozen=True):
    """Whose signature counts: the public key (Ed25519, 32 bytes), and for which kinds of command."""

    key: bytes
    may: frozenset[str]


class CommandRules(msgspec.Struct, frozen=True, kw_only=True):
    """What commands of the platform must be: signed if of such a kind, so many at once and then a second.

    A configuration that came as a command is on probation for `probation_s` seconds.
    """

    signed: frozenset[str] = frozenset({"restart", "reload", "configuration", "collect"})
    issuers: Mapping[str, Issuer] = {}
    at_once: int = 120
    a_second: float = 2.0
    probation_s: float = 120.0


class Uplink(msgspec.Struct, frozen=True, kw_only=True):
    """The way to the platform: MQTT, the journal, how often what presence moves is told (s)."""

    host: str
    port: int
    tls: Tls | None = None
    fallbacks: tuple[Place, ...] = ()
    primary_host: str = ""
    profile: Literal["compatible", "strict"] = "compatible"
    mqtt: Literal["5", "3.1.1"]
    keepalive_s: int
    longest_wait_s: float
    first_wait_s: float = 1.0
    journal: Path
    journal_mb: int
    journal_reports: int
    journal_mb_a_day: int
    history_per_s: float
    operator_s: float
    level_every_s: float
    presence_every_s: float
    presence_at_least: int
    mirror: bool
    mirror_format: Literal["plain", "fiware"]
    proof: Literal["broker", "platform"] = "broker"
    commands: CommandRules = CommandRules()


class Neighbour(msgspec.Struct, frozen=True, kw_only=True):
    """Another controller of the street: its id, where it listens, at which end of ours it lies, where its zero is (m)."""

    id: str
    endpoint: str
    end: Literal[-1, 1]
    offset_m: float


class Neighbours(msgspec.Struct, frozen=True, kw_only=True):
    """How neighbours are spoken to: where we listen, the file of the shared secret (none: unsigned), certificates."""

    listen: str
    secret: Path | None
    ca: Path | None
    certificate: Path | None
    key: Path | None
    silent_after_s: float
    all: tuple[Neighbour, ...]


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in the file."""

    path: Path
    controller: Controller
    api: Api
    buses: tuple[Bus, ...]
    units: tuple[Unit, ...]
    instruments: tuple[Instrument, ...]
    devices: tuple[Device, ...]
    gpio: Gpio | None
    ble: Ble | None
    lighting: Lighting
    monitoring: Monitoring
    uplink: Uplink | None
    neighbours: Neighbours | None

    @property
    def profiles(self) -> Path:
        """Return the folder of one's own profiles; it need not be there."""
        return own_folder(self.path)
