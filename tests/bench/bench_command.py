"""How soon a command is on a line that polls keep busy all the time."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from pymodbus.client import AsyncModbusSerialClient

from drivers.bus import FieldBus
from drivers.bus.records import Link
from drivers.modbus import pdu
from figures import Figure, figure, percentile
from timed_line import REGISTERS, TimedLine, compiled, timed_line, transaction_s
from timed_units import LAMP, Samples, lamp, meter

NAME = "command"
TITLE = "A command on a line that polls keep busy (nine units, 9600 baud): from the call to the first byte on the line"
POLLED = 9
LAMP_UNIT = POLLED + 1
SETTLE_S = 2.0
COMMANDS = 60
LINK = Link(9600, "none", 2)
BUDGET_MS = 1000 * transaction_s(LINK) + 20
_WAITS = "one that waits for its silence is as good as on the line"
Write = Callable[[int], Awaitable[object]]


def run() -> list[Figure]:
    """Levels and questions to a bus of ours, then writes by a script on pymodbus."""
    logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)
    with compiled("rtu_relay.c") as relay:
        levels = asyncio.run(_ours(relay, levels=True))
        questions = asyncio.run(_ours(relay, levels=False))
        theirs = asyncio.run(_theirs(relay))
    rows = _rows("a level", levels, BUDGET_MS) + _rows("a question", questions, BUDGET_MS)
    ratio = percentile([delay for delay, _ in levels], 0.99) / percentile([delay for delay, _ in theirs], 0.99)
    return rows + _rows("pymodbus, a write", theirs, None, f"ours is {ratio:.2g} of it")


def _rows(name: str, delays_ms: list[tuple[float, float]], budget_ms: float | None, note: str = "") -> list[Figure]:
    whole, beyond = [delay for delay, _ in delays_ms], [rest for _, rest in delays_ms]
    said = "; ".join(filter(None, (f"{len(whole)} of them", note)))
    return [
        figure(f"{name}: median", percentile(whole, 0.5), "ms", None, said),
        figure(f"{name}: p99", percentile(whole, 0.99), "ms", budget_ms),
        figure(f"{name}: after the transaction on the line, median", percentile(beyond, 0.5), "ms"),
        figure(f"{name}: after the transaction on the line, p99", percentile(beyond, 0.99), "ms", None, _WAITS),
    ]


async def _ours(relay: Path, *, levels: bool) -> list[tuple[float, float]]:
    with timed_line(relay, LINK, LAMP_UNIT) as line:
        units = (*(meter(address, 0.001) for address in range(1, POLLED + 1)), lamp(LAMP_UNIT))
        bus = FieldBus(line.spec(), units, now=time.monotonic, sink=Samples())
        bus.feed(time.monotonic() + 1000)
        task = asyncio.create_task(bus.run())

        async def write(value: int) -> None:
            if levels:
                bus.set_level(LAMP, value / 100)
            else:
                await bus.ask(pdu.write_register(LAMP_UNIT, 8, value))

        asked_s = await _commands(write)
        task.cancel()
        await asyncio.wait([task])
        return _delays_ms(line, asked_s)


async def _theirs(relay: Path) -> list[tuple[float, float]]:
    """A client that one task reads with, again and again, and another one writes with."""
    with timed_line(relay, LINK, LAMP_UNIT) as line:
        client = AsyncModbusSerialClient(str(line.path), baudrate=LINK.baud, stopbits=LINK.stop_bits)
        await client.connect()

        async def read_all() -> None:
            while True:
                for address in range(1, POLLED + 1):
                    await client.read_holding_registers(0, count=REGISTERS, device_id=address)

        task = asyncio.create_task(read_all())
        asked_s = await _commands(lambda value: client.write_register(8, value, device_id=LAMP_UNIT))
        task.cancel()
        await asyncio.wait([task])
        client.close()
        return _delays_ms(line, asked_s)


async def _commands(write: Write) -> list[float]:
    """Command at moments that know nothing of the line. Return when: the first one is to be left out."""
    chance = random.Random(4)
    await asyncio.sleep(SETTLE_S)
    asked_s = []
    tasks = []
    for number in range(COMMANDS + 1):
        asked_s.append(time.monotonic())
        # A level that rises: one that falls would be a step of a fade, which has a pace of its own.
        tasks.append(asyncio.ensure_future(write(100 + 10 * number)))
        await asyncio.sleep(chance.uniform(0.2, 0.35))
    await asyncio.gather(*tasks)
    return asked_s


def _delays_ms(line: TimedLine, asked_s: list[float]) -> list[tuple[float, float]]:
    """Return for each command how long it took to begin on the line, all of it and what was not the line's being busy."""
    line.end()
    seen = line.seen()
    writes = [one for one in seen if one.unit == LAMP_UNIT and one.function in {6, 16}]
    delays = []
    for at_s in asked_s[1:]:
        began_s = next(one.began_s for one in writes if one.began_s > at_s)
        busy_s = max((one.over_s for one in seen if one.began_s < at_s), default=at_s)
        delays.append((1000 * (began_s - at_s), 1000 * (began_s - max(at_s, busy_s))))
    return delays
