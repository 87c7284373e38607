"""One unit on a line: which requests read it, write its levels and make it safe, and what its answers mean. Pure."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter

import msgspec

from drivers.bus.reading import Reader, reader
from drivers.bus.records import UnitSpec
from drivers.modbus import pdu
from drivers.modbus.pdu import Request
from drivers.points import Point, Reading
from drivers.profile import Row, Setting

_READ = {"coil": pdu.READ_COILS, "discrete": pdu.READ_DISCRETE, "holding": pdu.READ_HOLDING, "input": pdu.READ_INPUT}
_LARGEST_HOLE = 10  # registers: reading over a hole of so many is cheaper than another frame with its silences


class Item(msgspec.Struct, frozen=True):
    """A value inside a block: its point, and what reads its piece."""

    key: str
    read: Reader


Pieces = tuple[bytes, ...]  # an answer's data, cut into the registers, or the byte, of each item


class Block(msgspec.Struct, frozen=True, eq=False):  # each is one of its own, and a key of dictionaries
    """One read and what is in its answer."""

    request: Request
    items: tuple[Item, ...]
    keys: tuple[str, ...]
    cut: Callable[[bytes], Pieces]


class Programme(msgspec.Struct, frozen=True):
    """A setting: the write, the read that proves it, and the data that the read must give."""

    what: str
    write: Request
    read: Request
    expected: bytes


class UnitPlan:
    """The requests of one unit, worked out once."""

    def __init__(self, spec: UnitSpec) -> None:
        self.spec = spec
        self._channels = {device: channel or 1 for channel, device in spec.devices}
        rows = [(row, device, channel) for device, channel in self._channels.items() for row in spec.profile.points]
        self.points = tuple(_point(spec, row, device) for row, device, _ in rows)
        self.blocks = tuple(_blocks(spec, rows))
        self.setup = tuple(self._programme(setting) for setting in spec.profile.setup)
        safety = spec.profile.safety if spec.safe_after_s is not None else None
        self.safety = tuple(self._programme(setting) for setting in safety or ())

    def level_writes(self, level_pct: dict[str, float]) -> list[Request]:
        """Return the fewest writes that set the levels of these devices: one for each run of neighbouring channels."""
        output = self.spec.profile.output
        if output is None:
            raise ValueError(f"{self.spec.profile.name} has no outputs")
        raw = {self._channels[device]: round(level * output.steps_per_pct) for device, level in level_pct.items()}
        runs: list[list[int]] = []
        for channel in sorted(raw):
            if runs and channel == runs[-1][-1] + 1:
                runs[-1].append(channel)
            else:
                runs.append([channel])
        return [self._level_write(output.address + run[0] - 1, [raw[channel] for channel in run]) for run in runs]

    def written_pct(self, level_pct: float) -> float:
        """Return the level that a write of `level_pct` really asks for: outputs have steps."""
        output = self.spec.profile.output
        return level_pct if output is None else round(level_pct * output.steps_per_pct) / output.steps_per_pct

    def readings(self, block: Block, pieces: Pieces, now_s: float) -> list[tuple[str, Reading]]:
        """Return what a block's answer says."""
        return [(item.key, item.read(piece, now_s)) for item, piece in zip(block.items, pieces, strict=False)]

    def changes(self, block: Block, pieces: Pieces, before: Pieces, now_s: float) -> list[tuple[str, Reading]]:
        """Return what a block's answer says otherwise than the one before: only that is decoded."""
        return [
            (item.key, item.read(piece, now_s))
            for item, piece, old in zip(block.items, pieces, before, strict=False)
            if piece != old
        ]

    def _level_write(self, address: int, raw: list[int]) -> Request:
        if len(raw) == 1:
            return pdu.write_register(self.spec.address, address, raw[0])
        return pdu.write_registers(self.spec.address, address, raw)

    def _programme(self, setting: Setting) -> Programme:
        known = {"safe_after_s": self.spec.safe_after_s or 0, "safe_pct": self.spec.safe_pct}
        value = round(known[setting.value]) if isinstance(setting.value, str) else setting.value
        unit, count = self.spec.address, setting.count
        if setting.space == "coil":
            write = pdu.write_coils(unit, setting.address, [bool(value)] * count)
            read = pdu.read(unit, pdu.READ_COILS, setting.address, count)
            expected = ((1 << count) - 1 if value else 0).to_bytes((count + 7) // 8, "little")
        else:
            write = self._level_write(setting.address, [value] * count)
            read = pdu.read(unit, pdu.READ_HOLDING, setting.address, count)
            expected = value.to_bytes(2, "big") * count
        return Programme(setting.what, write, read, expected)


def _point(spec: UnitSpec, row: Row, device: str) -> Point:
    # Four polls may fail before a value is called stale; below 2 s a busy line would make it flicker.
    max_age_s = max(2.0, 4 * spec.poll_s)
    percent = row.unit == "%"
    return Point(
        key=f"{device}/{row.point}",
        type=row.point_type,
        unit=row.unit,
        low=0.0 if percent else None,
        high=100.0 if percent else None,
        max_age_s=max_age_s,
        deadband=row.deadband,
        title=row.title,
    )


def _blocks(spec: UnitSpec, rows: list[tuple[Row, str, int]]) -> list[Block]:
    """Merge neighbouring values into reads, across small holes, up to what the unit gives at once."""
    placed = sorted(
        (
            (row.space, row.address + (channel - 1) * row.stride, row, f"{device}/{row.point}")
            for row, device, channel in rows
        ),
        key=lambda value: value[:2],
    )
    groups: list[list[tuple[str, int, Row, str]]] = []
    for value in placed:
        space, address, row, _ = value
        if groups:
            first, last = groups[-1][0], groups[-1][-1]
            end = last[1] + last[2].code.words
            near = space == first[0] and address - end <= _LARGEST_HOLE
            if near and address + row.code.words - first[1] <= spec.profile.max_read:
                groups[-1].append(value)
                continue
        groups.append([value])
    return [_block(spec.address, group) for group in groups]


def _block(unit: int, group: list[tuple[str, int, Row, str]]) -> Block:
    space, start = group[0][:2]
    count = max(address + row.code.words for _, address, row, _ in group) - start
    bits = space in {"coil", "discrete"}
    items = tuple(Item(key, reader(row, (address - start) % 8 if bits else None)) for _, address, row, key in group)
    spans = [_span(address - start, row.code.words, bits=bits) for _, address, row, _ in group]
    # One call cuts all; with an empty piece at the end, since for a single one it would give no tuple.
    cut = itemgetter(*spans, slice(0))
    return Block(pdu.read(unit, _READ[space], start, count), items, tuple(item.key for item in items), cut)


def _span(at: int, words: int, *, bits: bool) -> slice:
    return slice(at // 8, at // 8 + 1) if bits else slice(2 * at, 2 * (at + words))
