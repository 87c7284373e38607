"""An agent whose lamps, meter and bucket are on the pins of a simulated chip, and the board that they hang on."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from firmware_sim.gpio_socket import PinBoard
from running_street import STREET_TIME, script

Json = dict[str, Any]

CONFIG = """
[controller]
id = "pole-1"
group = "test"
latitude = 55.6561
longitude = 12.3683
time_zone = "Europe/Copenhagen"
clock = "rtc"
[api]
socket = "api.sock"
[gpio]
chip = "simulated"
socket = "gpio.sock"
[lighting]
class_pct = 90
fade_up_s = 0
fade_down_s = 0
[device.dimmed]
kind = "luminaire"
gpio = 18
drive = "pwm"
position_m = 0
[device.relay]
kind = "luminaire"
gpio = 5
drive = "switch"
active = "low"
feedback_gpio = 6
position_m = 30
[device.pir]
kind = "presence"
gpio = 17
pull = "down"
debounce_ms = 0
hold_s = 1
position_m = 0
[device.supply]
kind = "meter"
gpio = 22
pulses_per_kwh = 1000
debounce_ms = 0
[device.rain]
kind = "weather"
gpio = 23
mm_per_pulse = 0.2
debounce_ms = 0
"""
PATIENCE_S = 20.0


class PinnedAgent:
    """The board in this process, the agent in one of its own."""

    def __init__(self, folder: Path, config: str = CONFIG) -> None:
        self.folder = folder
        self.config = folder / "pole.toml"
        self.config.write_text(config, encoding="utf-8")
        self.board = PinBoard(folder / "gpio.sock", lambda _pin, _level: self._news.set())
        self.agent: asyncio.subprocess.Process | None = None
        self._news = asyncio.Event()

    async def start(self) -> None:
        await self.board.start()
        self.board.set(22, 1)
        self.board.set(23, 1)
        self.board.set(6, 1)
        await self.start_agent()

    async def start_agent(self) -> None:
        self.agent = await self._process("run")
        await self.until_status(lambda status: status["night"] is True)

    async def safe(self) -> int:
        return await (await self._process("safe")).wait()

    async def end_agent(self, how: signal.Signals) -> int:
        assert self.agent is not None
        self.agent.send_signal(how)
        async with asyncio.timeout(PATIENCE_S):
            code = await self.agent.wait()
        self.agent = None
        return code

    async def stop(self) -> None:
        if self.agent is not None:
            await self.end_agent(signal.SIGKILL)
        await self.board.stop()

    async def call(self, method: str, **params: object) -> Json:
        reader, writer = await asyncio.open_unix_connection(self.folder / "api.sock")
        writer.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
        answer: Json = json.loads(await reader.readline())
        writer.close()
        await writer.wait_closed()
        return answer

    async def until_value(self, key: str, value: object) -> None:
        """Watch a point until it has a value."""
        reader, writer = await asyncio.open_unix_connection(self.folder / "api.sock")
        wish = {"jsonrpc": "2.0", "id": 1, "method": "points.subscribe", "params": {"pattern": key, "interval_s": 0.05}}
        writer.write(json.dumps(wish).encode() + b"\n")
        points: list[Json] = []
        async with asyncio.timeout(PATIENCE_S):
            while not any(point["value"] == value for point in points):
                message = json.loads(await reader.readline())
                points = message.get("result", message.get("params"))["points"]
        writer.close()
        await writer.wait_closed()

    async def until_status(self, true: Callable[[Json], bool]) -> Json:
        """Ask the agent again and again, until what it says is so."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    status: Json = (await self.call("status"))["result"]
                except OSError:
                    status = {}
                if status and true(status):
                    return status
                await asyncio.sleep(0.05)

    async def until_pins(self, true: Callable[[PinBoard], bool]) -> None:
        """Wait until outputs are so."""
        async with asyncio.timeout(PATIENCE_S):
            while not true(self.board):
                self._news.clear()
                await self._news.wait()

    async def _process(self, command: str) -> asyncio.subprocess.Process:
        words = [command, "--config", str(self.config), "--street-time", STREET_TIME]
        return await asyncio.create_subprocess_exec(
            script("gadelys"), *words, cwd=self.folder, env={**os.environ, "GADELYS_SOCKET": ""}
        )
