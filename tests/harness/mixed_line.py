"""A line on a pty whose units stand at different speeds, and can be given other ids and speeds as their makers say."""

from __future__ import annotations

import termios
from pathlib import Path

from rtu_line import RtuLine, sealed

_OUTPUT_SPEED = 5
_SPEEDS = {getattr(termios, f"B{baud}"): baud for baud in (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)}


class Unit:
    """Holding and input registers; id and speed stand in holding registers, and come into force as `effect` says.

    `silent`: it says nothing to what it does not have, as cheap units do.
    """

    def __init__(self, unit: int, baud: int = 9600, *, effect: str = "at once", silent: bool = False) -> None:
        self.effect = effect
        self.silent = silent
        self.holding: dict[int, int] = {0: 0, 1: 4711, 7: unit, 8: baud // 100}
        self.input: dict[int, int] = {}
        self.kept: dict[int, int] = dict(self.holding)
        self.unit, self.baud = unit, baud
        self.powered = True
        self.writes: list[tuple[int, int]] = []
        self.dies_at_write = -1

    def off_and_on(self) -> None:
        self.powered = True
        self.holding.update(self.kept)
        self._begin()

    def answer(self, frame: bytes) -> bytes | None:
        function = frame[1]
        address, value = int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[4:6], "big")
        if function == 6 and address in self.holding:
            return self._write(frame, address, value)
        registers = {3: self.holding, 4: self.input}.get(function, {})
        if any(one not in registers for one in range(address, address + value)) or function > 4:
            return None if self.silent else sealed(bytes([frame[0], function | 0x80, 2]))
        words = b"".join(registers[one].to_bytes(2, "big") for one in range(address, address + value))
        return sealed(bytes([frame[0], function, len(words)]) + words)

    def _write(self, frame: bytes, address: int, value: int) -> bytes | None:
        if len(self.writes) == self.dies_at_write:
            self.powered = False
            return None
        self.writes.append((address, value))
        self.holding[address] = value
        self.kept[address] = value
        if self.effect == "at once":
            self._begin()
        return sealed(frame[:-2])

    def _begin(self) -> None:
        self.unit, self.baud = self.holding[7], self.holding[8] * 100


class MixedLine(RtuLine):
    """Units hear what is sent at their own speed to their own id; two at once are a noise, since one is a little later."""

    def __init__(self, path: Path, *units: Unit) -> None:
        super().__init__(path, self._all_answer)
        self.units = list(units)
        self._slave = -1

    def _serve(self, slave: int) -> None:
        self._slave = slave
        super()._serve(slave)

    def _all_answer(self, frame: bytes) -> bytes | None:
        baud = _SPEEDS.get(termios.tcgetattr(self._slave)[_OUTPUT_SPEED])
        if sealed(frame[:-2]) != frame:
            return None
        heard = [unit for unit in self.units if unit.powered and (unit.unit, unit.baud) == (frame[0], baud)]
        answers = [answer for unit in heard if (answer := unit.answer(frame))]
        if len(answers) > 1:
            return bytes(one & other for one, other in zip(answers[0], answers[1][1:], strict=False))
        return answers[0] if answers else None
