"""Reports for tests of the journal, and a store that is closed at the end."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from agent.journal.records import Entry, Lane, Limits, Report
from agent.journal.store import Store
from drivers.points import Value

ALL = 10**9


def report(value: Value | None = 1.5, *, mono_s: float = 10.0, wall_ms: int | None = None) -> Report:
    return Report("lum-03", "lamp/dimming_level", 9, value, 192, mono_s, wall_ms)


def alarm(value: Value | None = True, *, mono_s: float = 10.0, wall_ms: int | None = None) -> Report:
    return Report("lum-03", "lamp/lamp_failure", 11, value, 192, mono_s, wall_ms, urgent=True)


def bulky(count: int, seed: int = 0) -> list[Report]:
    """Reports of about 200 bytes each that do not compress, a minute from each other: no other can stand for them."""
    random_ = random.Random(seed)
    return [report(random_.randbytes(100).hex(), mono_s=60.0 * (seed * 10_000 + n)) for n in range(count)]


def whole(store: Store) -> list[Entry]:
    """Return all that waits, in the order of delivery."""
    return store.oldest(ALL, 0, Lane.URGENT) + store.oldest(ALL, 0)


def numbers(entries: Sequence[Entry]) -> list[int]:
    return [entry.number for entry in entries]


@contextlib.contextmanager
def opened(path: Path, *, max_bytes: int = 1_000_000, boot: str = "this boot") -> Iterator[Store]:
    store = Store(path, Limits(max_bytes), boot)
    try:
        store.open()
        yield store
    finally:
        store.close()


def copied(path: Path, folder: Path) -> Path:
    """Return a copy of the file and its log as a process that is killed now would leave them."""
    folder.mkdir(parents=True, exist_ok=True)
    for end in ("", "-wal"):
        target = folder / (path.name + end)
        target.unlink(missing_ok=True)
        if (source := path.with_name(path.name + end)).exists():
            target.write_bytes(source.read_bytes())
    return folder / path.name
