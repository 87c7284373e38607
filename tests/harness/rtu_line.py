"""A line on a pty whose other end is a script: what it answers, late or wrong, is said by the test."""

from __future__ import annotations

import os
import select
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path

from drivers.modbus.rtu import crc16

Answer = Callable[[bytes], bytes | None]


def sealed(body: bytes) -> bytes:
    return body + crc16(body).to_bytes(2, "little")


class RtuLine:
    """Hands each frame that comes to `answer`, and sends what it returns. `frames` keeps (arrival, frame)."""

    def __init__(self, path: Path, answer: Answer) -> None:
        self.path = path
        self.answer = answer
        self.frames: list[tuple[float, bytes]] = []
        self.sent_s: list[float] = []
        self.babble = b""
        self._late: list[tuple[float, bytes]] = []
        self._master = -1
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def plug(self) -> None:
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(slave))
        self._ended.clear()
        self._thread = threading.Thread(target=self._serve, args=(slave,), daemon=True)
        self._thread.start()

    def pull(self) -> None:
        if self._thread is not None:
            self.path.unlink(missing_ok=True)
            self._ended.set()
            self._thread.join()
            self._thread = None

    def later(self, after_s: float, frame: bytes) -> None:
        """Send a frame so much later, whatever happens meanwhile."""
        self._late.append((time.monotonic() + after_s, frame))

    def _serve(self, slave: int) -> None:
        try:
            while not self._ended.is_set():
                ready, _, _ = select.select([self._master], [], [], 0.002)
                if ready:
                    frame = os.read(self._master, 512)
                    self.frames.append((time.monotonic(), frame))
                    self._send(self.answer(frame))
                for due in [due for due in self._late if due[0] <= time.monotonic()]:
                    self._late.remove(due)
                    self._send(due[1])
                self._send(self.babble)
        finally:
            os.close(self._master)
            os.close(slave)

    def _send(self, answer: bytes | None) -> None:
        if answer:
            os.write(self._master, answer)
            self.sent_s.append(time.monotonic())


class Registers:
    """Units that answer as they should, at the addresses in `alive`: holding registers and coils."""

    def __init__(self, *alive: int) -> None:
        self.alive = set(alive)
        self.words: dict[tuple[int, int], int] = {}
        self.coils: dict[tuple[int, int], bool] = {}
        self.refused: set[int] = set()  # first addresses of writes and reads that are answered by exception 2

    def __call__(self, frame: bytes) -> bytes | None:
        unit, function = frame[0], frame[1]
        address, count = int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[4:6], "big")
        if unit not in self.alive or sealed(frame[:-2]) != frame:
            return None
        if address in self.refused:
            return sealed(bytes([unit, function | 0x80, 2]))
        if function == 6:
            self.words[unit, address] = count
        elif function == 16:
            for place in range(count):
                self.words[unit, address + place] = int.from_bytes(frame[7 + 2 * place : 9 + 2 * place], "big")
        elif function == 15:
            for place in range(count):
                self.coils[unit, address + place] = bool(frame[7 + place // 8] >> place % 8 & 1)
        elif function in {1, 2}:
            states = [self.coils.get((unit, address + place), False) for place in range(count)]
            packed = sum(state << place for place, state in enumerate(states)).to_bytes((count + 7) // 8, "little")
            return sealed(bytes([unit, function, len(packed)]) + packed)
        else:
            words = b"".join(self.words.get((unit, address + place), 0).to_bytes(2, "big") for place in range(count))
            return sealed(bytes([unit, function, len(words)]) + words)
        return sealed(frame[:6])
