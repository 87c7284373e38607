"""The street as a process: units on two lines, pins, and the world that moves them."""

from __future__ import annotations

import asyncio
import csv
import itertools
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path

from firmware_sim import passages, sun, traffic
from firmware_sim.broken import How
from firmware_sim.broker import Broker
from firmware_sim.gpio_socket import PinBoard
from firmware_sim.instruments.ld2410 import Ld2410
from firmware_sim.instruments.ld2451 import Ld2451, Vehicle
from firmware_sim.line import Line
from firmware_sim.serial_stream import SerialStream
from firmware_sim.traffic import User
from firmware_sim.tty_end import TtyEnd
from firmware_sim.units.eastron import Sdm230
from firmware_sim.units.jxct import JxctLux
from firmware_sim.units.mtdx62 import Mtdx62
from firmware_sim.units.unit import Output, Unit
from firmware_sim.units.waveshare import WaveshareAo8B
from firmware_sim.units.wb_mao4 import WbMao4
from firmware_sim.world import LAMPS, LENGTH_M, World, in_order

LATITUDE_DEG, LONGITUDE_DEG = 55.6561, 12.3683  # Albertslund
PERIOD_S = 0.05
PIR_PIN, DOOR_PIN = 17, 27
PIR_PULSE_S = 3.0
VEHICLES = "vehicles-01"
SUPPLY_V = 230.2
DUSK_DEG = -0.833
PEAK_VEHICLES_PER_H = 60.0
PEOPLE_SHARE = 0.25  # of the recorded counts, which are a city centre's
HOURS = 14
NOON = 12


@dataclass(frozen=True, slots=True)
class Recording:
    """Recorded passages to replay: the file, the site, and the local evening (its date) of the night."""

    path: Path
    site: str
    night: date


