"""`gadelys ble scan`: the beacons around, through BlueZ, without an agent."""

from __future__ import annotations

import asyncio
import contextlib
import signal

import msgspec

from agent.cli import terminal
from agent.cli.ble.sightings import Sightings
from agent.cli.trouble import REFUSED, UNREACHABLE, Trouble
from agent.remedies import missing
from drivers.ble.devices import Heard
from drivers.ble.records import Beacon, Wrong
from drivers.errors import LinkLost

_EVERY_S = 0.5  # the list is drawn anew
_NOT_INSTALLED = f"ble: {missing('ble')}"


def scan(adapter: str, seconds: float | None, *, everybody: bool, as_json: bool) -> int:
    """Listen and print the beacons that are heard; 1 if none was. Trouble if there is no way to listen."""
    try:
        return 0 if asyncio.run(_scan(adapter, seconds, _Ear(everybody=everybody, as_json=as_json))) else REFUSED
    except ImportError:
        raise Trouble(_NOT_INSTALLED, UNREACHABLE) from None
    except LinkLost as error:
        raise Trouble(f"ble: {error}", UNREACHABLE) from None


async def _scan(adapter: str, seconds: float | None, ear: _Ear) -> int:
    from drivers.ble.bluez import Radio  # noqa: PLC0415 - an extra

    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGINT, ended.set)
    session = asyncio.create_task(Radio(adapter, (), listen=True, sink=ear).session())
    drawing = asyncio.create_task(ear.draw()) if ear.moves else None
    waiting = asyncio.create_task(ended.wait())
    await asyncio.wait([session, waiting], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    failed = session.done()
    for task in (session, waiting, drawing):
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, *(() if failed else (LinkLost,))):
                await task
    ear.end()
    return len(ear.sightings)


class _Ear:
    """Keeps what is heard, and prints it: each advert of a beacon as JSON, or the list, on a terminal again and again."""

    def __init__(self, *, everybody: bool, as_json: bool) -> None:
        self.sightings = Sightings()
        self.moves = terminal.moves() and not as_json
        self._everybody = everybody
        self._as_json = as_json
        self._drawn = 0

    def on_air(self, name: str, fault: str) -> None: ...

    def listening(self, fault: str) -> None: ...

    def heard(self, heard: Heard) -> None:
        self.sightings.take(heard)
        if self._as_json:
            said: list[Beacon | None] = [one for one in heard.beacons if not isinstance(one, Wrong)]
            for beacon in said or ([None] if self._everybody else []):
                row = {"address": heard.address, "rssi_dbm": heard.rssi_dbm, "beacon": beacon}
                terminal.show_json(msgspec.json.encode(row))

    async def draw(self) -> None:
        while True:
            self._show()
            await asyncio.sleep(_EVERY_S)

    def end(self) -> None:
        """Print the list as it is at the end."""
        if not self._as_json:
            self._show()

    def _show(self) -> None:
        lines = list(self.sightings.page(terminal.width(), everybody=self._everybody))
        lines = lines[: terminal.height() - 1] if self.moves else lines
        if self._drawn:
            terminal.write(f"\r\x1b[{self._drawn}A\x1b[J")
        self._drawn = len(lines) if self.moves else 0
        terminal.show(lines)
