"""Units as tables that read like their datasheets, and the firmware that all of these share."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from firmware_sim.link import Link
from firmware_sim.modbus import Cell, Registers
from firmware_sim.units.settings import Commission, Setting, Settings
from firmware_sim.units.unit import Unit, fixed

Source = Callable[[float], float]
Type = Literal["u16", "s16", "u32", "s32", "float32"]
Order = Literal["ABCD", "CDAB"]

_INTEGERS = {"u16": (0, 0xFFFF), "s16": (-0x8000, 0x7FFF), "u32": (0, 0xFFFFFFFF), "s32": (-0x80000000, 0x7FFFFFFF)}


def wave(mean: float, swing: float = 0.0, period_s: float = 60.0) -> Source:
    """A value that goes to and fro."""
    return lambda now_s: mean + swing * math.sin(2 * math.pi * (now_s % period_s) / period_s)


def growing(start: float, per_h: float) -> Source:
    """A counter."""
    return lambda now_s: start + per_h * now_s / 3600


MOST_COMMON = Link(9600)
NONE = Commission()


@dataclass(frozen=True, slots=True)
class Row:
    """One value: where it is read, its name with its unit, what it is, and what one count is worth.

    `error` is read while the sensor behind it is broken.
    """

    address: int
    name: str
    value: Source
    type: Type = "u16"
    scale: float = 1.0
    order: Order = "ABCD"
    error: int | None = None

    @property
    def words(self) -> int:
        """How many registers it takes."""
        return 1 if self.type.endswith("16") else 2


@dataclass(frozen=True, slots=True)
class Table:
    """A product. `holes_*`: registers that read as 0 and are nothing. `alone`: holding registers that do in larger blocks.

    `silent`: refuses by saying nothing at all.
    """

    product: str
    title: str
    functions: frozenset[int]
    link: Link = MOST_COMMON
    address: int = 1
    input: tuple[Row, ...] = ()
    holding: tuple[Row, ...] = ()
    settings: tuple[Setting, ...] = ()
    commission: Commission = NONE
    holes_input: tuple[range, ...] = ()
    holes_holding: tuple[range, ...] = ()
    alone: range = range(0)
    turnaround_s: float = 0.005
    most_words: int = 125
    silent: bool = False


class TableUnit(Unit):
    """The firmware of a table. Values vary by themselves until they are `set`."""

    def __init__(self, table: Table, address: int | None = None) -> None:
        self.table = table
        self.turnaround_s = table.turnaround_s
        self._rows = {row.name: row for row in (*table.input, *table.holding)}
        self._sources: dict[str, Source | None] = {row.name: row.value for row in self._rows.values()}
        self._shown = self._sources
        self._block = 1
        at = table.address if address is None else address
        self.settings = Settings(table.commission, table.settings, at, table.link)
        holding = self._cells(table.holding, table.holes_holding) | self.settings.cells() | self.more_cells()
        holding |= {register: self._alone(holding[register]) for register in table.alone}
        inputs = self._cells(table.input, table.holes_input)
        registers = Registers(table.functions, holding=holding, input=inputs, most_words=table.most_words)
        super().__init__(at, registers, self.settings)

    def more_cells(self) -> dict[int, Cell]:
        """Holding registers that a product has beside its table."""
        return {}

    def answer(self, pdu: bytes, now_s: float) -> bytes | None:
        self._shown = self._sources  # all words of an answer are of one moment
        self._block = int.from_bytes(pdu[3:5], "big")
        answer = super().answer(pdu, now_s)
        return None if answer is not None and answer[0] & 0x80 and self.table.silent else answer

    @property
    def names(self) -> Sequence[str]:
        """The values that it measures."""
        return tuple(self._sources)

    def set(self, name: str, value: float | Source | None) -> None:
        """From now on this is measured; none: its sensor is broken. KeyError for a value that it does not have."""
        if name not in self._sources:
            raise KeyError(name)
        if isinstance(value, int | float) and not math.isfinite(value):
            raise ValueError(f"{name}: expected a finite value, not {value}")
        self._sources = self._sources | {name: wave(value) if isinstance(value, int | float) else value}

    def value(self, name: str, now_s: float) -> float | None:
        """What is measured now."""
        source = self._sources[name]
        return None if source is None else source(now_s)

    def shown(self, name: str, now_s: float) -> float:
        """What the answer that is being made shows of a value; 0 of a broken sensor."""
        source = self._shown[name]
        return 0.0 if source is None else source(now_s)

    def _cells(self, rows: Sequence[Row], holes: Sequence[range]) -> dict[int, Cell]:
        cells = {register: fixed(0) for hole in holes for register in hole}
        for row in rows:
            for place in range(row.words):
                cells[row.address + place] = self._word(row, place)
        return cells

    def _alone(self, cell: Cell) -> Cell:
        def read(now_s: float) -> int:
            return cell.read(now_s) if cell.read is not None and self._block == 1 else 0

        return replace(cell, read=read)

    def _word(self, row: Row, place: int) -> Cell:
        def read(now_s: float) -> int:
            source = self._shown[row.name]
            broken = (row.error or 0).to_bytes(2 * row.words, "big")
            raw = broken if source is None else encoded(row, source(now_s))
            return int.from_bytes(raw[2 * place : 2 * place + 2], "big")

        return Cell(read)


def encoded(row: Row, value: float) -> bytes:
    """A value as its registers hold it; what is out of range is cut to it."""
    if row.type == "float32":
        raw = struct.pack(">f", value)
    else:
        low, high = _INTEGERS[row.type]
        count = min(max(round(value / row.scale), low), high)
        raw = count.to_bytes(2 * row.words, "big", signed=low < 0)
    return raw if row.order == "ABCD" else raw[2:] + raw[:2]
