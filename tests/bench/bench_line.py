"""How much of what a serial line can carry its master uses, and whether it keeps the silence between frames."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import msgspec

from drivers.bus.records import Link
from figures import Figure, figure
from timed_line import Told, compiled, timed_line, transaction_s

NAME = "line"
TITLE = "Modbus RTU: back-to-back reads of ten registers, of the wire's limit; the relay's own lateness taken off"
SECONDS = 3.0
GOALS = {9600: 0.99, 19200: 0.99, 115200: 0.95}
MASTER = Path(__file__).with_name("line_master.py")
UNITS = 4
OURS = ("port", "bus")
PEERS = ("pymodbus-async", "pymodbus-sync")
NAMES = {"port": "gadelys' port alone", "bus": "gadelys"}


class Run(msgspec.Struct, frozen=True):
    """What came of one master: its use of the line, failures, and what the relay saw."""

    use: float
    failures: int
    told: Told


def run() -> list[Figure]:
    """All masters at all speeds, one after the other."""
    rows = []
    with contextlib.ExitStack() as stack:
        relay = stack.enter_context(compiled("rtu_relay.c"))
        reader = stack.enter_context(compiled("libmodbus_reader.c", "-lmodbus"))
        masters: dict[str, list[str]] = {name: [sys.executable, str(MASTER), name] for name in (*OURS, *PEERS)}
        masters["libmodbus"] = [str(reader)]
        for baud, goal in GOALS.items():
            link = Link(baud, "none", 2)
            runs = {name: _run(relay, link, command) for name, command in masters.items()}
            for name, one in runs.items():
                rows += _rows(name, baud, one, runs["bus"], goal if name in OURS else None)
    return rows


def _run(relay: Path, link: Link, command: list[str]) -> Run:
    with timed_line(relay, link, UNITS) as line:
        out = subprocess.run(
            [*command, line.path, str(link.baud), str(SECONDS)], check=True, capture_output=True, text=True, timeout=60
        ).stdout
        told = line.end()
    reads, failures, wall_s = (float(word) for word in out.split())
    took_s = wall_s / reads - told.last_late_s / told.requests
    return Run(transaction_s(link) / took_s, int(failures), told)


def _rows(name: str, baud: int, one: Run, ours: Run, goal: float | None) -> list[Figure]:
    told = one.told
    late = f"relay late by {1e6 * told.late_p50_s:.0f} µs, p99 {1e6 * told.late_p99_s:.0f}"
    ratio = "" if goal is not None else f"; ours is {ours.use / one.use:.2f} of it"
    gap = f"of {told.requests}; shortest silence {told.least_gap_chars:.2f} characters, median {told.median_gap_chars:.2f}"
    rows = [
        figure(f"{baud}: {NAMES.get(name, name)}: use", one.use, "", goal, late + ratio, least=True),
        figure(f"{baud}: {NAMES.get(name, name)}: silences broken", told.violations, "", 0.0 if goal else None, gap),
    ]
    if one.failures:
        rows.append(figure(f"{baud}: {NAMES.get(name, name)}: failures", one.failures, "", 0.0 if goal else None))
    return rows
