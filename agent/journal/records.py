"""What goes into the journal and what comes out of it. Pure."""

from __future__ import annotations

import msgspec

from drivers.points import Value


class Report(msgspec.Struct, frozen=True, gc=False):
    """A value that is to go up, and when it was true.

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


class Entry(msgspec.Struct, frozen=True):
    """A report that is kept; its number never comes twice in one store. Of another boot, `mono_s` means nothing."""

    number: int
    report: Report
    this_boot: bool = True


class JournalFacts(msgspec.Struct, frozen=True):
    """How the journal is. `dropped` counts since the store began; `size_bytes` is what its files take.

    `fault` says what is wrong now or, if all is well by now, what was damaged since the start; "" = well.
    """

    store_id: str
    waiting: int
    dropped: int
    size_bytes: int
    fault: str


class JournalFault(Exception):
    """What could not be done, with the file and the remedy. Next move: keep the reports in memory, try again later."""
