"""Waveshare Modbus RTU modules: Analog Output 8CH and 8CH (B), Relay 8CH, IO 8CH. No memory of their master, no safe mode.

Source: the maker's wiki pages. 9600 8N1 and unit 1 from the factory; a change of these counts at once. For relay and IO
the registers of address and speed are taken from the analog module's page.
"""

from __future__ import annotations

from firmware_sim.link import Link
from firmware_sim.modbus import (
    READ_COILS,
    READ_DISCRETE,
    READ_HOLDING,
    WRITE_COIL,
    WRITE_COILS,
    WRITE_REGISTER,
    WRITE_REGISTERS,
    Cell,
    Registers,
)
from firmware_sim.units.settings import BAUDS_FROM_4800, Choice, Commission, Settings
from firmware_sim.units.unit import Output, Unit, fixed

CHANNELS = 8
FULL_MV = 10_000
ALL_RELAYS = 0x00FF
VERSION = 100  # 1.00
LOWEST_MV = 20
"""A public measurement: an output set to 0 still gives about 20 mV."""

LINK = Link(9600)
_COMMISSION = Commission(
    address=0x4000,
    addresses=range(1, 256),
    baud=Choice(0x2000, BAUDS_FROM_4800, 0x00FF),
    parity=Choice(0x2000, {0: "none", 1: "even", 2: "odd"}, 0xFF00),
)


class _Module(Unit):
    """What all of them share: address, speed and version."""

    turnaround_s = 0.003

    def __init__(self, address: int, registers: Registers) -> None:
        settings = Settings(_COMMISSION, (), address, LINK)
        holding = dict(registers.holding) | settings.cells() | {0x8000: fixed(VERSION)}
        registers = Registers(registers.functions, registers.coils, registers.discrete, holding)
        super().__init__(address, registers, settings)


class WaveshareAo8(_Module):
    """Holds the last value written, for as long as it has its supply. The plain type: 0-20 mA in uA."""

    full = 20_000
    lowest = 0

    def __init__(self, address: int) -> None:
        self._words = dict.fromkeys(range(CHANNELS), 0)
        self._written: frozenset[int] = frozenset()
        functions = frozenset({READ_HOLDING, WRITE_REGISTER, WRITE_REGISTERS})
        super().__init__(address, Registers(functions, holding={place: self._channel(place) for place in self._words}))

    def outputs(self, _now_s: float) -> tuple[Output, ...]:
        """The eight outputs at this moment."""
        return tuple(
            Output(
                max(self._words[channel], self.lowest) / self.full,
                "commanded" if channel in self._written else "power-up",
            )
            for channel in range(CHANNELS)
        )

    def power_up(self, now_s: float, /) -> None:
        super().power_up(now_s)
        self._written = frozenset()
        self._words.update(dict.fromkeys(range(CHANNELS), 0))

    def _channel(self, channel: int) -> Cell:
        def write(value: int, _now_s: float) -> None:
            self._words[channel] = value
            self._written |= {channel}

        return Cell(lambda _now_s: self._words[channel], write, high=self.full)


class WaveshareAo8B(WaveshareAo8):
    """The (B) type: 0-10 V in mV. Its lowest output is about 20 mV: 0 is not quite off."""

    full = FULL_MV
    lowest = LOWEST_MV


class WaveshareRelay8(_Module):
    """Eight relays as coils; coil 0x00FF is all of them and cannot be read. All are off when the supply comes."""

    def __init__(self, address: int, *, inputs: bool = False) -> None:
        self._on = [False] * CHANNELS
        self.inputs = [False] * CHANNELS
        coils = {place: self._coil(range(place, place + 1)) for place in range(CHANNELS)}
        coils[ALL_RELAYS] = Cell(None, self._coil(range(CHANNELS)).write, high=1)
        discrete = {place: self._input(place) for place in range(CHANNELS)} if inputs else {}
        functions = {READ_COILS, WRITE_COIL, WRITE_COILS, READ_HOLDING, WRITE_REGISTER}
        super().__init__(
            address, Registers(frozenset(functions | ({READ_DISCRETE} if inputs else set())), coils, discrete)
        )

    def outputs(self, _now_s: float) -> tuple[bool, ...]:
        """Which outputs are on."""
        return tuple(self._on)

    def power_up(self, now_s: float, /) -> None:
        super().power_up(now_s)
        self._on[:] = [False] * CHANNELS

    def _coil(self, places: range) -> Cell:
        def write(value: int, _now_s: float) -> None:
            for place in places:
                self._on[place] = bool(value)

        return Cell(lambda _now_s: int(self._on[places[0]]), write, high=1)

    def _input(self, place: int) -> Cell:
        return Cell(lambda _now_s: int(self.inputs[place]))


class WaveshareIo8(WaveshareRelay8):
    """Eight open-drain outputs as coils and eight digital `inputs`."""

    def __init__(self, address: int) -> None:
        super().__init__(address, inputs=True)
