"""The flight recorder of a line: the last of what went and came, and a text of it that a test can replay. Pure."""

from __future__ import annotations

import datetime
import re
from collections import deque
from collections.abc import Iterable
from typing import Literal

import msgspec

Mark = Literal["<", ">", "!"]

ENTRIES = 512
_TOGETHER_S = 0.002  # pieces that come so soon after each other are one entry
_LONGEST_ENTRY_BYTES = 256
_HEAD = "# gadelys bus dump 1"
_LINE = re.compile(r"(\d+\.\d{6}) ([<>!]) (\S.*)")


class Entry(msgspec.Struct, frozen=True, gc=False):
    """What came ("<"), was sent (">") or went wrong ("!", a text in UTF-8), in monotonic seconds."""

    mono_s: float
    mark: Mark
    data: bytes


class Recorder:
    """A ring of the last entries. `note` is for the thread that serves the line, the rest for any."""

    def __init__(self) -> None:
        self._ring: deque[tuple[float, Mark, bytes]] = deque(maxlen=ENTRIES)
        self._came_s = -1.0  # when bytes came last, if nothing was noted after them

    def note(self, mono_s: float, mark: Mark, data: bytes) -> None:
        """Keep what happened."""
        ring = self._ring
        if mark == "<":
            if mono_s - self._came_s < _TOGETHER_S and ring and len(ring[-1][2]) + len(data) <= _LONGEST_ENTRY_BYTES:
                ring[-1] = (ring[-1][0], "<", ring[-1][2] + data)
            else:
                ring.append((mono_s, "<", data))
            self._came_s = mono_s
        else:
            ring.append((mono_s, mark, data))
            self._came_s = -1.0

    def entries(self) -> tuple[Entry, ...]:
        """Return what is kept, the oldest first."""
        return tuple(Entry(*entry) for entry in self._ring.copy())

    def text(self, line: str, wall_s: float) -> str:
        """Return the dump of a line, said as "lamps at /dev/ttyUSB0, 19200 8N2"; `wall_s`: wall time less monotonic."""
        return dump(self.entries(), line, wall_s)


def dump(entries: Iterable[Entry], line: str, wall_s: float) -> str:
    """Return the text of entries, which `read_dump` reads; times are from the first of them."""
    entries = tuple(entries)
    zero_s = entries[0].mono_s if entries else 0.0
    zero = datetime.datetime.fromtimestamp(zero_s + wall_s, datetime.UTC)
    told = [f"{entry.mono_s - zero_s:.6f} {entry.mark} {_said(entry)}" for entry in entries]
    return "\n".join([_HEAD, f"# bus {line}; 0 is {zero:%Y-%m-%dT%H:%M:%S.%f}Z", *told, ""])


def read_dump(text: str) -> tuple[Entry, ...]:
    """Return the entries of a dump. ValueError, naming the line, if it is none."""
    lines = text.splitlines()
    if not lines or lines[0].strip() != _HEAD:
        raise ValueError(f'line 1: expected "{_HEAD}"')
    return tuple(_entry(number, line) for number, line in enumerate(lines, 1) if line.strip() and line[0] != "#")


def _said(entry: Entry) -> str:
    if entry.mark == "!":
        return " ".join(entry.data.decode(errors="replace").split()) or "?"
    return entry.data.hex(" ").upper()


def _entry(number: int, line: str) -> Entry:
    found = _LINE.fullmatch(line.strip())
    if found is None:
        raise ValueError(
            f'line {number}: expected seconds, one of < > ! and what it was, as "0.012345 < 0B 03", not "{line}"'
        )
    seconds, mark, said = found.groups()
    kind: Mark = "!" if mark == "!" else "<" if mark == "<" else ">"
    try:
        return Entry(float(seconds), kind, said.encode() if kind == "!" else bytes.fromhex(said))
    except ValueError:
        raise ValueError(f'line {number}: expected bytes as hexadecimal digits, not "{said}"') from None
