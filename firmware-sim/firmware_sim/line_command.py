"""The commands `firmware-sim line` and `firmware-sim tell`."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import socket
import sys
import time
from pathlib import Path
from typing import NoReturn

from firmware_sim.cabinet import DEMO, Placed, UnitsError, read_units, step
from firmware_sim.line import Line
from firmware_sim.line_socket import Ends, LineSocket
from firmware_sim.tcp import DeviceServer, TcpUnits
from firmware_sim.units.products import PRODUCTS
from firmware_sim.wire import Wire

PERIOD_S = 0.1
BAUD, BITS_PER_CHAR = 9600, 10  # how the pty is set until a master sets it
SERVER_BITS_PER_CHAR = 11  # the serial side of the device server: 9600 8N2
PATIENCE_S = 10.0

LINE_EXAMPLES = """examples:
  firmware-sim line --dir /tmp/line --demo
  firmware-sim tell --dir /tmp/line units
  firmware-sim tell --dir /tmp/line faults drop=0.2 seed=7
  firmware-sim tell --dir /tmp/line faults unit=mtdx62-mb-31 late_s=0.4
  firmware-sim tell --dir /tmp/line faults
  firmware-sim tell --dir /tmp/line power unit=wtvb01-485-80 on=false

a file for --units:
  [[units]]
  product = "sdm120"            # firmware-sim line --products lists them
  name = "meter"                # optional, as is all that follows
  address = 5
  baud = 2400
  parity = "none"
  stop_bits = 1
  on = "line"                   # or "rtu-tcp", or "tcp"
  values = {voltage_v = 231.5}
"""


class _Products(argparse.Action):
    """Says which products there are, and exits."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        for product in sorted(PRODUCTS.values(), key=lambda product: product.name):
            link = "Modbus TCP" if product.link is None else str(product.link)
            sys.stdout.write(f"{product.name:26} unit {product.address:3}  {link:11}  {product.title}\n")
        parser.exit(0)


def add_line_arguments(parser: argparse.ArgumentParser) -> None:
    """What `firmware-sim line` is told."""
    parser.add_argument("--dir", type=Path, required=True, help="where `line` (a pty) and `line.sock` are made")
    parser.add_argument("--products", action=_Products, nargs=0, help="list the products and exit")
    parser.add_argument("--seed", type=int, default=1, help="for faults that are told no seed of their own (default 1)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--units", type=Path, metavar="FILE", help="units to hang on the line (TOML)")
    which.add_argument(
        "--demo", action="store_true", help="eight products at two speeds, as in a cabinet (the default)"
    )
    for option, what in (("--tcp", "Modbus TCP"), ("--rtu-tcp", "RTU frames over TCP, as a serial device server")):
        parser.add_argument(
            option,
            type=int,
            nargs="?",
            const=0,
            metavar="PORT",
            help=f"the units of {what} too (PORT: default a free one)",
        )


def run_line(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C. UnitsError, OSError."""
    if arguments.units is None:
        text, place = DEMO, "the demonstration"
    else:
        text, place = arguments.units.read_text(encoding="utf-8"), str(arguments.units)
    placed = read_units(text, place)
    for where, port in (("tcp", arguments.tcp), ("rtu-tcp", arguments.rtu_tcp)):
        if port is None and arguments.units is not None and any(one.on == where for one in placed):
            raise UnitsError(f"{place}: it has units on {where}: say --{where} too")
    return asyncio.run(_line(arguments, placed))


async def _line(arguments: argparse.Namespace, placed: list[Placed]) -> int:
    folder: Path = arguments.dir
    folder.mkdir(parents=True, exist_ok=True)
    on = {where: [one.unit for one in placed if one.on == where] for where in ("line", "rtu-tcp", "tcp")}
    line = Line(folder / "line", BAUD, BITS_PER_CHAR, on["line"])
    ends: Ends = {"line": line}
    if arguments.rtu_tcp is not None:
        ends["rtu-tcp"] = DeviceServer(Wire(9600, SERVER_BITS_PER_CHAR, on["rtu-tcp"]), arguments.rtu_tcp)
    if arguments.tcp is not None:
        ends["tcp"] = TcpUnits(on["tcp"], arguments.tcp)
    hand = LineSocket(folder / "line.sock", [one for one in placed if one.on in ends], ends, arguments.seed)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    servers = [end for end in ends.values() if not isinstance(end, Line)]
    try:
        line.start()
        for server in servers:
            await server.start()
        await hand.start()
        told = [f"{name} 127.0.0.1:{end.port}\n" for name, end in ends.items() if not isinstance(end, Line)]
        sys.stdout.write("".join(told) + "ready\n")
        sys.stdout.flush()
        while not stop.is_set():
            step(on["line"], time.monotonic())
            try:
                await asyncio.wait_for(stop.wait(), PERIOD_S)
            except TimeoutError:
                continue
    finally:
        await hand.stop()
        for server in servers:
            await server.stop()
        await asyncio.to_thread(line.stop)
    return 0


def add_tell_arguments(parser: argparse.ArgumentParser) -> None:
    """What `firmware-sim tell` is told."""
    parser.add_argument(
        "--dir", type=Path, required=True, help="the folder of a line, an instrument or a street that runs"
    )
    parser.add_argument("do", help="what is to be done: units, values, faults, power, set, pull, plug, …")
    parser.add_argument("with_", nargs="*", metavar="NAME=VALUE", help="what it is done with")


def run_tell(arguments: argparse.Namespace) -> int:
    """Say one thing to a running line, instrument or street and print what it answers. OSError if none runs there."""
    request: dict[str, object] = {"do": arguments.do}
    for pair in arguments.with_:
        name, equals, text = pair.partition("=")
        if not equals:
            raise UnitsError(f"expected NAME=VALUE, found {pair!r}")
        try:
            request[name] = json.loads(text)
        except ValueError:
            request[name] = text
    folder: Path = arguments.dir
    path = next((path for path in (folder / "line.sock", folder / "street.sock") if path.exists()), None)
    if path is None:
        raise UnitsError(
            f"{folder}: no line, instrument or street runs here; start one, such as firmware-sim line --dir {folder}"
        )
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as talk:
        talk.settimeout(PATIENCE_S)
        talk.connect(str(path))
        talk.sendall(json.dumps(request).encode() + b"\n")
        with talk.makefile("rb") as lines:
            answer = json.loads(lines.readline())
    if not answer.pop("ok"):
        raise UnitsError(str(answer["error"]))
    if answer:
        sys.stdout.write(json.dumps(answer, indent=1) + "\n")
    return 0
