"""Overrides and commands over kills, reboots, clocks that are trusted or not, and disks that fail."""

from __future__ import annotations

import asyncio
import errno
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agent.clock import Wall
from agent.control.leases import Demand, LeaseBook, lease_of
from agent.orders.ledger import MOST, Clash, Ledger, Seen
from agent.orders.lines import Line, State, encode, read, whole
from agent.orders.orders import FILE, Orders
from agent.orders.overrides import NOTE_EVERY_S, KeptLease, Noted, passed_s
from cext import lighting

LAMPS = {"lum-01": 0, "lum-02": 1}


class Clock:
    """Time that a test sets."""

    def __init__(self, mono_s: float = 1000.0) -> None:
        self.now_s = mono_s
        self.utc = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
        self.trusted = True

    def mono_s(self) -> float:
        return self.now_s

    def wall(self) -> Wall:
        return Wall(self.utc, self.trusted)

    street = wall

    def passes(self, seconds: float) -> None:
        self.now_s += seconds
        self.utc += timedelta(seconds=seconds)


class Start:
    """One start of an agent on a file."""

    def __init__(self, folder: Path, clock: Clock, boot: str = "boot-1") -> None:
        self.book = LeaseBook(lighting.Street(2, (100.0, 60.0, 100.0), users=8))
        self.clock = clock
        self.orders = Orders(folder / FILE, clock, boot, self.book, LAMPS)
        self.orders.restore()

    async def dim(self, level_pct: float, for_s: float) -> None:
        self.book.take(0, "technician", Demand("anna", level_pct, for_s), self.clock.now_s)
        await self.written()

    async def written(self) -> None:
        while self.orders._writing is not None:
            await self.orders._writing

    def left_s(self, lamp: int = 0, rung: str = "technician") -> float | None:
        lease = self.book.holder(lamp, rung, self.clock.now_s)
        return None if lease is None else lease.until_s - self.clock.now_s


def state_of(folder: Path) -> State:
    """Return the last state that the file says."""
    state = read((folder / FILE).read_bytes()).state
    assert state is not None
    return state


async def test_after_a_kill_an_override_ends_when_it_was_to_end(tmp_path: Path) -> None:
    clock = Clock()
    await Start(tmp_path, clock).dim(40.0, 600.0)
    clock.passes(100.0)
    again = Start(tmp_path, clock)
    assert again.left_s() == 500.0
    lease = again.book.holder(0, "technician", clock.now_s)
    assert lease is not None
    assert (lease.holder, lease.level_pct) == ("anna", 40.0)
    clock.passes(500.0)
    assert Start(tmp_path, clock).left_s() is None


async def test_what_was_released_stays_released(tmp_path: Path) -> None:
    clock = Clock()
    start = Start(tmp_path, clock)
    await start.dim(40.0, 600.0)
    start.book.release(0, "technician")
    await start.written()
    assert Start(tmp_path, clock).left_s() is None


async def test_over_a_reboot_the_trusted_clock_says_what_is_left(tmp_path: Path) -> None:
    clock = Clock()
    await Start(tmp_path, clock).dim(40.0, 600.0)
    clock.passes(200.0)
    clock.now_s = 5.0
    assert Start(tmp_path, clock, "boot-2").left_s() == 400.0


async def test_over_a_reboot_without_a_trusted_clock_it_ends_rather_too_early(tmp_path: Path) -> None:
    clock = Clock()
    await Start(tmp_path, clock).dim(40.0, 600.0)
    clock.now_s, clock.trusted = 5.0, False
    first = Start(tmp_path, clock, "boot-2")
    assert first.left_s() == 600.0 - NOTE_EVERY_S
    await first.orders.stop()
    clock.now_s = 5.0
    assert Start(tmp_path, clock, "boot-3").left_s() is None  # reboot upon reboot it does not last for ever


async def test_short_boots_without_a_clock_do_not_make_it_last(tmp_path: Path) -> None:
    clock = Clock()
    await Start(tmp_path, clock).dim(40.0, 700.0)
    clock.trusted = False
    for boot, left_s in (("boot-2", 400.0), ("boot-3", 100.0), ("boot-4", None)):
        clock.now_s = 5.0
        start = Start(tmp_path, clock, boot)
        assert start.left_s() == left_s
        running = asyncio.create_task(start.orders.run())
        await asyncio.sleep(0)
        await start.written()
        running.cancel()  # and the power goes


async def test_what_a_trusted_clock_has_said_is_not_given_back(tmp_path: Path) -> None:
    clock = Clock()
    await Start(tmp_path, clock).dim(40.0, 2000.0)
    clock.passes(1500.0)
    clock.now_s = 5.0
    second = Start(tmp_path, clock, "boot-2")
    running = asyncio.create_task(second.orders.run())
    await asyncio.sleep(0)
    await second.written()
    running.cancel()
    clock.trusted = False
    assert (second.left_s(), Start(tmp_path, clock, "boot-3").left_s()) == (500.0, 200.0)


