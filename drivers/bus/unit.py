"""One unit on a line: which requests read it, write its levels and make it safe, and what its answers mean. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import itemgetter
from typing import Literal

import msgspec

from drivers.bus.reading import Reader, reader
from drivers.bus.records import UnitSpec
from drivers.modbus import pdu
from drivers.modbus.pdu import Request
from drivers.modbus.plan import Cost, Limits, Planner, Read, Span, serial_cost
from drivers.points import Point, Reading
from drivers.profile import Row, Setting

_READ = {"coil": pdu.READ_COILS, "discrete": pdu.READ_DISCRETE, "holding": pdu.READ_HOLDING, "input": pdu.READ_INPUT}
_SLOW_POLLS = 5  # where a unit has points that are read fast, the others are read each fifth time
_ILLEGAL = {2, 3}  # exceptions that say that a read asks for what is not there: address, or so many of them

Poll = Literal["fast", "slow", "once"]

USUAL_COST = serial_cost(10 / 9600, 0.01, 35 / 9600)  # 9600 8N1, a unit that answers within 10 ms


class Item(msgspec.Struct, frozen=True):
    """A value inside a block: its point, and what reads its piece."""

    key: str
    read: Reader


Pieces = tuple[bytes, ...]  # an answer's data, cut into the registers, or the byte, of each item


class Block(msgspec.Struct, frozen=True, eq=False):  # each is one of its own, and a key of dictionaries
    """One read and what is in its answer."""

    request: Request
    read: Read
    poll: Poll
    items: tuple[Item, ...]
    keys: tuple[str, ...]
    cut: Callable[[bytes], Pieces]


class _Placed(msgspec.Struct, frozen=True):
    """A row of the profile for one device: the point's key and the address of its channel."""

    row: Row
    key: str
    address: int


class Programme(msgspec.Struct, frozen=True):
    """A setting: the write, the read that proves it, and the data that the read must give."""

    what: str
    write: Request
    read: Request
    expected: bytes


