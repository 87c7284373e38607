"""What the methods `bus.*` take and give; the table in agent/README.md says what each field means. Pure."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from drivers.bus.records import BusStats, Link, Parity, UnitState
from drivers.errors import BadAnswer, Cause, LinkLost, NoAnswer, Refused, WireError
from drivers.profile import Space

LONGEST_PDU_BYTES = 253
Outcome = Literal["answer", "no_answer", "bad_answer", "refused", "link_lost"]
Kind = Literal["rtu", "rtu_tcp", "tcp"]

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question for a unit. `broadcast` must be said for unit 0, which all units of the line hear."""

    bus: Name
    unit: Annotated[int, msgspec.Meta(ge=0, le=255)]
    pdu: Annotated[str, msgspec.Meta(min_length=2, max_length=2 * LONGEST_PDU_BYTES)]
    traffic: Literal["command", "scan"] = "command"
    baud: Annotated[int, msgspec.Meta(ge=300, le=1_000_000)] | None = None
    parity: Parity | None = None
    stop_bits: Annotated[int, msgspec.Meta(ge=1, le=2)] | None = None
    timeout_ms: Annotated[float, msgspec.Meta(ge=1, le=10_000)] | None = None
    broadcast: bool = False
    holder: Name = "cli"

    def link(self, usual: Link) -> Link | None:
        """Return the speed to ask at; none if nothing was said of it."""
        said = {"baud": self.baud, "parity": self.parity, "stop_bits": self.stop_bits}
        changed = {name: value for name, value in said.items() if value is not None}
        return msgspec.structs.replace(usual, **changed) if changed else None


class Asked(msgspec.Struct, frozen=True):
    """What came of it: `data` in hex if it was answered; `code` of an exception; `cause` of a bad answer."""

    outcome: Outcome
    data: str = ""
    latency_ms: float | None = None
    text: str = ""
    code: int | None = None
    cause: Cause | None = None

    def error(self) -> WireError | None:
        """Return the error of the wire that this tells of; none if it was answered."""
        if self.outcome == "no_answer":
            return NoAnswer(self.text)
        if self.outcome == "bad_answer":
            return BadAnswer(self.text, self.cause or "noise")
        if self.outcome == "refused":
            return Refused(self.text, self.code or 0)
        return LinkLost(self.text) if self.outcome == "link_lost" else None


class UnitPlace(msgspec.Struct, frozen=True):
    """A configured unit of a line. `written`: (space, first, last) addresses that the agent writes itself."""

    id: str
    address: int
    profile: str
    written: list[tuple[Space, int, int]] = []


class Line(msgspec.Struct, frozen=True):
    """A line of the running agent; speed and parity are none where its port is an address."""

    id: str
    kind: Kind
    place: str
    baud: int | None
    parity: Parity | None
    stop_bits: int | None
    timeout_ms: float
    up: bool
    units: list[UnitPlace]

    @property
    def link(self) -> Link | None:
        """Return how characters stand on the line; none where its port is an address."""
        if self.baud is None or self.parity is None or self.stop_bits is None:
            return None
        return Link(self.baud, self.parity, self.stop_bits)


class LineStats(BusStats, frozen=True, kw_only=True):
    """How busy and how sound a line is, and how each of its units is doing."""

    units: tuple[UnitState, ...]


class Dump(msgspec.Struct, frozen=True):
    """What a line's flight recorder holds, as text."""

    text: str


def told(error: WireError) -> Asked:
    """Return how an error of the wire is told. TypeError if it is none that a transaction ends with."""
    if isinstance(error, NoAnswer):
        return Asked("no_answer", text=str(error))
    if isinstance(error, BadAnswer):
        return Asked("bad_answer", text=str(error), cause=error.cause)
    if isinstance(error, Refused):
        return Asked("refused", text=str(error), code=error.code)
    if isinstance(error, LinkLost):
        return Asked("link_lost", text=str(error))
    raise TypeError(f"{type(error).__name__}: {error}")
