"""The command `firmware-sim instrument`: one serial instrument on a pty, and the hand that makes trouble there."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from firmware_sim.cabinet import UnitsError
from firmware_sim.faults import read_faults
from firmware_sim.instruments import INSTRUMENTS, Instrument
from firmware_sim.instruments.nmea import Gnss
from firmware_sim.instruments.values import put, values
from firmware_sim.json_socket import JsonSocket, Wrong, text_of
from firmware_sim.serial_stream import SerialStream
from firmware_sim.tty_end import TtyEnd

DEEDS = ("values", "set", "faults", "pull", "plug")
OF_LINES = ("wrong_unit", "wrong_function", "wrong_length", "echo", "foreign_per_s")

EXAMPLES = """examples:
  firmware-sim instrument ld2410 --dir /tmp/radar --set moving_m=2.5
  firmware-sim tell --dir /tmp/radar set value=moving_m to=null
  firmware-sim tell --dir /tmp/radar set value=alive to=false
  firmware-sim tell --dir /tmp/radar faults corrupt=0.1 noise_per_s=5
  firmware-sim tell --dir /tmp/radar faults babble=true
  firmware-sim tell --dir /tmp/radar pull
  firmware-sim instrument ld2451 --dir /tmp/road --set 'vehicles=[[60, 13.9], [20, -8]]'
"""


def add_instrument_arguments(parser: argparse.ArgumentParser) -> None:
    """What `firmware-sim instrument` is told."""
    parser.add_argument("model", choices=sorted(INSTRUMENTS), help="which instrument")
    parser.add_argument("--dir", type=Path, required=True, help="where `port` (a pty) and `line.sock` are made")
    parser.add_argument("--seed", type=int, default=1, help="for faults that are told no seed of their own (default 1)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="what it sees; may be repeated"
    )


def run_instrument(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C. UnitsError, OSError."""
    instrument = INSTRUMENTS[arguments.model]()
    begin_s = time.monotonic()
    if isinstance(instrument, Gnss):
        instrument.set_time(datetime.now(UTC), 0.0)  # noqa: TID251 - satellites know it
    for pair in arguments.set:
        name, equals, text = pair.partition("=")
        if not equals:
            raise UnitsError(f"--set: expected NAME=VALUE, found {pair!r}")
        try:
            put(instrument, name, _value(text))
        except ValueError as wrong:
            raise UnitsError(f"--set: {wrong}") from None
    return asyncio.run(_serve(arguments, instrument, lambda: time.monotonic() - begin_s))


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


async def _serve(arguments: argparse.Namespace, instrument: Instrument, clock: Callable[[], float]) -> int:
    folder: Path = arguments.dir
    folder.mkdir(parents=True, exist_ok=True)
    end = TtyEnd(folder / "port", SerialStream(instrument), clock)
    hand = InstrumentSocket(folder / "line.sock", instrument, end, arguments.seed)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        end.start()
        await hand.start()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await stop.wait()
    finally:
        await hand.stop()
        await asyncio.to_thread(end.stop)
    return 0


class InstrumentSocket(JsonSocket):
    """Serves one instrument."""

    def __init__(self, path: Path, instrument: Instrument, end: TtyEnd, seed: int) -> None:
        super().__init__(path)
        self._instrument = instrument
        self._end = end
        self._seed = seed

    async def _do(self, request: dict[str, Any]) -> dict[str, object]:
        what = request.pop("do")
        if what == "values":
            return self.state()
        if what == "set":
            try:
                put(self._instrument, text_of(request, "value"), request.get("to"))
            except ValueError as wrong:
                raise Wrong(str(wrong)) from None
            self._end.stir()
        elif what == "faults":
            self._faults(request)
        elif what in {"pull", "plug"}:
            async with self._hand:
                await asyncio.to_thread(self._end.pull if what == "pull" else self._end.plug)
        else:
            raise Wrong(f"do: expected {', '.join(DEEDS)} or watch")
        return {}

    def _faults(self, request: dict[str, Any]) -> None:
        for name in request:
            if name in OF_LINES:
                raise Wrong(f"{name}: a fault of lines; an instrument has its port for itself")
        try:
            self._end.suffer(read_faults({"seed": self._seed} | request))
        except ValueError as wrong:
            raise Wrong(str(wrong)) from None

    def state(self) -> dict[str, object]:
        return {"plugged": self._end.plugged, "values": values(self._instrument)}
