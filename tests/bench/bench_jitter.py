"""How late control's steps are while the street is busy, the disk is written all the time, and the broker comes and goes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import cast

from agent.control.punctual import BOUNDS_MS, within_ms
from demo_street import PROGRAMS, demo_street
from figures import Figure, figure

NAME = "jitter"
TITLE = "Control: how late its steps are, with the disk and the uplink under load"
SETTLE_S = 10.0
SPANS_S = {False: 90.0, True: 240.0}  # calm, under load: more than a thousand steps
AWAY_S = 3.0  # the broker is away and there in turns of so long: the journal fills, and is emptied
CHUNK = b"gadelys " * (1 << 17)


def run() -> list[Figure]:
    """Run street and agent as processes: calm, then under load; the agent says how late it was."""
    calm, loaded = (_measured(load=load) for load in (False, True))
    note = f"{sum(loaded)} steps that the clock called for; broker away every other {AWAY_S:g} s"
    return [
        figure("lateness of a step, p99.9, calm", within_ms(calm, _longest_ms(calm)), "ms", None, f"{sum(calm)} steps"),
        figure("longest, calm", _longest_ms(calm), "ms"),
        figure("lateness of a step, p99.9, under load", within_ms(loaded, _longest_ms(loaded)), "ms", 10.0, note),
        figure("longest, under load", _longest_ms(loaded), "ms", 500.0),
    ]


def _longest_ms(counts: list[int]) -> float:
    """Return the bound of the last class in which there is a step."""
    return max(bound for bound, count in zip((*BOUNDS_MS, 1e6), counts, strict=True) if count)


def _measured(*, load: bool) -> list[int]:
    with tempfile.TemporaryDirectory(prefix="gadelys-bench-") as name:
        folder = Path(name)
        with demo_street(folder, broker=True), _disk(folder / "written", busy=load), _hand(folder) as hand:
            time.sleep(SETTLE_S)  # noqa: TID251 - a bench lets real time pass
            before = _told(folder)
            end_s = time.monotonic() + SPANS_S[load]
            for turn in count():
                if time.monotonic() > end_s:
                    break
                time.sleep(AWAY_S)  # noqa: TID251 - a bench lets real time pass
                hand("vehicle")
                if load:
                    hand("broker_back" if turn % 2 else "broker_dies")
            return [now - then for now, then in zip(_told(folder), before, strict=True)]


def _told(folder: Path) -> list[int]:
    """Return how many steps the agent says were late, by class."""
    command = [str(PROGRAMS / "gadelys"), "status", "--json", "--socket", str(folder / "api.sock")]
    told = subprocess.run(command, check=True, capture_output=True)
    return cast("list[int]", json.loads(told.stdout)["control"]["counts"])


@contextmanager
def _hand(folder: Path) -> Iterator[Callable[[str], None]]:
    """The hand in the street: what it is told happens."""
    with socket.socket(socket.AF_UNIX) as street:
        street.connect(str(folder / "street.sock"))
        with street.makefile("rb") as answers:

            def do(what: str) -> None:
                street.sendall(json.dumps({"do": what}).encode() + b"\n")
                answers.readline()

            yield do


@contextmanager
def _disk(path: Path, *, busy: bool) -> Iterator[None]:
    """Write 1 MB and have it on the disk, again and again, on a thread."""
    ended = threading.Event()

    def write() -> None:
        with path.open("wb", buffering=0) as file:
            while not ended.is_set():
                file.seek(0)
                file.write(CHUNK)
                os.fsync(file.fileno())

    writer = threading.Thread(target=write)
    if busy:
        writer.start()
    yield
    ended.set()
    if busy:
        writer.join()
