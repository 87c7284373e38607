"""Our ports against pymodbus's servers, whose packets are spoilt on their way: junk before and behind, cut, another unit."""

from __future__ import annotations

import asyncio
import os
import random
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from drivers.bus.port import Port
from drivers.bus.records import Link, RtuBus, TcpBus
from drivers.bus.rtu_thread import RtuThread
from drivers.bus.tcp_port import TcpPort
from drivers.errors import LinkLost, WireError
from drivers.modbus import pdu

UNIT = 3
TIMEOUT_S = 0.15
REGISTERS = 60
SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda sent: sent,
    "junk before": lambda sent: b"\x00\xff\x55" + sent,
    "junk behind": lambda sent: sent + b"\xaa\x55",
    "cut": lambda sent: sent[:-3],
    "another unit": lambda sent: sent.replace(bytes([UNIT, 3]), bytes([UNIT + 1, 3]), 1),
    "a bit": lambda sent: sent[:-1] + bytes([sent[-1] ^ 1]),
    "twice": lambda sent: sent + sent,
    "silence": lambda _: b"",
}


class Spoiler:
    """Spoils what the server sends, as it is told."""

    def __init__(self) -> None:
        self.how = "nothing"

    def __call__(self, sending: bool, data: bytes) -> bytes:
        return SPOILT[self.how](data) if sending and data else data


def device() -> SimDevice:
    return SimDevice(
        UNIT, simdata=[SimData(0, values=[500 + n for n in range(REGISTERS)], datatype=DataType.REGISTERS)]
    )


@asynccontextmanager
async def opened(way: str, folder: Path, spoiler: Spoiler) -> AsyncIterator[Port]:
    port: Port
    ends: list[int] = []
    server: ModbusTcpServer | ModbusSerialServer
    if way == "tcp":
        server = ModbusTcpServer(device(), address=("127.0.0.1", 0), trace_packet=spoiler)
        await server.listen()
        assert server.transport is not None
        at = server.transport.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        port = TcpPort(TcpBus(id="b", host="127.0.0.1", port=at, timeout_s=TIMEOUT_S))
    else:
        near, far, path = *_joined(ends), folder / "tty"
        path.symlink_to(os.ttyname(near))
        server = ModbusSerialServer(device(), port=os.ttyname(far), baudrate=115200, trace_packet=spoiler)
        await server.listen()
        port = RtuThread(RtuBus(id="b", port=path, link=Link(115200), timeout_s=TIMEOUT_S))
    await port.open()
    try:
        yield port
    finally:
        await port.close()
        await server.shutdown()  # type: ignore[no-untyped-call]
        for end in ends:
            os.close(end)


def _joined(ends: list[int]) -> tuple[int, int]:
    """Join two ptys: what comes on one goes out on the other. Return their near ends; `ends` gets all."""
    loop = asyncio.get_running_loop()
    pairs = [os.openpty(), os.openpty()]
    for _, slave in pairs:
        tty.setraw(slave)
    (one, _), (other, _) = pairs
    loop.add_reader(one, _hand_on, one, other)
    loop.add_reader(other, _hand_on, other, one)
    ends += [end for pair in pairs for end in pair]
    return pairs[0][1], pairs[1][1]


def _hand_on(source: int, target: int) -> None:
    os.write(target, os.read(source, 512))


async def value(port: Port, register: int) -> int:
    answer = await port.exchange(pdu.read(UNIT, 3, register, 2), TIMEOUT_S)
    assert answer.data[2:] == (501 + register).to_bytes(2, "big")
    return int.from_bytes(answer.data[:2], "big")


@pytest.mark.parametrize("way", ["rtu", "tcp"])
async def test_no_spoilt_packet_gives_a_register_the_value_of_another(tmp_path: Path, way: str) -> None:
    chance, spoiler, read = random.Random(8), Spoiler(), 0
    faults = sorted(set(SPOILT) - ({"a bit"} if way == "tcp" else set()))  # TCP has a checksum of its own, not Modbus
    async with opened(way, tmp_path, spoiler) as port:
        for number in range(60):
            spoiler.how = "nothing" if number % 3 == 0 or number >= 50 else chance.choice(faults)
            register = chance.randrange(REGISTERS - 2)
            try:
                assert await value(port, register) == 500 + register
                read += 1
            except LinkLost:
                await port.close()
                await port.open()
            except WireError:
                continue
        assert read >= 20
