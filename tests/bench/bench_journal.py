"""What the journal costs: bytes written to the card, room, processor, and how fast it drains."""

from __future__ import annotations

import os
import random
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from agent.journal.records import Limits, Report
from agent.journal.store import Store
from figures import Figure, figure, percentile

NAME = "journal"
TITLE = "Journal: 40 reports a second, committed every 10 s, nothing goes out; then it drains"
COMMITS = 500
A_COMMIT = 400
A_DAY = 40 * 86_400
METRICS = [
    (f"lum-{lamp:02}", f"lamp/{name}")
    for lamp in range(32)
    for name in ("dimming_level", "sent_level", "active_power", "voltage", "energy")
]


def run() -> list[Figure]:
    """Fill a journal on the disk of the checkout, open it again, drain it."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        return _figures(Path(folder) / "journal.db")


def _figures(path: Path) -> list[Figure]:
    store = Store(path, Limits(64_000_000), "bench")
    store.open()
    written_batches = batches(COMMITS, A_COMMIT)
    written, cpu_s = _written_bytes(), process_time()
    spans_ms = []
    for batch in written_batches:
        begin_s = perf_counter()
        store.commit(batch, ())
        spans_ms.append(1000 * (perf_counter() - begin_s))
    count = COMMITS * A_COMMIT
    cpu_us = 1e6 * (process_time() - cpu_s) / count
    a_report = (_written_bytes() - written) / count
    size = store.facts().size_bytes / count
    store.close()
    begin_s = perf_counter()
    store.open()
    open_ms = 1000 * (perf_counter() - begin_s)
    begin_s = perf_counter()
    _drain(store)
    drain_s = perf_counter() - begin_s
    store.close()
    on_disk = "" if a_report else "nothing was counted: this folder is not on a disk"
    return [
        figure("written to the disk a day", a_report * A_DAY / 1e9, "GB", 0.3, on_disk or f"{a_report:.0f} B a report"),
        figure("room a report", size, "B", None, f"64 MB hold {64e6 / size / A_DAY:.1f} days"),
        figure("processor a report", cpu_us, "us"),
        figure("commit of 400, median", median(spans_ms), "ms"),
        figure("commit of 400, p99", percentile(spans_ms, 0.99), "ms"),
        figure("opening it again", open_ms, "ms", 50.0),
        figure("draining a day, read and settled by 400", drain_s / count * A_DAY, "s"),
    ]


def batches(commits: int, count: int) -> list[list[Report]]:
    """So many times so many values that wander as measured ones do, a report every 25 ms."""
    random_ = random.Random(1)
    values = [random_.uniform(0, 250) for _ in METRICS]
    mono_s, made = 1000.0, []
    for _ in range(commits):
        batch = []
        for _ in range(count):
            mono_s += 0.025 + random_.uniform(-0.001, 0.001)
            place = random_.randrange(len(METRICS))
            values[place] = round(values[place] + random_.uniform(-2, 2), 1)
            wall_ms = 1_790_000_000_000 + round(mono_s * 1000)
            batch.append(Report(*METRICS[place], 9, values[place], 192, mono_s, wall_ms))
        made.append(batch)
    return made


def _drain(store: Store) -> None:
    while entries := store.oldest(A_COMMIT, 0):
        store.commit((), [entry.number for entry in entries])


def _written_bytes() -> int:
    """Return what this process has caused to be written to disks; what others write is not in it."""
    os.sync()
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))
