"""One exchange over a real loopback socket, and everything that can come instead of the answer."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator

import pytest

from drivers.bus import TcpBus
from drivers.bus.tcp_port import TcpPort
from drivers.errors import BadAnswer, LinkLost, NoAnswer, Refused
from drivers.modbus import pdu
from tcp_units import TcpUnits, framed, right, tcp_units, told

TIMEOUT_S = 0.05
READ = pdu.read(1, 3, 0x0102, 2)
DATA = bytes.fromhex("0102 0103")


@pytest.fixture
async def units() -> AsyncIterator[TcpUnits]:
    async with tcp_units() as made:
        yield made


@pytest.fixture
async def port(units: TcpUnits) -> AsyncIterator[TcpPort]:
    made = TcpPort(TcpBus(id="b", host="127.0.0.1", port=units.port, timeout_s=TIMEOUT_S))
    await made.open()
    yield made
    await made.close()


async def test_a_right_answer_and_what_was_asked(units: TcpUnits, port: TcpPort) -> None:
    assert (await port.exchange(READ, TIMEOUT_S)).data == DATA
    assert (await port.exchange(pdu.write_registers(255, 5, [7, 8]), TIMEOUT_S)).data == b""
    assert units.requests == [
        bytes.fromhex("0001 0000 0006 01 03 0102 0002"),
        bytes.fromhex("0002 0000 000B FF 10 0005 0002 04 0007 0008"),
    ]
    assert port.counts.stray_bytes == 0


async def test_nagle_does_not_hold_requests_back(units: TcpUnits, port: TcpPort) -> None:
    assert port._stream is not None
    assert port._stream._transport is not None
    connection = port._stream._transport.get_extra_info("socket")
    assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize(
    ("unit", "wrong", "said"),
    [
        (2, "03 04 0102 0103", "unit 1, unit 2 answered"),
        (1, "04 04 0102 0103", "function 3, one to 4"),
        (1, "03 03 0102 0103", "byte count says 3, 4 came"),
        (1, "03 02 0102", "expected 6 bytes, 4 came"),
        (1, "03 06 0102 0103 0104", "expected 6 bytes, 8 came"),
        (1, "83 02 00", "function 3, one to 131"),
        (1, "84 02", "function 3, one to 132"),
    ],
)
async def test_what_is_not_the_answer_is_never_believed_and_the_next_one_is(
    units: TcpUnits, port: TcpPort, unit: int, wrong: str, said: str
) -> None:
    units.script = lambda request: framed(told(request)[0], unit, bytes.fromhex(wrong))
    with pytest.raises(BadAnswer, match=said):
        await port.exchange(READ, TIMEOUT_S)
    units.script = right
    assert (await port.exchange(READ, TIMEOUT_S)).data == DATA
    assert len(units.connections) == 1


@pytest.mark.parametrize(
    "request_", [pdu.write_register(1, 5, 7), pdu.write_registers(1, 5, [7, 8]), pdu.write_coils(1, 5, [True, False])]
)
async def test_a_wrong_echo_is_no_acknowledgement(units: TcpUnits, port: TcpPort, request_: pdu.Request) -> None:
    units.script = lambda request: right(request)[:-1] + bytes([right(request)[-1] ^ 1])
    with pytest.raises(BadAnswer, match="expected the echo"):
        await port.exchange(request_, TIMEOUT_S)


async def test_an_exception_is_a_refusal_and_costs_no_time_out(units: TcpUnits, port: TcpPort) -> None:
    units.script = lambda request: framed(told(request)[0], 1, b"\x83\x02")
    began_s = time.monotonic()
    with pytest.raises(Refused, match="exception 2: illegal data address"):
        await port.exchange(READ, TIMEOUT_S)
    assert time.monotonic() - began_s < TIMEOUT_S


async def test_another_transaction_is_no_answer(units: TcpUnits, port: TcpPort) -> None:
    units.script = lambda request: framed(told(request)[0] + 1, 1, b"\x03\x04" + DATA)
    with pytest.raises(NoAnswer, match="within 50 ms"):
        await port.exchange(READ, TIMEOUT_S)
    assert port.counts.stray_bytes == 13


async def test_silence_is_told_after_the_time_out_and_the_connection_stays(units: TcpUnits, port: TcpPort) -> None:
    units.script = lambda _: None
    began_s = time.monotonic()
    with pytest.raises(NoAnswer, match="no answer within 50 ms"):
        await port.exchange(READ, TIMEOUT_S)
    assert time.monotonic() - began_s >= TIMEOUT_S
    units.script = right
    assert (await port.exchange(READ, TIMEOUT_S)).data == DATA
    assert len(units.connections) == 1


async def test_a_late_answer_is_never_taken_for_the_next_one(units: TcpUnits, port: TcpPort) -> None:
    """The first answer comes with the second, before it; each of the 50 reads that follow gives its own registers."""
    late: list[bytes] = []

    def script(request: bytes) -> bytes | None:
        if not late:
            late.append(right(request))
            return None
        first, late[0] = late[0], b""
        return first + right(request)

    units.script = script
    with pytest.raises(NoAnswer):
        await port.exchange(pdu.read(1, 3, 1000, 2), TIMEOUT_S)
    for register in range(50):
        expected = register.to_bytes(2, "big") + (register + 1).to_bytes(2, "big")
        assert (await port.exchange(pdu.read(1, 3, register, 2), TIMEOUT_S)).data == expected
    assert port.counts.stray_bytes == 13


async def test_what_nobody_asked_for_is_dropped_and_counted(units: TcpUnits, port: TcpPort) -> None:
    await port.exchange(READ, TIMEOUT_S)
    units.script = lambda request: framed(1, 1, b"\x03\x04" + bytes(4)) * 2 + right(request) * 3
    assert (await port.exchange(READ, TIMEOUT_S)).data == DATA
    units.script = right
    assert (await port.exchange(READ, TIMEOUT_S)).data == DATA
    assert port.counts.stray_bytes == 4 * 13
    await port.close()
    assert port.counts.stray_bytes == 4 * 13


async def test_an_answer_in_single_bytes_is_one_answer(units: TcpUnits, port: TcpPort) -> None:
    answer = iter(right(bytes.fromhex("0001 0000 0006 01 03 0102 0002")))
    arrived: list[int] = []
    asking = asyncio.create_task(port.exchange(READ, TIMEOUT_S))
    units.script = lambda _: bytes([next(answer)])
    assert port._stream is not None
    take = port._stream.buffer_updated

    def taken(nbytes: int) -> None:
        arrived.append(nbytes)
        take(nbytes)
        if (byte := next(answer, None)) is not None:
            units.send(bytes([byte]))

    port._stream.buffer_updated = taken  # type: ignore[method-assign]
    assert (await asking).data == DATA
    assert arrived == [1] * 13


async def test_half_an_answer_is_none_and_its_other_half_is_not_taken_for_the_next(
    units: TcpUnits, port: TcpPort
) -> None:
    halves: list[bytes] = []

    def script(request: bytes) -> bytes:
        if halves:
            return halves.pop() + right(request)
        halves.append(right(request)[9:])
        return right(request)[:9]

    units.script = script
    with pytest.raises(BadAnswer, match="expected a whole frame, 9 bytes came: 00 01 00 00 00 07 01 03 04"):
        await port.exchange(READ, TIMEOUT_S)
    assert (await port.exchange(pdu.read(1, 3, 9, 1), TIMEOUT_S)).data == b"\x00\x09"
    assert port.counts.stray_bytes == 13


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("0001 0001 0007 01 03 04 0102 0103", "protocol 0, one of 1 came"),
        ("0001 0000 0002 01 03 04 0102 0103", "3 to 254 bytes, its header says 2"),
        ("0001 0000 00FF 01 03 04 0102 0103", "3 to 254 bytes, its header says 255"),
        ("48 54 54 50 2F 31 2E 31", "protocol 0, one of 21584"),  # a web server answers
    ],
)
async def test_bytes_that_are_no_frame_end_the_connection(
    units: TcpUnits, port: TcpPort, wrong: str, said: str
) -> None:
    units.script = lambda _: bytes.fromhex(wrong)
    with pytest.raises(LinkLost, match=rf"127.0.0.1:\d+: expected .*{said}"):
        await port.exchange(READ, TIMEOUT_S)
    with pytest.raises(LinkLost, match=said):
        await port.exchange(READ, TIMEOUT_S)
    units.script = right
    await port.close()
    await port.open()
    assert (await port.exchange(READ, TIMEOUT_S)).data == DATA


async def test_a_connection_that_is_closed_in_the_middle(units: TcpUnits, port: TcpPort) -> None:
    asked = asyncio.Event()

    def script(request: bytes) -> bytes:
        asked.set()
        return right(request)[:8]

    units.script = script
    asking = asyncio.create_task(port.exchange(READ, TIMEOUT_S))
    await asked.wait()
    await units.hang_up()
    with pytest.raises(LinkLost, match="closed by the other end"):
        await asking
    with pytest.raises(LinkLost, match="closed by the other end"):
        await port.exchange(READ, TIMEOUT_S)
    await port.close()
    await port.open()
    units.script = right
    assert (await port.exchange(READ, TIMEOUT_S)).data == DATA


async def test_nobody_there_is_told_with_place_and_reason(units: TcpUnits) -> None:
    await units.deaf()
    port = TcpPort(TcpBus(id="b", host="127.0.0.1", port=units.port, timeout_s=TIMEOUT_S))
    with pytest.raises(LinkLost, match=rf"127.0.0.1:{units.port}: Connection refused"):
        await port.open()
    with pytest.raises(LinkLost, match="not connected"):
        await port.exchange(READ, TIMEOUT_S)
    await port.close()
    await units.listen()
    await port.open()
    assert (await port.exchange(READ, TIMEOUT_S)).data == DATA
    await port.close()


async def test_a_name_that_is_none_is_told() -> None:
    port = TcpPort(TcpBus(id="b", host=f"{'a' * 64}.invalid", port=502, timeout_s=TIMEOUT_S))
    with pytest.raises(LinkLost, match=r"invalid:502: "):
        await port.open()


async def test_transactions_go_on_after_the_last_number(units: TcpUnits, port: TcpPort) -> None:
    port._transaction = 0xFFFE
    for _ in range(3):
        assert (await port.exchange(READ, TIMEOUT_S)).data == DATA
    assert [request[:2].hex() for request in units.requests] == ["ffff", "0000", "0001"]


async def test_use_is_the_time_in_which_an_answer_is_waited_for(port: TcpPort) -> None:
    await port.exchange(READ, TIMEOUT_S)
    assert 0 <= port.use_pct() <= 100


def test_an_address_of_colons_stands_in_brackets() -> None:
    assert TcpBus(id="b", host="::1", port=502, timeout_s=1).place == "[::1]:502"
    assert TcpBus(id="b", host="gateway", port=1502, timeout_s=1).place == "gateway:1502"
