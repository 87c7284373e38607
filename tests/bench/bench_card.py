"""What the journal and commands write to a card: by the counter of the block device, an ext4 of its own on a loop device."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import bench_journal
import uplink_node
from agent.journal.records import Limits
from agent.journal.store import Store
from agent.orders.orders import Orders
from agent.uplink.commands import Bounds, Commands
from agent.uplink.keeping import COMMIT_EVERY_S
from agent.uplink.wishes import Wish
from commanded_street import LAMPS, CommandedStreet
from drivers.points import Quality, Reading
from figures import Figure, figure, percentile
from mosquitto import Mosquitto
from orders_clock import SteadyClock

NAME = "card"
TITLE = "What is written to the card, by the block device's own counter (ext4, blocks of 4 KiB, on a loop device; needs root)"
CARD_MB = 256
RATE = 40
COMMITS = 400
STEADY_S = 40
ALARMS_A_DAY = 100
CONNECTS_A_DAY = 10
FULL, COMMANDED = 256, 600  # commands
DAY_S = 86_400


def run() -> list[Figure]:
    """Write as without a connection and as with one. Where no loop device can be had, say so and measure nothing."""
    with tempfile.TemporaryDirectory(prefix="gadelys-bench-") as name, contextlib.ExitStack() as stack:
        try:
            card, written = stack.enter_context(_card(Path(name)))
        except (OSError, subprocess.CalledProcessError) as error:
            return [figure("no loop device with an ext4 can be had here", 0, "", None, str(error))]
        return [
            *_offline(card, written),
            *_connected(Path(name), card, written),
            *asyncio.run(_commands(card, written)),
        ]


def _offline(card: Path, written: Callable[[], int]) -> list[Figure]:
    count = round(RATE * COMMIT_EVERY_S)
    store = Store(card / "offline.db", Limits(64_000_000), "bench")
    store.open()
    batches = bench_journal.batches(COMMITS, count)
    store.commit(batches[0], ())
    told, begin = store.facts().written_bytes, written()
    for batch in batches[1:]:
        store.commit(batch, ())
        written()  # 9 s pass: what the file system has to write of it, it writes
    on_card = (written() - begin) / (COMMITS - 1)
    told_bytes = (store.facts().written_bytes - told) / (COMMITS - 1)
    store.close()
    a_day = on_card * DAY_S / COMMIT_EVERY_S
    return [
        figure("no connection, 40 reports a second, a day", a_day / 1e9, "GB", 0.3, f"{on_card / 1000:.1f} kB a commit"),
        figure("of that is told in status", told_bytes / on_card, "x", None, "1: the day's bound is kept on such a card"),
    ]  # fmt: skip


def _connected(folder: Path, card: Path, written: Callable[[], int]) -> list[Figure]:
    (folder / "broker").mkdir()
    broker = Mosquitto(folder / "broker")
    try:
        steady = asyncio.run(_steady(card, broker.port, written))
    finally:
        broker.close()
    store = Store(card / "journal.db", uplink_node.LIMITS, uplink_node.BOOT)
    store.open()
    numbers = _mean(lambda: store.number(1), written)
    alarms = _mean(lambda: store.commit((), store.commit(bench_journal.batches(1, 1)[0], ())), written)
    connects = _mean(store.next_bd_seq, written)
    store.close()
    a_day = steady * DAY_S + numbers * DAY_S * RATE / 65_536 + alarms * ALARMS_A_DAY + connects * CONNECTS_A_DAY
    note = f"with {ALARMS_A_DAY} alarms, {CONNECTS_A_DAY} connects"
    return [
        figure("connected, 40 reports a second, a day", a_day / 1e6, "MB", 20.0, note),
        figure(
            "of that by telemetry that is proven in time", steady * DAY_S / 1e6, "MB", None, f"watched {STEADY_S} s"
        ),
        figure("an alarm, committed at once and deleted", alarms / 1000, "kB"),
        figure("65 536 numbers; a connect", numbers / 1000, "kB", None, f"a connect {connects / 1000:.1f} kB"),
    ]


async def _steady(card: Path, port: int, written: Callable[[], int]) -> float:
    """Return the bytes a second of an uplink that samples and is connected."""
    made = uplink_node.make(card, "card", port, metrics=uplink_node.METRICS[:3])
    running = asyncio.ensure_future(made.uplink.run())

    async def sample(seconds: float, first: int) -> int:
        for value in range(first, first + round(seconds * RATE)):
            made.image.put(made.keys[value % len(made.keys)], Reading(value, Quality.GOOD, "", made.clock.mono_s()))
            await asyncio.sleep(1 / RATE)
        return first + round(seconds * RATE)

    value = await sample(12, 1)
    begin = await asyncio.to_thread(written)
    sent = made.uplink.state().sent
    await sample(STEADY_S, value)
    bytes_ = await asyncio.to_thread(written) - begin
    assert made.uplink.state().sent > sent + STEADY_S * RATE / 2, "nothing was sent"
    running.cancel()
    await asyncio.wait([running])
    return bytes_ / STEADY_S


async def _commands(card: Path, written: Callable[[], int]) -> list[Figure]:
    """Take a command a minute for long enough that the file is made anew, in virtual time, with an override on each lamp."""
    street = CommandedStreet()
    clock = SteadyClock()
    orders = Orders(card / "orders.lines", clock, "bench", street.control.leases, LAMPS)
    answered: list[float] = []
    street.bounds = Bounds(3600.0, 1e9, 1e9)
    commands = Commands(
        street.control, street.image, LAMPS, street.bounds, keeper=orders, step=lambda: None,
        answer=lambda _: answered.append(clock.mono_s()), now=clock.mono_s,
    )  # fmt: skip
    took_s = []

    async def take(number: int) -> None:
        begin = clock.mono_s()
        commands.take(f"lum-0{number % len(LAMPS) + 1}", Wish(f"command {number:06}", number % 101), begin)
        while orders._writing is not None:
            await orders._writing
        took_s.append(answered[-1] - begin)

    for number in range(FULL):  # as many as are remembered: the file is as large as it gets
        await take(number)
    begin = await asyncio.to_thread(written)
    for number in range(FULL, FULL + COMMANDED):
        await take(number)
        await asyncio.to_thread(written)  # the minute passes: what the file system has to write of it, it writes
    on_card = (await asyncio.to_thread(written) - begin) / COMMANDED
    await orders.stop()
    a_day_mb = on_card * DAY_S / 60 / 1e6
    return [
        figure("a command a minute, a day", a_day_mb, "MB", None, f"{on_card / 1000:.1f} kB a command"),
        figure("from a command to its answer: median", percentile(took_s, 0.5) * 1000, "ms"),
        figure("from a command to its answer: p99", percentile(took_s, 0.99) * 1000, "ms"),
    ]  # fmt: skip


def _mean(work: Callable[[], object], written: Callable[[], int], times: int = 20) -> float:
    work()
    begin = written()
    for _ in range(times):
        work()
        written()
    return (written() - begin) / times


@contextlib.contextmanager
def _card(folder: Path) -> Iterator[tuple[Path, Callable[[], int]]]:
    """Yield a mounted ext4 with a card's blocks, and a function that syncs it and returns the bytes its device was given."""
    image, mount = folder / "card.img", folder / "card"
    with image.open("wb") as file:
        file.truncate(CARD_MB << 20)
    mount.mkdir()
    done = subprocess.run(["losetup", "-f", "--show", image], check=True, capture_output=True, text=True)
    device = done.stdout.strip()
    counters = Path("/sys/block", Path(device).name, "stat")

    def written() -> int:
        subprocess.run(["sync", "-f", mount], check=True)
        return int(counters.read_text(encoding="ascii").split()[6]) * 512

    try:
        lazy = "lazy_itable_init=0,lazy_journal_init=0"  # or the kernel goes on writing behind our back
        subprocess.run(["mkfs.ext4", "-q", "-b", "4096", "-E", lazy, device], check=True, capture_output=True)
        subprocess.run(["mount", device, mount], check=True, capture_output=True)
        try:
            yield mount, written
        finally:
            os.sync()
            subprocess.run(["umount", mount], check=True)
    finally:
        subprocess.run(["losetup", "-d", device], check=True)
