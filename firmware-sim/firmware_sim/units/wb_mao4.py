"""Wiren Board WB-MAO4: four 0-10 V outputs that light themselves when their master has fallen silent.

Source: the maker's device template (firmware 2.5 and newer). Unit id on the label. A channel has a switch (coil)
and a level; a level that is written to a channel that is switched off waits for the switch, except by 132-135. Its speed
and its own address (register 128) change at once. What it is stands from register 200 on, a character each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from firmware_sim.modbus import (
    READ_COILS,
    READ_HOLDING,
    WRITE_COIL,
    WRITE_COILS,
    WRITE_REGISTER,
    WRITE_REGISTERS,
    Cell,
    Registers,
)
from firmware_sim.units.settings import Settings
from firmware_sim.units.unit import Output, OutputState, Unit, kept
from firmware_sim.units.wb_sensors import COMMISSION, LINK

CHANNELS = 4
FULL = 10_000

SILENCE = 8
SAFE_ACTION, SAFE_LEVEL = 648, 656
POWER_UP_ACTION, POWER_UP_LEVEL = 664, 672
MV_AT_1_PCT, MV_AT_100_PCT = 912, 928
# The template's titles and hints disagree on which is which; these are its titles.
MS_PER_PCT_DOWN, MS_PER_PCT_UP = 944, 960

MODEL, NAME = 200, "WBMAO4"

NOTHING, OFF, ON, LEVEL = 0, 1, 2, 3  # safe-mode actions
UP_OFF, UP_PREVIOUS, UP_ON, UP_LEVEL = 0, 1, 2, 3  # power-up actions

# first register of four, or one: (value from the factory, lowest, highest)
_PER_CHANNEL = {
    SAFE_ACTION: (NOTHING, 0, 3),
    SAFE_LEVEL: (50, 0, 100),
    POWER_UP_ACTION: (UP_OFF, 0, 3),
    POWER_UP_LEVEL: (50, 0, 100),
    MV_AT_1_PCT: (100, 0, FULL),
    MV_AT_100_PCT: (FULL, 0, FULL),
    MS_PER_PCT_DOWN: (20, 0, 500),
    MS_PER_PCT_UP: (20, 0, 500),
}
_PER_UNIT = {
    SILENCE: (10, 1, 65534),
    9: (24, 1, 240),  # PWM divider of 24 kHz
    10: (1, 0, 1),  # 0 PWM, 1 analog
}


@dataclass(frozen=True, slots=True)
class _Channel:
    """One channel since `since_s`: it slews from `start` to its goal. `raw`, `start`: 0..10000 of 10 V."""

    on: bool
    raw: int
    start: float
    since_s: float
    state: OutputState

    @property
    def goal(self) -> int:
        return self.raw if self.on else 0


class WbMao4(Unit):
    """Safe mode begins after `SILENCE` s without a request to this unit; a channel leaves it when it is set again."""

    turnaround_s = 0.002

    def __init__(self, address: int, powered_s: float = 0.0) -> None:
        self._words = {register: start for register, (start, _, _) in _PER_UNIT.items()}
        holding = {register: kept(self._words, register, low, high) for register, (_, low, high) in _PER_UNIT.items()}
        settings = Settings(COMMISSION, (), address, LINK)
        holding |= settings.cells()
        for first, (start, low, high) in _PER_CHANNEL.items():
            for register in range(first, first + CHANNELS):
                self._words[register] = start
                holding[register] = kept(self._words, register, low, high)
        holding |= {MODEL + place: _fixed(ord(character)) for place, character in enumerate(NAME)}
        coils: dict[int, Cell] = {}
        for channel in range(CHANNELS):
            coils[16 + channel] = self._switch(channel)
            holding |= {
                channel: self._raw(channel),
                16 + channel: self._level(channel, auto_on=False),
                90 + channel: self._duty(channel),
                132 + channel: self._level(channel, auto_on=True),
            }
        functions = frozenset({READ_COILS, READ_HOLDING, WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS})
        super().__init__(address, Registers(functions, coils=coils, holding=holding), settings)
        # One tuple, replaced whole: the street looks at it from another thread than the line's.
        self._channels = (_Channel(False, 0, 0.0, powered_s, "power-up"),) * CHANNELS
        self.power_up(powered_s)

    def answer(self, pdu: bytes, now_s: float) -> bytes | None:
        if self.alive:
            self._channels = self._now(now_s)
            self._heard_s = now_s
        return super().answer(pdu, now_s)

    def outputs(self, now_s: float) -> tuple[Output, ...]:
        """The four outputs at this moment."""
        return tuple(
            Output(self._at(place, channel, now_s) / FULL, channel.state)
            for place, channel in enumerate(self._now(now_s))
        )

    def power_up(self, now_s: float, /) -> None:
        """The supply comes (back): each channel starts as its power-up registers say."""
        super().power_up(now_s)
        self._heard_s = now_s
        self._channels = tuple(self._powered(place, channel, now_s) for place, channel in enumerate(self._channels))

    def _powered(self, place: int, channel: _Channel, now_s: float) -> _Channel:
        action = self._words[POWER_UP_ACTION + place]
        on = channel.on if action == UP_PREVIOUS else action in {UP_ON, UP_LEVEL}
        raw = self._raw_of(place, self._words[POWER_UP_LEVEL + place]) if action == UP_LEVEL else channel.raw
        return _Channel(on, raw, 0.0, now_s, "power-up")

    def _now(self, now_s: float) -> tuple[_Channel, ...]:
        """The channels with safe mode taken into account; changes nothing, so anybody may look."""
        safe_s = self._heard_s + self._words[SILENCE]
        if now_s < safe_s:
            return self._channels
        return tuple(self._safe(place, channel, safe_s) for place, channel in enumerate(self._channels))

    def _safe(self, place: int, channel: _Channel, safe_s: float) -> _Channel:
        action = self._words[SAFE_ACTION + place]
        if action == NOTHING:
            return channel
        raw = self._raw_of(place, self._words[SAFE_LEVEL + place]) if action == LEVEL else channel.raw
        return _Channel(action != OFF, raw, self._at(place, channel, safe_s), safe_s, "safe mode")

    def _at(self, place: int, channel: _Channel, now_s: float) -> float:
        """Where the output of a channel stands, 0..10000."""
        way = channel.goal - channel.start
        ms_per_pct = self._words[(MS_PER_PCT_UP if way > 0 else MS_PER_PCT_DOWN) + place]
        if ms_per_pct == 0:
            return float(channel.goal)
        gone = max(0.0, now_s - channel.since_s) * 1000 / ms_per_pct * FULL / 100
        return float(channel.goal) if gone >= abs(way) else channel.start + (gone if way > 0 else -gone)

    def _set(self, place: int, now_s: float, *, on: bool, raw: int) -> None:
        old = self._channels[place]
        new = replace(old, on=on, raw=raw, start=self._at(place, old, now_s), since_s=now_s, state="commanded")
        self._channels = (*self._channels[:place], new, *self._channels[place + 1 :])

    def _raw_of(self, place: int, level_pct: int) -> int:
        """Output for a level: 0 is off, 1..100 % lies on the line between the two voltages set."""
        if level_pct == 0:
            return 0
        low_mv, high_mv = self._words[MV_AT_1_PCT + place], self._words[MV_AT_100_PCT + place]
        return round(low_mv + (high_mv - low_mv) * (level_pct - 1) / 99)

    def _level_of(self, place: int, raw: int) -> int:
        return min(range(101), key=lambda level_pct: abs(self._raw_of(place, level_pct) - raw))

    def _switch(self, place: int) -> Cell:
        return Cell(
            lambda _now_s: int(self._channels[place].on),
            lambda value, now_s: self._set(place, now_s, on=bool(value), raw=self._channels[place].raw),
            high=1,
        )

    def _raw(self, place: int) -> Cell:
        return Cell(
            lambda _now_s: self._channels[place].raw,
            lambda value, now_s: self._set(place, now_s, on=self._channels[place].on, raw=value),
            high=FULL,
        )

    def _level(self, place: int, *, auto_on: bool) -> Cell:
        def write(level_pct: int, now_s: float) -> None:
            on = level_pct > 0 if auto_on else self._channels[place].on
            self._set(place, now_s, on=on, raw=self._raw_of(place, level_pct))

        return Cell(lambda _now_s: self._level_of(place, self._channels[place].raw), write, high=100)

    def _duty(self, place: int) -> Cell:
        return Cell(lambda now_s: round(self._at(place, self._channels[place], now_s)))


def _fixed(word: int) -> Cell:
    return Cell(lambda _now_s: word)
