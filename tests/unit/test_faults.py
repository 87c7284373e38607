"""What is kept of a line's last frames when something fails."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog

from agent import faults
from agent.clock import Wall
from agent.faults import FaultDumps
from agent.parts import Sink

HEAD = "# gadelys bus dump 1\n# bus lamps at /dev/ttyUSB0, 19200 8N2; 0 is 2026-11-25T04:10:00.123456Z\n"
FRAME = "0.000000 > 0B 03 00 5A 00 04 64 B1\n"


class Clock:
    """Stands still but for what a test adds."""

    now_s = 100.0

    def mono_s(self) -> float:
        return self.now_s

    def wall(self) -> Wall:
        return Wall(datetime(2026, 11, 25, 4, 10, tzinfo=UTC) + timedelta(seconds=self.now_s - 100), trusted=True)

    def street(self) -> Wall:
        return self.wall()


async def kept(dumps: FaultDumps, *buses: str) -> None:
    for bus in buses:
        dumps.note(bus)
    await asyncio.gather(*dumps._writing)


async def test_a_fault_leaves_a_file_and_a_line_in_the_log(tmp_path: Path) -> None:
    dumps = FaultDumps(tmp_path / "faults", Clock(), lambda _: HEAD + FRAME)
    with structlog.testing.capture_logs() as log:
        await kept(dumps, "lamps")
    path = tmp_path / "faults" / "lamps-20261125T041000Z.txt"
    assert path.read_text() == HEAD + FRAME
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.parent.stat().st_mode & 0o777 == 0o750
    assert log == [{"event": "fault_dumped", "bus": "lamps", "file": str(path), "log_level": "info"}]


async def test_once_a_minute_and_line(tmp_path: Path) -> None:
    clock = Clock()
    dumps = FaultDumps(tmp_path, clock, lambda _: HEAD + FRAME)
    await kept(dumps, "lamps", "lamps", "field")
    clock.now_s += faults.LEAST_APART_S - 1
    await kept(dumps, "lamps")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "field-20261125T041000Z.txt", "lamps-20261125T041000Z.txt"
    ]  # fmt: skip
    clock.now_s += 1
    await kept(dumps, "lamps")
    assert (tmp_path / "lamps-20261125T041100Z.txt").exists()


async def test_the_oldest_go_first(tmp_path: Path) -> None:
    clock = Clock()
    dumps = FaultDumps(tmp_path, clock, lambda _: HEAD + FRAME)
    (tmp_path / "note.md").write_text("not ours")
    for _ in range(faults.MOST_FILES + 3):
        await kept(dumps, "lamps")
        clock.now_s += faults.LEAST_APART_S
    names = sorted(path.name for path in tmp_path.glob("*.txt"))
    assert len(names) == faults.MOST_FILES
    assert names[0] == "lamps-20261125T041300Z.txt"
    assert (tmp_path / "note.md").exists()


async def test_a_line_that_never_spoke_leaves_nothing(tmp_path: Path) -> None:
    dumps = FaultDumps(tmp_path / "faults", Clock(), lambda _: HEAD)
    await kept(dumps, "lamps")
    assert not (tmp_path / "faults").exists()


async def test_a_folder_that_cannot_be_is_one_line_in_the_log(tmp_path: Path) -> None:
    (tmp_path / "faults").write_text("in the way")
    dumps = FaultDumps(tmp_path / "faults", Clock(), lambda _: HEAD + FRAME)
    with structlog.testing.capture_logs() as log:
        await kept(dumps, "lamps")
    assert [(line["event"], line["reason"]) for line in log] == [("fault_not_dumped", "File exists")]


@pytest.mark.parametrize(
    ("event", "heard"), [("unit_silent", ["lamps"]), ("link_lost", ["lamps"]), ("unit_back", []), ("link_up", [])]
)
def test_what_is_a_fault(event: str, heard: list[str]) -> None:
    sink = Sink()
    failed: list[str] = []
    sink.failed = failed.append
    sink.event(event, bus="lamps", reason="no answer")
    assert failed == heard
