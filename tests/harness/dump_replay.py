"""Replays a dump of a line against a port, in virtual time: the same requests, the same bytes, and the same comes of it."""

from __future__ import annotations

from pathlib import Path

from drivers.bus.recorder import Entry, read_dump
from drivers.bus.records import Link, RtuBus
from drivers.bus.rtu_port import ASIDE, RtuPort
from drivers.errors import WireError
from drivers.modbus import pdu
from virtual_wire import Coming, VirtualWire


class Replay:
    """A dump's line. `outcomes` says of each request that was asked for, answered or not, what came of it."""

    def __init__(self, text: str, link: Link, timeout_s: float) -> None:
        self._entries = read_dump(text)
        self._sent = [place for place, entry in enumerate(self._entries) if entry.mark == ">"]
        self._next = 0
        self.outcomes: list[str] = []
        self.timeout_s = timeout_s
        self.wire = VirtualWire(self._answer, link)
        self.port = RtuPort(RtuBus(id="dump", port=Path("dump"), link=link, timeout_s=timeout_s), self.wire)

    def run(self) -> list[str]:
        """Ask again all that was asked for, and return what came of it."""
        self.port.open()
        while self._next < len(self._sent):
            self._ask(self._asked_for(self._sent[self._next]))
        return self.outcomes

    def told(self) -> list[str]:
        """Return what the dump says of failures."""
        return [
            entry.data.decode()
            for entry in self._entries
            if entry.mark == "!" and not entry.data.startswith(ASIDE.encode())
        ]

    def _ask(self, asked: bytes) -> None:
        try:
            data = self.port.exchange(pdu.request_of(asked[0], asked[1:]), self.timeout_s).data
        except WireError as error:
            self.outcomes.append(f"unit {asked[0]}: {error}")
        else:
            self.outcomes.append(data.hex(" "))

    def _asked_for(self, place: int) -> bytes:
        """Return unit and PDU of the request because of which this frame was sent."""
        before = self._entries[place - 1].data.decode(errors="replace") if place else ""
        if before.startswith(ASIDE):
            return bytes.fromhex(before.removeprefix(ASIDE))
        return self._entries[place].data[:-2]

    def _answer(self, frame: bytes, now_s: float) -> list[Coming]:  # noqa: ARG002 (the interface)
        """Let come what came after this frame in the dump, at the same times after it."""
        place = self._sent[self._next]
        entry = self._entries[place]
        assert frame == entry.data, f"the dump sent {entry.data.hex(' ')}, now {frame.hex(' ')}"
        self._next += 1
        until = self._sent[self._next] if self._next < len(self._sent) else len(self._entries)
        end_s = entry.mono_s + len(frame) * self.wire.handing.char_s
        return [(self._began_s(came) - end_s, came.data) for came in self._entries[place:until] if came.mark == "<"]

    def _began_s(self, came: Entry) -> float:
        """An entry is noted when it has come; its first character was earlier."""
        return came.mono_s - len(came.data) * self.wire.handing.char_s
