"""The file of orders as lines: each bears its checksum, so that one that a power cut has torn is known. Pure.

A line is `1 CHECKSUM JSON`: the version of its form, CRC-32 of the JSON in hex, a record. The last state counts, and of
each command the last word on it. After the lines there are zeros: room that the file has already.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import msgspec

from agent.orders.ledger import Seen
from agent.orders.overrides import KeptLease, Noted

_VERSION = b"1"
_TOGETHER = 32  # commands in a line of a file that is made anew: a damaged line costs no more


class State(msgspec.Struct, frozen=True, array_like=True):
    """All overrides as they were at a moment, and the last counter of each issuer."""

    noted: Noted
    leases: list[KeptLease]
    counters: dict[str, int]


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came at once: commands that are new, or of which more is known, and what is in force with them."""

    seen: list[Seen] = []
    state: State | None = None


class Found(msgspec.Struct, frozen=True):
    """What a file says. `end`: where the next line goes. `damaged`: lines that cannot be read and were once written."""

    seen: list[Seen]
    state: State | None
    end: int
    damaged: int


def encode(line: Line) -> bytes:
    """Return a line as it is written."""
    body = msgspec.json.encode(line)
    return b"%s %08x %s\n" % (_VERSION, zlib.crc32(body), body)


def whole(seen: Sequence[Seen], state: State) -> bytes:
    """Return the lines of a file that is made anew."""
    groups = [list(seen[begin : begin + _TOGETHER]) for begin in range(0, len(seen), _TOGETHER)]
    return b"".join(encode(line) for line in (*map(Line, groups), Line(state=state)))


def read(raw: bytes) -> Found:
    """Read a file. Of what follows the last sound line one piece is a line that was not ended; all else was damaged."""
    seen: list[Seen] = []
    state, end, at, bad, bad_before_end = None, 0, 0, 0, 0
    *ended, torn_off = raw.rstrip(b"\0").split(b"\n")  # if all but its end is there, the next line would be glued to it
    for piece in ended:
        at += len(piece) + 1
        line = _decode(piece)
        if line is None:
            bad += bool(piece)
            continue
        seen += line.seen
        state, end, bad_before_end = line.state or state, at, bad
    bad += bool(torn_off)
    torn = bool(end) and bad > bad_before_end
    return Found(seen, state, end, bad - torn if end else max(1, bad))


def _decode(piece: bytes) -> Line | None:
    version, _, rest = piece.partition(b" ")
    checksum, _, body = rest.partition(b" ")
    if version != _VERSION or checksum != b"%08x" % zlib.crc32(body):
        return None
    try:
        return msgspec.json.decode(body, type=Line)
    except msgspec.MsgspecError:
        return None
