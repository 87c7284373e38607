"""`gadelys selftest`: is what this board needs here, and how good is it; a report that can be sent back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from agent import __version__
from agent.cli import terminal
from agent.cli.selftest import board, loops, timing
from agent.cli.selftest.page import page
from agent.cli.selftest.records import Check, Report
from agent.cli.trouble import REFUSED, Trouble
from agent.clock import kernel_synchronised

_ROOT = Path("/")


class Wanted(msgspec.Struct, frozen=True):
    """What is to be looked at: the board, a folder to write to, ports and pins with a wire back."""

    hardware: bool
    folder: Path
    serial_loops: tuple[Path, ...]
    pin_loops: tuple[tuple[int, int], ...]


def selftest(wanted: Wanted, out: Path | None, *, as_json: bool) -> int:
    """Look, print, and keep the report if asked; 1 if something is wrong."""
    now = datetime.now(UTC)  # noqa: TID251 - the date of a report
    checks = []
    for check in _checks(wanted):
        checks.append(check)
        if sys.stderr.isatty() and not as_json:
            sys.stderr.write(f"\r{check.part}: {check.name} \x1b[K")
    if sys.stderr.isatty() and not as_json:
        sys.stderr.write("\r\x1b[K")
    report = Report(__version__, now.isoformat(timespec="seconds").replace("+00:00", "Z"), wanted.hardware, checks)
    document = msgspec.json.encode(report)
    if as_json:
        terminal.show_json(document)
    else:
        terminal.show(page(report, terminal.width()))
    if out is not None:
        try:
            out.write_bytes(msgspec.json.format(document) + b"\n")
        except OSError as error:
            raise Trouble(f"{out}: {(error.strerror or str(error)).lower()}", REFUSED) from None
        if not as_json:
            terminal.show_text(f"the report is in {out}; it names no person, network or place")
    return REFUSED if report.wrong else 0


def _checks(wanted: Wanted) -> Iterator[Check]:
    yield from board.software()
    if not wanted.hardware:
        return
    yield from board.board(_ROOT)
    yield from board.clock(_ROOT, synchronised=kernel_synchronised())
    yield from board.ports(_ROOT)
    yield timing.timers()
    yield timing.kernel()
    yield from timing.storage(wanted.folder)
    for port in wanted.serial_loops:
        yield from loops.serial_loop(port)
    for out, back in wanted.pin_loops:
        yield from loops.pin_loop(out, back)
    if not wanted.serial_loops:
        yield Check("loops", "serial", "skipped", "join TX and RX of a port and say --serial-loop PORT")
    if not wanted.pin_loops:
        yield Check("loops", "pins", "skipped", "join two free pins through 1 kOhm and say --pin-loop OUT:IN")
