"""A whole bus behind a TCP address: sick units, an address that goes and comes back, polls that go together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from bus_sink import PATIENCE_S, Sink
from drivers.bus import FieldBus, TcpBus, UnitSpec
from drivers.points import Quality
from drivers.profile import parse_profile
from tcp_units import TcpUnits, framed, right, tcp_units, told

POINT = '[[points]]\npoint = "sample/{name}"\ntitle = "t"\nspace = "holding"\naddress = {address}\ntype = "u16"\n'
METER = 'title = "t"\nsource = "s"\nkinds = ["meter"]\npoll_s = 0.1\n' + "".join(
    POINT.format(name=name, address=address) for address, name in enumerate("abcd")
)
LAMP = """
title = "t"
source = "s"
kinds = ["luminaire"]
channels = 1
poll_s = 0.1
[[points]]
point = "lamp/dimming_level"
title = "confirmed"
unit = "%"
space = "holding"
address = 9
type = "u16"
[output]
address = 8
steps_per_pct = 10
confirmed_by = "lamp/dimming_level"
"""


def unit(address: int, document: str = METER) -> UnitSpec:
    profile = parse_profile("p", document)
    channel = 1 if profile.channels else None
    return UnitSpec(
        id=f"u{address}",
        address=address,
        profile=profile,
        poll_s=profile.poll_s,
        safe_after_s=None,
        safe_pct=80.0,
        devices=((channel, f"d{address}"),),
    )


class Street(msgspec.Struct):
    """A bus, what is behind its address, and what came of it."""

    bus: FieldBus
    units: TcpUnits
    sink: Sink


@asynccontextmanager
async def running(*specs: UnitSpec) -> AsyncIterator[Street]:
    async with tcp_units() as units:
        sink = Sink()
        spec = TcpBus(id="b", host="127.0.0.1", port=units.port, timeout_s=0.03)
        bus = FieldBus(spec, specs, now=time.monotonic, sink=sink)
        task = asyncio.create_task(bus.run())
        try:
            yield Street(bus, units, sink)
            assert not task.done()
        finally:
            task.cancel()
            await asyncio.wait([task])


async def test_units_are_read_and_a_lamp_is_written() -> None:
    async with running(unit(1, LAMP), unit(2), unit(255)) as street:
        street.bus.set_level("d1", 40)
        assert await street.bus.flush(PATIENCE_S)
        await street.sink.until(lambda: len(street.sink.readings) == 9)
        assert [street.sink.readings[f"d2/sample/{name}"].value for name in "abcd"] == [0, 1, 2, 3]
        assert street.sink.readings["d255/sample/d"].value == 3
        assert street.sink.levels == [("d1", 40)]
        writes = [request for request in street.units.requests if request[7] == 6]
        assert {request[6:] for request in writes} == {bytes.fromhex("01 06 0008 0190")}
        stats = street.bus.stats()
        assert (stats.place, stats.link, stats.up) == (f"127.0.0.1:{street.units.port}", None, True)


async def test_a_value_that_stays_is_renewed_and_one_that_changes_is_told() -> None:
    async with running(unit(2)) as street:
        await street.sink.until(lambda: street.sink.counts.get("d2/sample/a", 0) >= 1)
        first = dict(street.sink.readings)
        street.units.script = lambda request: right(request)[:-1] + b"\x63"
        await street.sink.until(lambda: street.sink.readings["d2/sample/d"].value == 0x63)
        assert street.sink.readings["d2/sample/a"].value == first["d2/sample/a"].value
        assert street.sink.readings["d2/sample/a"].mono_s > first["d2/sample/a"].mono_s
        street.units.script = lambda request: framed(told(request)[0], 2, b"\x83\x02")
        await street.sink.until(lambda: street.sink.readings["d2/sample/a"].quality is Quality.BAD)
        street.units.script = lambda request: right(request)[:-1] + b"\x63"
        await street.sink.until(lambda: street.sink.readings["d2/sample/a"].quality is Quality.GOOD)
        assert street.sink.readings["d2/sample/d"].value == 0x63


async def test_a_silent_unit_behind_an_address_harms_no_other() -> None:
    async with running(unit(1), unit(2)) as street:
        street.units.script = lambda request: right(request) if request[6] == 2 else None
        await street.sink.until(lambda: street.sink.events == ["unit_silent u1"])
        assert {state.id: state.state for state in street.bus.unit_states()} == {"u1": "silent", "u2": "ok"}
        assert street.sink.readings["d1/sample/a"].quality is Quality.BAD
        assert street.sink.readings["d2/sample/a"].quality is Quality.GOOD
        street.units.script = right
        await street.sink.until(lambda: street.sink.events == ["unit_silent u1", "unit_back u1"])
        await street.sink.until(lambda: street.sink.readings["d1/sample/a"].quality is Quality.GOOD)
        assert len(street.units.connections) == 1


async def test_an_address_that_goes_makes_all_bad_and_comes_back_by_itself() -> None:
    async with running(unit(1, LAMP), unit(2)) as street:
        street.bus.set_level("d1", 40)
        assert await street.bus.flush(PATIENCE_S)
        await street.sink.until(lambda: len(street.sink.readings) == 5)
        await street.units.deaf()
        await street.sink.until(lambda: street.sink.events == ["link_lost"])
        assert {reading.quality for reading in street.sink.readings.values()} == {Quality.BAD}
        assert not street.bus.stats().up
        street.bus.set_level("d1", 55)
        street.units.requests.clear()
        await street.units.listen()
        assert await street.bus.flush(PATIENCE_S)
        assert street.sink.events == ["link_lost", "link_up"]
        assert street.units.requests[0][6:] == bytes.fromhex("01 06 0008 0226")
        await street.sink.until(lambda: street.sink.readings["d2/sample/a"].quality is Quality.GOOD)


async def test_bytes_that_are_no_frames_are_a_lost_link_and_never_values() -> None:
    async with running(unit(2)) as street:
        street.units.script = lambda _: b"HTTP/1.1 400 Bad Request\r\n"
        await street.sink.until(lambda: street.sink.events[:1] == ["link_lost"])
        street.units.script = right
        await street.sink.until(lambda: street.sink.events == ["link_lost", "link_up"])
        await street.sink.until(lambda: street.sink.readings["d2/sample/a"].quality is Quality.GOOD)
        assert [street.sink.readings[f"d2/sample/{name}"].value for name in "abcd"] == [0, 1, 2, 3]


async def test_a_unit_that_is_waited_for_keeps_no_other_from_its_turn() -> None:
    """Where several requests are under way, the others go on while one time-out after the other runs."""
    async with tcp_units() as units:
        units.script = lambda request: right(request) if request[6] != 1 else None
        sink = Sink()
        spec = TcpBus(id="b", host="127.0.0.1", port=units.port, timeout_s=2.0, in_flight=2)
        bus = FieldBus(spec, (unit(1), unit(2, LAMP)), now=time.monotonic, sink=sink)
        task = asyncio.create_task(bus.run())
        await sink.until(lambda: sink.counts.get("d2/lamp/dimming_level", 0) >= 8)
        bus.set_level("d2", 40)
        assert await bus.flush(1.0)
        assert "d1/sample/a" not in sink.readings  # still waited for
        task.cancel()
        await asyncio.wait([task])


async def test_as_many_requests_are_under_way_as_the_other_end_takes_and_one_a_unit() -> None:
    """Four units, three at a time; each answer is for its own question although they come in another order."""
    async with tcp_units() as units:
        held: list[bytes] = []
        most: list[int] = []

        def answer_in_reverse() -> None:
            most.append(len(held))
            units.send(b"".join(right(one) for one in reversed(held)))
            held.clear()

        def hold(request: bytes) -> None:
            if not held:
                asyncio.get_running_loop().call_later(0.01, answer_in_reverse)
            held.append(request)

        units.script = hold
        sink = Sink()
        spec = TcpBus(id="b", host="127.0.0.1", port=units.port, timeout_s=0.2, in_flight=3)
        specs = tuple(
            unit(address, METER.replace("address = 0", f"address = {100 * address}")) for address in range(1, 5)
        )
        bus = FieldBus(spec, specs, now=time.monotonic, sink=sink)
        task = asyncio.create_task(bus.run())
        await sink.until(lambda: all(f"d{address}/sample/a" in sink.readings for address in range(1, 5)))
        await sink.until(lambda: sink.counts["d4/sample/a"] > 3)
        task.cancel()
        await asyncio.wait([task])
        assert max(most) == 3
        for address in range(1, 5):
            reading = sink.readings[f"d{address}/sample/a"]
            assert reading.value == 100 * address
