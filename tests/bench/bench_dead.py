"""What one dead unit of ten costs the nine others, and the units of another line; beside it a plain script on pymodbus."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from pymodbus.client import AsyncModbusSerialClient
from pymodbus.exceptions import ModbusException

from drivers.bus import FieldBus
from drivers.bus.records import Link
from figures import Figure, figure
from timed_line import REGISTERS, TIMEOUT_S, TimedLine, compiled, timed_line
from timed_units import Samples, meter

NAME = "dead"
TITLE = "One of ten units dies, at 9600 baud, each read once a second: samples that are kept in the 20 s after it"
UNITS = 10
OTHERS = [f"u{address}" for address in range(1, UNITS)]
POLL_S = 1.0
SETTLE_S = 3.0
SPAN_S = 20.0
LINK = Link(9600, "none", 2)


def run() -> list[Figure]:
    """Two lines of ours, one with a unit that dies; then the script on such a line, with and without its retries."""
    logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)  # it would tell of each time-out
    with compiled("rtu_relay.c") as relay:
        sick, well, wrong = asyncio.run(_ours(relay))
        scripts = asyncio.run(_theirs(relay))
    rows = [
        figure("gadelys: the nine others", 100 * sick, "%", 95.0, least=True),
        figure("gadelys: the other line", round(100 * well, 1), "%", 100.0, least=True),
        figure("gadelys: wrong values", wrong, "", 0.0),
    ]
    for retries, kept in scripts.items():
        note = f"a loop over the ten; ours is {sick / kept:.2g} of it"
        rows.append(figure(f"pymodbus, retries={retries}: the nine others", 100 * kept, "%", None, note))
    return rows


def kept(moments_s: Mapping[str, Sequence[float]], units: Sequence[str], begin_s: float, end_s: float) -> float:
    """Return the share of the samples of these units, one each POLL_S, that came in a span."""
    whole = (end_s - begin_s) / POLL_S
    return sum(min(_samples(moments_s.get(unit, ()), begin_s, end_s), whole) for unit in units) / (len(units) * whole)


def _samples(moments_s: Sequence[float], begin_s: float, end_s: float) -> float:
    """Return how many samples came in a span; the parts of a period at either end count as such."""
    inside = [at for at in moments_s if begin_s <= at <= end_s]
    if not inside:
        return 0.0
    ends = (inside[0] - begin_s, end_s - inside[-1])
    return len(inside) - 1 + sum(min(part / POLL_S, 1.0) for part in ends)


async def _ours(relay: Path) -> tuple[float, float, int]:
    with timed_line(relay, LINK, UNITS) as line, timed_line(relay, LINK, UNITS) as other:
        async with _polled(line) as sick, _polled(other) as well:
            await asyncio.sleep(SETTLE_S)
            line.kill_last_unit()
            begin_s = time.monotonic()
            await asyncio.sleep(SPAN_S)
            end_s = time.monotonic()
    everybody = [*OTHERS, f"u{UNITS}"]
    shares = kept(sick.moments_s, OTHERS, begin_s, end_s), kept(well.moments_s, everybody, begin_s, end_s)
    return *shares, sick.wrong + well.wrong


@contextlib.asynccontextmanager
async def _polled(line: TimedLine) -> AsyncIterator[Samples]:
    """A bus that reads all units of a line."""
    sink = Samples()
    units = tuple(meter(address, POLL_S) for address in range(1, UNITS + 1))
    task = asyncio.create_task(FieldBus(line.spec(), units, now=time.monotonic, sink=sink).run())
    try:
        yield sink
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _theirs(relay: Path) -> dict[int, float]:
    """Both scripts at the same time, each on a line of its own."""
    with timed_line(relay, LINK, UNITS) as plain, timed_line(relay, LINK, UNITS) as patient:
        lines = {0: plain, 3: patient}
        shares = await asyncio.gather(*(_script(line, retries) for retries, line in lines.items()))
    return dict(zip(lines, shares, strict=True))


async def _script(line: TimedLine, retries: int) -> float:
    """What is usually written: a client, a loop over the units, a rest until the next second."""
    client = AsyncModbusSerialClient(str(line.path), baudrate=9600, stopbits=2, timeout=TIMEOUT_S, retries=retries)
    await client.connect()
    moments_s: dict[str, list[float]] = {name: [] for name in OTHERS}
    begin_s = 0.0
    due_s = time.monotonic()
    end_s = due_s + SETTLE_S + SPAN_S
    while due_s < end_s:
        if not begin_s and due_s >= end_s - SPAN_S:
            line.kill_last_unit()
            begin_s = time.monotonic()
        for address in range(1, UNITS + 1):
            with contextlib.suppress(ModbusException):
                answer = await client.read_holding_registers(0, count=REGISTERS, device_id=address)
                if not answer.isError() and address < UNITS:
                    moments_s[f"u{address}"].append(time.monotonic())
        due_s = max(due_s + POLL_S, time.monotonic())
        await asyncio.sleep(due_s - time.monotonic())
    client.close()
    return kept(moments_s, OTHERS, begin_s, end_s)