async def test_as_soon_as_the_clock_is_trusted_it_is_put_right(tmp_path: Path) -> None:
    clock = Clock()
    await Start(tmp_path, clock).dim(40.0, 600.0)
    clock.passes(400.0)
    clock.now_s, clock.trusted = 5.0, False
    start = Start(tmp_path, clock, "boot-2")
    assert start.left_s() == 300.0
    clock.trusted = True
    start.orders.look()
    await start.written()
    assert start.left_s() == 200.0


async def test_a_clock_that_went_back_does_not_make_it_longer(tmp_path: Path) -> None:
    clock = Clock()
    await Start(tmp_path, clock).dim(40.0, 600.0)
    clock.now_s = 5.0
    clock.utc -= timedelta(days=1)
    assert Start(tmp_path, clock, "boot-2").left_s() == 600.0 - NOTE_EVERY_S


async def test_what_is_left_is_noted_again_and_again(tmp_path: Path) -> None:
    clock = Clock()
    start = Start(tmp_path, clock)
    await start.dim(40.0, 4000.0)
    clock.passes(NOTE_EVERY_S)
    start.orders.look()
    await start.written()
    assert [lease.left_s for lease in state_of(tmp_path).leases] == [4000.0 - NOTE_EVERY_S]


async def test_a_command_is_on_the_disk_with_its_demand_before_it_is_in_force(tmp_path: Path) -> None:
    clock = Clock()
    start = Start(tmp_path, clock)
    lease = lease_of("operator", Demand("platform", 55.0, 600.0), clock.now_s, "a1")
    start.orders.ledger.note(Seen("lum-01", "a1", "55 %", "accepted", "in force"))
    found: list[float | None] = []

    def then() -> None:
        found.append(start.left_s(0, "operator"))
        found.append(Start(tmp_path, clock).left_s(0, "operator"))  # killed now
        start.book.put(0, lease)

    start.orders.commit(then, {(0, "operator"): lease})
    await start.written()
    assert found == [None, 600.0]
    again = Start(tmp_path, clock)
    seen = again.orders.ledger.find("lum-01", "a1", "55 %")
    assert seen is not None
    assert (seen.status, again.left_s(0, "operator")) == ("accepted", 600.0)
    start.orders.commit(lambda: None, {(0, "operator"): None})
    await start.written()
    assert Start(tmp_path, clock).left_s(0, "operator") is None


async def test_what_comes_together_is_written_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start, writes = Start(tmp_path, Clock()), 0
    await start.dim(40.0, 600.0)
    add = start.orders._log.add

    def counted(line: bytes) -> bool:
        nonlocal writes
        writes += 1
        return add(line)

    monkeypatch.setattr(start.orders._log, "add", counted)
    done: list[int] = []
    for number in range(20):
        start.orders.commit(lambda number=number: done.append(number))  # type: ignore[misc]
    await start.written()
    assert (done, writes) == (list(range(20)), 1)


async def test_who_asks_again_is_answered_when_it_is_on_the_disk_and_nothing_is_written_for_it(tmp_path: Path) -> None:
    start, said = Start(tmp_path, Clock()), []
    await start.dim(40.0, 600.0)
    length = read((tmp_path / FILE).read_bytes()).end
    start.orders.commit(lambda: said.append("first"))
    start.orders.after(lambda: said.append("first, again"))
    await asyncio.sleep(0)  # now it is being written
    start.orders.after(lambda: said.append("first, and again"))
    start.orders.commit(lambda: said.append("second"))
    start.orders.after(lambda: said.append("second, again"))
    assert said == []
    await start.written()
    assert said == ["first", "first, again", "first, and again", "second", "second, again"]
    lines = (tmp_path / FILE).read_bytes()[length:].rstrip(b"\0").count(b"\n")
    start.orders.after(lambda: said.append("at once"))
    assert (lines, said[-1]) == (2, "at once")


async def test_a_disk_that_fails_stops_nothing(tmp_path: Path) -> None:
    start = Start(tmp_path / "nowhere", Clock())
    await start.dim(40.0, 600.0)
    assert (start.left_s(), start.orders.fault) == (600.0, "No such file or directory")


@pytest.mark.parametrize("rubbish", [b"", bytes(999), b"{}", b'{"noted":1}', b"\xff", b"1 00000000 {}\n", b"\n\n"])
async def test_a_damaged_file_is_set_aside(tmp_path: Path, rubbish: bytes) -> None:
    (tmp_path / FILE).write_bytes(rubbish)
    with capture_logs() as logs:
        start = Start(tmp_path, Clock())
    assert start.left_s() is None
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("kept_damaged", "warning")]
    assert (tmp_path / "orders.lines.damaged").read_bytes() == rubbish
    await start.dim(40.0, 600.0)
    assert state_of(tmp_path).leases[0].holder == "anna"


