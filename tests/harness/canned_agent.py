"""An agent that says what a test tells it to: the local API over a canned state, for tests of its clients."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import msgspec

from agent.control.punctual import Lateness
from agent.local.records import (
    AlarmState,
    BusState,
    InstrumentRow,
    LampState,
    NeighbourRow,
    NeighboursState,
    PointState,
    SeasonState,
    SensorState,
    Status,
    TaskRow,
    UnitRow,
    UplinkState,
)

Json = dict[str, Any]
NOW = "2026-11-24T20:30:00.000Z"


def lamp(number: int, **changes: Any) -> LampState:
    """A lamp that follows; from lum-07 on without device-side safety."""
    state = LampState(
        id=f"lum-{number:02}",
        position_m=30.0 * (number - 1),
        unit="dimmer-1" if number <= 6 else "dimmer-2",
        channel=(number - 1) % 6 + 1,
        nominal_w=60.0,
        commanded_pct=10.0,
        sent_pct=10.0,
        confirmed_pct=10.0,
        observed_pct=None,
        winner="schedule",
        holder="",
        until=None,
        remaining_s=None,
        device_safety=number <= 6,
        fault="",
        doubt="",
    )
    return msgspec.structs.replace(state, **changes)


def sensor(number: int, **changes: Any) -> SensorState:
    """A radar that sees nobody."""
    state = SensorState(f"radar-{number:02}", "presence", 30.0 * (number - 1), False, "good", "", 0.2)
    return msgspec.structs.replace(state, **changes)


def alarm(key: str, **changes: Any) -> AlarmState:
    """A lamp has failed."""
    state = AlarmState(key, key.partition("/")[0], "lamp failure", "alarm", "draws 0.0 W at 100 %", NOW, 600.0)
    return msgspec.structs.replace(state, **changes)


def point(key: str, value: bool | float | str | None, unit: str = "", **changes: Any) -> PointState:
    """A good reading."""
    kind = {bool: "bool", int: "int", float: "float", str: "text"}.get(type(value), "float")
    return msgspec.structs.replace(PointState(key, kind, unit, False, "", value, "good", "", 0.4, NOW), **changes)


def uplink(**changes: Any) -> UplinkState:
    """Online, and all is proven."""
    state = UplinkState(
        state="online",
        host="127.0.0.1",
        port=40123,
        mqtt="5",
        group="albertslund",
        node="pole-7",
        since_s=600.0,
        bd_seq=3,
        sent=1204,
        received=7,
        unproven=0,
        proof_age_s=0.8,
        journal_waiting=0,
        journal_dropped=0,
        journal_fault="",
        journal_thinned=0,
        journal_quarantined=0,
        journal_written_mb=12.3,
        journal_budget_pct=0.0,
        commands_accepted=5,
        commands_refused=2,
        last_refusal="lum-03/lamp/dimming_level: expected 0 to 100, found 101",
        last_error="",
        mirror=True,
    )
    return msgspec.structs.replace(state, **changes)


def season(**changes: Any) -> SeasonState:
    """A night by the clock, as the street was designed."""
    state = SeasonState(
        night_by="clock",
        design_class="",
        class_name="",
        class_pct=100.0,
        base_pct=10.0,
        why="design",
        next_change="2026-11-21T06:57:00Z",
        next_what="day",
        photocell=None,
        traffic=None,
    )
    return msgspec.structs.replace(state, **changes)


def neighbour(name: str, end: Literal["up", "down"], **changes: Any) -> NeighbourRow:
    """A neighbour that is heard."""
    state = NeighbourRow(
        id=name,
        endpoint=f"tcp/{name}:7447",
        end=end,
        offset_m=90.0,
        state="heard",
        heard_s=0.3,
        sent=1201,
        received=1198,
        users_told=44,
        users_announced=1,
        refused={"unacquainted": 1},
        round_trip_ms=1.2,
        age_ms=0.4,
    )
    return msgspec.structs.replace(state, **changes)


def neighbours(*rows: NeighbourRow, **changes: Any) -> NeighboursState:
    """One at each end, and all is well."""
    state = NeighboursState(
        state="open",
        listen="tcp/0.0.0.0:7447",
        signed=True,
        encrypted=False,
        last_error="",
        dropped_in=0,
        dropped_out=0,
        refused={},
        neighbours=list(rows) or [neighbour("pole-8", "up"), neighbour("pole-6", "down")],
    )
    return msgspec.structs.replace(state, **changes)


def status(**changes: Any) -> Status:
    """A night with 12 lamps, all well."""
    state = Status(
        version="0.1.0",
        pid=4242,
        uptime_s=4000.0,
        kernel="compiled",
        controller="pole-7",
        group="albertslund",
        config="/etc/gadelys/pole.toml",
        time=NOW,
        clock_trusted=True,
        time_zone="Europe/Copenhagen",
        street_time=NOW,
        demonstration=False,
        night=True,
        sun_deg=-35.1,
        season=season(),
        alarms=[],
        lamps=[lamp(number) for number in range(1, 13)],
        sensors=[sensor(number) for number in range(1, 13)]
        + [SensorState("door-1", "contact", None, False, "good", "", 3.0)],
        buses=[
            BusState("lamps", "/dev/ttyUSB0", 19200, "up", 34.4, 1200, 0, 0, 0),
            BusState("field", "/dev/ttyUSB1", 9600, "up", 61.0, 2100, 2, 0, 0),
        ],
        units=[
            UnitRow("dimmer-1", "lamps", 11, "wb-mao4", "ok", True, True, 3.0, 600, 0, ""),
            UnitRow("dimmer-2", "lamps", 21, "waveshare-ao8-b", "ok", False, False, None, 600, 0, ""),
        ],
        instruments=[
            InstrumentRow("radar-1", "ld2410", "/dev/ttyAMA0", 256000, "ok", "1.07.22091516", 0.04, 40_000, 0, 0, ""),
        ],
        tasks=[TaskRow("control", "running", 0, 0.01, "")],
        control=Lateness().told(),
        power_w=104.4,
        model_power_w=103.2,
        memory_mb=31.5,
        cpu_s=12.0,
        uplink=None,
        neighbours=None,
    )
    return msgspec.structs.replace(state, **changes)


class Agent:
    """Answers requests with what `answers` holds: a method's result, an error as a dict with `code`, or a function.

    After `points.subscribe` come `changes`, one notification each, and then the connection ends if `hang_up`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.answers: dict[str, Any] = {"status": status(), "points.list": []}
        self.changes: list[list[PointState]] = []
        self.hang_up = False
        self.asked: list[Json] = []
        self._done = threading.Event()
        self._server = _Server(str(path), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self._done.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self.path.unlink(missing_ok=True)

    def answer(self, request: Json) -> Json:
        self.asked.append(request)
        made = self.answers.get(request["method"], {"code": -32601, "message": "no such method"})
        result = made(request.get("params", {})) if isinstance(made, Callable) else made  # type: ignore[arg-type]
        if isinstance(result, dict) and "code" in result:
            return {"jsonrpc": "2.0", "id": request["id"], "error": result}
        return {"jsonrpc": "2.0", "id": request["id"], "result": result}

    def wait_for_the_end(self) -> None:
        self._done.wait(20)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False


def _handler(agent: Agent) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                request = json.loads(line)
                self._send(agent.answer(request))
                if request["method"] == "points.subscribe":
                    for points in agent.changes:
                        params = {"subscription": 1, "points": points}
                        self._send({"jsonrpc": "2.0", "method": "points.changed", "params": params})
                    if agent.hang_up:
                        return
                    agent.wait_for_the_end()

        def _send(self, message: Json) -> None:
            self.wfile.write(msgspec.json.encode(message) + b"\n")

    return Handler
