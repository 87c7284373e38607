"""A whole bus on a real pty: levels before polls, sick units, lost links, units that light themselves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from bus_sink import Sink
from drivers.bus import FieldBus, Link, RtuBus, UnitSpec
from drivers.points import Quality
from drivers.profile import load_profile
from rtu_line import Registers, RtuLine

PATIENCE_S = 15.0
TIMEOUT_S = 0.02


def unit(profile: str, address: int, *devices: tuple[int | None, str], poll_s: float = 0.1) -> UnitSpec:
    loaded = load_profile(profile)
    return UnitSpec(
        id=f"u{address}",
        address=address,
        profile=loaded,
        poll_s=poll_s,
        safe_after_s=3.0 if loaded.safety else None,
        safe_pct=80.0,
        devices=devices,
    )


MAO4 = unit("wb-mao4", 11, (1, "a"), (2, "b"))
WAVESHARE = unit("waveshare-ao8-b", 21, (1, "c"), (2, "d"))


class Street(msgspec.Struct):
    """A bus, its line and what came of it."""

    bus: FieldBus
    line: RtuLine
    units: Registers
    sink: Sink


@asynccontextmanager
async def running(folder: Path, *specs: UnitSpec, fed: bool = True) -> AsyncIterator[Street]:
    units, sink = Registers(*(spec.address for spec in specs)), Sink()
    line = RtuLine(folder / "tty", units)
    line.plug()
    spec = RtuBus(id="b", port=line.path, link=Link(115200, "none", 1), timeout_s=TIMEOUT_S)
    bus = FieldBus(spec, specs, now=time.monotonic, sink=sink)
    if fed:
        bus.feed(time.monotonic() + 1000)
    task = asyncio.create_task(bus.run())
    try:
        yield Street(bus, line, units, sink)
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.wait([task])
        line.pull()


def requests(street: Street, address: int) -> list[bytes]:
    return [frame for _, frame in street.line.frames if frame[0] == address]


def writes_of_levels(street: Street, address: int) -> list[float]:
    return [
        at for at, frame in street.line.frames if frame[0] == address and frame[1] == 16 and frame[2:4] == b"\x00\x00"
    ]


async def test_levels_are_written_in_one_block_and_read_back_by_another_function(tmp_path: Path) -> None:
    async with running(tmp_path, WAVESHARE) as street:
        street.bus.set_level("c", 40)
        street.bus.set_level("d", 60.5)
        assert await street.bus.flush(PATIENCE_S)
        assert [street.units.words[21, channel] for channel in (0, 1)] == [4000, 6050]
        assert len(writes_of_levels(street, 21)) == 1
        assert street.sink.levels == [("c", 40), ("d", 60.5)]
        await street.sink.until(lambda: "d/lamp/dimming_level" in street.sink.readings)
        reading = street.sink.readings["d/lamp/dimming_level"]
        assert (reading.value, reading.quality) == (60.5, Quality.GOOD)
        assert await street.bus.flush(0)


async def test_points_are_named_by_device(tmp_path: Path) -> None:
    async with running(tmp_path, MAO4, unit("mtdx62-mb", 31, (None, "radar"), poll_s=2.0)) as street:
        points = {point.key: point for point in street.bus.points()}
        assert set(points) == {
            "a/lamp/dimming_level",
            "b/lamp/dimming_level",
            "radar/presence/state",
            "radar/illuminance/sensor_value",
            "radar/presence/distance",
        }
        assert points["a/lamp/dimming_level"].max_age_s == 2.0
        assert points["radar/presence/state"].max_age_s == 8.0


async def test_the_latest_level_wins_and_fades_do_not_fill_the_line(tmp_path: Path) -> None:
    async with running(tmp_path, WAVESHARE) as street:
        street.bus.set_level("c", 0)
        street.bus.set_level("d", 0)
        assert await street.bus.flush(PATIENCE_S)
        for level_pct in range(1, 101):
            street.bus.set_level("c", level_pct)
        assert await street.bus.flush(PATIENCE_S)
        assert street.units.words[21, 0] == 10000
        times = writes_of_levels(street, 21)
        assert len(times) == 2
        assert times[1] - times[0] >= 0.099


async def test_an_output_is_written_again_though_nothing_changed_and_that_is_no_news(tmp_path: Path) -> None:
    async with running(tmp_path, WAVESHARE) as street:
        street.bus.set_level("c", 40)
        street.bus.set_level("d", 40)
        assert await street.bus.flush(PATIENCE_S)
        await street.sink.until(lambda: "c/lamp/dimming_level" in street.sink.readings)
        street.units.words[21, 0] = 0
        await street.sink.until(lambda: street.sink.readings["c/lamp/dimming_level"].value == 0)
        await street.sink.until(lambda: street.sink.readings["c/lamp/dimming_level"].value == 40)
        times = writes_of_levels(street, 21)
        assert 1.9 < times[1] - times[0] < 2.5
        assert street.sink.levels == [("c", 40), ("d", 40)]


async def test_outputs_are_switched_on_first_and_safety_is_proved_after_the_level(tmp_path: Path) -> None:
    async with running(tmp_path, MAO4) as street:
        street.bus.set_level("a", 40)
        street.bus.set_level("b", 60)
        assert await street.bus.flush(PATIENCE_S)
        frames = [frame for frame in requests(street, 11) if frame[1] in {15, 16}]
        coils = next(place for place, frame in enumerate(frames) if frame[1] == 15)
        level = next(place for place, frame in enumerate(frames) if frame[2:4] == b"\x00\x10" and frame[1] == 16)
        safety = [place for place, frame in enumerate(frames) if frame[2:4] in {b"\x02\x88", b"\x02\x90"}]
        assert coils < level
        assert all(level < place for place in safety)
        await street.sink.until(lambda: street.bus.unit_states()[0].safety_verified)
        assert street.units.words[11, 8] == 3
        assert [street.units.words[11, 656 + channel] for channel in range(4)] == [80] * 4
        (state,) = street.bus.unit_states()
        assert (state.state, state.device_safety, state.failures) == ("ok", True, 0)


async def test_a_lamp_that_is_to_rise_does_not_wait_for_the_proof_of_a_setting(tmp_path: Path) -> None:
    async with running(tmp_path, MAO4, WAVESHARE, fed=False) as street:
        loop, answer = asyncio.get_running_loop(), street.line.answer
        said: list[bytes] = []

        def somebody_comes(frame: bytes) -> bytes | None:
            said.append(frame)
            if frame[:4] == b"\x0b\x10\x02\x90":  # the setting of register 656
                loop.call_soon_threadsafe(street.bus.set_level, "c", 70)
            return answer(frame)

        street.line.answer = somebody_comes
        street.bus.set_level("c", 10)
        await street.sink.until(lambda: street.sink.counts.get("c/lamp/dimming_level", 0) >= 3)
        street.bus.feed(time.monotonic() + 1000)  # now come the settings of the other unit
        await street.sink.until(lambda: street.bus.unit_states()[0].safety_verified)
    at = next(place for place, frame in enumerate(said) if frame[:4] == b"\x0b\x10\x02\x90")
    assert [frame[:4].hex(" ") for frame in said[at + 1 : at + 3]] == ["15 06 00 00", "0b 03 02 90"]


async def test_a_setting_that_is_refused_is_told_once_and_keeps_no_lamp_dark(tmp_path: Path) -> None:
    async with running(tmp_path, MAO4) as street:
        street.units.refused = {656, 944}
        street.bus.set_level("a", 40)
        street.bus.set_level("b", 40)
        assert await street.bus.flush(PATIENCE_S)
        await street.sink.until(lambda: street.sink.counts.get("a/lamp/dimming_level", 0) >= 5)
        assert street.sink.events == ["safety_mismatch u11"] * 2  # one each setting
        (state,) = street.bus.unit_states()
        assert (state.state, state.safety_verified) == ("ok", False)
        assert "illegal data address" in state.last_error
        assert street.units.words[11, 8] == 3
        assert street.bus.stats().refusals >= 3


async def test_a_refused_read_makes_its_points_bad_and_no_unit_silent(tmp_path: Path) -> None:
    async with running(tmp_path, unit("mtdx62-mb", 31, (None, "radar"))) as street:
        street.units.refused = {0}
        await street.sink.until(lambda: street.sink.counts.get("radar/presence/state", 0) >= 3)
        assert street.sink.readings["radar/presence/state"].quality is Quality.BAD
        assert "illegal data address" in street.sink.readings["radar/presence/state"].reason
        assert street.sink.events == []


async def test_without_a_living_control_units_that_light_themselves_are_left_alone(tmp_path: Path) -> None:
    async with running(tmp_path, MAO4, WAVESHARE, fed=False) as street:
        street.bus.set_level("a", 40)
        street.bus.set_level("c", 40)
        await street.sink.until(lambda: street.sink.counts.get("c/lamp/dimming_level", 0) >= 3)
        assert requests(street, 11) == []
        street.bus.feed(time.monotonic() + 0.3)
        await street.sink.until(lambda: "a/lamp/dimming_level" in street.sink.readings)
        until = street.sink.counts["c/lamp/dimming_level"] + 10
        await street.sink.until(lambda: street.sink.counts["c/lamp/dimming_level"] >= until)
        last_s = max(at for at, frame in street.line.frames if frame[0] == 11)
        assert max(at for at, _ in street.line.frames) - last_s > 0.3
        street.bus.set_level("a", 70)
        assert await street.bus.flush(PATIENCE_S)  # the ordered stop still gets through
        assert street.units.words[11, 16] == 70


async def test_a_unit_that_falls_silent_is_told_once_and_gets_its_level_when_it_is_back(tmp_path: Path) -> None:
    async with running(tmp_path, MAO4, WAVESHARE) as street:
        street.bus.set_level("a", 40)
        street.bus.set_level("c", 40)
        assert await street.bus.flush(PATIENCE_S)
        await street.sink.until(lambda: "a/lamp/dimming_level" in street.sink.readings)
        street.units.alive.remove(11)
        await street.sink.until(lambda: street.sink.events == ["unit_silent u11"])
        assert street.sink.readings["a/lamp/dimming_level"].quality is Quality.BAD
        assert "no answer" in street.sink.readings["a/lamp/dimming_level"].reason
        assert street.bus.unit_states()[0].state == "silent"
        street.bus.set_level("a", 90)
        assert not await street.bus.flush(0.05)
        street.units.coils.clear()
        street.units.alive.add(11)
        assert await street.bus.flush(PATIENCE_S)
        assert street.units.words[11, 16] == 90
        assert street.units.coils[11, 16]
        await street.sink.until(lambda: street.bus.unit_states()[0].safety_verified)
        assert street.sink.events == ["unit_silent u11", "unit_back u11"]


async def test_one_dead_unit_in_ten_costs_the_others_no_tenth(tmp_path: Path) -> None:
    specs = [unit("mtdx62-mb", 30 + n, (None, f"r{n}"), poll_s=0.1) for n in range(10)]
    async with running(tmp_path, *specs) as street:
        counts = street.sink.counts

        async def rounds(size: int) -> float:
            """Return how long the ninth unit takes for so many polls."""
            began_s, until = time.monotonic(), counts.get("r9/presence/state", 0) + size
            await street.sink.until(lambda: counts.get("r9/presence/state", 0) >= until)
            return time.monotonic() - began_s

        await rounds(1)
        healthy_s = await rounds(40)
        street.units.alive.remove(30)
        with_one_dead_s = await rounds(40)
        assert street.sink.events == ["unit_silent u30"]
        assert with_one_dead_s < 1.1 * healthy_s


async def test_a_line_that_is_pulled_makes_all_bad_at_once_and_comes_back_by_itself(tmp_path: Path) -> None:
    async with running(tmp_path, MAO4, WAVESHARE) as street:
        street.bus.set_level("a", 40)
        street.bus.set_level("c", 40)
        assert await street.bus.flush(PATIENCE_S)
        await street.sink.until(lambda: len(street.sink.readings) == 4)
        await asyncio.to_thread(street.line.pull)
        await street.sink.until(lambda: street.sink.events == ["link_lost"])
        assert {reading.quality for reading in street.sink.readings.values()} == {Quality.BAD}
        assert not street.bus.stats().up
        assert not any(state.safety_verified for state in street.bus.unit_states())
        street.bus.set_level("c", 55)
        street.units.words.clear()
        street.line.plug()
        assert await street.bus.flush(PATIENCE_S)
        assert street.sink.events == ["link_lost", "link_up"]
        assert (street.units.words[21, 0], street.units.words[11, 16]) == (5500, 40)
        await street.sink.until(lambda: street.bus.unit_states()[0].safety_verified)


async def test_the_bus_beats_and_cancelling_it_frees_the_port(tmp_path: Path) -> None:
    beats = 0

    def beat() -> None:
        nonlocal beats
        beats += 1

    async with running(tmp_path, WAVESHARE) as street:
        street.bus.beat = beat
        await street.sink.until(lambda: beats > 3)
    street.line.plug()
    async with running(tmp_path, WAVESHARE) as again:
        await again.sink.until(lambda: "c/lamp/dimming_level" in again.sink.readings)


@pytest.mark.parametrize("noise", [b"\x00", b"\xff" * 30, bytes(range(256))])
async def test_noise_instead_of_answers_makes_bad_points_never_values(tmp_path: Path, noise: bytes) -> None:
    async with running(tmp_path, unit("mtdx62-mb", 31, (None, "radar"))) as street:
        street.line.answer = lambda _: noise
        await street.sink.until(lambda: street.sink.events == ["unit_silent u31"])
        assert {reading.quality for reading in street.sink.readings.values()} == {Quality.BAD}
        assert street.bus.stats().bad_answers >= 2
