"""Pins: the simulated chip on its socket, and what a chip without edge detection makes of it."""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest

from drivers.errors import LinkLost
from drivers.gpio.factory import open_chip, pin_trouble
from drivers.gpio.inputs import GpioInputs, InputSpec
from drivers.gpio.simulated import SimulatedChip
from firmware_sim.gpio_socket import PinBoard

PATIENCE_S = 10.0
PIR = InputSpec(key="pir-1/presence/state", pin=17, pull="down", active_high=True)
DOOR = InputSpec(key="door-1/contact/state", pin=27, pull="up", active_high=False)


class Board:
    """The other end of the socket."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clients: list[asyncio.StreamWriter] = []
        self.connected = asyncio.Event()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._accept, self.path)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for client in self.clients:
            client.close()
        self.clients.clear()
        self.connected.clear()
        await self._server.wait_closed()
        self.path.unlink(missing_ok=True)

    async def lose(self) -> None:
        """Wait until the chip has hung up."""
        self.connected.clear()
        lost = list(self.clients)
        async with asyncio.timeout(PATIENCE_S):
            for client in lost:
                await client.wait_closed()

    async def say(self, lines: bytes) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await self.connected.wait()
        for client in self.clients:
            client.write(lines)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.clients.append(writer)
        self.connected.set()
        await reader.read()
        writer.close()
        if writer in self.clients:
            self.clients.remove(writer)


class Told:
    """What was delivered, in order."""

    def __init__(self) -> None:
        self.levels: list[tuple[str, bool]] = []
        self.times_s: list[float] = []
        self.reasons: list[str] = []
        self._news = asyncio.Event()

    def __call__(self, key: str, active: bool, mono_s: float) -> None:
        self.levels.append((key.partition("/")[0], active))
        self.times_s.append(mono_s)
        self._news.set()

    def lost(self, key: str, reason: str, mono_s: float) -> None:
        del mono_s
        self.reasons.append(f"{key.partition('/')[0]}: {reason}")

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def started(path: Path) -> AsyncIterator[tuple[Board, Told]]:
    board, told = Board(path), Told()
    await board.start()
    chip = open_chip("simulated", path)
    inputs = GpioInputs(lambda: chip, [PIR, DOOR], told, told.lost)
    inputs.start()
    try:
        yield board, told
    finally:
        inputs.stop()
        await asyncio.to_thread(chip.cleanup)
        await board.stop()


async def test_pins_begin_as_their_pulls_make_them_and_tell_every_edge(tmp_path: Path) -> None:
    async with started(tmp_path / "gpio.sock") as (board, told):
        assert told.levels == [("pir-1", False), ("door-1", False)]
        before_s = time.monotonic()
        await board.say(b"17 1\n27 0\n17 0\n")
        await told.until(lambda: len(told.levels) == 5)
        assert told.levels[2:] == [("pir-1", True), ("door-1", True), ("pir-1", False)]
        assert before_s <= told.times_s[2] <= told.times_s[4] <= time.monotonic()


async def test_the_chip_connects_again_by_itself(tmp_path: Path) -> None:
    async with started(tmp_path / "gpio.sock") as (board, told):
        await board.say(b"17 1\n")
        await told.until(lambda: ("pir-1", True) in told.levels)
        await board.stop()
        await board.start()
        await board.say(b"17 0\n")
        await told.until(lambda: told.levels[-1] == ("pir-1", False))


@pytest.mark.parametrize("nonsense", [b"17 2\n", b"99 1\n", b"seventeen one\n", b"\xff\xfe\n", b"17\n", b"17 1 0\n"])
async def test_nonsense_ends_the_connection_and_sets_no_pin(tmp_path: Path, nonsense: bytes) -> None:
    async with started(tmp_path / "gpio.sock") as (board, told):
        await board.say(nonsense)
        await board.lose()
        await board.say(b"27 0\n")  # on the connection that is made anew
        await told.until(lambda: ("door-1", True) in told.levels)
        assert ("pir-1", True) not in told.levels


def test_pins_that_are_not_there_are_not_served(tmp_path: Path) -> None:
    chip = SimulatedChip(tmp_path / "gpio.sock")
    with pytest.raises(RuntimeError, match="must setup"):
        chip.input(4)
    with pytest.raises(RuntimeError, match="set up as an OUTPUT"):
        chip.output(4, 1)
    with pytest.raises(RuntimeError, match="as an output first"):
        chip.PWM(4, 100)
    with pytest.raises(ValueError, match="invalid on a Raspberry Pi"):
        chip.setup(54, chip.IN)
    with pytest.raises(ValueError, match="BCM numbers only"):
        chip.setmode(10)
    chip.cleanup()


async def test_outputs_go_out_and_are_told_anew_to_a_board_that_comes_back(tmp_path: Path) -> None:
    news = asyncio.Event()
    board = PinBoard(tmp_path / "gpio.sock", lambda _pin, _level: news.set())
    chip = open_chip("simulated", board.path)
    chip.setup(5, chip.OUT, initial=1)
    wave_pin = 18
    chip.setup(wave_pin, chip.OUT, initial=0)
    wave = chip.PWM(wave_pin, 500)
    wave.start(40)

    async def until(outputs: dict[int, int], waves: dict[int, tuple[float, float]]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while (board.outputs, board.waves) != (outputs, waves):
                news.clear()
                await news.wait()

    await board.start()
    await until({5: 1, 18: 0}, {18: (500, 40)})
    chip.output(5, 0)
    wave.ChangeDutyCycle(75.5)
    await until({5: 0, 18: 0}, {18: (500, 75.5)})
    board.set(5, 1)  # who drives an output from outside changes nothing
    assert chip.input(5) == 0
    wave.stop()
    await until({5: 0, 18: 0}, {})
    await board.stop()
    await asyncio.to_thread(chip.cleanup)


@pytest.mark.parametrize("error", [ImportError("No module named 'RPi'"), RuntimeError("not a Raspberry Pi")])
def test_a_board_without_pins_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse(_: str) -> None:
        raise error

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(LinkLost, match=r"gpio .*gpio-classic"):
        open_chip("rpi", None)


def test_a_simulated_chip_needs_its_socket() -> None:
    kind: Literal["simulated"] = "simulated"
    with pytest.raises(LinkLost, match="path of its socket"):
        open_chip(kind, None)


def test_both_extras_in_one_environment_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.gpio.factory._installed", lambda _name: True)
    with pytest.raises(LinkLost, match=r"overwrite each other.*Uninstall both"):
        open_chip("rpi", None)


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("'GPIO busy'", "gpioinfo"),
        ("'bad GPIO number'", "no such pin"),
        ("'can not open gpiochip'", "group gpio"),
        ("No access to /dev/mem", "group gpio"),
    ],
)
def test_trouble_with_a_pin_has_a_remedy(said: str, remedy: str) -> None:
    assert remedy in pin_trouble(17, RuntimeError(said))
