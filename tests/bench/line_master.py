"""A master on a serial line: line_master.py WHAT PORT BAUD SECONDS reads ten registers back to back, 8N2.

WHAT: `port` (ours, without a bus), `bus` (ours: four units, always due), `pymodbus-async`, `pymodbus-sync`.
Prints reads, failures (no value, or not the unit's), wall seconds.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parents[1])]  # behind the installed packages, which are what is measured

from timed_line import REGISTERS, TIMEOUT_S  # noqa: E402

SETTLE_S = 0.5
UNITS = 4
RIGHT = [256 + register for register in range(REGISTERS)]
Result = tuple[int, int, float]


def main() -> None:
    """Read, and tell what came of it."""
    what, port, baud, seconds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    logging.disable(logging.CRITICAL)
    run = {"port": _port, "bus": _bus, "pymodbus-async": _pymodbus_async, "pymodbus-sync": _pymodbus_sync}[what]
    reads, failures, wall_s = run(port, baud, seconds)
    print(reads, failures, f"{wall_s:.6f}")


def _count(read: Callable[[], bool], seconds: float) -> Result:
    read()
    results = [0, 0]
    began_s = time.monotonic()
    while (wall_s := time.monotonic() - began_s) < seconds:
        results[not read()] += 1
    return results[0], results[1], wall_s


def _port(path: Path, baud: int, seconds: float) -> Result:
    from drivers.bus.records import Link, RtuBus
    from drivers.bus.rtu_port import RtuPort
    from drivers.errors import WireError
    from drivers.modbus import pdu

    port = RtuPort(RtuBus(id="line", port=path, link=Link(baud, "none", 2), timeout_s=TIMEOUT_S))
    port.open()
    request, right = pdu.read(1, pdu.READ_HOLDING, 0, REGISTERS), b"".join(word.to_bytes(2, "big") for word in RIGHT)

    def read() -> bool:
        try:
            return port.exchange(request, TIMEOUT_S).data == right
        except WireError:
            return False

    result = _count(read, seconds)
    port.close()
    return result


def _bus(path: Path, baud: int, seconds: float) -> Result:
    return asyncio.run(_bus_reads(path, baud, seconds))


async def _bus_reads(path: Path, baud: int, seconds: float) -> Result:
    from drivers.bus import FieldBus
    from drivers.bus.records import Link, RtuBus
    from timed_units import Samples, meter

    sink = Samples()
    spec = RtuBus(id="line", port=path, link=Link(baud, "none", 2), timeout_s=TIMEOUT_S)
    units = tuple(meter(address, 0.001) for address in range(1, UNITS + 1))
    bus = FieldBus(spec, units, now=time.monotonic, sink=sink)
    task = asyncio.create_task(bus.run())
    await asyncio.sleep(SETTLE_S)
    began_s = time.monotonic()
    await asyncio.sleep(seconds)
    ended_s = time.monotonic()
    task.cancel()
    await asyncio.wait([task])
    # From one end of a read to another: what was under way at either end of the span counts in no part.
    inside = sorted(at for moments in sink.moments_s.values() for at in moments if began_s <= at <= ended_s)
    stats = bus.stats()
    return len(inside) - 1, sink.wrong + stats.timeouts + stats.bad_answers, inside[-1] - inside[0]


def _pymodbus_async(path: Path, baud: int, seconds: float) -> Result:
    from pymodbus.client import AsyncModbusSerialClient

    async def reads() -> Result:
        client = AsyncModbusSerialClient(str(path), baudrate=baud, stopbits=2)
        await client.connect()
        await client.read_holding_registers(0, count=REGISTERS, device_id=1)
        results = [0, 0]
        began_s = time.monotonic()
        while (wall_s := time.monotonic() - began_s) < seconds:
            answer = await client.read_holding_registers(0, count=REGISTERS, device_id=1)
            results[answer.registers != RIGHT] += 1
        client.close()
        return results[0], results[1], wall_s

    return asyncio.run(reads())


def _pymodbus_sync(path: Path, baud: int, seconds: float) -> Result:
    from pymodbus.client import ModbusSerialClient

    client = ModbusSerialClient(str(path), baudrate=baud, stopbits=2)
    client.connect()
    result = _count(lambda: client.read_holding_registers(0, count=REGISTERS, device_id=1).registers == RIGHT, seconds)
    client.close()  # type: ignore[no-untyped-call]
    return result


if __name__ == "__main__":
    main()
