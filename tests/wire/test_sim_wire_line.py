"""A simulated line as a real pty: what a master sees on the port, when it is there and when it is pulled out."""

from __future__ import annotations

import errno
import os
import select
import termios
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from firmware_sim import modbus
from firmware_sim.faults import Faults
from firmware_sim.line import Line
from firmware_sim.units import JxctLux
from firmware_sim.wire import Direction

ASK = modbus.seal(1, bytes.fromhex("0300070002"))
TOLD = bytes.fromhex("01 03 04 00 02 06 F6 D8 15")
DEADLINE_S = 10.0


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    head = JxctLux(1)
    head.lux = 132854
    made = Line(tmp_path / "field", 9600, 10, [head])
    made.start()
    yield made
    made.stop()


@contextmanager
def opened(path: Path) -> Iterator[int]:
    port = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(port)
        yield port
    finally:
        os.close(port)


def read(port: int, size: int) -> bytes:
    got = b""
    deadline_s = time.monotonic() + DEADLINE_S
    while len(got) < size and (left_s := deadline_s - time.monotonic()) > 0:
        if select.select([port], [], [], left_s)[0]:
            got += os.read(port, size - len(got))
    return got


def ask(path: Path) -> bytes:
    with opened(path) as port:
        os.write(port, ASK)
        return read(port, len(TOLD))


def test_a_master_asks_and_is_told(line: Line) -> None:
    assert ask(line.path) == TOLD


def test_an_answer_is_never_early(line: Line) -> None:
    begun_s = time.monotonic()
    assert ask(line.path) == TOLD
    on_the_wire_s = (len(ASK) + len(TOLD)) * 10 / 9600 + 3.5 * 10 / 9600 + JxctLux.turnaround_s
    assert time.monotonic() - begun_s >= on_the_wire_s


def test_a_master_at_another_speed_is_not_understood(line: Line) -> None:
    with opened(line.path) as port:
        settings = termios.tcgetattr(port)
        settings[4] = settings[5] = termios.B19200
        termios.tcsetattr(port, termios.TCSANOW, settings)
        seen = threading.Event()
        frames: list[bytes] = []

        def note(_direction: Direction, frame: bytes, _mono_s: float) -> None:
            frames.append(frame)
            seen.set()

        line.wire.on_frame = note
        os.write(port, ASK)
        assert seen.wait(DEADLINE_S)
        assert len(frames[0]) == len(ASK)
        assert modbus.unseal(frames[0]) is None


def test_the_port_waits_while_nobody_has_it_open(line: Line) -> None:
    assert ask(line.path) == TOLD
    assert ask(line.path) == TOLD


def test_a_pulled_line_is_an_error_and_plugged_in_again_it_works(line: Line) -> None:
    with opened(line.path) as port:
        line.pull()
        assert not line.path.is_symlink()
        with pytest.raises(OSError, match="Input/output") as failure:
            os.write(port, ASK)
        assert failure.value.errno == errno.EIO
    line.plug()
    assert line.plugged
    assert ask(line.path) == TOLD


def test_pulling_and_plugging_twice_is_once(line: Line) -> None:
    line.plug()
    assert ask(line.path) == TOLD
    line.pull()
    line.pull()
    line.plug()
    assert ask(line.path) == TOLD


def test_a_link_left_by_an_earlier_run_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "lamps"
    path.symlink_to("/dev/nowhere")
    line = Line(path, 19200, 11, [])
    line.start()
    assert path.resolve().is_char_device()
    line.stop()
    assert list(tmp_path.iterdir()) == []


def test_the_hook_sees_each_frame_in_the_order_of_the_wire(line: Line) -> None:
    seen: list[tuple[Direction, bytes, float]] = []
    line.wire.on_frame = lambda *frame: seen.append(frame)
    assert ask(line.path) == TOLD
    line.pull()
    assert [(direction, frame) for direction, frame, _ in seen] == [("request", ASK), ("answer", TOLD)]
    assert seen[0][2] < seen[1][2] <= time.monotonic()


def test_a_babbling_line_stops_when_told(line: Line) -> None:
    line.wire.faults = Faults(babble=True)
    with opened(line.path) as port:
        os.write(port, ASK)
        assert len(read(port, 64)) == 64
    line.pull()
    line.wire.faults = Faults()
    line.plug()
    assert ask(line.path) == TOLD
