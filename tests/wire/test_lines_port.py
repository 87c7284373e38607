"""One instrument on a real pty: readings, questions, silence, another speed, unplugged and back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
import time
import tty
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import serial

from bus_sink import Sink
from drivers.lines.port import InstrumentPort, InstrumentSpec
from drivers.points import Quality
from toy_instrument import ANSWER, BROKEN, QUESTION, TOY, frame

KEY = "bin-1/distance/sensor_value"
WITHIN_S = 5.0


class Head:
    """The instrument's end of a pty, by a name that can go and come."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.plug()

    def plug(self) -> None:
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self.master, False)
        self.path.symlink_to(os.ttyname(self._slave))

    def pull(self) -> None:
        self.path.unlink()
        os.close(self.master)
        os.close(self._slave)

    def say(self, data: bytes) -> None:
        os.write(self.master, data)

    def baud(self) -> int:
        speeds = {termios.B9600: 9600, termios.B19200: 19200}
        return speeds[termios.tcgetattr(self._slave)[4]]

    async def heard(self, wanted: bytes) -> bytes:
        loop, data, came = asyncio.get_running_loop(), bytearray(), asyncio.Event()

        def read() -> None:
            with contextlib.suppress(BlockingIOError):
                data.extend(os.read(self.master, 100))
            came.set()

        loop.add_reader(self.master, read)
        try:
            async with asyncio.timeout(WITHIN_S):
                while wanted not in data:
                    came.clear()
                    await came.wait()
        finally:
            loop.remove_reader(self.master)
        return bytes(data)


class Running:
    def __init__(self, folder: Path, baud: int | None = 9600) -> None:
        self.sink = Sink()
        self.head = Head(folder / "head")
        self.port = InstrumentPort(
            InstrumentSpec(
                id="head", model=TOY, port=self.head.path, baud=baud, options={}, devices=(("distance", "bin-1"),)
            ),
            now=time.monotonic,
            sink=self.sink,
        )
        self.task = asyncio.create_task(self.port.run())

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])
        if self.head.path.exists():
            self.head.pull()

    def value(self) -> object:
        return self.sink.readings[KEY].value if KEY in self.sink.readings else None


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    made = Running(tmp_path)
    yield made
    await made.end()


async def test_readings_and_who_it_is(running: Running) -> None:
    await running.head.heard(QUESTION)
    running.head.say(b"noise" + frame(123) + ANSWER)
    await running.sink.until(lambda: running.value() == 1.23)
    state = running.port.state()
    assert (state.state, state.identity, state.frames, state.stray_bytes) == ("ok", "toy", 2, 5)
    assert running.sink.events == []
    dump = running.port.dump(0.0)
    assert "> 77 68 6F 3F" in dump
    assert "AB 01 7B 27" in dump


async def test_what_it_says_of_itself_is_no_value(running: Running) -> None:
    await running.head.heard(QUESTION)
    running.head.say(frame(BROKEN))
    await running.sink.until(lambda: KEY in running.sink.readings)
    assert running.sink.readings[KEY].reason == "says that it is broken"


async def test_unplugged_and_back(running: Running) -> None:
    await running.head.heard(QUESTION)
    running.head.say(frame(100))
    await running.sink.until(lambda: running.value() == 1.0)
    running.head.pull()
    await running.sink.until(lambda: running.sink.readings[KEY].quality is Quality.BAD)
    assert running.sink.events == ["instrument_lost"]
    assert running.port.state().state == "unplugged"
    assert "head: " in running.port.state().last_error
    running.head.plug()
    await running.head.heard(QUESTION)  # it is asked anew
    running.head.say(frame(100))
    await running.sink.until(lambda: running.value() == 1.0)
    assert running.sink.events == ["instrument_lost", "instrument_back"]
    assert running.port.state().last_error == ""


async def test_half_a_frame_of_before_is_forgotten(running: Running) -> None:
    await running.head.heard(QUESTION)
    running.head.say(frame(100) + frame(50)[:2])
    await running.sink.until(lambda: running.value() == 1.0)
    running.head.pull()
    await running.sink.until(lambda: running.sink.readings[KEY].quality is Quality.BAD)
    running.head.plug()
    await running.head.heard(QUESTION)
    running.head.say(frame(50)[2:] + frame(70))
    await running.sink.until(lambda: running.value() == 0.7)
    assert running.port.state().bad_frames == 0


async def test_silence_is_said_once(running: Running) -> None:
    await running.head.heard(QUESTION)
    running.head.say(frame(100))
    await running.sink.until(lambda: running.value() == 1.0)
    running.head.say(b"\xab\x01\x05\x05")
    await running.sink.until(lambda: bool(running.sink.events))
    assert running.sink.events == ["instrument_silent"]
    assert running.port.state().state == "silent"
    assert "wrong sum: AB 01 05 05" in running.port.state().last_error
    running.head.say(frame(100))
    await running.sink.until(lambda: len(running.sink.events) == 2)
    assert running.sink.events[1] == "instrument_back"


async def test_a_port_that_is_not_there_is_no_value(tmp_path: Path) -> None:
    running = Running(tmp_path)
    running.head.pull()
    await running.sink.until(lambda: KEY in running.sink.readings)
    assert "No such file" in running.sink.readings[KEY].reason
    await running.end()


async def test_a_port_that_somebody_else_has_is_not_shared(tmp_path: Path) -> None:
    running = Running(tmp_path)
    with serial.Serial(str(running.head.path), exclusive=True):
        await running.sink.until(lambda: KEY in running.sink.readings)
        assert "Resource temporarily unavailable" in running.sink.readings[KEY].reason
    await running.end()


async def test_the_speed_that_is_understood_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.lines.port._TRY_BAUD_S", 0.1)
    running = Running(tmp_path, baud=None)
    await running.head.heard(QUESTION)
    assert running.head.baud() == 9600
    await running.head.heard(QUESTION)  # at the next speed
    while running.head.baud() != 19200:
        await running.head.heard(QUESTION)
    running.head.say(frame(100))
    await running.sink.until(lambda: running.value() == 1.0)
    assert running.port.state().baud == 19200
    await running.end()


async def test_with_a_speed_of_its_own_no_other_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.lines.port._TRY_BAUD_S", 0.0)
    running = Running(tmp_path, baud=9600)
    await running.sink.until(lambda: "instrument_silent" in running.sink.events)
    assert msgspec.structs.asdict(running.port.state())["baud"] == 9600
    await running.end()