class Street:
    """Everything in one folder: two lines and two instruments (ptys), `gpio.sock`, and a broker if one is wanted.

    The first lamp is watched by an LD2410 (`radar-01`), and an LD2451 there looks out along the approach (`vehicles-01`);
    ten lamps have an MTDX62 each on the line `field`, the last one a PIR.
    """

    def __init__(  # noqa: PLR0913 (what a street may have)
        self,
        folder: Path,
        begin: datetime,
        *,
        seed: int = 1,
        recording: Recording | None = None,
        broker: Broker | None = None,
        parts: bool = False,
    ) -> None:
        """`begin` (with its zone) is the street's local time at the start. PassagesError for a bad recording.

        `parts`: three controllers can share the street, each dimmer and the radars at its lamps have lines of their own.
        """
        self._begin = begin
        self._start_s = time.monotonic()
        self._random = random.Random(seed)  # noqa: S311 (which sensor dies)
        now_s = self._start_s
        self._mao4 = (WbMao4(11, now_s), WbMao4(12, now_s))
        self._waveshare = WaveshareAo8B(21)
        _commission(self._mao4, self._waveshare, now_s)
        self._lux, self._meter = JxctLux(1), Sdm230(2)
        self._people, self._vehicles = Ld2410(now_s=now_s), Ld2451(now_s=now_s)
        field = [Mtdx62(31 + radar) for radar in range(1, LAMPS - 1)]
        self.radars: tuple[Ld2410 | Mtdx62, ...] = (self._people, *field)
        lamps: list[list[Unit]] = [[self._mao4[0]], [self._mao4[1]], [self._waveshare]]
        others: list[list[Unit]] = [[self._lux, self._meter, *field[:3]], [*field[3:5]], [*field[5:]]]
        self.lines: dict[str, TtyEnd] = {
            **_lines(folder, "lamps", (19200, 11), lamps, parts=parts),
            **_lines(folder, "field", (9600, 10), others, parts=parts),
            "radar-01": TtyEnd(folder / "radar-01", SerialStream(self._people)),
            VEHICLES: TtyEnd(folder / VEHICLES, SerialStream(self._vehicles)),
        }
        self._pins = PinBoard(folder / "gpio.sock")
        self._pir_until_s = 0.0
        self.door_open = False
        self.broker = broker
        self.height_deg = self._height_deg()
        self.world = World(recorded(recording, begin) if recording else arrivals(begin), seed)

    async def start(self) -> None:
        """Plug everything in. NoBroker if the broker does not start."""
        if self.broker is not None:
            await self.broker.start()
        for line in self.lines.values():
            line.start()
        await self._pins.start()
        self._pins.set(DOOR_PIN, 0)
        self._pins.set(PIR_PIN, 0)

    async def run(self) -> None:
        """Go on, 20 times a second, until cancelled."""
        next_s = time.monotonic()
        while True:
            self.step()
            next_s = max(next_s + PERIOD_S, time.monotonic())
            await asyncio.sleep(next_s - time.monotonic())

    async def stop(self) -> None:
        """Pull everything out."""
        await self._pins.stop()
        for line in self.lines.values():
            await asyncio.to_thread(line.stop)
        if self.broker is not None:
            await self.broker.stop()

    def step(self) -> None:
        """Let time pass up to now."""
        now_s = time.monotonic()
        world = self.world
        self.height_deg = self._height_deg()
        outputs = [output.fraction for output in self.outputs()]
        local = self.local()
        world.step(now_s - self._start_s, outputs, local.hour + local.minute / 60, night=self.height_deg < DUSK_DEG)
        lux = sun.illuminance_lux(self.height_deg)
        for place, radar in enumerate(self.radars):
            if isinstance(radar, Mtdx62):
                radar.lux = lux
                if world.seen(place):
                    radar.movement(now_s)
        self._people.moving_m = world.nearest_m(world.sensors_m[0])
        self._vehicles.vehicles = tuple(
            Vehicle(-user.at_m, user.speed_m_per_s)
            for user in world.everyone()
            if user.kind == "vehicle" and user.at_m < 0
        )
        if world.seen(LAMPS - 1):
            self._pir_until_s = world.now_s + PIR_PULSE_S
        self._pins.set(PIR_PIN, int(world.now_s < self._pir_until_s))
        self._pins.set(DOOR_PIN, int(self.door_open))
        self._lux.lux = lux
        self._meter.set(world.power_w(), SUPPLY_V, now_s)

    def outputs(self) -> Sequence[Output]:
        """What the twelve channels in use put out."""
        now_s = time.monotonic()
        first, second = self._mao4
        return (*first.outputs(now_s), *second.outputs(now_s)[:2], *self._waveshare.outputs(now_s)[:6])

    def present(self) -> list[bool]:
        """What the twelve sensors say; a dead one says nothing."""
        now_s = time.monotonic()
        radars = [radar.alive and radar.present(now_s) for radar in self.radars]
        return [*radars, self.world.now_s < self._pir_until_s]

    def sees_vehicles(self) -> bool:
        """What the vehicle radar says; a dead one says nothing."""
        return self._vehicles.alive and bool(self._vehicles.seen())

    @property
    def vehicles_alive(self) -> bool:
        """Whether the vehicle radar lives."""
        return self._vehicles.alive

    def sensor_dies(self, name: str | None) -> str | None:
        """Silence a radar (a healthy one that sees people if no name is given); its name, or none if there is none."""
        if name == VEHICLES and self._vehicles.alive:
            self._vehicles.alive = False
            return name
        healthy = {f"radar-{place + 1:02}": radar for place, radar in enumerate(self.radars) if radar.alive}
        if name is None and healthy:
            name = self._random.choice(sorted(healthy))
        if name not in healthy:
            return None
        healthy[name].alive = False
        return name

    def sensors_back(self) -> None:
        """Every radar answers again."""
        for radar in (*self.radars, self._vehicles):
            radar.alive = True

    def lamp_breaks(self, name: str | None, how: How) -> str | None:
        """Break a lamp behind its dimmer (a healthy one if no name is given); its name, or none if there is none."""
        names = self.world.names
        if name is not None and name not in names:
            return None
        lamp = self.world.lamps.breaks(None if name is None else names.index(name), how, self.world.now_s)
        return None if lamp is None else names[lamp]

    def local(self) -> datetime:
        """The street's local time."""
        return self._begin + timedelta(seconds=time.monotonic() - self._start_s)

    def _height_deg(self) -> float:
        return sun.elevation_deg(self.local().astimezone(UTC), LATITUDE_DEG, LONGITUDE_DEG)


def _lines(
    folder: Path, name: str, wire: tuple[int, int], units: Sequence[Sequence[Unit]], *, parts: bool
) -> dict[str, TtyEnd]:
    """One line for all units, or `NAME-1`, `NAME-2`, … for each part of them; `wire`: baud, bits a character."""
    if not parts:
        return {name: Line(folder / name, *wire, list(itertools.chain(*units)))}
    names = [f"{name}-{number}" for number in range(1, len(units) + 1)]
    return {one: Line(folder / one, *wire, list(part)) for one, part in zip(names, units, strict=True)}