class UnitPlan:
    """The requests of one unit. Its reads become finer where it says that it does not have what they ask for."""

    def __init__(self, spec: UnitSpec, cost: Cost = USUAL_COST) -> None:
        """`cost` says what a read costs on this line."""
        self.spec = spec
        self._channels = {device: channel or 1 for channel, device in spec.devices}
        profile = spec.profile
        self._placed = [
            _Placed(row, f"{device}/{row.point}", row.address + (channel - 1) * row.stride)
            for device, channel in self._channels.items()
            for row in profile.points
        ]
        fast = any(placed.row.pace == "fast" for placed in self._placed)
        self.slow_s = _SLOW_POLLS * spec.poll_s if fast else spec.poll_s
        self.points = tuple(self._point(placed) for placed in self._placed)
        spans = [Span(one.row.space, one.address, one.row.code.words, one.row.single) for one in self._placed]
        self._planner = Planner(
            spans, Limits(profile.max_read, tuple((no.space, no.first, no.last) for no in profile.forbidden)), cost
        )
        self.blocks: tuple[Block, ...] = ()
        self._replan()
        self.setup = tuple(self._programme(setting) for setting in profile.setup)
        safety = profile.safety if spec.safe_after_s is not None else None
        self.safety = tuple(self._programme(setting) for setting in safety or ())

    def read(self, poll: Poll) -> tuple[Block, ...]:
        """Return the reads that are made so often."""
        return tuple(block for block in self.blocks if block.poll == poll)

    def refused(self, block: Block, code: int) -> bool:
        """Note that a read was refused by an exception. True if its points are read in other blocks from now on."""
        if code not in _ILLEGAL or block not in self.blocks or not self._planner.refused(block.read):
            return False
        self._replan()
        return True

    def answered(self, block: Block) -> bool:
        """Note that a block was answered. True if points are read in other blocks from now on."""
        if block not in self.blocks or not self._planner.answered(block.read):
            return False
        self._replan()
        return True

    def level_writes(self, level_pct: dict[str, float]) -> list[Request]:
        """Return the fewest writes that set the levels of these devices: one for each run of neighbouring channels.

        Their order is that of the devices.
        """
        output = self.spec.profile.output
        if output is None:
            raise ValueError(f"{self.spec.profile.name} has no outputs")
        raw = {self._channels[device]: output.raw(level) for device, level in level_pct.items()}
        place = {channel: place for place, channel in enumerate(raw)}
        runs: list[list[int]] = []
        for channel in sorted(raw):
            if runs and channel == runs[-1][-1] + 1 and output.stride == 1 and self.spec.profile.write != "single":
                runs[-1].append(channel)
            else:
                runs.append([channel])
        runs.sort(key=lambda run: min(place[channel] for channel in run))
        return [
            self._write(output.space, output.address + (run[0] - 1) * output.stride, [raw[channel] for channel in run])
            for run in runs
        ]

    def level_for_all(self, level_pct: float) -> Request | None:
        """Return the write that sets all outputs of all units like this one, none if this is not one for that."""
        output, profile = self.spec.profile.output, self.spec.profile
        if output is None or not profile.broadcast or len(self._channels) != profile.channels:
            return None
        return pdu.write_registers(pdu.BROADCAST, output.address, [output.raw(level_pct)] * profile.channels)

    def written_pct(self, level_pct: float) -> float:
        """Return the level that a write of `level_pct` really asks for: outputs have steps."""
        output = self.spec.profile.output
        return level_pct if output is None else output.level_pct(output.raw(level_pct))

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

    def _write(self, space: str, address: int, raw: list[int]) -> Request:
        unit, alone = self.spec.address, len(raw) == 1 and self.spec.profile.write != "multiple"
        if space == "coil":
            states = [bool(value) for value in raw]
            return pdu.write_coil(unit, address, on=states[0]) if alone else pdu.write_coils(unit, address, states)
        return pdu.write_register(unit, address, raw[0]) if alone else pdu.write_registers(unit, address, raw)

    def _replan(self) -> None:
        """Make the blocks of the reads that are new; the others stay the same ones."""
        old = {block.read: block for block in self.blocks}
        self.blocks = tuple(old.get(read) or self._block(read) for read in self._planner.reads)

    def _block(self, read: Read) -> Block:
        placed = [self._placed[span] for span in read.spans]
        bits = read.space in {"coil", "discrete"}
        items = tuple(
            Item(one.key, reader(one.row, (one.address - read.address) % 8 if bits else None)) for one in placed
        )
        spans = [_span(one.address - read.address, one.row.code.words, bits=bits) for one in placed]
        # One call cuts all; with an empty piece at the end, since for a single one it would give no tuple.
        cut = itemgetter(*spans, slice(0))
        polls = {one.row.pace for one in placed}
        poll: Poll = "fast" if "fast" in polls else "slow" if "slow" in polls else "once"
        request = pdu.read(self.spec.address, _READ[read.space], read.address, read.count)
        return Block(request, read, poll, items, tuple(item.key for item in items), cut)

    def _point(self, placed: _Placed) -> Point:
        row = placed.row
        # Four polls may fail before a value is called stale; below 2 s a busy line would make it flicker.
        often_s = {"fast": self.spec.poll_s, "slow": self.slow_s, "once": math.inf}[row.pace]
        percent = row.unit == "%"
        return Point(
            key=placed.key,
            type=row.point_type,
            unit=row.unit,
            low=0.0 if percent else None,
            high=100.0 if percent else None,
            max_age_s=max(2.0, 4 * often_s),
            deadband=row.deadband,
            title=row.title,
        )

    def _programme(self, setting: Setting) -> Programme:
        known = {
            "safe_after_s": self.spec.safe_after_s or 0,
            "safe_pct": self.spec.safe_pct,
            "fade_up_ms_per_pct": 10 * self.spec.fade_up_s,
            "fade_down_ms_per_pct": 10 * self.spec.fade_down_s,
        }
        value = round(known[setting.value]) if isinstance(setting.value, str) else setting.value
        unit, count = self.spec.address, setting.count
        write = self._write(setting.space, setting.address, [value] * count)
        if setting.space == "coil":
            read = pdu.read(unit, pdu.READ_COILS, setting.address, count)
            expected = ((1 << count) - 1 if value else 0).to_bytes((count + 7) // 8, "little")
        else:
            read = pdu.read(unit, pdu.READ_HOLDING, setting.address, count)
            expected = value.to_bytes(2, "big") * count
        return Programme(setting.what, write, read, expected)


def _span(at: int, words: int, *, bits: bool) -> slice:
    return slice(at // 8, at // 8 + 1) if bits else slice(2 * at, 2 * (at + words))
