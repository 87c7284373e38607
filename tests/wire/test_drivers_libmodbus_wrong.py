"""Our ports against a libmodbus server that misbehaves at some registers: never a wrong value, and then the right one."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from drivers.bus.port import Port
from drivers.bus.records import Link, RtuBus, TcpBus
from drivers.bus.rtu_thread import RtuThread
from drivers.bus.tcp_port import TcpPort
from drivers.errors import BadAnswer, LinkLost, NoAnswer, Refused, WireError
from drivers.modbus import pdu

SOURCE = Path(__file__).with_name("libmodbus_wrong_server.c")
UNIT = 17
TIMEOUT_S = 0.1
GOOD = 100
WAYS = ("rtu", "tcp")

WRONG: dict[int, type[WireError] | tuple[type[WireError], ...]] = {
    200: BadAnswer,  # another unit
    201: BadAnswer,  # another function
    202: NoAnswer,  # half a second late
    204: BadAnswer,  # too short
    205: BadAnswer,  # too long
    206: Refused,
    207: (BadAnswer, NoAnswer),  # CRC; over TCP another transaction, which is no answer at all
    208: BadAnswer,  # byte count
    209: NoAnswer,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None or subprocess.run(["pkg-config", "--exists", "libmodbus"], check=False).returncode:
        pytest.skip("no C compiler or no libmodbus (Debian: libmodbus-dev)")
    made = tmp_path_factory.mktemp("libmodbus") / "wrong"
    subprocess.run([compiler, "-Wall", "-Wextra", "-o", made, SOURCE, "-lmodbus"], check=True)
    return made


@contextmanager
def _served(*words: object) -> Iterator[str]:
    with subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


@asynccontextmanager
async def opened(way: str, server: Path, folder: Path) -> AsyncIterator[Port]:
    link = folder / "tty"
    words = ("rtu", UNIT, link) if way == "rtu" else ("tcp", UNIT)
    with _served(server, *words) as said:
        port: Port
        if way == "rtu":
            assert said == "ready"
            port = RtuThread(RtuBus(id="b", port=link, link=Link(115200), timeout_s=TIMEOUT_S))
        else:
            port = TcpPort(TcpBus(id="b", host="127.0.0.1", port=int(said), timeout_s=TIMEOUT_S))
        await port.open()
        try:
            yield port
        finally:
            await port.close()


async def value(port: Port, register: int) -> int:
    answer = await port.exchange(pdu.read(UNIT, 3, register, 1), TIMEOUT_S)
    return int.from_bytes(answer.data, "big")


async def tries(port: Port, register: int) -> int:
    """Return how many tries a register takes until it is read; a connection that is lost is made anew."""
    for number in range(1, 20):
        try:
            assert await value(port, register) == 1000 + register
        except LinkLost:
            await port.close()
            await port.open()
        except WireError:
            continue
        else:
            return number
    raise AssertionError("it is never read again")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("register", WRONG)
async def test_what_is_wrong_is_named_and_the_next_value_is_right(
    server: Path, tmp_path: Path, way: str, register: int
) -> None:
    async with opened(way, server, tmp_path) as port:
        assert await value(port, GOOD) == 1000 + GOOD
        with pytest.raises(WRONG[register]):
            await value(port, register)
        assert await tries(port, GOOD) <= 8


@pytest.mark.parametrize("way", WAYS)
async def test_gaps_inside_an_answer_and_a_second_copy_of_it_are_borne(server: Path, tmp_path: Path, way: str) -> None:
    async with opened(way, server, tmp_path) as port:
        assert await value(port, 203) == 1203
        assert await value(port, 210) == 1210
        assert await tries(port, GOOD) <= 3


@pytest.mark.parametrize("way", WAYS)
async def test_in_any_order_no_register_is_given_the_value_of_another(server: Path, tmp_path: Path, way: str) -> None:
    chance = random.Random(4)
    quick = [register for register in (*WRONG, 203, 210) if register != 202]
    async with opened(way, server, tmp_path) as port:
        read = 0
        for _ in range(60):
            register = chance.choice([*quick, *range(90, 100)])
            try:
                assert await value(port, register) == 1000 + register
                read += 1
            except LinkLost:
                await port.close()
                await port.open()
            except WireError:
                continue
        assert read >= 15
