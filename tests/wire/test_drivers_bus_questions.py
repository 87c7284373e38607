"""What people ask of a living bus: commands in their turn, scans that cost no poll; units that fade, or are told together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from bus_sink import Sink
from drivers.bus import FieldBus, Link, RtuBus, TcpBus, UnitSpec
from drivers.bus.schedule import LONGEST_QUEUE
from drivers.errors import Busy, LinkLost, NoAnswer, Refused
from drivers.modbus import pdu
from drivers.profile import Profile, load_profile, parse_profile
from rtu_line import Registers, RtuLine

PATIENCE_S = 15.0
TIMEOUT_S = 0.05
TOGETHER = """
title = "A dimmer that takes writes to all, and fades up by itself"
source = "none"
kinds = ["luminaire"]
channels = 2
poll_s = 0.2
broadcast = true
[[points]]
point = "lamp/dimming_level"
title = "read back"
unit = "%"
space = "holding"
address = 10
type = "u16"
[output]
address = 0
steps_per_pct = 1
confirmed_by = "lamp/dimming_level"
"""


def unit(profile: Profile, address: int, channels: int = 0, *, poll_s: float = 0.1) -> UnitSpec:
    devices = tuple((channel, f"{address}-{channel}") for channel in range(1, channels + 1)) or ((None, f"{address}"),)
    return UnitSpec(
        id=f"u{address}",
        address=address,
        profile=profile,
        poll_s=poll_s,
        safe_after_s=None,
        safe_pct=80.0,
        devices=devices,
        fade_up_s=2.0,
    )


class Street(msgspec.Struct):
    """A bus, its line and what came of it."""

    bus: FieldBus
    line: RtuLine
    units: Registers
    sink: Sink


@asynccontextmanager
async def running(folder: Path, *specs: UnitSpec) -> AsyncIterator[Street]:
    units, sink = Registers(*(spec.address for spec in specs)), Sink()
    line = RtuLine(folder / "tty", units)
    line.plug()
    spec = RtuBus(id="b", port=line.path, link=Link(115200), timeout_s=TIMEOUT_S)
    bus = FieldBus(spec, specs, now=time.monotonic, sink=sink)
    bus.feed(time.monotonic() + 1000)
    task = asyncio.create_task(bus.run())
    try:
        yield Street(bus, line, units, sink)
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.wait([task])
        line.pull()


RADAR = unit(load_profile("mtdx62-mb"), 31)


async def test_a_question_is_answered_refused_or_not_and_no_unit_is_harmed(tmp_path: Path) -> None:
    async with running(tmp_path, RADAR) as street:
        street.units.alive.add(40)
        street.units.words[40, 7] = 0x1234
        assert (await street.bus.ask(pdu.read(40, 3, 7, 1))).data == b"\x12\x34"
        street.units.refused = {9}
        with pytest.raises(Refused):
            await street.bus.ask(pdu.read(40, 3, 9, 1))
        with pytest.raises(NoAnswer, match="20 ms"):
            await street.bus.ask(pdu.read(77, 3, 0, 1), scan=True, timeout_s=0.02)
        await street.sink.until(lambda: street.sink.counts.get("31/presence/state", 0) > 3)
        assert street.sink.events == []
        assert street.bus.stats().questions == 3
        assert street.bus.unit_states()[0].failures == 0


async def test_questions_beyond_the_bound_are_refused_and_a_lost_link_answers_all(tmp_path: Path) -> None:
    async with running(tmp_path, RADAR) as street:
        street.units.alive.clear()
        asked = [asyncio.ensure_future(street.bus.ask(pdu.read(77, 3, 0, 1))) for _ in range(LONGEST_QUEUE + 8)]
        await asyncio.to_thread(street.line.pull)
        came = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), PATIENCE_S)
        kinds = {type(one) for one in came}
        assert {Busy, LinkLost} <= kinds <= {Busy, LinkLost, NoAnswer}
        with pytest.raises(LinkLost):
            await street.bus.ask(pdu.read(77, 3, 0, 1))


async def test_an_address_has_no_speed() -> None:
    bus = FieldBus(TcpBus(id="b", host="127.0.0.1", port=1, timeout_s=1), (), now=time.monotonic, sink=Sink())
    with pytest.raises(ValueError, match="no speed"):
        await bus.ask(pdu.read(1, 3, 0, 1), link=Link(9600))


async def test_who_waits_no_more_is_not_asked_for(tmp_path: Path) -> None:
    async with running(tmp_path, RADAR) as street:
        street.units.alive.clear()
        waiting = [asyncio.ensure_future(street.bus.ask(pdu.read(77, 3, number, 1))) for number in range(5)]
        await asyncio.sleep(0)
        for one in waiting[1:4]:
            one.cancel()
        await asyncio.wait(waiting)
        asked = [frame[3] for _, frame in street.line.frames if frame[0] == 77 and frame[1] == 3]
        assert asked[0] == 0
        assert not {1, 2, 3} & set(asked)


async def test_all_units_of_one_profile_that_want_one_level_are_told_at_once_and_then_each(tmp_path: Path) -> None:
    profile = parse_profile("together", TOGETHER)
    specs = [unit(profile, address, 2) for address in (1, 2, 3)]
    async with running(tmp_path, *specs) as street:
        lamps = [device for spec in specs for _, device in spec.devices]
        for lamp in lamps:
            street.bus.set_level(lamp, 80)
        assert await street.bus.flush(PATIENCE_S)  # nothing is told to all before each unit has answered
        assert not [frame for _, frame in street.line.frames if frame[0] == 0]
        street.line.frames.clear()
        for lamp in lamps:
            street.bus.set_level(lamp, 30)
        assert await street.bus.flush(PATIENCE_S)
        writes = [frame for _, frame in street.line.frames if frame[1] == 16]
        assert [frame[0] for frame in writes] == [0, 1, 2, 3]
        assert writes[0][2:-2] == bytes.fromhex("0000 0002 04 001E 001E")
        assert sorted(street.sink.levels[-6:]) == sorted((lamp, 30) for lamp in lamps)


async def test_units_that_want_different_levels_are_told_one_by_one(tmp_path: Path) -> None:
    profile = parse_profile("together", TOGETHER)
    async with running(tmp_path, unit(profile, 1, 2), unit(profile, 2, 2)) as street:
        for number, lamp in enumerate(("1-1", "1-2", "2-1", "2-2")):
            street.bus.set_level(lamp, 80 + number)
        assert await street.bus.flush(PATIENCE_S)
        for number, lamp in enumerate(("1-1", "1-2", "2-1", "2-2")):
            street.bus.set_level(lamp, 20 + number)
        assert await street.bus.flush(PATIENCE_S)
        assert not [frame for _, frame in street.line.frames if frame[0] == 0]


async def test_a_unit_that_fades_by_itself_is_programmed_to_and_the_same_level_is_written_once(tmp_path: Path) -> None:
    text = TOGETHER.replace("broadcast = true", "").replace("steps_per_pct = 1", 'steps_per_pct = 1\nfade = ["up"]')
    slew = '[[setup]]\nwhat = "slew"\naddress = 50\nvalue = "fade_up_ms_per_pct"\n'
    profile = parse_profile("fading", text + slew)
    async with running(tmp_path, unit(profile, 1, 2)) as street:
        for lamp in ("1-1", "1-2"):
            street.bus.set_level(lamp, 10)
        assert await street.bus.flush(PATIENCE_S)
        await street.sink.until(lambda: street.units.words.get((1, 50)) == 20)
        street.line.frames.clear()
        for _ in range(4):
            street.bus.set_level("1-1", 90)
        assert await street.bus.flush(PATIENCE_S)
        writes = [frame for _, frame in street.line.frames if frame[1] == 16]
        assert [frame[2:-2] for frame in writes] == [bytes.fromhex("0000 0002 04 005A 000A")]


async def test_a_unit_with_a_turnaround_is_left_alone_for_it_and_the_others_are_not(tmp_path: Path) -> None:
    text = TOGETHER.replace("broadcast = true", "turnaround_ms = 80").replace("poll_s = 0.2", "poll_s = 0.1")
    slow = parse_profile("slow", text.replace('"luminaire"', '"meter"'))
    async with running(tmp_path, unit(slow, 1, 2), RADAR) as street:
        await street.sink.until(lambda: street.sink.counts.get("1-1/lamp/dimming_level", 0) > 5)
        arrived_s = [at for at, frame in street.line.frames if frame[0] == 1]
        assert min(later - sooner for sooner, later in pairwise(arrived_s)) > 0.079


async def test_a_unit_that_does_not_have_all_that_a_block_asks_for_is_read_in_smaller_ones(tmp_path: Path) -> None:
    text = TOGETHER.replace("broadcast = true", "").replace('"luminaire"', '"meter"')
    text += "".join(
        f'[[points]]\npoint = "sample/{name}"\ntitle = "t"\nspace = "holding"\naddress = {address}\ntype = "u16"\n'
        for name, address in (("a", 20), ("b", 23), ("c", 24))
    )
    async with running(tmp_path, unit(parse_profile("holes", text), 1, 1)) as street:
        right = street.units

        def picky(frame: bytes) -> bytes | None:
            """Registers 21 and 22 are not there."""
            first, count = int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[4:6], "big")
            street.units.refused = {first} if first <= 22 and first + count > 21 else set()
            return right(frame)

        street.line.answer = picky
        await street.sink.until(
            lambda: all(
                street.sink.readings.get(f"1-1/sample/{name}") is not None
                and street.sink.readings[f"1-1/sample/{name}"].value == 0
                for name in "abc"
            )
        )
        refusals = street.bus.stats().refusals
        until = street.sink.counts["1-1/sample/a"] + 5
        await street.sink.until(lambda: street.sink.counts["1-1/sample/a"] >= until)
        assert street.bus.stats().refusals == refusals  # it is remembered


async def test_latency_is_learned_and_shown(tmp_path: Path) -> None:
    async with running(tmp_path, RADAR) as street:
        await street.sink.until(lambda: street.sink.counts.get("31/presence/state", 0) > 10)
        (state,) = street.bus.unit_states()
        assert sum(state.latency.counts) >= 10
        assert state.timeout_s < TIMEOUT_S
