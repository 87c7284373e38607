"""A simulated street that says what a test tells it to, for tests of the live view."""

from __future__ import annotations

import json
import socketserver
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from agent.cli.top.street import Lamp, Scheme, Sensor, StreetState, User

Json = dict[str, Any]


def lamp(number: int, **changes: Any) -> Lamp:
    state = Lamp(f"lum-{number:02}", 30.0 * (number - 1), 10.0, 8.7, "commanded")
    return msgspec.structs.replace(state, **changes)


def sensor(number: int, **changes: Any) -> Sensor:
    return msgspec.structs.replace(Sensor(f"radar-{number:02}", 30.0 * (number - 1), False, True), **changes)


def street(**changes: Any) -> StreetState:
    """12 lamps; one person at lum-04, one vehicle under way from lum-08 to lum-09."""
    state = StreetState(
        t_s=12.4,
        street_time=datetime(2026, 11, 20, 20, 30, 12, tzinfo=UTC),
        sun_deg=-35.1,
        users=(User(1, "person", 90.0, -1.4), User(2, "vehicle", 225.0, 13.9)),
        lamps=tuple(lamp(number, level_pct=100.0 if number == 4 else 10.0) for number in range(1, 13)),
        sensors=tuple(sensor(number, present=number == 4) for number in range(1, 13)),
        power_w=155.0,
        schemes=(
            Scheme("gadelys", 155.0, 2.0, 0.0, 0.0, 60.0),
            Scheme("step-dimming", 330.0, 4.0, 0.0, 0.0, 60.0),
            Scheme("motion 20 %", 250.0, 3.0, 31.0, 2.0, 60.0),
            Scheme("full", 720.0, 8.0, 0.0, 0.0, 60.0),
        ),
        violations=(),
    )
    return msgspec.structs.replace(state, **changes)


class Street:
    """Answers each request with ok and, as if time had passed, with `state`."""

    def __init__(self, path: Path) -> None:
        self.state = street()
        self.asked: list[Json] = []
        self.heard = threading.Condition()
        self._server = _Server(str(path), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def wait_for(self, request: Json) -> bool:
        """Return whether a request comes, in a time that is long."""
        with self.heard:
            return self.heard.wait_for(lambda: request in self.asked, 20)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False


def _handler(street: Street) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                with street.heard:
                    street.asked.append(json.loads(line))
                    street.heard.notify_all()
                self.wfile.write(b'{"ok": true}\n' + msgspec.json.encode({"state": street.state}) + b"\n")

    return Handler
