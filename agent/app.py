"""Composition root: configuration in, named tasks out, ordered stop. It decides nothing."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import structlog

import cext
import drivers.bus
from agent import __version__, logs
from agent.clock import Clock, SystemClock
from agent.config import Bus, Config, ConfigError, Device, TcpBus, load_file
from agent.control.pins import PinSensor, contact_on_pin, presence_on_pin
from agent.control.street import Levels, Output, StreetControl, safe_pct
from agent.control.sun import AstronomicalClock
from agent.control.task import ControlTask, lamp_points
from agent.health import Notifier, Supervisor
from agent.image import Image
from agent.local.methods import Methods
from agent.local.server import LocalServer
from agent.local.view import AgentView
from agent.services.lighting import Light, Sensor
from drivers.bus import BusSpec, FieldBus, UnitSpec
from drivers.errors import LinkLost
from drivers.gpio.factory import open_chip
from drivers.gpio.inputs import GpioInputs, InputSpec
from drivers.points import Quality, Reading
from drivers.profile import load_profile

_READY_WITHIN_S = (
    5.0  # ready is said when each lamp has its level, or after this with a dead line: the rest of the street is lit
)
_FLUSH_S = 1.5  # the stop's share for the last levels; systemd and people expect the whole stop within 2 s

log = structlog.get_logger()


def run(
    config_path: Path, *, street_time: datetime | None = None, allow_interpreted: bool = False, log_level: str = "info"
) -> int:
    """Run the agent until SIGTERM or SIGINT. Returns the exit code: 0 stopped, 2 refused to start (said on stderr)."""
    logs.configure(log_level)
    if not cext.COMPILED and not allow_interpreted:
        sys.stderr.write(
            "gadelys: the control kernel is not compiled; install the wheel, or say --allow-interpreted-kernel\n"
        )
        return 2
    try:
        config = load_file(config_path)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    agent = _Agent(config, street_time)
    try:
        agent.take_place()
    except OSError as error:
        sys.stderr.write(f"gadelys: {error}\n")
        return 2
    return asyncio.run(agent.run())


def safe(config_path: Path, *, street_time: datetime | None = None) -> int:
    """Write the safe level to the lamps whose units would not do so themselves; for a service manager, after a crash.

    Returns 0 when all acknowledged, 1 if not, 2 for a configuration that cannot be read.
    """
    logs.configure("warning")
    try:
        config = load_file(config_path)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return asyncio.run(_write_safe(config, street_time))


class _Sink:
    """Where buses deliver: readings to the image, what is sent to the lamp's point, events to the log."""

    def __init__(self) -> None:
        self.image: Image | None = None

    def reading(self, key: str, reading: Reading) -> None:
        if self.image is not None:
            self.image.put(key, reading)

    def same(self, keys: tuple[str, ...], mono_s: float) -> None:
        if self.image is not None:
            self.image.same(keys, mono_s)

    def sent(self, device_id: str, level_pct: float, mono_s: float) -> None:
        self.reading(f"{device_id}/lamp/sent_level", Reading(level_pct, Quality.GOOD, "", mono_s))

    def event(self, name: str, **keys: object) -> None:
        log.warning(name, **keys)


class _Agent:
    """The parts of one running agent and the order of its start and stop."""

    def __init__(self, config: Config, street_time: datetime | None) -> None:
        self._config = config
        self._clock: Clock = SystemClock(config.controller.clock, street_time)
        self._notifier = Notifier()
        self._supervisor = Supervisor(self._clock.mono_s, self._notifier)
        sink = _Sink()
        self._buses = _buses(config, self._clock, sink)
        pins = [_pin_sensor(device, sink) for device in config.devices if device.gpio is not None]
        lamps = [device for device in config.devices if device.kind == "luminaire"]
        image = sink.image = Image(
            [point for bus in self._buses.values() for point in bus.points()]
            + [pin.point for pin in pins]
            + [point for lamp in lamps for point in lamp_points(lamp.id)]
        )
        controller, lighting = config.controller, config.lighting
        sun = AstronomicalClock(controller.latitude_deg, controller.longitude_deg, lighting.dusk_deg)
        self._control = StreetControl(
            [Output(lamp.id, lamp.position_m or 0.0, _device_safety(config, lamp)) for lamp in lamps],
            [Sensor(device.id, device.position_m or 0.0) for device in config.devices if device.kind == "presence"],
            _levels(config),
            Light(lighting.hold_s, lighting.vehicle_hold_s, lighting.sight_m),
            night=_night(self._clock, sun),
        )
        self._lamp_bus = {lamp.id: self._buses[_bus_of(config, lamp)] for lamp in lamps}
        self._task = ControlTask(self._control, image, self._clock, sun, buses=self._lamp_bus, detectors=pins)
        self._image = image
        self._pins = {pin.point.key: pin for pin in pins}
        self._inputs: GpioInputs | None = None
        view = AgentView(
            config=config,
            version=__version__,
            kernel="compiled" if cext.COMPILED else "interpreted",
            demonstration=street_time is not None,
            started_s=self._clock.mono_s(),
            clock=self._clock,
            image=image,
            control=self._control,
            sun=sun,
            buses=list(self._buses.values()),
            supervisor=self._supervisor,
            lamps={lamp.id: number for number, lamp in enumerate(lamps)},
        )
        self._server = LocalServer(config.api.socket, Methods(view, self._task.step))

    def take_place(self) -> None:
        """Take the local API's socket, so that there is one agent here. OSError if another one answers there."""
        self._server.open()

    async def run(self) -> int:
        """Start everything, wait for the signal, stop in order."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        self._task.beat = self._supervisor.add("control", self._task.run, limit_s=2.0)
        for name, bus in self._buses.items():
            bus.beat = self._supervisor.add(f"bus-{name}", bus.run)
        self._supervisor.add("local-api", self._server.run, limit_s=float("inf"))
        self._start_pins()
        self._task.step()  # the first levels are on their way before anything else is done
        running = asyncio.create_task(self._supervisor.run(), name="supervisor")
        ready = asyncio.create_task(self._tell_ready(), name="ready")
        await stop.wait()
        self._notifier.send("STOPPING=1")
        ready.cancel()
        await self._stop()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        return 0

    async def _tell_ready(self) -> None:
        """Say READY when the outputs are in a known state."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_READY_WITHIN_S):
                await asyncio.gather(*(bus.flush(_READY_WITHIN_S) for bus in self._buses.values()))
        self._notifier.send("READY=1")
        log.info("ready", lamps=len(self._lamp_bus), kernel="compiled" if cext.COMPILED else "interpreted")

    async def _stop(self) -> None:
        """Control ends first, then each lamp gets its safe level, then the lines close."""
        await self._supervisor.end("control")
        level_pct = self._control.safe_pct()
        for device, bus in self._lamp_bus.items():
            bus.set_level(device, level_pct)
        written = await asyncio.gather(*(bus.flush(_FLUSH_S) for bus in self._buses.values()))
        if self._inputs is not None:
            self._inputs.stop()
        log.info("stopped", safe_level_pct=level_pct, all_written=all(written))

    def _start_pins(self) -> None:
        """Listen to the pins. If they cannot be read, their sensors are dead, which lights their stretch of the street."""
        gpio = self._config.gpio
        if gpio is None or not self._pins:
            return
        specs = [
            InputSpec(key=_pin_key(device), pin=device.gpio, pull=device.pull, active_high=device.active_high)
            for device in self._config.devices
            if device.gpio is not None
        ]
        try:
            self._inputs = GpioInputs(open_chip(gpio.chip, gpio.socket), specs, self._pin_level)
            self._inputs.start()
        except (LinkLost, OSError, RuntimeError, ValueError) as error:
            log.error("gpio_unavailable", reason=str(error))  # noqa: TRY400 - the reason says it all
            for pin in self._pins.values():
                pin.lost(str(error), self._clock.mono_s())

    def _pin_level(self, key: str, active: bool, mono_s: float) -> None:
        self._pins[key].level(active, mono_s)
        self._task.nudge()


