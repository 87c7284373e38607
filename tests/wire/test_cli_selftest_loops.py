"""Wires from an output back to an input, of a self-test: a pty that gives back what it gets, a chip whose pins are joined."""

from __future__ import annotations

import os
import select
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.cli.selftest import loops
from drivers.errors import LinkLost
from pin_chip import PinChip


class Loop:
    """A port whose TX meets its RX, as far as `gives` lets it."""

    def __init__(self, path: Path, gives: Callable[[bytes], bytes]) -> None:
        self.path = path
        self._gives = gives
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        path.symlink_to(os.ttyname(self._slave))
        self._ears, self._end = os.pipe()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def stop(self) -> None:
        os.close(self._end)
        self._thread.join()
        for descriptor in (self._master, self._slave, self._ears):
            os.close(descriptor)

    def _serve(self) -> None:
        while True:
            ready, _, _ = select.select([self._master, self._ears], [], [])
            if self._ears in ready:
                return
            os.write(self._master, self._gives(os.read(self._master, 4096)))


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Callable[[Callable[[bytes], bytes]], Path]]:
    made: list[Loop] = []

    def make(gives: Callable[[bytes], bytes]) -> Path:
        made.append(Loop(tmp_path / "tty", gives))
        return made[-1].path

    yield make
    for one in made:
        one.stop()


def test_a_port_that_gives_all_back(loop: Callable[[Callable[[bytes], bytes]], Path]) -> None:
    checks = list(loops.serial_loop(loop(lambda data: data)))
    assert [check.outcome for check in checks if "latency" not in check.name] == ["ok"] * 4
    latencies = [check for check in checks if "latency" in check.name]
    assert all(0 < float(check.figures["median_ms"]) <= float(check.figures["longest_ms"]) for check in latencies)
    assert len(latencies) == 4


def test_a_port_that_turns_a_bit(loop: Callable[[Callable[[bytes], bytes]], Path]) -> None:
    checks = list(loops.serial_loop(loop(lambda data: bytes(byte ^ 1 for byte in data))))
    assert {(check.outcome, check.says) for check in checks} == {("wrong", "256 of 256 bytes came back, or others")}


def test_a_port_that_is_not_there(tmp_path: Path) -> None:
    (check,) = loops.serial_loop(tmp_path / "none")
    assert (check.outcome, check.says) == ("wrong", "No such file or directory")


class Joined(PinChip):
    """Pin 17 is joined to pin 27."""

    def output(self, channel: int, value: int) -> None:
        super().output(channel, value)
        if channel == 17:
            self.drive(27, value)


@pytest.mark.parametrize(
    ("chip", "outcomes"),
    [
        (Joined(), ["ok", "ok"]),
        (PinChip(), ["wrong", "wrong"]),
        (Joined(edges=False), ["ok", "note"]),
    ],
    ids=["joined", "not joined", "without edges"],
)
def test_pins(monkeypatch: pytest.MonkeyPatch, chip: PinChip, outcomes: list[str]) -> None:
    monkeypatch.setattr(loops, "open_chip", lambda _kind, _socket: chip)
    monkeypatch.setattr(loops, "_EDGE_S", 0.01)
    assert [check.outcome for check in loops.pin_loop(17, 27)] == outcomes
    assert chip.done[-1] == ("cleanup", [17, 27])


def test_no_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise LinkLost("no pins: no chip")

    monkeypatch.setattr(loops, "open_chip", refuse)
    (check,) = loops.pin_loop(17, 27)
    assert (check.outcome, check.says) == ("wrong", "no pins: no chip")
