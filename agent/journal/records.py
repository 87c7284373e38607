"""What goes into the journal and what comes out of it. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from drivers.points import Value


class Lane(StrEnum):
    """Where in the store a report lies: what is dropped last, what is dropped first, what no broker takes."""

    URGENT = "urgent"
    TELEMETRY = "telemetry"
    QUARANTINE = "quarantine"


TOLD = (Lane.URGENT, Lane.TELEMETRY)  # what waits to be delivered, in the order of delivery


class Report(msgspec.Struct, frozen=True, gc=False):
    """A value that is to go up, and when it was true. `urgent`: an alarm, or what became of a command.

    `device` "" is the node. `datatype` is Sparkplug's number, `quality` Sparkplug's 192 good, 0 bad, 500 stale.
    `mono_s` is monotonic of its boot and kept to the millisecond; `wall_ms` is UTC, or none while the clock was not trusted.
    """

    device: str
    metric: str
    datatype: int
    value: Value | None
    quality: int
    mono_s: float
    wall_ms: int | None
    urgent: bool = False


Numbered = tuple[int, Report]  # 0 = no number yet


class Entry(msgspec.Struct, frozen=True):
    """A report that is kept; its number never comes twice in one store. Of another boot, `mono_s` means nothing."""

    number: int
    report: Report
    this_boot: bool = True


class Limits(msgspec.Struct, frozen=True):
    """How much there may be: of the file and its log in bytes, of reports, of what is written in a day in bytes."""

    max_bytes: int
    max_reports: int = 10_000_000
    day_bytes: int = 300_000_000


class JournalFacts(msgspec.Struct, frozen=True):
    """How the journal is. `size_bytes` is what its files take; what follows it counts since the store began.

    `dropped`: gone untold. `thinned`: telemetry that others of the same minute stand for. `written_bytes`: on the card.
    `fault` says what is wrong now or, if all is well by now, what was damaged since the start; "" = well.
    `budget_pct`: how much of what may be written just now is used up; at 100 telemetry waits in memory.
    """

    store_id: str
    waiting: int
    dropped: int
    size_bytes: int
    fault: str
    thinned: int = 0
    quarantined: int = 0
    written_bytes: int = 0
    budget_pct: float = 0.0


class JournalFault(Exception):
    """What could not be done, with the file and the remedy. Next move: keep the reports in memory, try again later."""
