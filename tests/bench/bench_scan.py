"""What a scan costs the samples of a living line."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path

from bench_dead import kept
from drivers.bus import FieldBus
from drivers.bus.records import Link
from drivers.errors import WireError
from drivers.modbus import pdu
from figures import Figure, figure
from timed_line import TimedLine, compiled, timed_line, transaction_s
from timed_units import Samples, meter

NAME = "scan"
TITLE = (
    "A scan on a line that is polled, at 9600 baud: samples that are kept in 20 s, beside the same line without a scan"
)
UNITS = 10
POLL_S = 1.0
SETTLE_S = 3.0
SPAN_S = 20.0
QUESTION_S = 0.06
LINK = Link(9600, "none", 2)
EVERYBODY = [f"u{address}" for address in range(1, UNITS + 1)]


def run() -> list[Figure]:
    """Two lines at the same time: one is scanned, the other is not."""
    with compiled("rtu_relay.c") as relay:
        scanned, calm, asked, wrong = asyncio.run(_both(relay))
    use = 100 * UNITS * transaction_s(LINK) / POLL_S
    return [
        figure("samples kept", round(100 * scanned, 2), "%", 99.0, f"polls fill {use:.0f} % of the line", least=True),
        figure("samples kept without a scan", round(100 * calm, 2), "%"),
        figure("ids asked a second", asked / SPAN_S, "", None, f"each waited for {1000 * QUESTION_S:.0f} ms"),
        figure("wrong values", wrong, "", 0.0),
    ]


async def _both(relay: Path) -> tuple[float, float, int, int]:
    with timed_line(relay, LINK, UNITS) as line, timed_line(relay, LINK, UNITS) as other:
        (scanned, sink), (calm, beside) = _bus(line), _bus(other)
        tasks = [asyncio.create_task(bus.run()) for bus in (scanned, calm)]
        await asyncio.sleep(SETTLE_S)
        begin_s = time.monotonic()
        asked = await _scan(scanned, begin_s + SPAN_S)
        end_s = time.monotonic()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    shares = (kept(one.moments_s, EVERYBODY, begin_s, end_s) for one in (sink, beside))
    return next(shares), next(shares), asked, sink.wrong + beside.wrong


def _bus(line: TimedLine) -> tuple[FieldBus, Samples]:
    sink = Samples()
    units = tuple(meter(address, POLL_S) for address in range(1, UNITS + 1))
    return FieldBus(line.spec(), units, now=time.monotonic, sink=sink), sink


async def _scan(bus: FieldBus, end_s: float) -> int:
    """Ask ids that nobody has, one after the other; return how many."""
    asked = 0
    while time.monotonic() < end_s:
        with contextlib.suppress(WireError, TimeoutError):
            async with asyncio.timeout(end_s - time.monotonic()):
                await bus.ask(pdu.read(100 + asked % 100, 3, 0, 1), scan=True, timeout_s=QUESTION_S)
        asked += 1
    return asked
