"""What reading workload W takes at the least in this interpreter: one connection, a loop, no units, points or control.

bare_master.py PORT UNITS REGISTERS: reads all registers of all units once a second until it is ended.
"""

from __future__ import annotations

import asyncio
import struct
import sys


class Connection(asyncio.BufferedProtocol):
    """Believes whatever comes."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[bytes] | None = None
        self._buffer = bytearray(1024)

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002 (the interface)
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self.answer is not None:
            self.answer.set_result(bytes(self._buffer[:nbytes]))


async def main(port: int, units: int, registers: int) -> None:
    """Read for ever."""
    loop = asyncio.get_running_loop()
    transport, connection = await loop.create_connection(Connection, "127.0.0.1", port)
    layout, values, due_s = struct.Struct(f">{registers}H"), {}, loop.time()
    while True:
        for unit in range(1, units + 1):
            connection.answer = loop.create_future()
            transport.write(struct.pack(">HHHBBHH", unit, 0, 6, unit, 3, 0, registers))
            values[unit] = layout.unpack((await connection.answer)[9:])
        due_s += 1.0
        await asyncio.sleep(due_s - loop.time())


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:4])))
