"""Simulated units behind TCP ports: Modbus TCP with its faults, and RTU frames as a serial device server hands them on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from firmware_sim import modbus
from firmware_sim.faults import Faults
from firmware_sim.tcp import HOST, DeviceServer, TcpUnits
from firmware_sim.units import PRODUCTS, JxctLux
from firmware_sim.units.dali_gateways import Arlight
from firmware_sim.wire import Wire

DEADLINE_S = 10.0
ASK = bytes.fromhex("0001 0000 0006 01 03 0000 0002")
TOLD = bytes.fromhex("0001 0000 0007 01 03 04 0084 0084")


@pytest.fixture
async def gateway() -> AsyncIterator[TcpUnits]:
    served = TcpUnits([Arlight(1), PRODUCTS["pzem-016"].make(2)])
    await served.start()
    yield served
    await served.stop()


@pytest.fixture
async def server() -> AsyncIterator[DeviceServer]:
    head = JxctLux(1)
    head.lux = 132854
    served = DeviceServer(Wire(115200, 10, [head]))
    await served.start()
    yield served
    await served.stop()


async def asked(port: int, request: bytes, size: int) -> bytes:
    """What comes back, up to so many bytes or the end."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(request)
        async with asyncio.timeout(DEADLINE_S):
            try:
                return await reader.readexactly(size)
            except asyncio.IncompleteReadError as ended:
                return ended.partial
    finally:
        writer.close()


async def test_a_request_and_its_transaction(gateway: TcpUnits) -> None:
    assert await asked(gateway.port, ASK, len(TOLD)) == TOLD
    other = bytes.fromhex("BEEF") + ASK[2:]
    assert await asked(gateway.port, other, len(TOLD)) == bytes.fromhex("BEEF") + TOLD[2:]


async def test_several_requests_are_answered_in_their_order(gateway: TcpUnits) -> None:
    second = bytes.fromhex("0002 0000 0006 02 04 0000 0001")
    answers = await asked(gateway.port, ASK + second, len(TOLD) + 11)
    assert answers[: len(TOLD)] == TOLD
    assert answers[len(TOLD) :][:9] == bytes.fromhex("0002 0000 0005 02 04 02")


async def test_a_unit_that_is_not_there(gateway: TcpUnits) -> None:
    assert await asked(gateway.port, bytes.fromhex("0001 0000 0006 09 03 0000 0002"), 9) == bytes.fromhex(
        "0001 0000 0003 09 83 0B"
    )


@pytest.mark.parametrize("junk", ["0001 0001 0006 01 03 0000 0002", "0001 0000 0001 01", "0001 0000 FFFF 01 03"])
async def test_what_is_no_modbus_ends_the_connection(gateway: TcpUnits, junk: str) -> None:
    assert await asked(gateway.port, bytes.fromhex(junk) + bytes(300), 1) == b""
    assert await asked(gateway.port, ASK, len(TOLD)) == TOLD


async def test_faults_over_tcp(gateway: TcpUnits) -> None:
    gateway.suffer(Faults(wrong_unit=1.0))
    assert await asked(gateway.port, ASK, len(TOLD)) == TOLD[:6] + b"\x02" + TOLD[7:]
    gateway.suffer(Faults(drop=1.0))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await asked(gateway.port, ASK, len(TOLD))
    gateway.suffer(Faults())
    assert await asked(gateway.port, ASK, len(TOLD)) == TOLD


RTU_ASK = modbus.seal(1, bytes.fromhex("0300070002"))
RTU_TOLD = bytes.fromhex("01 03 04 00 02 06 F6 D8 15")


async def test_a_frame_through_a_device_server(server: DeviceServer) -> None:
    assert await asked(server.port, RTU_ASK, len(RTU_TOLD)) == RTU_TOLD


async def test_a_new_client_takes_the_place_of_the_old(server: DeviceServer) -> None:
    reader, writer = await asyncio.open_connection(HOST, server.port)
    writer.write(RTU_ASK)
    assert await reader.readexactly(len(RTU_TOLD)) == RTU_TOLD
    assert await asked(server.port, RTU_ASK, len(RTU_TOLD)) == RTU_TOLD
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    writer.close()


async def test_a_babbling_wire_behind_a_device_server(server: DeviceServer) -> None:
    reader, writer = await asyncio.open_connection(HOST, server.port)
    writer.write(RTU_ASK)
    await reader.readexactly(len(RTU_TOLD))
    server.suffer(Faults(babble=True))
    async with asyncio.timeout(DEADLINE_S):
        assert len(await reader.readexactly(64)) == 64
    server.suffer(Faults())
    writer.close()
