"""Composition root: configuration in, named tasks out, ordered stop. It decides nothing."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

import cext
from agent import __version__, logs, parts
from agent.clock import SystemClock, boot_id, wall_less_mono_s
from agent.config import Config, ConfigError, load_file
from agent.control.street import StreetControl
from agent.control.task import ControlTask, lamp_points
from agent.faults import FOLDER, FaultDumps
from agent.heads import Heads
from agent.health import Notifier, Supervisor
from agent.identity.production import lacking
from agent.image import Image
from agent.local.methods import Methods
from agent.local.server import LocalServer
from agent.local.view import AgentView
from agent.monitoring import Monitoring
from agent.orders.orders import FILE, Orders
from agent.pins import Pins
from agent.services.cells import Sensor
from agent.services.lighting import Radar
from agent.trial import TrialFiles
from agent.upkeep import Upkeep

if TYPE_CHECKING:
    from agent.uplink.uplink import Uplink
    from drivers.bus import FieldBus
    from drivers.gpio.lamps import GpioLamps
    from drivers.lines.port import InstrumentPort

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
    files = TrialFiles(config_path)
    files.start()
    while True:
        try:
            agent = _in_place(config_path, street_time, files)
        except (ConfigError, OSError) as error:
            if files.roll_back(str(error).splitlines()[0]):
                continue
            sys.stderr.write(f"{error}\n" if isinstance(error, ConfigError) else f"gadelys: {error}\n")
            return 2
        break
    if asyncio.run(agent.run()):
        sys.stderr.flush()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves, with the same words
    return 0


def _in_place(config_path: Path, street_time: datetime | None, files: TrialFiles) -> _Agent:
    """Return an agent that has the API's socket. ConfigError for mistakes, OSError for what is lacking or taken."""
    config = load_file(config_path)
    if lack := lacking(config):
        raise OSError(lack)
    agent = _Agent(config, street_time, files)
    agent.take_place()
    return agent


