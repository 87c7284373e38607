"""The simulated pins over their socket: levels out, outputs in, clients that come, go and misbehave."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firmware_sim.gpio_socket import PinBoard

DEADLINE_S = 10.0


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[PinBoard]:
    made = PinBoard(tmp_path / "gpio.sock")
    await made.start()
    yield made
    await made.stop()


async def line_of(reader: asyncio.StreamReader) -> bytes:
    return await asyncio.wait_for(reader.readline(), DEADLINE_S)


async def test_a_client_hears_the_levels_and_then_each_change(board: PinBoard) -> None:
    board.set(17, 0)
    board.set(27, 1)
    reader, writer = await asyncio.open_unix_connection(board.path)
    assert [await line_of(reader), await line_of(reader)] == [b"17 0\n", b"27 1\n"]
    board.set(17, 0)
    board.set(17, 1)
    assert await line_of(reader) == b"17 1\n"
    writer.close()


async def test_outputs_come_in(board: PinBoard) -> None:
    heard: asyncio.Queue[tuple[int, int]] = asyncio.Queue(8)
    board.on_output = lambda pin, level: heard.put_nowait((pin, level))
    _, writer = await asyncio.open_unix_connection(board.path)
    writer.write(b"5 1\n6 0\n")
    assert await asyncio.wait_for(heard.get(), DEADLINE_S) == (5, 1)
    assert await asyncio.wait_for(heard.get(), DEADLINE_S) == (6, 0)
    assert board.outputs == {5: 1, 6: 0}
    writer.close()


@pytest.mark.parametrize("line", [b"hello\n", b"17 2\n", b"54 1\n", b"\n", b"\xff\xfe\n", b"1" * 1000, b"17 1"])
async def test_a_client_that_sends_anything_else_is_let_go(board: PinBoard, line: bytes) -> None:
    reader, writer = await asyncio.open_unix_connection(board.path)
    writer.write(line)
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(), DEADLINE_S) == b""
    assert board.outputs == {}
    writer.close()


async def test_clients_come_and_go(board: PinBoard) -> None:
    board.set(17, 1)
    for _ in range(3):
        reader, writer = await asyncio.open_unix_connection(board.path)
        assert await line_of(reader) == b"17 1\n"
        writer.close()
    board.set(17, 0)
    reader, writer = await asyncio.open_unix_connection(board.path)
    assert await line_of(reader) == b"17 0\n"
    writer.close()


async def test_a_socket_left_by_a_dead_run_is_replaced_and_ours_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "gpio.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    board = PinBoard(path)
    board.set(17, 1)
    await board.start()
    reader, writer = await asyncio.open_unix_connection(path)
    assert await line_of(reader) == b"17 1\n"
    await board.stop()
    assert await line_of(reader) == b""
    assert not path.exists()
    writer.close()
    await writer.wait_closed()
