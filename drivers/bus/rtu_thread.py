"""An RTU line's port as the event loop sees it: what blocks is done in a thread of the line's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

from drivers.bus.port import Answer, LineCounts
from drivers.bus.recorder import Recorder
from drivers.bus.records import Link, RtuBus, RtuTcpBus
from drivers.bus.rtu_port import RtuPort
from drivers.modbus.pdu import Request

_Arguments = TypeVarTuple("_Arguments")
_Result = TypeVar("_Result")


class RtuThread:
    """A port by the interface of `Port`, on a serial device or a device server. The thread lives from `open` to `close`."""

    def __init__(self, spec: RtuBus | RtuTcpBus) -> None:
        self._name = f"bus-{spec.id}"
        self._port = RtuPort(spec)
        self._thread: ThreadPoolExecutor | None = None

    @property
    def counts(self) -> LineCounts:
        """What came that nobody asked for."""
        return self._port.counts

    @property
    def recorder(self) -> Recorder:
        """The last of what went and came."""
        return self._port.recorder

    async def open(self) -> None:
        """Open the port. LinkLost if it is not there or not ours."""
        self._thread = self._thread or ThreadPoolExecutor(max_workers=1, thread_name_prefix=self._name)
        await self._in_thread(self._port.open)

    async def close(self) -> None:
        """Close the port, when an exchange that is under way has ended, and end the thread."""
        if self._thread is None:
            return
        try:
            await self._in_thread(self._port.close)
        finally:
            self._thread.shutdown()
            self._thread = None

    async def exchange(self, request: Request, timeout_s: float, link: Link | None = None) -> Answer:
        """As `RtuPort.exchange`. NoAnswer, BadAnswer, Refused, LinkLost; ValueError if the port has no such link."""
        return await self._in_thread(self._port.exchange, request, timeout_s, link)

    def use_pct(self) -> float:
        """Return the share of the last 10 whole seconds in which characters were on the line."""
        return self._port.use_pct()

    async def _in_thread(self, call: Callable[[*_Arguments], _Result], *arguments: *_Arguments) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, *arguments)
