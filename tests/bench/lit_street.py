"""The street's units, lines and pins in this process, with nobody on it; the agent as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from firmware_sim.gpio_socket import PinBoard
from firmware_sim.instruments.ld2410 import Ld2410
from firmware_sim.instruments.ld2451 import Ld2451
from firmware_sim.line import Line
from firmware_sim.serial_stream import SerialStream
from firmware_sim.tty_end import TtyEnd
from firmware_sim.units.eastron import Sdm230
from firmware_sim.units.jxct import JxctLux
from firmware_sim.units.mtdx62 import Mtdx62
from firmware_sim.units.waveshare import WaveshareAo8B
from firmware_sim.units.wb_mao4 import WbMao4
from firmware_sim.wire import Direction

STREET = Path(__file__).resolve().parents[2] / "firmware-sim" / "street.toml"
STREET_TIME = "2026-11-20T21:30+01:00"
PIR_PIN, DOOR_PIN = 17, 27
BASE_PCT = 10  # of street.toml
PATIENCE_S = 20.0
FIRST_LAMP = {11: 1, 12: 5, 21: 7}  # of each dimmer

_WRITE_ONE, _WRITE_MANY = 6, 16
_LEVELS = {11: (16, 20, 1), 12: (16, 20, 1), 21: (0, 8, 100)}  # registers: from, below, steps a per cent


class LitStreet:
    """`raised` keeps when a lamp was first told to be brighter since it was cleared, `seen` when each radar's answer said so.

    `moved` keeps each new level: when its write began, and of which lamp; `levels_pct` what each lamp was told last.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        now_s = time.monotonic()
        self.radars = [Mtdx62(31 + place) for place in range(11)]
        dimmers = [WbMao4(11, now_s), WbMao4(12, now_s), WaveshareAo8B(21)]
        self.lamps_line = Line(folder / "lamps", 19200, 11, dimmers, on_frame=self._dimmed)
        self.field_line = Line(
            folder / "field", 9600, 10, [JxctLux(1), Sdm230(2), *self.radars], on_frame=self._answered
        )
        self.instruments = [
            TtyEnd(folder / "radar-01", SerialStream(Ld2410(now_s=now_s))),
            TtyEnd(folder / "vehicles-01", SerialStream(Ld2451(now_s=now_s))),
        ]
        self.pins = PinBoard(folder / "gpio.sock")
        self.first_level_s: float | None = None
        self.written_s = now_s
        self.raised: dict[int, float] = {}
        self.seen: dict[int, float] = {}
        self.moved: list[tuple[float, int]] = []
        self._asked = b""
        self.levels_pct: dict[int, float] = {}
        self._news = threading.Condition()
        self._agent: asyncio.subprocess.Process | None = None

    async def start_agent(self) -> float:
        """Start the agent; return the moment before."""
        begin_s = time.monotonic()
        self.first_level_s = None
        program = Path(sys.executable).with_name("gadelys")
        self._agent = await asyncio.create_subprocess_exec(
            str(program), "run", "--config", str(self.folder / "pole.toml"), "--street-time", STREET_TIME,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        return begin_s

    async def stop_agent(self) -> None:
        """End the agent in order."""
        if self._agent is not None:
            if self._agent.returncode is None:
                self._agent.terminate()
            await self._agent.wait()
            self._agent = None

    async def until(self, what: str, holds: Callable[[], bool]) -> None:
        """Wait for a condition that a frame on a line makes true."""
        deadline_s = time.monotonic() + PATIENCE_S

        def wait() -> bool:
            with self._news:
                return self._news.wait_for(holds, deadline_s - time.monotonic())

        if not await asyncio.to_thread(wait):
            raise TimeoutError(f"not within {PATIENCE_S:g} s: {what}")

    def _dimmed(self, direction: Direction, frame: bytes, end_s: float) -> None:
        if direction == "answer" or frame[1] not in {_WRITE_ONE, _WRITE_MANY}:
            return
        first = int.from_bytes(frame[2:4], "big")
        low, high, steps_per_pct = _LEVELS[frame[0]]
        if not low <= first < high:
            return
        data = frame[4:6] if frame[1] == _WRITE_ONE else frame[7:-2]
        begin_s = end_s - len(frame) * self.lamps_line.wire.char_s
        with self._news:
            self.written_s = end_s
            self.first_level_s = self.first_level_s or end_s
            for place in range(0, len(data), 2):
                lamp = FIRST_LAMP[frame[0]] + first - low + place // 2
                level_pct = int.from_bytes(data[place : place + 2], "big") / steps_per_pct
                if level_pct > self.levels_pct.get(lamp, level_pct):
                    self.raised.setdefault(lamp, begin_s)
                if level_pct != self.levels_pct.get(lamp, level_pct):
                    self.moved.append((begin_s, lamp))
                self.levels_pct[lamp] = level_pct
            self._news.notify_all()

    def _answered(self, direction: Direction, frame: bytes, end_s: float) -> None:
        if direction == "request":
            self._asked = frame
            return
        register = int.from_bytes(self._asked[2:4], "big")
        if frame[0] < 31 or frame[1] != 4 or register != 0:
            return
        with self._news:
            if int.from_bytes(frame[3:5], "big"):
                self.seen.setdefault(frame[0] - 31, end_s)
            else:
                self.seen.pop(frame[0] - 31, None)
            self._news.notify_all()


def configuration(broker_port: int | None) -> str:
    """The agent's configuration of the street, with the port of a broker, or without an uplink."""
    text = STREET.read_text(encoding="utf-8")
    assert "port = 18830" in text
    if broker_port is None:
        return re.sub(r"^\[uplink\]\n(?:[^\[\n].*\n|\n)*", "", text, flags=re.MULTILINE)
    return text.replace("port = 18830", f"port = {broker_port}")


@contextlib.asynccontextmanager
async def lit_street(*changes: tuple[str, str], broker_port: int | None = None) -> AsyncIterator[LitStreet]:
    """A street in a folder of its own; `changes` are made to its configuration."""
    with tempfile.TemporaryDirectory(prefix="gadelys-bench-") as name:
        street = LitStreet(Path(name))
        text = configuration(broker_port)
        for before, after in changes:
            assert before in text, before
            text = text.replace(before, after)
        (street.folder / "pole.toml").write_text(text, encoding="utf-8")
        street.lamps_line.start()
        street.field_line.start()
        for instrument in street.instruments:
            instrument.start()
        await street.pins.start()
        street.pins.set(PIR_PIN, 0)
        street.pins.set(DOOR_PIN, 0)
        try:
            yield street
        finally:
            await street.stop_agent()
            await street.pins.stop()
            street.lamps_line.stop()
            street.field_line.stop()
            for instrument in street.instruments:
                instrument.stop()
