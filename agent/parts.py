"""From a configuration to the parts of an agent: buses, pins, levels. Builds, and decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec
import structlog

from agent.clock import Clock
from agent.config import Config, Device
from agent.control.calendar import Calendar
from agent.control.gear import Gear
from agent.control.moments import Place
from agent.control.nightfall import Nightfall
from agent.control.photocell import Photocell
from agent.control.plan import Foresight, StreetPlan
from agent.control.season import Design, Season
from agent.control.season_inputs import Counter, SeasonInputs
from agent.control.street import Levels, Output, StreetControl
from agent.control.sun import AstronomicalClock
from agent.control.traffic import Road, Traffic
from agent.image import Image
from agent.local.season_view import SeasonView
from agent.services.lighting import Light
from drivers.bus import BusSpec, FieldBus, UnitSpec
from drivers.lines import load_model
from drivers.lines.port import InstrumentPort, InstrumentSpec
from drivers.points import Quality, Reading
from drivers.profile import load_profile
from drivers.profile.records import Output as ProfileOutput

if TYPE_CHECKING:
    from agent.beacons import Beacons
    from agent.neighbours.task import Neighbourhood

_FAULTS = {"unit_silent": "bus", "link_lost": "bus", "instrument_silent": "instrument", "instrument_lost": "instrument"}

log = structlog.get_logger()


class Sink:
    """Where buses deliver: readings to the image, what is sent to the lamp's point, events to the log.

    `lights` makes light of what the drivers of lamps were told, by the keys of such levels.
    """

    def __init__(self) -> None:
        self.image: Image | None = None
        self.lights: dict[str, Callable[[float], float]] = {}
        self.failed: Callable[[str], None] = lambda _line: None

    def reading(self, key: str, reading: Reading) -> None:
        """Take a reading."""
        light = self.lights.get(key)
        if light is not None and isinstance(reading.value, int | float):
            value = round(light(reading.value), 2)
            reading = Reading(value, reading.quality, reading.reason, reading.mono_s)
        if self.image is not None:
            self.image.put(key, reading)

    def same(self, keys: tuple[str, ...], mono_s: float) -> None:
        """Take that these points were read again, and are as they were."""
        if self.image is not None:
            self.image.same(keys, mono_s)

    def sent(self, device_id: str, level_pct: float, mono_s: float) -> None:
        """Take a level that a unit has acknowledged."""
        self.reading(f"{device_id}/lamp/sent_level", Reading(level_pct, Quality.GOOD, "", mono_s))

    def event(self, name: str, **keys: object) -> None:
        """Take a change of state; of one for the worse, `failed` hears on which bus or instrument."""
        log.warning(name, **keys)
        if name in _FAULTS:
            self.failed(str(keys[_FAULTS[name]]))


def buses(config: Config, clock: Clock, sink: Sink) -> dict[str, FieldBus]:
    """Build every bus with its units."""
    return {
        bus: FieldBus(spec, units, now=clock.mono_s, sink=sink)
        for bus, (spec, units) in lines(config, config.devices).items()
    }


def instruments(config: Config, clock: Clock, sink: Sink) -> dict[str, InstrumentPort]:
    """Build every instrument on its port."""
    return {
        instrument.id: InstrumentPort(
            InstrumentSpec(
                id=instrument.id,
                model=load_model(instrument.model),
                port=instrument.port,
                baud=instrument.baud,
                options=dict(instrument.options),
                devices=tuple(
                    (device.kind, device.id) for device in config.devices if device.instrument == instrument.id
                ),
            ),
            now=clock.mono_s,
            sink=sink,
        )
        for instrument in config.instruments
    }


def beacons(config: Config, clock: Clock, sink: Sink) -> Beacons | None:
    """Build the beacons; none where there are none, and nothing of them is loaded then."""
    if config.ble is None:
        return None
    from agent.beacons import Beacons  # noqa: PLC0415

    return Beacons(config, clock.mono_s, sink)


def neighbours(
    config: Config, clock: Clock, image: Image, control: StreetControl, step: Callable[[], None]
) -> Neighbourhood | None:
    """Build what speaks with the neighbours; none where there are none, and nothing of it is loaded then."""
    if config.neighbours is None:
        return None
    from agent.neighbours.task import Neighbourhood  # noqa: PLC0415

    return Neighbourhood(config, config.neighbours, clock, image=image, street=control, step=step)


def lines(config: Config, devices: Sequence[Device]) -> dict[str, tuple[BusSpec, tuple[UnitSpec, ...]]]:
    """Return each bus with its units, as far as they carry one of the devices."""
    made = {}
    for bus in config.buses:
        units = []
        for unit in config.units:
            here = [device for device in devices if device.unit == unit.id]
            carried = tuple((device.channel, device.id) for device in here)
            if unit.bus == bus.id and carried:
                profile = load_profile(unit.profile, config.profiles)
                units.append(
                    UnitSpec(
                        id=unit.id,
                        address=unit.address,
                        profile=profile,
                        poll_s=unit.poll_s,
                        safe_after_s=unit.safe_after_s,
                        safe_pct=max(gear(one, profile.output).told_pct(config.lighting.class_pct) for one in here),
                        devices=carried,
                        fade_up_s=config.lighting.fade_up_s,
                        fade_down_s=config.lighting.fade_down_s,
                    )
                )
        made[bus.id] = (bus, tuple(units))
    return made


def night(clock: Clock, sun: AstronomicalClock) -> bool | None:
    """Return whether it is night; none while no clock can be trusted."""
    street = clock.street()
    return sun.is_night(street.utc) if street.trusted else None


class SeasonParts(msgspec.Struct, frozen=True):
    """The season of a street, what it asks of the image, and what is shown of it."""

    season: Season
    inputs: SeasonInputs
    view: SeasonView


def season(config: Config, clock: Clock, sun: AstronomicalClock, image: Image) -> SeasonParts:
    """Build what decides how much light the street has while nobody is seen, and when it is night."""
    light, by_now = config.lighting, night(clock, sun)
    plan = street_plan(config, sun)
    cell = Photocell() if light.photocell is not None else None
    counted = light.traffic
    traffic = Traffic(Road(counted.capacity_per_h, counted.road)) if counted is not None else None
    made = Season(plan.design, Nightfall(sun, by_now, cell), night=by_now, calendar=plan.calendar, traffic=traffic)
    inputs = SeasonInputs(
        image,
        photocell=(f"{light.photocell}/illuminance/sensor_value", cell) if cell is not None else None,
        traffic=(Counter(counter_key(config, counted.counter)), traffic)
        if counted is not None and traffic is not None
        else None,
    )
    return SeasonParts(made, inputs, SeasonView(light, made, cell, Foresight(plan)))


def street_plan(config: Config, sun: AstronomicalClock) -> StreetPlan:
    """Return what is planned for a street, as far as its configuration says."""
    light = config.lighting
    lowest = light.traffic.lowest if light.traffic is not None else light.design_class
    design = Design(light.class_pct, light.base_pct, light.design_class, lowest)
    place = Place(ZoneInfo(config.controller.time_zone), sun)
    return StreetPlan(design, sun, Calendar(light.calendar, place) if light.calendar else None)


def astronomical_clock(config: Config) -> AstronomicalClock:
    """Return the clock of the sun where the controller stands."""
    controller = config.controller
    return AstronomicalClock(controller.latitude_deg, controller.longitude_deg, config.lighting.dusk_deg)


def counter_key(config: Config, counter: str) -> str:
    """Return the key of what a device counts by."""
    device = next(device for device in config.devices if device.id == counter)
    return f"{counter}/vehicles/count" if device.kind == "vehicles" else f"{counter}/presence/state"


def levels(config: Config) -> Levels:
    """Return the levels and fades of the street."""
    light = config.lighting
    return Levels(**{name: getattr(light, name) for name in Levels.__struct_fields__})


def light(config: Config) -> Light:
    """Return how light follows people."""
    return Light(**{name: getattr(config.lighting, name) for name in Light.__struct_fields__})


def gear(lamp: Device, output: ProfileOutput | None) -> Gear:
    """Return what a lamp's driver makes of what it is told: by its profile, or as the device says."""
    curve = lamp.curve or (output.curve if output is not None else "linear")
    return Gear(curve, lamp.minimum_pct, lamp.lumen_maintenance)


