"""The local API's connections: what takes its time holds up nobody, and ends with whoever asked."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from agent.local import protocol, server
from agent.local.methods import Methods
from agent.local.protocol import Fault
from agent.local.server import LocalServer

PATIENCE_S = 10.0


class Slow:
    """Methods of which `slow` ends when a test says so."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.under_way = 0
        self.ended = asyncio.Event()

    def call(self, request: protocol.Request) -> object:
        return self._slow(request.method) if request.method.startswith("slow") else request.method

    async def _slow(self, method: str) -> str:
        self.under_way += 1
        try:
            await self.go.wait()
        finally:
            self.under_way -= 1
            self.ended.set()
        if method == "slow-refused":
            raise Fault(protocol.REFUSED, "not today")
        if method == "slow-wrong":
            raise RuntimeError("a bug")
        return method


class Wire:
    """One client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    def send(self, number: int | None, method: str) -> None:
        request = {"jsonrpc": "2.0", "method": method} | ({} if number is None else {"id": number})
        self.writer.write(json.dumps(request).encode() + b"\n")

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            answer: dict[str, Any] = json.loads(await self._reader.readline() or b"{}")
            return answer


async def connected(path: Path) -> Wire:
    """Connect as soon as somebody listens."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                return Wire(*await asyncio.open_unix_connection(path))
            except ConnectionRefusedError:
                await asyncio.sleep(0)


@pytest.fixture
def methods() -> Slow:
    return Slow()


@pytest.fixture
async def wire(tmp_path: Path, methods: Slow) -> AsyncIterator[Wire]:
    local = LocalServer(tmp_path / "api.sock", cast("Methods", methods))
    local.open()
    running = asyncio.create_task(local.run())
    client = await connected(tmp_path / "api.sock")
    yield client
    client.writer.close()
    await client.writer.wait_closed()
    running.cancel()
    others = asyncio.all_tasks() - {cast("asyncio.Task[None]", asyncio.current_task())}
    await asyncio.gather(*others, return_exceptions=True)  # connections close their sockets themselves


async def test_what_takes_its_time_is_answered_when_it_has_ended(wire: Wire, methods: Slow) -> None:
    wire.send(1, "slow")
    wire.send(2, "quick")
    assert (await wire.receive())["id"] == 2
    methods.go.set()
    assert await wire.receive() == {"jsonrpc": "2.0", "id": 1, "result": "slow"}


async def test_it_can_be_refused_late(wire: Wire, methods: Slow) -> None:
    methods.go.set()
    wire.send(1, "slow-refused")
    assert (await wire.receive())["error"] == {"code": protocol.REFUSED, "message": "not today"}


async def test_without_an_id_nothing_is_answered(wire: Wire, methods: Slow) -> None:
    methods.go.set()
    wire.send(None, "slow")
    wire.send(2, "slow")
    assert (await wire.receive())["id"] == 2


async def test_who_goes_away_is_not_worked_for(wire: Wire, methods: Slow) -> None:
    wire.send(1, "slow")
    wire.send(2, "quick")
    await wire.receive()
    assert methods.under_way == 1
    wire.writer.close()
    async with asyncio.timeout(PATIENCE_S):
        await methods.ended.wait()
    assert methods.under_way == 0


async def test_so_many_at_a_time_and_no_more(wire: Wire, methods: Slow) -> None:
    for number in range(server._MOST_UNDER_WAY + 1):
        wire.send(number, "slow")
    refused = await wire.receive()
    assert (refused["id"], refused["error"]["code"]) == (server._MOST_UNDER_WAY, protocol.TOO_MANY)
    methods.go.set()
    answered = [(await wire.receive())["id"] for _ in range(server._MOST_UNDER_WAY)]
    assert sorted(answered) == list(range(server._MOST_UNDER_WAY))
    wire.send(99, "slow")
    assert (await wire.receive())["id"] == 99


async def test_a_bug_ends_the_connection_and_is_told(wire: Wire, methods: Slow) -> None:
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context))
    methods.go.set()
    wire.send(1, "slow-wrong")
    assert await wire.receive() == {}
    assert methods.under_way == 0
    await asyncio.sleep(0)
    gc.collect()
    assert [str(context["exception"]) for context in told] == ["a bug"]