def _commission(mao4: Sequence[WbMao4], waveshare: WaveshareAo8B, now_s: float) -> None:
    """The street was lit before we came: dimmers light their lamps when power comes, as an installer leaves them."""
    for unit in mao4:
        unit.answer(_write(672, [100] * 4), now_s)
        unit.answer(_write(664, [3] * 4), now_s)
        unit.power_up(now_s)
    waveshare.answer(_write(0, [10_000] * 8), now_s)


def _write(address: int, values: Sequence[int]) -> bytes:
    head = bytes([16]) + address.to_bytes(2, "big") + len(values).to_bytes(2, "big") + bytes([2 * len(values)])
    return head + b"".join(value.to_bytes(2, "big") for value in values)


def arrivals(begin: datetime) -> Iterator[User]:
    """A vehicle and a walker for the show; then people by the recorded counts, vehicles by the shape of a night."""
    first = [
        User(1, "vehicle", 0.5, -traffic.APPROACH_M, traffic.DRIVE_M_PER_S),
        User(2, "person", 0.5, 215.0, -traffic.WALK_M_PER_S),
    ]
    return in_order(
        first,
        _stream(begin, "vehicle", _vehicles_per_h(begin), traffic.VEHICLE_SHIFT),
        _stream(begin, "person", _people_per_h(begin), traffic.PERSON_SHIFT),
    )


def _stream(begin: datetime, kind: traffic.Kind, per_hour: Iterable[float], shift: float) -> Iterator[User]:
    """Users from the beginning of the local hour on, for ever, without those who came before the street began."""
    ups, downs = itertools.tee(_users(begin, kind, traffic.entries(per_hour, shift)))
    # Those who go up may begin earlier, and each way keeps its order.
    return in_order(
        (user for user in ups if user.speed_m_per_s > 0), (user for user in downs if user.speed_m_per_s < 0)
    )


def _users(begin: datetime, kind: traffic.Kind, entries: Iterator[tuple[float, bool]]) -> Iterator[User]:
    gone_s = begin.minute * 60 + begin.second
    for number, (at_s, up) in enumerate(entries):
        if at_s >= gone_s:
            base = 100 if kind == "vehicle" else 5000
            yield traffic.entering(base + number, kind, at_s - gone_s, LENGTH_M, up=up)


def _vehicles_per_h(begin: datetime) -> Iterator[float]:
    """The shape of a night from the local hour on; by day the peak."""
    shape = traffic.VEHICLE_SHAPE
    for hour in itertools.count(begin.hour):
        since_18 = (hour - 18) % 24
        yield PEAK_VEHICLES_PER_H * (shape[since_18] if since_18 < len(shape) else 1.0)


def _people_per_h(begin: datetime) -> Iterator[float]:
    """Recorded counts from the same weekday and hour on; after the last week the first one comes again."""
    with (resources.files("firmware_sim") / "data" / "pedestrians.csv").open(encoding="utf-8") as lines:
        rows = [
            (datetime.fromisoformat(row["local_hour"]), int(row["pedestrians_per_hour"]))
            for row in csv.DictReader(lines)
        ]
    first = next(
        place for place, (hour, _) in enumerate(rows) if hour.weekday() == begin.weekday() and hour.hour == begin.hour
    )
    return (PEOPLE_SHARE * count for _, count in itertools.cycle(rows[first:] + rows[:first]))


def recorded(recording: Recording, begin: datetime) -> Iterator[User]:
    """The recorded passages of one night, from the street's time of day on; direction 1 goes up."""
    start = datetime.combine(recording.night, begin.timetz())
    if begin.hour < NOON:  # the small hours of that night
        start += timedelta(days=1)
    known = passages.read_file(recording.path, recording.site)
    taken = passages.between(known, start, HOURS)
    if not taken:
        raise passages.PassagesError(
            f"{recording.path}: no passages of site {recording.site!r} within {HOURS} h from {start.isoformat()}; "
            f"there are some from {known[0].utc:%Y-%m-%d} to {known[-1].utc:%Y-%m-%d}"
        )
    users = []
    for number, passage in enumerate(taken):
        at_s = (passage.utc - start).total_seconds()
        kind: traffic.Kind = "vehicle" if passage.length_m >= 2.5 else "person"
        speed = passage.speed_m_per_s if passage.direction == 1 else -passage.speed_m_per_s
        users.append(traffic.coming(100 + number, kind, at_s, LENGTH_M, speed))
    return iter(sorted(users, key=lambda user: user.start_s))
