"""The ports against another implementation's units: libmodbus, compiled here."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from drivers.bus.records import Link, RtuBus, TcpBus
from drivers.bus.rtu_port import RtuPort
from drivers.bus.tcp_port import TcpPort
from drivers.errors import NoAnswer, Refused
from drivers.modbus import pdu

SOURCE = Path(__file__).with_name("libmodbus_server.c")
TCP_SOURCE = Path(__file__).with_name("libmodbus_tcp_server.c")
UNIT = 17
TIMEOUT_S = 0.5


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(SOURCE, tmp_path_factory)


@pytest.fixture(scope="module")
def tcp_server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(TCP_SOURCE, tmp_path_factory)


def compiled(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler: install gcc")
    made = tmp_path_factory.mktemp("libmodbus") / "server"
    done = subprocess.run(
        [compiler, "-Wall", "-O1", "-o", made, source, "-lmodbus"], capture_output=True, text=True, check=False
    )
    if "modbus/modbus.h" in done.stderr or "-lmodbus" in done.stderr:
        pytest.skip("no libmodbus: install libmodbus-dev")
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def port(server: Path, tmp_path: Path) -> Iterator[RtuPort]:
    link = tmp_path / "tty"
    with subprocess.Popen([server, str(UNIT), link], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        made = RtuPort(RtuBus(id="b", port=link, link=Link(115200, "none", 1), timeout_s=TIMEOUT_S))
        made.open()
        yield made
        made.close()
        process.kill()


def words(*values: int) -> bytes:
    return b"".join(value.to_bytes(2, "big") for value in values)


def test_registers_are_read(port: RtuPort) -> None:
    assert port.exchange(pdu.read(UNIT, 3, 10, 3), TIMEOUT_S).data == words(1010, 1011, 1012)
    assert port.exchange(pdu.read(UNIT, 4, 0, 125), TIMEOUT_S).data == words(*range(2000, 2125))


def test_inputs_are_read(port: RtuPort) -> None:
    assert port.exchange(pdu.read(UNIT, 2, 0, 10), TIMEOUT_S).data == bytes([0b01001001, 0b10])


def test_registers_are_written(port: RtuPort) -> None:
    port.exchange(pdu.write_register(UNIT, 5, 0xBEEF), TIMEOUT_S)
    port.exchange(pdu.write_registers(UNIT, 6, list(range(123))), TIMEOUT_S)
    assert port.exchange(pdu.read(UNIT, 3, 5, 3), TIMEOUT_S).data == words(0xBEEF, 0, 1)
    assert port.exchange(pdu.read(UNIT, 3, 128, 1), TIMEOUT_S).data == words(122)


def test_coils_are_written(port: RtuPort) -> None:
    port.exchange(pdu.write_coil(UNIT, 0, on=True), TIMEOUT_S)
    port.exchange(pdu.write_coils(UNIT, 3, [True, False, True, True, False, True, True]), TIMEOUT_S)
    assert port.exchange(pdu.read(UNIT, 1, 0, 10), TIMEOUT_S).data == bytes([0b01101001, 0b11])


def test_what_it_does_not_have_is_refused(port: RtuPort) -> None:
    with pytest.raises(Refused, match="illegal data address"):
        port.exchange(pdu.read(UNIT, 3, 250, 10), TIMEOUT_S)
    assert port.exchange(pdu.read(UNIT, 3, 0, 1), TIMEOUT_S).data == words(1000)


def test_another_unit_is_silent_and_the_next_answer_is_the_right_one(port: RtuPort) -> None:
    with pytest.raises(NoAnswer):
        port.exchange(pdu.read(UNIT + 1, 3, 0, 1), TIMEOUT_S)
    assert port.exchange(pdu.read(UNIT, 3, 0, 1), TIMEOUT_S).data == words(1000)


def test_a_thousand_transactions_without_a_stray_byte(port: RtuPort) -> None:
    for number in range(1000):
        address = number % 200
        assert port.exchange(pdu.read(UNIT, 4, address, 2), TIMEOUT_S).data == words(2000 + address, 2001 + address)
    assert port.counts.stray_bytes == 0


@pytest.fixture
def address(tcp_server: Path) -> Iterator[int]:
    """The TCP port of three units."""
    with subprocess.Popen([tcp_server, "3"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.kill()


@pytest.fixture
async def tcp_port(address: int) -> AsyncIterator[TcpPort]:
    made = TcpPort(TcpBus(id="b", host="127.0.0.1", port=address, timeout_s=TIMEOUT_S))
    await made.open()
    yield made
    await made.close()


async def test_units_behind_one_address_are_read_and_written(tcp_port: TcpPort) -> None:
    for unit in (1, 2, 3):
        assert (await tcp_port.exchange(pdu.read(unit, 3, 10, 3), TIMEOUT_S)).data == words(1010, 1011, 1012)
        await tcp_port.exchange(pdu.write_register(unit, 10, unit), TIMEOUT_S)
        await tcp_port.exchange(pdu.write_registers(unit, 11, [unit] * 100), TIMEOUT_S)
        await tcp_port.exchange(pdu.write_coil(unit, 0, on=True), TIMEOUT_S)
        await tcp_port.exchange(pdu.write_coils(unit, 3, [True, False, True]), TIMEOUT_S)
    for unit in (1, 2, 3):
        assert (await tcp_port.exchange(pdu.read(unit, 3, 10, 101), TIMEOUT_S)).data == words(*[unit] * 101)
        assert (await tcp_port.exchange(pdu.read(unit, 1, 0, 8), TIMEOUT_S)).data == b"\x29"
        assert (await tcp_port.exchange(pdu.read(unit, 2, 0, 8), TIMEOUT_S)).data == b"\x00"


async def test_what_there_is_not_behind_an_address_is_refused(tcp_port: TcpPort) -> None:
    with pytest.raises(Refused, match="exception 2: illegal data address"):
        await tcp_port.exchange(pdu.read(1, 4, 120, 10), TIMEOUT_S)
    with pytest.raises(Refused, match="exception 11: gateway target did not answer"):
        await tcp_port.exchange(pdu.read(4, 3, 0, 1), TIMEOUT_S)
    assert (await tcp_port.exchange(pdu.read(2, 4, 0, 1), TIMEOUT_S)).data == words(0)


async def test_a_thousand_transactions_over_tcp_without_a_stray_byte(tcp_port: TcpPort) -> None:
    for number in range(1000):
        address = number % 100
        assert (await tcp_port.exchange(pdu.read(1 + number % 3, 3, address, 2), TIMEOUT_S)).data == words(
            1000 + address, 1001 + address
        )
    assert tcp_port.counts.stray_bytes == 0
