"""Waveshare Modbus RTU Analog Output 8CH (B): eight 0-10 V outputs, no memory of its master, no safe mode.

Source: the maker's wiki page of the (B) type. 9600 8N1 and unit 1 from the factory.
"""

from __future__ import annotations

from firmware_sim.modbus import READ_HOLDING, WRITE_REGISTER, WRITE_REGISTERS, Cell, Registers
from firmware_sim.units.unit import Output, Unit, fixed, kept

CHANNELS = 8
FULL_MV = 10_000
LOWEST_MV = 20
"""A public measurement: an output set to 0 still gives about 20 mV."""


class WaveshareAo8B(Unit):
    """Holds the last value written, for ever. The lowest output is about 20 mV: 0 is not quite off."""

    turnaround_s = 0.003

    def __init__(self, address: int) -> None:
        self._words = dict.fromkeys(range(CHANNELS), 0) | {0x2000: 0x0001}
        self._written: frozenset[int] = frozenset()
        holding = {channel: self._channel(channel) for channel in range(CHANNELS)} | {
            0x2000: kept(self._words, 0x2000, high=0x0207),  # UART: high byte parity, low byte baud code
            0x4000: Cell(lambda _now_s: self.address, self._move, low=1, high=255),
            0x8000: fixed(100),  # version 1.00
        }
        functions = frozenset({READ_HOLDING, WRITE_REGISTER, WRITE_REGISTERS})
        super().__init__(address, Registers(functions, holding=holding))

    def outputs(self, _now_s: float) -> tuple[Output, ...]:
        """The eight outputs at this moment."""
        return tuple(
            Output(
                max(self._words[channel], LOWEST_MV) / FULL_MV,
                "commanded" if channel in self._written else "power-up",
            )
            for channel in range(CHANNELS)
        )

    def _channel(self, channel: int) -> Cell:
        def write(value_mv: int, _now_s: float) -> None:
            self._words[channel] = value_mv
            self._written |= {channel}

        return Cell(lambda _now_s: self._words[channel], write, high=FULL_MV)

    def _move(self, address: int, _now_s: float) -> None:
        self.address = address
