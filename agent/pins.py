"""What hangs on the board's pins: sensors and contacts, pulse counters, lamps; one chip for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated

import msgspec
import structlog

from agent import parts
from agent.clock import Clock
from agent.config import Config, Device
from agent.control.pins import PinSensor, contact_on_pin, presence_on_pin
from agent.kept import KeptFile
from drivers.errors import LinkLost
from drivers.gpio.counters import CounterSpec, GpioCounters
from drivers.gpio.factory import Chip, open_chip
from drivers.gpio.inputs import GpioInputs, InputSpec
from drivers.gpio.lamps import GpioLamps, LampPin
from drivers.points import Point

COUNTS = "pulses.json"  # beside the API's socket: counts outlive a restart, and a reboot they do not
_KEEP_EVERY_S = 60.0

_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]

log = structlog.get_logger()


class Pins:
    """The pins of one agent. Whatever is wrong with them, their readings say so and the street goes on."""

    def __init__(self, config: Config, clock: Clock, sink: parts.Sink) -> None:
        self._config = config
        self._clock = clock
        self._chip: Chip | None = None
        self._kept = KeptFile(config.api.socket.parent / COUNTS, lasting=False)
        self.sensors = {parts.pin_key(device): _sensor(device, sink) for device in _on_pins(config, *_SENSORS)}
        counted = [_counter(device) for device in _on_pins(config, *_COUNTERS)]
        self.counters = (
            GpioCounters(self.open, counted, sink.reading, self._kept.read(dict[str, _Count]) or {})
            if counted
            else None
        )
        self._counted = [point for spec in counted for point in spec.points()]
        self.lamps = lamps(config, self.open, clock, sink)
        self._inputs: GpioInputs | None = None

    def points(self) -> list[Point]:
        """Return every point that pins deliver."""
        lamp_points = self.lamps.points() if self.lamps is not None else ()
        return [*(sensor.point for sensor in self.sensors.values()), *self._counted, *lamp_points]

    def open(self) -> Chip:
        """Return the one chip. LinkLost."""
        if self._chip is None:
            self._chip = chip_of(self._config)
        return self._chip

    def start(self, nudge: Callable[[], None]) -> None:
        """Listen to the sensors; `nudge` control at each edge. One that cannot be read is dead, which lights its lamps."""
        specs = [
            InputSpec(key=parts.pin_key(device), pin=pin.number, pull=pin.pull, active_high=pin.active_high)
            for device in _on_pins(self._config, *_SENSORS)
            if (pin := device.pin) is not None
        ]
        if not specs:
            return

        def level(key: str, active: bool, mono_s: float) -> None:
            self.sensors[key].level(active, mono_s)
            nudge()

        def lost(key: str, reason: str, mono_s: float) -> None:
            self.sensors[key].lost(reason, mono_s)
            nudge()

        self._inputs = GpioInputs(self.open, specs, level, lost)
        self._inputs.start()

    async def count(self) -> None:
        """Count pulses until cancelled, and keep the counts."""
        if self.counters is None:
            raise RuntimeError("no counter is configured")
        keeping = asyncio.create_task(self._keep(), name="pulses-kept")
        try:
            await self.counters.run()
        finally:
            keeping.cancel()

    def stop(self) -> None:
        """Keep the counts; lamps go on driving what was wanted last; inputs are let go."""
        if self.counters is not None:
            self._write()
            self.counters.stop()
        if self._inputs is not None:
            self._inputs.stop()
        if self.lamps is not None:
            self.lamps.stop()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(_KEEP_EVERY_S)
            await asyncio.to_thread(self._write)

    def _write(self) -> None:
        if self.counters is not None:
            self._kept.write(self.counters.counts())


def chip_of(config: Config) -> Chip:
    """Return the chip that a configuration names. LinkLost."""
    if config.gpio is None:
        raise LinkLost("no table [gpio] says which chip has the pins")
    return open_chip(config.gpio.chip, config.gpio.socket)


def lamps(config: Config, chip: Callable[[], Chip], clock: Clock, sink: parts.Sink) -> GpioLamps | None:
    """Build the lamps on pins; none if there are none."""
    specs = [
        LampPin(
            device=device.id,
            pin=pin.number,
            drive=pin.drive,
            active_high=pin.active_high,
            hz=pin.pwm_hz,
            feedback=pin.feedback,
            feedback_active_high=pin.feedback_active_high,
        )
        for device in _on_pins(config, "luminaire")
        if (pin := device.pin) is not None and pin.drive is not None
    ]
    if not specs:
        return None
    return GpioLamps(chip, specs, safe_pct=config.lighting.class_pct, now=clock.mono_s, sink=sink)


_SENSORS = ("presence", "contact")
_COUNTERS = ("meter", "weather")


def _on_pins(config: Config, *kinds: str) -> list[Device]:
    return [device for device in config.devices if device.pin is not None and device.kind in kinds]


def _sensor(device: Device, sink: parts.Sink) -> PinSensor:
    """Build what stands between a pin and its readings."""
    debounce_s = device.pin.debounce_s if device.pin is not None else 0.0
    if device.kind == "presence":
        return presence_on_pin(device.id, debounce_s, device.hold_s, sink.reading)
    return contact_on_pin(device.id, debounce_s, sink.reading)


def _counter(device: Device) -> CounterSpec:
    pin = device.pin
    if pin is None:
        raise RuntimeError(f"{device.id} is on no pin")
    return CounterSpec(
        device=device.id,
        kind="meter" if device.kind == "meter" else "weather",
        pin=pin.number,
        pull=pin.pull,
        active_high=pin.active_high,
        debounce_s=pin.debounce_s,
        per_pulse=pin.per_pulse,
    )