def output(config: Config, lamp: Device) -> Output:
    """Return a lamp as control sees it."""
    unit = next((unit for unit in config.units if unit.id == lamp.unit), None)
    into = load_profile(unit.profile, config.profiles).output if unit is not None else None
    return Output(
        lamp.id,
        lamp.position_m or 0.0,
        device_safety(config, lamp),
        into.fade if into is not None else (),
        gear(lamp, into),
    )


def lights(control: StreetControl) -> dict[str, Callable[[float], float]]:
    """Return, by the keys of their levels, how the light of lamps follows from what drivers that are not plain were told."""
    return {
        f"{output.device}/lamp/{level}": partial(control.kernel.light_of, lamp)
        for lamp, output in enumerate(control.outputs)
        if not output.gear.plain
        for level in ("sent_level", "dimming_level")
    }


def device_safety(config: Config, lamp: Device) -> bool:
    """Return whether a lamp's unit lights it by itself when the agent is gone; a pin does not."""
    if lamp.unit is None:
        return False
    unit = next(unit for unit in config.units if unit.id == lamp.unit)
    return load_profile(unit.profile, config.profiles).safety is not None


def bus_of(config: Config, lamp: Device) -> str | None:
    """Return the bus that a lamp is on; none for one on a pin."""
    if lamp.unit is None:
        return None
    return next(unit.bus for unit in config.units if unit.id == lamp.unit)


def pin_key(device: Device) -> str:
    """Return the key of the one point of a device on a pin."""
    return f"{device.id}/{device.kind}/state"
