"""What the live view listens to: the agent's status, the street's states; both are connected again by themselves."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from agent.cli.client import find_socket
from agent.cli.top.street import StreetMessage
from agent.local.records import Status

_LOOK_EVERY_S = 0.25
_STATES_EVERY_S = 0.2
_ANSWER_WITHIN_S = 3.0
_FIRST_WAIT_S = 0.1
_LONGEST_WAIT_S = 1.0
_LONGEST_LINE_BYTES = 1 << 20
_MOST_WISHES = 16

Request = dict[str, object]


class _Answer(msgspec.Struct, frozen=True):
    result: Status


async def follow_agent(given: Path | None, said: Callable[[Status], None], gone: Callable[[], None]) -> None:
    """Tell each status of the agent, and when it does not answer; until cancelled."""
    request = b'{"jsonrpc": "2.0", "id": 1, "method": "status"}\n'
    decode = msgspec.json.Decoder(_Answer).decode

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(request)
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                said(decode(await reader.readuntil(b"\n")).result)
            await asyncio.sleep(_LOOK_EVERY_S)

    await _again_and_again(lambda: find_socket(given), talk, gone)


class StreetHand:
    """The simulated street: tells its states, and is asked for people, vehicles, faults."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._wishes: asyncio.Queue[Request] = asyncio.Queue(_MOST_WISHES)

    def ask(self, **request: object) -> None:
        """Ask for something; beyond the most that wait it is dropped."""
        with contextlib.suppress(asyncio.QueueFull):
            self._wishes.put_nowait(request)

    async def follow(self, said: Callable[[StreetMessage], None], gone: Callable[[], None]) -> None:
        """Tell each message of the street, and when it is gone; until cancelled."""
        decode = msgspec.json.Decoder(StreetMessage).decode

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            _send(writer, {"do": "watch", "interval_s": _STATES_EVERY_S})
            asking = asyncio.create_task(self._pass_on(writer))
            try:
                while True:
                    said(decode(await reader.readuntil(b"\n")))
            finally:
                asking.cancel()

        await _again_and_again(lambda: self._path, talk, gone)

    async def _pass_on(self, writer: asyncio.StreamWriter) -> None:
        while True:
            _send(writer, await self._wishes.get())


async def _again_and_again(
    path: Callable[[], Path],
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    gone: Callable[[], None],
) -> None:
    """Connect, talk until that fails, wait (longer each time up to a second), connect again."""
    clock = asyncio.get_running_loop().time
    wait_s = _FIRST_WAIT_S
    while True:
        start_s = clock()
        with contextlib.suppress(OSError, EOFError, TimeoutError, asyncio.LimitOverrunError, msgspec.MsgspecError):
            reader, writer = await asyncio.open_unix_connection(os.fspath(path()), limit=_LONGEST_LINE_BYTES)
            try:
                await talk(reader, writer)
            finally:
                writer.close()
        gone()
        if clock() - start_s > _LONGEST_WAIT_S:  # it did answer
            wait_s = _FIRST_WAIT_S
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, _LONGEST_WAIT_S)


def _send(writer: asyncio.StreamWriter, request: Request) -> None:
    writer.write(json.dumps(request).encode() + b"\n")
