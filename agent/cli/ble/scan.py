"""`gadelys ble scan`: the beacons that are heard, through BlueZ, without an agent."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from datetime import UTC, datetime

import msgspec

from agent.cli import terminal
from agent.cli.ble.words import how_far, said
from agent.cli.text import Span, clip, line
from agent.cli.trouble import REFUSED, UNREACHABLE, Trouble
from drivers.ble.devices import Heard
from drivers.ble.records import Beacon, Wrong
from drivers.errors import LinkLost


class Row(msgspec.Struct, frozen=True):
    """What was heard, for machines."""

    time: str
    address: str
    rssi_dbm: int | None
    beacon: Beacon | Wrong | None


def scan(adapter: str, *, everybody: bool, as_json: bool, seconds: float | None) -> int:
    """Print what is heard; 1 if nothing was. Trouble if nothing can be heard, and why."""
    try:
        import drivers.ble.bluez  # noqa: F401, PLC0415
    except ImportError:
        raise Trouble("dbus-fast is not installed; install gadelys with its extra ble", UNREACHABLE) from None
    printer = _Printer(everybody=everybody, as_json=as_json)
    try:
        asyncio.run(_scan(adapter, printer, seconds))
    except LinkLost as error:
        raise Trouble(str(error), UNREACHABLE) from None
    return 0 if printer.printed else REFUSED


async def _scan(adapter: str, printer: _Printer, seconds: float | None) -> None:
    from drivers.ble.bluez import Radio  # noqa: PLC0415

    session = asyncio.create_task(Radio(adapter, (), listen=True, sink=printer).session())
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, session.cancel)
    with contextlib.suppress(TimeoutError, asyncio.CancelledError):
        async with asyncio.timeout(seconds):
            await session


class _Printer:
    """A line for each beacon that is new, or says something else than before."""

    def __init__(self, *, everybody: bool, as_json: bool) -> None:
        self.printed = 0
        self._everybody = everybody
        self._as_json = as_json
        self._last: dict[tuple[str, type], object] = {}

    def on_air(self, name: str, fault: str) -> None:
        """Nothing is advertised."""

    def listening(self, fault: str) -> None:
        """What is wrong ends the session."""

    def heard(self, heard: Heard) -> None:
        for beacon in heard.beacons or ((None,) if self._everybody else ()):
            key = (heard.address, type(beacon))
            if key in self._last and self._last[key] == beacon:
                continue
            self._last[key] = beacon
            self.printed += 1
            now = datetime.now(UTC)  # noqa: TID251 - the time of the person who looks
            if self._as_json:
                stamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
                terminal.show_json(msgspec.json.encode(Row(stamp, heard.address, heard.rssi_dbm, beacon)))
                continue
            strength = how_far(beacon or Wrong(""), heard.rssi_dbm)
            what = said(beacon) if beacon is not None else line(Span("no beacon", "dim"))
            head = line(Span(f"{now.astimezone():%H:%M:%S}", "dim"), f"  {heard.address}  {strength:<20}  ")
            terminal.show([clip((*head, *what), terminal.width())])