async def test_of_a_damaged_file_what_can_be_read_is_read(tmp_path: Path) -> None:
    clock = Clock()
    start = Start(tmp_path, clock)
    for number in range(5):
        start.orders.ledger.note(Seen("lum-01", f"a{number}", "50 %", "accepted", ""))
        start.orders.ledger.counters["issuer"] = number
        await start.dim(10.0 * number, 600.0)
    sound = (tmp_path / FILE).read_bytes()
    place = sound.index(b'"a2"')
    (tmp_path / FILE).write_bytes(sound[:place] + b"?" + sound[place + 1 :])
    again = Start(tmp_path, clock)
    assert [seen.id for seen in again.orders.ledger.all()] == ["a0", "a1", "a3", "a4"]
    assert (again.orders.ledger.counters, again.left_s()) == ({"issuer": 4}, 600.0)
    assert (tmp_path / "orders.lines.damaged").exists()
    await again.dim(40.0, 600.0)
    assert read((tmp_path / FILE).read_bytes()).damaged == 0


async def test_a_line_that_was_not_ended_is_written_over(tmp_path: Path) -> None:
    clock = Clock()
    await Start(tmp_path, clock).dim(40.0, 600.0)
    raw = (tmp_path / FILE).read_bytes()
    end = read(raw).end
    torn = encode(Line([Seen("lum-01", "a1", "50 %", "accepted", "x" * 900)], state_of(tmp_path)))[:-3]
    (tmp_path / FILE).write_bytes(raw[:end] + torn + raw[end + len(torn) :])
    again = Start(tmp_path, clock)
    assert (again.left_s(), again.orders.ledger.all()) == (600.0, [])
    await again.dim(50.0, 60.0)
    await again.dim(50.0, 61.0)
    assert Start(tmp_path, clock).left_s() == 61.0
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


async def test_a_file_that_is_full_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.orders.log.ROOM", 2000)
    clock = Clock()
    start = Start(tmp_path, clock)
    await start.dim(40.0, 60.0)
    sizes = set()
    for number in range(400):
        start.orders.ledger.note(Seen("lum-01", f"a{number}", "50 %", "accepted", ""))
        start.orders.ledger.tell("lum-01", f"a{number - 1}", "verified", "reads back 50 %")
        if number % 5 == 4:
            await start.dim(40.0, 600.0 + number)
        sizes.add((tmp_path / FILE).stat().st_size)
    assert max(sizes) < 25_000
    again = Start(tmp_path, clock)
    assert again.left_s() == 999.0
    assert again.orders.ledger.all() == start.orders.ledger.all()
    assert len(again.orders.ledger.all()) == MOST


async def test_a_disk_that_fails_at_a_line_gets_the_file_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    start = Start(tmp_path, clock)
    await start.dim(40.0, 600.0)

    def fails(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", fails)
        await start.dim(50.0, 500.0)
    assert (start.orders.fault, Start(tmp_path, clock).left_s()) == ("", 500.0)
    (tmp_path / FILE).unlink()
    await start.dim(60.0, 400.0)
    assert (start.orders.fault, Start(tmp_path, clock).left_s()) == ("", 400.0)


async def test_a_full_disk_has_room_for_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    await Start(tmp_path, clock).dim(40.0, 600.0)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("agent.orders.log.replace", full)
    start = Start(tmp_path, clock)  # also for a start
    await start.dim(50.0, 500.0)
    assert (start.orders.fault, Start(tmp_path, clock).left_s()) == ("", 500.0)


def test_a_lamp_or_a_rung_that_is_no_more_and_a_time_that_is_none(tmp_path: Path) -> None:
    leases = [
        KeptLease("lum-09", "operator", "platform", 50.0, 60.0),
        KeptLease("lum-01", "lord", "platform", 50.0, 60.0),
        KeptLease("lum-02", "operator", "platform", 50.0, 1e9),
    ]
    (tmp_path / FILE).write_bytes(whole([], State(Noted("boot-1", 1000.0, None), leases, {})))
    start = Start(tmp_path, Clock())
    assert (start.left_s(0, "operator"), start.left_s(1, "operator")) == (None, 86400.0)


def test_only_so_many_commands_are_remembered() -> None:
    ledger = Ledger()
    for number in range(MOST + 3):
        ledger.note(Seen("lum-01", f"a{number}", "50 %", "accepted", ""))
    assert [ledger.find("lum-01", f"a{number}", "50 %") is None for number in (0, 2, 3)] == [True, True, False]
    assert len(ledger.all()) == MOST
    with pytest.raises(Clash):
        ledger.find("lum-01", "a9", "60 %")


def test_what_has_passed() -> None:
    assert passed_s(Noted("a", 10.0, None), Noted("a", 15.0, None)) == (5.0, True)
    assert passed_s(Noted("a", 10.0, 1000), Noted("b", 1.0, 61_000)) == (60.0, True)
    assert passed_s(Noted("a", 10.0, 1000), Noted("b", 1.0, None)) == (NOTE_EVERY_S, False)


async def test_a_kill_while_it_is_written_leaves_the_one_or_the_other(tmp_path: Path) -> None:
    clock = Clock()
    start = Start(tmp_path, clock)
    await start.dim(40.0, 600.0)
    (tmp_path / f".{FILE}").write_bytes(b'1 0123abcd {"sta')  # the file that was to replace it
    assert Start(tmp_path, clock).left_s() == 600.0
