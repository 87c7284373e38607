"""Wires from an output back to an input: a serial port whose TX meets its RX, a pin that meets another through 1 kOhm."""

from __future__ import annotations

import select
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import serial

from agent.cli.selftest.records import Check, spread
from drivers.bus.serial_wire import reason
from drivers.errors import LinkLost
from drivers.gpio.factory import Chip, open_chip

_BAUDS = (9600, 19200, 115200, 256000)
_TEXT = bytes(range(256))
_ROUNDS = 20
_LATEST_MS = 20.0
_EDGES = 50
_EDGE_S = 0.5


def serial_loop(port: Path) -> Iterator[Check]:
    """Send all bytes at several speeds and hear them again; then single bytes, for the latency."""
    for baud in _BAUDS:
        try:
            with serial.Serial(str(port), baud, timeout=1.0, exclusive=True) as opened:
                opened.write(_TEXT)
                heard = opened.read(len(_TEXT))
                same = heard == _TEXT
                says = "all bytes came back" if same else f"{len(heard)} of {len(_TEXT)} bytes came back, or others"
                yield Check("loops", f"{port} at {baud}", "ok" if same else "wrong", says)
                if same:
                    yield spread(
                        "loops", f"latency at {baud}", "ms", [_echo_ms(opened) for _ in range(_ROUNDS)], _LATEST_MS
                    )
        except (serial.SerialException, OSError, termios.error) as error:
            yield Check("loops", f"{port} at {baud}", "wrong", reason(error))
            return


def _echo_ms(opened: serial.Serial) -> float:
    began_s = time.monotonic()
    opened.write(b"U")
    select.select([opened], [], [], 1.0)
    took_s = time.monotonic() - began_s
    opened.read(1)
    return 1000 * took_s


def pin_loop(out: int, back: int) -> Iterator[Check]:
    """Drive one pin and watch the other: levels, then edges and their latency."""
    try:
        chip = open_chip("rpi", None)
        chip.setup(back, chip.IN, chip.PUD_OFF)
        chip.setup(out, chip.OUT, initial=0)
    except (LinkLost, OSError, RuntimeError, ValueError) as error:
        yield Check("loops", f"pin {out} to {back}", "wrong", str(error))
        return
    try:
        yield _levels(chip, out, back)
        yield _edges(chip, out, back)
    except RuntimeError as error:
        yield Check("loops", f"edges on pin {back}", "note", f"{error}: edges are polled here")
    finally:
        chip.cleanup([out, back])


def _levels(chip: Chip, out: int, back: int) -> Check:
    followed = []
    for level in (0, 1, 0, 1, 0):
        chip.output(out, level)
        followed.append(chip.input(back) == level)
    name = f"pin {out} to {back}"
    return Check("loops", name, "ok" if all(followed) else "wrong", "follows" if all(followed) else "does not follow")


def _edges(chip: Chip, out: int, back: int) -> Check:
    seen = threading.Event()
    chip.add_event_detect(back, chip.BOTH, lambda _: seen.set())
    took_ms = []
    for number in range(_EDGES):
        seen.clear()
        began_s = time.monotonic()
        chip.output(out, (number + 1) % 2)
        if seen.wait(_EDGE_S):
            took_ms.append(1000 * (time.monotonic() - began_s))
    if len(took_ms) < _EDGES:
        return Check("loops", f"edges on pin {back}", "wrong", f"{len(took_ms)} of {_EDGES} were seen")
    return spread("loops", f"edges on pin {back}", "ms", took_ms, _LATEST_MS)
