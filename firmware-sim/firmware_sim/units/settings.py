"""What a unit remembers: its own address and speed among it, and by which steps they change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from firmware_sim.link import Link, Parity
from firmware_sim.modbus import Cell

Effect = Literal["at once", "saved", "restart"]
UNLOCKED_S = 10.0

BAUDS_FROM_1200 = dict(enumerate((1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)))
BAUDS_FROM_2400 = dict(enumerate((2400, 4800, 9600)))
BAUDS_FROM_4800 = dict(enumerate((4800, 9600, 19200, 38400, 57600, 115200, 128000, 256000)))


@dataclass(frozen=True, slots=True)
class Setting:
    """One register that is written and kept."""

    address: int
    start: int
    low: int = 0
    high: int = 0xFFFF


@dataclass(frozen=True, slots=True)
class Choice:
    """What the bits under `mask` of a register stand for."""

    register: int
    codes: Mapping[int, int | str]
    mask: int = 0xFFFF

    @property
    def _shift(self) -> int:
        return (self.mask & -self.mask).bit_length() - 1

    def of(self, word: int) -> int | str:
        """What a word stands for."""
        return self.codes[(word & self.mask) >> self._shift]

    def put(self, word: int, meaning: int | str) -> int:
        """The word with the code for a meaning. ValueError if there is none."""
        for code, stands_for in self.codes.items():
            if stands_for == meaning:
                return word & ~self.mask | code << self._shift
        raise ValueError(f"expected one of {', '.join(map(str, self.codes.values()))}, not {meaning}")

    def words(self) -> frozenset[int]:
        """All codes in their place, the other bits 0."""
        return frozenset(code << self._shift for code in self.codes)


def per(divisor: int, *bauds: int) -> Mapping[int, int | str]:
    """Codes that are the speed itself, divided."""
    return {baud // divisor: baud for baud in bauds}


@dataclass(frozen=True, slots=True)
class Commission:
    """How a unit gets another address or speed. Registers that are not there are none.

    `effect`: when what was written counts. With `save` (a register and the value) everything written is lost with the supply
    until it is saved. With `unlock` writes are answered and not done, but for `UNLOCKED_S` after it.
    """

    address: int | None = None
    addresses: range = range(1, 248)
    baud: Choice | None = None
    parity: Choice | None = None
    effect: Effect = "at once"
    unlock: tuple[int, int] | None = None
    save: tuple[int, int] | None = None


@dataclass(slots=True)
class _Memory:
    words: dict[int, int] = field(default_factory=dict)  # what is read
    flash: dict[int, int] = field(default_factory=dict)  # what is left when the supply comes back


class Settings:
    """The registers of one unit; `moved` is told its address and its port's setting when they count anew.

    `link` is how it leaves the factory. Until it is placed or set otherwise, its port is set as its line is: none.
    """

    def __init__(self, commission: Commission, settings: Sequence[Setting], address: int, link: Link) -> None:
        self.commission = commission
        self._rows = settings
        self._factory = link
        self.moved: Callable[[int, Link | None], None] | None = None
        self._open_s = float("-inf")
        self._memory = _Memory({row.address: row.start for row in settings})
        self.place(address, None)

    def __getitem__(self, register: int) -> int:
        """What the register holds."""
        return self._memory.words[register]

    def place(self, address: int, link: Link | None) -> None:
        """Written and saved before. ValueError names what the unit cannot be set to."""
        how, words = self.commission, dict(self._memory.words)
        self._as_its_line = link is None
        link = link or self._factory
        if how.address is not None:
            if address not in how.addresses:
                raise ValueError(f"address: expected {how.addresses[0]} to {how.addresses[-1]}, not {address}")
            words[how.address] = address
        for what, choice, meaning in (("baud", how.baud, link.baud), ("parity", how.parity, link.parity)):
            if choice is None:
                continue
            try:
                words[choice.register] = choice.put(words.get(choice.register, 0), meaning or "none")
            except ValueError as wrong:
                raise ValueError(f"{what}: {wrong}") from None
        self._memory = _Memory(words, dict(words))
        self._factory = link
        self._address = address

    def cells(self) -> dict[int, Cell]:
        """The registers, to be read and written."""
        how = self.commission
        cells = {row.address: self._cell(row.address, row.low, row.high) for row in self._rows}
        if how.address is not None:
            cells[how.address] = self._cell(how.address, how.addresses[0], how.addresses[-1])
        choices = [choice for choice in (how.baud, how.parity) if choice is not None]
        for register in {choice.register for choice in choices}:
            codes = frozenset({0})
            for choice in choices:
                if choice.register == register:
                    codes = frozenset(old | new for old in codes for new in choice.words())
            cells[register] = self._cell(register, 0, 0xFFFF, codes)
        if how.unlock is not None:
            cells[how.unlock[0]] = Cell(lambda _now_s: 0, self._unlock)
        if how.save is not None:
            cells[how.save[0]] = Cell(lambda _now_s: 0, self._save)
        return cells

    def power_up(self) -> None:
        """The supply comes back."""
        self._open_s = float("-inf")
        self._memory.words = dict(self._memory.flash)
        self._count()

    def _cell(self, register: int, low: int, high: int, codes: frozenset[int] | None = None) -> Cell:
        def write(value: int, now_s: float) -> None:
            if self._locked(now_s):
                return
            self._memory.words[register] = value
            if self.commission.save is None:
                self._memory.flash[register] = value
            if self.commission.effect == "at once":
                self._count()

        return Cell(lambda _now_s: self._memory.words[register], write, low, high, codes)

    def _locked(self, now_s: float) -> bool:
        return self.commission.unlock is not None and now_s >= self._open_s

    def _unlock(self, value: int, now_s: float) -> None:
        if self.commission.unlock is not None and value == self.commission.unlock[1]:
            self._open_s = now_s + UNLOCKED_S

    def _save(self, value: int, now_s: float) -> None:
        if self.commission.save is None or value != self.commission.save[1] or self._locked(now_s):
            return
        self._memory.flash = dict(self._memory.words)
        if self.commission.effect == "saved":
            self._count()

    def _count(self) -> None:
        """What is remembered now is what the unit goes by."""
        how, words = self.commission, self._memory.words
        address = self._address if how.address is None else words[how.address]
        baud = self._factory.baud if how.baud is None else how.baud.of(words[how.baud.register])
        parity = self._factory.parity if how.parity is None else how.parity.of(words[how.parity.register])
        link = Link(int(baud), _parity(parity), self._factory.stop_bits)
        if self.moved is not None:
            self.moved(address, None if self._as_its_line and link == self._factory else link)


def _parity(word: int | str | None) -> Parity | None:
    return "even" if word == "even" else "odd" if word == "odd" else None if word is None else "none"
