"""A port on a line in virtual time, and what tests ask on it."""

from __future__ import annotations

from pathlib import Path

from drivers.bus.records import Link, RtuBus
from drivers.bus.rtu_port import RtuPort
from drivers.modbus import pdu
from virtual_wire import Script, VirtualWire

TIMEOUT_S = 0.1
LINK = Link(19200, "none", 2)
SPEC = RtuBus(id="b", port=Path("virtual"), link=LINK, timeout_s=TIMEOUT_S)
READ = pdu.read(1, 3, 0, 2)
READ_ONE = pdu.read(1, 3, 0, 1)
WRITE = pdu.write_register(1, 5, 7)


def opened(script: Script, *, echo: bool = False, link: Link | None = LINK) -> tuple[RtuPort, VirtualWire]:
    wire = VirtualWire(script, link, echo=echo)
    port = RtuPort(SPEC, wire)
    port.open()
    return port, wire


def functions(wire: VirtualWire) -> list[int]:
    return [frame[1] for _, frame in wire.frames]