def _buses(config: Config, clock: Clock, sink: _Sink) -> dict[str, FieldBus]:
    return {
        bus: FieldBus(spec, units, now=clock.mono_s, sink=sink)
        for bus, (spec, units) in _lines(config, config.devices).items()
    }


def _lines(config: Config, devices: Sequence[Device]) -> dict[str, tuple[BusSpec, tuple[UnitSpec, ...]]]:
    """Return each bus with its units, as far as they carry one of the devices."""
    lines = {}
    for bus in config.buses:
        units = []
        for unit in config.units:
            carried = tuple((device.channel, device.id) for device in devices if device.unit == unit.id)
            if unit.bus == bus.id and carried:
                profile = load_profile(unit.profile, config.path.parent)
                units.append(
                    UnitSpec(
                        id=unit.id,
                        address=unit.address,
                        profile=profile,
                        poll_s=unit.poll_s,
                        safe_after_s=unit.safe_after_s,
                        safe_pct=config.lighting.class_pct,
                        devices=carried,
                    )
                )
        lines[bus.id] = (_bus_spec(bus), tuple(units))
    return lines


def _bus_spec(bus: Bus) -> BusSpec:
    if isinstance(bus, TcpBus):
        return drivers.bus.TcpBus(id=bus.id, host=bus.host, port=bus.port, timeout_s=bus.timeout_s)
    return drivers.bus.RtuBus(
        id=bus.id, port=bus.port, baud=bus.baud, parity=bus.parity, stop_bits=bus.stop_bits, timeout_s=bus.timeout_s
    )


async def _write_safe(config: Config, street_time: datetime | None) -> int:
    clock = SystemClock(config.controller.clock, street_time)
    sun = AstronomicalClock(config.controller.latitude_deg, config.controller.longitude_deg, config.lighting.dusk_deg)
    level_pct = safe_pct(_night(clock, sun), config.lighting.class_pct)
    lamps = [device for device in config.devices if device.kind == "luminaire" and not _device_safety(config, device)]
    written = True
    for spec, units in _lines(config, lamps).values():
        if not units:
            continue
        bus = FieldBus(spec, units, now=clock.mono_s, sink=_Sink())
        task = asyncio.create_task(bus.run())
        for unit in units:
            for _, device in unit.devices:
                bus.set_level(device, level_pct)
        written &= await bus.flush(_FLUSH_S)
        task.cancel()
        await asyncio.wait([task])
    return 0 if written else 1


def _night(clock: Clock, sun: AstronomicalClock) -> bool | None:
    street = clock.street()
    return sun.is_night(street.utc) if street.trusted else None


def _levels(config: Config) -> Levels:
    light = config.lighting
    return Levels(**{name: getattr(light, name) for name in Levels.__struct_fields__})


def _device_safety(config: Config, lamp: Device) -> bool:
    unit = next(unit for unit in config.units if unit.id == lamp.unit)
    return load_profile(unit.profile, config.path.parent).safety is not None


def _bus_of(config: Config, lamp: Device) -> str:
    return next(unit.bus for unit in config.units if unit.id == lamp.unit)


def _pin_key(device: Device) -> str:
    return f"{device.id}/{device.kind}/state"


def _pin_sensor(device: Device, sink: _Sink) -> PinSensor:
    if device.kind == "presence":
        return presence_on_pin(device.id, device.debounce_s, device.hold_s, sink.reading)
    return contact_on_pin(device.id, device.debounce_s, sink.reading)
