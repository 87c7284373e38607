"""What the radio tells, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from drivers.ble.bluez import Broadcast, Radio
from drivers.ble.devices import Heard
from private_bus import PrivateBus


class Told:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.news: asyncio.Queue[tuple[str, str] | Heard] = asyncio.Queue()

    def on_air(self, name: str, fault: str) -> None:
        self.news.put_nowait((name, fault))

    def listening(self, fault: str) -> None:
        self.news.put_nowait(("listening", fault))

    def heard(self, heard: Heard) -> None:
        self.news.put_nowait(heard)

    async def next(self) -> tuple[str, str] | Heard:
        async with asyncio.timeout(10):
            return await self.news.get()


@asynccontextmanager
async def running(bus: PrivateBus, broadcasts: tuple[Broadcast, ...], *, listen: bool = False) -> AsyncIterator[Told]:
    """The radio on a bus, and what it tells; it ends when it is cancelled, and by nothing else."""
    told = Told()
    task = asyncio.create_task(Radio("hci0", broadcasts, listen=listen, sink=told, address=bus.address).run())
    try:
        yield told
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