class _Agent:
    """The parts of one running agent and the order of its start and stop."""

    def __init__(self, config: Config, street_time: datetime | None, files: TrialFiles) -> None:
        self._config = config
        self._stopping = asyncio.Event()
        self._again = False
        self._clock = SystemClock(config.controller.clock, street_time)
        self._notifier = Notifier()
        self._supervisor = Supervisor(self._clock.mono_s, self._notifier)
        sink = parts.Sink()
        self._buses = parts.buses(config, self._clock, sink)
        self._instruments = parts.instruments(config, self._clock, sink)
        for instrument in self._instruments.values():
            instrument.told_utc = self._clock.told
        folder = config.api.socket.parent / FOLDER
        sink.failed = FaultDumps(folder, self._clock, self._dump).note
        pins = self._pins = Pins(config, self._clock, sink)
        self._beacons = parts.beacons(config, self._clock, sink)
        lamps = [device for device in config.devices if device.kind == "luminaire"]
        heads = Heads(config)
        points = (
            [point for bus in self._buses.values() for point in bus.points()]
            + [point for instrument in self._instruments.values() for point in instrument.points()]
            + pins.points()
            + (self._beacons.points() if self._beacons is not None else [])
            + heads.points
            + [point for lamp in lamps for point in lamp_points(lamp.id)]
        )
        self._monitoring = Monitoring(config, self._clock, {point.key for point in points})
        image = sink.image = Image([*points, *self._monitoring.points()])
        heads.watch(image)
        sun = parts.astronomical_clock(config)
        season = parts.season(config, self._clock, sun, image)
        self._control = StreetControl(
            [parts.output(config, lamp) for lamp in lamps],
            [Sensor(device.id, device.position_m or 0.0) for device in config.devices if device.kind == "presence"],
            parts.levels(config),
            parts.light(config),
            radars=[
                Radar(device.id, device.position_m or 0.0, 1 if device.looks == "up" else -1)
                for device in config.devices
                if device.kind == "vehicles"
            ],
            night=season.season.night,
        )
        sink.lights = parts.lights(self._control)
        self._monitoring.watch(image, lambda: self._control.night)
        self._lamps = {lamp.id: number for number, lamp in enumerate(lamps)}
        kept = config.monitoring.kept.with_name(FILE)
        self._orders = Orders(kept, self._clock, boot_id(), self._control.leases, self._lamps)
        self._uplink: Uplink | None = None
        self._lamp_bus = {lamp.id: self._carrier(parts.bus_of(config, lamp)) for lamp in lamps}
        detectors = list(pins.sensors.values())
        self._task = ControlTask(
            self._control,
            image,
            self._clock,
            season.season,
            inputs=season.inputs,
            buses=self._lamp_bus,
            detectors=detectors,
        )
        self._image = image
        self._neighbours = parts.neighbours(config, self._clock, image, self._control, self._task.step)
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
            season=season.view,
            buses=list(self._buses.values()),
            instruments=list(self._instruments.values()),
            supervisor=self._supervisor,
            lamps=self._lamps,
            lateness=self._task.lateness,
            alarms=self._monitoring.alarms,
            uplink=lambda: self._uplink.state() if self._uplink is not None else None,
            neighbours=lambda: self._neighbours.state() if self._neighbours is not None else None,
            trial=lambda: self._upkeep.trial_state(),  # noqa: PLW0108 - it is made below
        )
        self._upkeep = Upkeep(
            config,
            config.path.read_text(encoding="utf-8"),
            files,
            view=view,
            supervisor=self._supervisor,
            buses=self._buses,
            stop=self._start_again,
        )
        self._server = LocalServer(config.api.socket, Methods(view, self._task.step, self._upkeep.bundled))

    def _carrier(self, bus: str | None) -> FieldBus | GpioLamps:
        """Return what carries a lamp: its bus, or the pins."""
        if bus is not None:
            return self._buses[bus]
        if self._pins.lamps is None:
            raise RuntimeError("no lamp is on a pin")
        return self._pins.lamps

    def _dump(self, line: str) -> str:
        lines: dict[str, FieldBus | InstrumentPort] = {**self._instruments, **self._buses}
        return lines[line].dump(wall_less_mono_s(self._clock))

    def take_place(self) -> None:
        """Take the local API's socket, so that there is one agent here. OSError if another one answers there."""
        self._server.open()

    def _start_again(self) -> None:
        """Stop in order, to be started again."""
        self._again = True
        self._stopping.set()

    async def run(self) -> bool:
        """Start everything, wait for the signal, stop in order. Return whether to start again."""
        stop = self._stopping
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        self._task.beat = self._supervisor.add("control", self._task.run, limit_s=2.0, vital=True)
        for name, bus in self._buses.items():
            bus.beat = self._supervisor.add(f"bus-{name}", bus.run)
        for name, instrument in self._instruments.items():
            instrument.beat = self._supervisor.add(f"instrument-{name}", instrument.run)
        if self._pins.lamps is not None:
            self._pins.lamps.beat = self._supervisor.add("pins", self._pins.lamps.run)
        if self._pins.counters is not None:
            self._pins.counters.beat = self._supervisor.add("pulses", self._pins.count, limit_s=float("inf"))
        self._supervisor.add("local-api", self._server.run, limit_s=float("inf"))
        if self._beacons is not None:
            self._beacons.beat = self._supervisor.add("ble", self._beacons.run, limit_s=float("inf"))
        self._monitoring.beat = self._supervisor.add("monitoring", self._monitoring.run, limit_s=float("inf"))
        if self._neighbours is not None:
            self._neighbours.beat = self._supervisor.add("neighbours", self._neighbours.run, limit_s=float("inf"))
        if self._config.uplink is not None:
            self._supervisor.add("uplink", self._run_uplink, limit_s=float("inf"))
        self._supervisor.add("orders", self._orders.run, limit_s=float("inf"))
        self._supervisor.add("upkeep", self._upkeep.run, limit_s=float("inf"))
        self._pins.start(self._task.nudge)
        self._orders.restore()
        self._task.step()  # the first levels are on their way before anything else is done
        running = asyncio.create_task(self._supervisor.run(), name="supervisor")
        ready = asyncio.create_task(self._tell_ready(), name="ready")
        await stop.wait()
        # Told to stop for a restart, systemd would end the process that goes on under the same number.
        self._notifier.send("RELOADING=1" if self._again else "STOPPING=1")
        ready.cancel()
        await self._stop()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        return self._again

    def _lines(self) -> list[FieldBus | GpioLamps]:
        """Return all that carries lamps."""
        return [*self._buses.values(), *([self._pins.lamps] if self._pins.lamps is not None else [])]

    async def _tell_ready(self) -> None:
        """Say READY when the outputs are in a known state."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_READY_WITHIN_S):
                await asyncio.gather(*(line.flush(_READY_WITHIN_S) for line in self._lines()))
        self._notifier.send("READY=1")
        _leave_what_stays()
        log.info("ready", lamps=len(self._lamp_bus), kernel="compiled" if cext.COMPILED else "interpreted")

    async def _stop(self) -> None:
        """Control ends first, then each lamp gets its safe level, then the lines close."""
        await self._supervisor.end("control")
        self._task.end()  # the local API and the uplink still live, and each command that they take asks for a step
        for device, bus in self._lamp_bus.items():
            bus.set_level(device, self._control.safe_output_pct(self._lamps[device]))
        keeping = asyncio.create_task(self._monitoring.stop(), name="counters-kept")
        leaving = asyncio.create_task(
            self._supervisor.end("uplink"), name="leaving"
        )  # beside the lamps, not after them
        written = await asyncio.gather(*(line.flush(_FLUSH_S) for line in self._lines()))
        await keeping
        await leaving
        await self._orders.stop()
        self._pins.stop()
        log.info("stopped", safe_level_pct=self._control.safe_pct(), all_written=all(written))

    async def _run_uplink(self) -> None:
        """Run the uplink, loaded only where there is one and beside the street: it costs 60 ms and 8 MB."""
        options = self._config.uplink
        if options is None:
            raise RuntimeError("no uplink is configured")
        await asyncio.to_thread(importlib.import_module, "agent.uplink.uplink")
        from agent.journal.journal import Journal  # noqa: PLC0415
        from agent.journal.records import Limits  # noqa: PLC0415
        from agent.uplink.uplink import Street, Uplink  # noqa: PLC0415

        limits = Limits(options.journal_mb * 1_000_000, options.journal_reports, options.journal_mb_a_day * 1_000_000)
        journal = Journal(options.journal, limits, boot_id())
        meters = {device.id: device.meter for device in self._config.devices if device.meter is not None}
        street = Street(self._control, self._lamps, self._task.step, meters)
        self._uplink = Uplink(
            options,
            self._config.controller,
            self._clock,
            version=__version__,
            image=self._image,
            street=street,
            journal=journal,
            keeper=self._orders,
            ward=self._upkeep,
        )
        _leave_what_stays()
        await self._uplink.run()


def _leave_what_stays() -> None:
    """Spare what was made at the start from the collector: it stays, and looking through it stops the street for 20 ms."""
    gc.freeze()
