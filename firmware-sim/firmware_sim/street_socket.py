"""`street.sock`: the eye above the street and the hand in it. JSON, a message a line."""

from __future__ import annotations

import asyncio
from datetime import UTC
from pathlib import Path
from typing import Any

from firmware_sim import sun
from firmware_sim.broken import HOWS
from firmware_sim.broker import NoBroker
from firmware_sim.json_socket import JsonSocket, Wrong, text_of
from firmware_sim.street import VEHICLES, Street

DEEDS = ("person", "vehicle", "sensor_dies", "sensor_back", "lamp_breaks", "lamps_mended", "pull", "plug", "broker_dies",
         "broker_back", "door")  # fmt: skip


class StreetSocket(JsonSocket):
    """Serves one street."""

    def __init__(self, path: Path, street: Street) -> None:
        super().__init__(path)
        self._street = street

    async def _do(self, request: dict[str, Any]) -> dict[str, object]:
        what = request["do"]
        if what in {"pull", "plug"}:
            await self._line(what, text_of(request, "line"))
            return {}
        if what in {"broker_dies", "broker_back"}:
            await self._broker(what)
            return {}
        done = self._done(what, request)
        if done is None:
            raise Wrong(f"do: expected {', '.join(DEEDS)} or watch")
        return done

    def _done(self, what: str, request: dict[str, Any]) -> dict[str, object] | None:
        """Do what is done at once; none if it is nothing that can be done."""
        match what:
            case "person" | "vehicle":
                return {"x_m": self._enters(what)}
            case "sensor_dies":
                return {"sensor": self._sensor_dies(request)}
            case "sensor_back":
                self._street.sensors_back()
            case "lamp_breaks":
                return {"lamp": self._lamp_breaks(request)}
            case "lamps_mended":
                self._street.world.lamps.mended()
            case "door":
                if not isinstance(request.get("open"), bool):
                    raise Wrong("open: expected true or false")
                self._street.door_open = request["open"]
            case _:
                return None
        return {}

    def _enters(self, what: str) -> float:
        world = self._street.world
        user = world.person_steps_out() if what == "person" else world.vehicle_enters()
        if user is None:
            raise Wrong(f"{what}: the street is full, wait until somebody has left it")
        return round(user.from_m, 1)

    def _sensor_dies(self, request: dict[str, Any]) -> str:
        dead = self._street.sensor_dies(text_of(request, "sensor") if "sensor" in request else None)
        if dead is None:
            count = len(self._street.radars)
            raise Wrong(f"sensor: expected a healthy one of radar-01 to radar-{count:02}, or {VEHICLES}")
        return dead

    def _lamp_breaks(self, request: dict[str, Any]) -> str:
        wanted = text_of(request, "how") if "how" in request else "dead"
        for how in HOWS:
            if how == wanted:
                broken = self._street.lamp_breaks(text_of(request, "lamp") if "lamp" in request else None, how)
                if broken is None:
                    names = self._street.world.names
                    raise Wrong(f"lamp: expected a healthy one of {names[0]} to {names[-1]}")
                return broken
        raise Wrong(f"how: expected {', '.join(HOWS)}")

    async def _line(self, what: str, name: str) -> None:
        line = self._street.lines.get(name)
        if line is None:
            raise Wrong(f"line: expected one of {', '.join(self._street.lines)}")
        async with self._hand:
            await asyncio.to_thread(line.pull if what == "pull" else line.plug)

    async def _broker(self, what: str) -> None:
        broker = self._street.broker
        if broker is None:
            raise Wrong(f"{what}: this street has no broker; start it with --broker")
        async with self._hand:
            try:
                await (broker.dies() if what == "broker_dies" else broker.back())
            except NoBroker as missing:
                raise Wrong(f"{what}: {missing}") from None

    def state(self) -> dict[str, object]:
        street, world = self._street, self._street.world
        outputs = street.outputs()
        sensors = [f"radar-{place + 1:02}" for place in range(len(street.radars))] + ["pir-1"]
        alive = [radar.alive for radar in street.radars] + [True]
        return {
            "t_s": round(world.now_s, 3),
            "street_time": street.local().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "sun_deg": round(street.height_deg, 2),
            "lux": round(sun.illuminance_lux(street.height_deg), 1),
            "users": [
                {
                    "id": user.number,
                    "kind": user.kind,
                    "x_m": round(user.at_m(world.now_s), 2),
                    "speed_m_per_s": round(user.speed_m_per_s, 2),
                }
                for user in world.users
            ],
            "lamps": [
                {
                    "id": name,
                    "x_m": at_m,
                    "level_pct": round(100 * level, 2),
                    "power_w": round(world.lamp_w(lamp), 2),
                    "output": output.state,
                    "broken": world.lamps.how(lamp),
                }
                for lamp, (name, at_m, level, output) in enumerate(
                    zip(world.names, world.lamps_m, world.levels, outputs, strict=True)
                )
            ],
            "sensors": [
                {"id": name, "x_m": at_m, "present": present, "alive": lives}
                for name, at_m, present, lives in zip(
                    [*sensors, VEHICLES],
                    [*world.sensors_m, world.sensors_m[0]],
                    [*street.present(), street.sees_vehicles()],
                    [*alive, street.vehicles_alive],
                    strict=True,
                )
            ],
            "power_w": round(world.power_w(), 1),
            "schemes": [world.score.as_dict(), *(ghost.score.as_dict() for ghost in world.ghosts)],
            "violations": [
                {"t_s": broken.t_s, "rule": broken.rule, "what": broken.what} for broken in world.checker.violations
            ],
            "passed": dict(zip(sensors, world.passed, strict=True)),
            "broker": None if street.broker is None else {"port": street.broker.port, "up": street.broker.up},
        }
