"""`street.sock`: the eye above the street and the hand in it. JSON, a message a line."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC
from pathlib import Path
from typing import Any

from firmware_sim import sun
from firmware_sim.broker import NoBroker
from firmware_sim.score import power_w
from firmware_sim.street import Street

MOST_CLIENTS = 8
LONGEST_LINE = 4096
MOST_UNSENT = 1 << 20
DEEDS = ("person", "vehicle", "sensor_dies", "sensor_back", "pull", "plug", "broker_dies", "broker_back", "door")


class Wrong(Exception):
    """A request that cannot be done. The text says what was expected."""


class StreetSocket:
    """Serves one street."""

    def __init__(self, path: Path, street: Street) -> None:
        self._path = path
        self._street = street
        self._clients: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._hand = asyncio.Lock()  # one line or broker is taken away or brought back at a time

    async def start(self) -> None:
        """Listen; a socket left by an earlier run is replaced."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._accept, self._path, limit=LONGEST_LINE)

    async def stop(self) -> None:
        """Let every client go and remove the socket."""
        if self._server is None:
            return
        self._server.close()
        for client in tuple(self._clients):
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._clients) >= MOST_CLIENTS:
            _tell(writer, {"ok": False, "error": f"expected at most {MOST_CLIENTS} clients at a time"})
            writer.close()
            return
        task = asyncio.create_task(self._serve(reader, writer))
        self._clients.add(task)
        task.add_done_callback(self._clients.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        watch: asyncio.Task[None] | None = None
        try:
            while line := await reader.readline():
                try:
                    request = _request(line)
                    if request["do"] == "watch":
                        interval_s = _interval_s(request)
                        if watch is not None:
                            watch.cancel()
                        watch = asyncio.create_task(self._watch(writer, interval_s))
                        _tell(writer, {"ok": True})
                    else:
                        _tell(writer, {"ok": True, **await self._do(request)})
                except Wrong as wrong:
                    _tell(writer, {"ok": False, "error": str(wrong)})
                await writer.drain()
        except ConnectionError:
            pass  # gone
        except ValueError:
            _tell(writer, {"ok": False, "error": f"expected a line of at most {LONGEST_LINE} bytes"})
        except asyncio.CancelledError:
            writer.transport.abort()  # whoever does not read must not keep us
            raise
        finally:
            if watch is not None:
                watch.cancel()
            writer.close()

    async def _watch(self, writer: asyncio.StreamWriter, interval_s: float) -> None:
        while True:
            await asyncio.sleep(interval_s)
            if writer.transport.get_write_buffer_size() > MOST_UNSENT:
                writer.transport.abort()
            if writer.is_closing():
                return
            _tell(writer, {"state": self.state()})

    async def _do(self, request: dict[str, Any]) -> dict[str, object]:
        street, what = self._street, request["do"]
        if what in {"person", "vehicle"}:
            user = street.world.person_steps_out() if what == "person" else street.world.vehicle_enters()
            if user is None:
                raise Wrong(f"{what}: the street is full, wait until somebody has left it")
            return {"x_m": round(user.from_m, 1)}
        if what == "sensor_dies":
            dead = street.sensor_dies(_text(request, "sensor") if "sensor" in request else None)
            if dead is None:
                raise Wrong(f"sensor: expected a healthy one of radar-01 to radar-{len(street.radars):02}")
            return {"sensor": dead}
        if what == "sensor_back":
            street.sensors_back()
            return {}
        if what in {"pull", "plug"}:
            await self._line(what, _text(request, "line"))
            return {}
        if what == "door":
            if not isinstance(request.get("open"), bool):
                raise Wrong("open: expected true or false")
            street.door_open = request["open"]
            return {}
        if what in {"broker_dies", "broker_back"}:
            await self._broker(what)
            return {}
        raise Wrong(f"do: expected {', '.join(DEEDS)} or watch")

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
        """What is to be seen now."""
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
                    "power_w": round(power_w(level), 2),
                    "output": output.state,
                }
                for name, at_m, level, output in zip(world.names, world.lamps_m, world.levels, outputs, strict=True)
            ],
            "sensors": [
                {"id": name, "x_m": at_m, "present": present, "alive": lives}
                for name, at_m, present, lives in zip(sensors, world.sensors_m, street.present(), alive, strict=True)
            ],
            "power_w": round(world.power_w(), 1),
            "schemes": [world.score.as_dict(), *(ghost.score.as_dict() for ghost in world.ghosts)],
            "violations": [
                {"t_s": broken.t_s, "rule": broken.rule, "what": broken.what} for broken in world.checker.violations
            ],
            "passed": dict(zip(sensors, world.passed, strict=True)),
            "broker": None if street.broker is None else {"port": street.broker.port, "up": street.broker.up},
        }


def _request(line: bytes) -> dict[str, Any]:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        raise Wrong('expected a line of JSON such as {"do": "person"}') from None
    if not isinstance(request, dict) or not isinstance(request.get("do"), str):
        raise Wrong('expected an object such as {"do": "person"}')
    return request


def _text(request: dict[str, Any], key: str) -> str:
    value = request.get(key)
    if not isinstance(value, str):
        raise Wrong(f"{key}: expected a name")
    return value


def _interval_s(request: dict[str, Any]) -> float:
    value = request.get("interval_s", 0.2)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.05 <= value <= 60:
        raise Wrong("interval_s: expected 0.05 to 60")
    return float(value)


def _tell(writer: asyncio.StreamWriter, message: dict[str, object]) -> None:
    writer.write(json.dumps(message).encode() + b"\n")
