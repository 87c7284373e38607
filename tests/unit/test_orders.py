"""Overrides and commands over kills, reboots, clocks that are trusted or not, and disks that fail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from agent.clock import Wall
from agent.control.leases import Demand, LeaseBook, lease_of
from agent.orders.ledger import MOST, Clash, Ledger, Seen
from agent.orders.orders import Kept, Orders
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
        self.orders = Orders(folder / "orders.json", clock, boot, self.book, LAMPS)
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
    kept = msgspec.json.decode((tmp_path / "orders.json").read_bytes(), type=Kept)
    assert [lease.left_s for lease in kept.leases] == [4000.0 - NOTE_EVERY_S]


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
    write = start.orders._file.write

    def counted(record: object) -> None:
        nonlocal writes
        writes += 1
        write(record)

    monkeypatch.setattr(start.orders._file, "write", counted)
    done: list[int] = []
    for number in range(20):
        start.orders.commit(lambda number=number: done.append(number))  # type: ignore[misc]
    await start.written()
    assert (done, writes) == (list(range(20)), 1)


async def test_a_disk_that_fails_stops_nothing(tmp_path: Path) -> None:
    start = Start(tmp_path / "nowhere", Clock())
    await start.dim(40.0, 600.0)
    assert (start.left_s(), start.orders.fault) == (600.0, "No such file or directory")


@pytest.mark.parametrize("rubbish", [b"", b"{}", b'{"noted":1}', b"\xff"])
def test_a_damaged_file_is_set_aside(tmp_path: Path, rubbish: bytes) -> None:
    (tmp_path / "orders.json").write_bytes(rubbish)
    assert Start(tmp_path, Clock()).left_s() is None
    assert (tmp_path / "orders.json.damaged").exists()


def test_a_lamp_or_a_rung_that_is_no_more_and_a_time_that_is_none(tmp_path: Path) -> None:
    leases = [
        KeptLease("lum-09", "operator", "platform", 50.0, 60.0),
        KeptLease("lum-01", "lord", "platform", 50.0, 60.0),
        KeptLease("lum-02", "operator", "platform", 50.0, 1e9),
    ]
    kept = Kept(Noted("boot-1", 1000.0, None), leases, [], {})
    (tmp_path / "orders.json").write_bytes(msgspec.json.encode(kept))
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
    (tmp_path / ".orders.json").write_bytes(b'{"noted":{"boot"')  # the file that was to replace it
    assert Start(tmp_path, clock).left_s() == 600.0
