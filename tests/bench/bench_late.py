"""What a master believes after late answers: ours beside pymodbus, which has the same unit on a pty."""

from __future__ import annotations

import asyncio
import logging
import os
import select
import tempfile
import threading
import time
import tty
from pathlib import Path

from pymodbus.client import AsyncModbusSerialClient
from pymodbus.exceptions import ModbusException

from drivers.bus.records import Link, RtuBus
from drivers.bus.rtu_port import RtuPort
from drivers.errors import WireError
from drivers.modbus import pdu, rtu
from figures import Figure, figure

NAME = "late"
TITLE = "Modbus RTU: after late answers, reads that were given the value of another register"
READS = 50
TIMEOUT_S = 0.1
ANSWER_S = 0.01
FIRST = 1000  # the register whose answer comes too late; then 0 to 49 are read, each of which holds its own number

LATE: dict[str, list[float]] = {  # how many time-outs it takes the unit to answer the first questions
    "one late answer": [1.5],
    "one, three time-outs late": [4.0],
    "three late answers in a row": [1.5, 1.5, 1.5],
}


def run() -> list[Figure]:
    """Fifty reads of one register each, after a first one that was answered too late."""
    logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)  # it would tell of the time-out
    rows = []
    for late, timeouts in LATE.items():
        for name, wrong, lost in (_ours(timeouts), _theirs(timeouts, 0), _theirs(timeouts, 3)):
            budget = 0.0 if name == "gadelys" else None
            rows.append(figure(f"{name}, {late}: wrong values", wrong, "", budget, f"of {READS}"))
            rows.append(figure(f"{name}, {late}: no value", lost, "", None, f"of {READS}"))
    return rows


class _Unit:
    """Unit 1: holding register n holds n, and it knows no other function. One question after the other, as a unit behind a
    network-to-serial converter gets them; the first take it so many time-outs."""

    def __init__(self, timeouts: list[float]) -> None:
        self._late_s = [TIMEOUT_S * count for count in timeouts]

    def __enter__(self) -> Path:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self._folder = tempfile.TemporaryDirectory(prefix="gadelys-bench-")
        path = Path(self._folder.name, "line")
        path.symlink_to(os.ttyname(self._slave))
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return path

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        os.close(self._master)
        os.close(self._slave)
        self._folder.cleanup()

    def _serve(self) -> None:
        asked: list[bytes] = []
        late_s, free_s = list(self._late_s), 0.0
        while not self._end.is_set():
            if select.select([self._master], [], [], 0.001)[0]:
                if not asked:
                    free_s = time.monotonic() + (late_s.pop(0) if late_s else ANSWER_S)
                asked.append(os.read(self._master, 256))
            if asked and free_s <= time.monotonic():
                body = self._answer(asked.pop(0))
                os.write(self._master, body + rtu.crc16(body).to_bytes(2, "little"))
                free_s = time.monotonic() + (late_s.pop(0) if late_s else ANSWER_S)

    def _answer(self, frame: bytes) -> bytes:
        if frame[1] != 3:
            return bytes([1, frame[1] | 0x80, 1])
        first, count = int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[4:6], "big")
        return bytes([1, 3, 2 * count]) + b"".join(number.to_bytes(2, "big") for number in range(first, first + count))


def _ours(timeouts: list[float]) -> tuple[str, int, int]:
    with _Unit(timeouts) as path:
        port = RtuPort(RtuBus(id="line", port=path, link=Link(19200, "none", 2), timeout_s=TIMEOUT_S))
        port.open()

        def read(register: int) -> int | None:
            try:
                return int.from_bytes(port.exchange(pdu.read(1, 3, register, 1), TIMEOUT_S).data, "big")
            except WireError:
                return None

        read(FIRST)
        values = [read(register) for register in range(READS)]
        port.close()
    return ("gadelys", *_judge(values))


def _theirs(timeouts: list[float], retries: int) -> tuple[str, int, int]:
    async def reads(path: Path) -> list[int | None]:
        client = AsyncModbusSerialClient(str(path), baudrate=19200, stopbits=2, timeout=TIMEOUT_S, retries=retries)
        await client.connect()

        async def read(register: int) -> int | None:
            try:
                answer = await client.read_holding_registers(register, count=1, device_id=1)
            except ModbusException:
                return None
            return None if answer.isError() else answer.registers[0]

        await read(FIRST)
        values = [await read(register) for register in range(READS)]
        client.close()
        return values

    with _Unit(timeouts) as path:
        return (f"pymodbus, retries={retries}", *_judge(asyncio.run(reads(path))))


def _judge(values: list[int | None]) -> tuple[int, int]:
    """Return how many reads gave a wrong value, and how many gave none."""
    wrong = sum(value is not None and value != register for register, value in enumerate(values))
    return wrong, values.count(None)
