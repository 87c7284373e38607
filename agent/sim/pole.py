"""A controller without lines: control, image, journal and uplink are the agent's own, lamps do at once what they are told."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import msgspec

from agent import __version__
from agent.clock import Clock
from agent.config import Config
from agent.control.street import Levels, Output, StreetControl
from agent.control.task import lamp_points
from agent.image import Image
from agent.journal.journal import Journal
from agent.journal.records import Limits
from agent.services.lighting import Light
from agent.sim.orders import KeptNowhere, NobodysWard
from agent.uplink.uplink import Street, Uplink
from drivers.points import Point, PointType, Quality, Reading, Value

SPACING_M = 30.0
JOURNAL_BYTES = 1_000_000
_LEVELS = Levels(
    class_pct=100.0, base_pct=30.0, floor_pct=5.0, night_minimum_pct=10.0, presence_pct=100.0, near_pct=60.0,
    far_pct=20.0, fade_up_s=0.0, fade_down_s=0.0,
)  # fmt: skip
_LIGHT = Light(hold_s=4.0, vehicle_hold_s=3.0, sight_m=120.0, speed_limit_km_per_h=50.0, response_s=0.0)


class Kind(msgspec.Struct, frozen=True):
    """What all poles are alike in: how many lamps each has, and how often (s) all that they measure changes."""

    lamps: int
    every_s: float


class Pole:
    """One controller; `run` lasts until cancelled, which is its intended stop."""

    def __init__(self, config: Config, name: str, kind: Kind, clock: Clock, folder: Path) -> None:
        """`config` is the same for all, but for the name. Its journal is made in `folder`. ValueError without [uplink]."""
        if config.uplink is None:
            raise ValueError("expected a configuration with [uplink]")
        self._clock = clock
        self._kind = kind
        self._lamps = {f"lum-{lamp:02}": lamp - 1 for lamp in range(1, kind.lamps + 1)}
        outputs = [Output(lamp, SPACING_M * place, device_safety=True) for lamp, place in self._lamps.items()]
        self._control = StreetControl(outputs, [], _LEVELS, _LIGHT, night=True)
        self._image = Image(self._points())
        path = folder / f"{name}.db"
        self.uplink = Uplink(
            msgspec.structs.replace(config.uplink, journal=path),
            msgspec.structs.replace(config.controller, id=name),
            clock,
            version=__version__,
            image=self._image,
            street=Street(self._control, self._lamps, self._step),
            journal=Journal(path, Limits(JOURNAL_BYTES), name),
            keeper=KeptNowhere(),
            ward=NobodysWard(),
        )

    async def run(self) -> None:
        """Go on until cancelled."""
        self._step()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.uplink.run())
            group.create_task(self._live())

    async def _live(self) -> None:
        """Let what is measured change."""
        while True:
            for lamp, place in self._lamps.items():
                level = self._control.kernel.output(place)
                self._put(f"{lamp}/lamp/dimming_level", max(0.0, level - 0.2 * random.random()))  # noqa: S311
            self._put("meter-1/meter/active_power", 60.0 * self._kind.lamps * random.random())  # noqa: S311
            await asyncio.sleep(self._kind.every_s)
            self._step()

    def _step(self) -> None:
        """Step control, as the agent does after each demand, and be the lamps: they are read back a moment later."""
        for place, level in self._control.step(self._clock.mono_s()):
            lamp = f"lum-{place + 1:02}/lamp"
            self._put(f"{lamp}/control_rung", self._control.winner(place))
            for told in ("commanded_level", "sent_level"):
                self._put(f"{lamp}/{told}", level)
            asyncio.get_running_loop().call_soon(self._put, f"{lamp}/dimming_level", level)

    def _put(self, key: str, value: Value) -> None:
        self._image.put(key, Reading(value, Quality.GOOD, "", self._clock.mono_s()))

    def _points(self) -> list[Point]:
        forever = float("inf")
        made = [point for lamp in self._lamps for point in lamp_points(lamp)]
        made += [
            Point(key=f"{lamp}/lamp/dimming_level", type=PointType.FLOAT, unit="%", low=0, high=100, max_age_s=forever)
            for lamp in self._lamps
        ]
        return [*made, Point(key="meter-1/meter/active_power", type=PointType.FLOAT, unit="W", max_age_s=forever)]
