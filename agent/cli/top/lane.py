"""The lamps in a row, the light under them, and who walks there. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from agent.cli.text import Line, Span, Tone, clip
from agent.cli.top.state import LampView, SensorView
from agent.cli.top.street import User

MARGIN = 7
_NARROWEST_CELL = 4  # "100" and a gap
_WIDEST_CELL = 10
_REACH_M = 9.0  # where the light of a lamp has fallen to about a third

SHORT = {
    "adaptive": "adp",
    "schedule": "sch",
    "technician": "tec",
    "operator": "ope",
    "floor": "flr",
    "default": "def",
    "safe mode": "saf",
    "interlock": "int",
    "lock": "lck",
    "safety": "sfy",
    "minimum_time": "min",
}


class Look(msgspec.Struct, frozen=True):
    """What the terminal can show: brightness behind text, block characters."""

    shades: bool
    blocks: bool


def fitting(count: int, width: int) -> int:
    """Return how many of so many lamps stand in one row."""
    return max(1, min(count, (width - MARGIN) // _NARROWEST_CELL))


def row(
    lamps: Sequence[LampView], sensors: Sequence[SensorView], users: Sequence[User], width: int, look: Look
) -> list[Line]:
    """Draw a stretch of street: bars, footway, carriageway, names, levels, who won, what the sensors see."""
    cell = min((width - MARGIN) // len(lamps), _WIDEST_CELL)
    scale = _Scale([lamp.x_m for lamp in lamps], cell)
    lines = [
        (_margin("light"), *_bars(lamps, cell, look, upper=True)),
        (_margin(""), *_bars(lamps, cell, look, upper=False)),
        (_margin("people"), *_lane(lamps, [u for u in users if u.kind == "person"], scale, look)),
        (_margin("road"), *_lane(lamps, [u for u in users if u.kind == "vehicle"], scale, look)),
        (_margin("lamp"), *_cells([(_short_name(lamp.id), "bad" if lamp.fault else "dim") for lamp in lamps], cell)),
        (_margin("%"), *_cells([_level(lamp) for lamp in lamps], cell)),
        (_margin("won by"), *_cells([(SHORT.get(lamp.winner, "-"), _winner_tone(lamp)) for lamp in lamps], cell)),
        (_margin("sees"), *_sensor_row(sensors, scale, look)),
    ]
    return [clip(line, width) for line in lines]


class _Scale:
    """From metres to columns: lamps stand at equal distances on the screen, whatever they do on the street."""

    def __init__(self, lamps_m: Sequence[float], cell: int) -> None:
        self._lamps_m = lamps_m
        self._cell = cell
        self.columns = len(lamps_m) * cell

    def column(self, x_m: float) -> int:
        """Return the column of a place; outside 0..columns - 1 if it is not on this stretch."""
        return round(self._index(x_m) * self._cell + (self._cell - 1) / 2)

    def place_m(self, column: int) -> float:
        """Return the place under a column."""
        index = (column - (self._cell - 1) / 2) / self._cell
        left, gap_m = self._gap(int(max(index, 0)))
        return self._lamps_m[left] + (index - left) * gap_m

    def _index(self, x_m: float) -> float:
        left = max((n for n, lamp_m in enumerate(self._lamps_m) if lamp_m <= x_m), default=0)
        left, gap_m = self._gap(left)
        return left + (x_m - self._lamps_m[left]) / gap_m

    def _gap(self, left: int) -> tuple[int, float]:
        """Return a lamp that has a right neighbour, and how far it is (never 0)."""
        left = min(left, len(self._lamps_m) - 2)
        if left < 0:
            return 0, 30.0
        return left, (self._lamps_m[left + 1] - self._lamps_m[left]) or 1.0


def _margin(title: str) -> Span:
    return Span(title.ljust(MARGIN), "dim")


def _cells(texts: Sequence[tuple[str, Tone]], cell: int) -> list[Span]:
    return [Span(text[: cell - 1].center(cell - 1) + " ", tone) for text, tone in texts]


def _level(lamp: LampView) -> tuple[str, Tone]:
    return ("?", "bad") if lamp.level_pct is None else (f"{lamp.level_pct:.0f}", "bold")


def _winner_tone(lamp: LampView) -> Tone:
    if lamp.winner in {"technician", "operator", "safe mode"}:
        return "warn"
    return "good" if lamp.winner == "adaptive" else "plain"


def _short_name(name: str) -> str:
    return name.rsplit("-", 1)[-1]


def _bars(lamps: Sequence[LampView], cell: int, look: Look, *, upper: bool) -> list[Span]:
    steps = " ▁▂▃▄▅▆▇█" if look.blocks else " ..::++##"
    spans = []
    for lamp in lamps:
        level = (lamp.level_pct or 0.0) / 100
        filled = min(max(round(level * 16) - (8 if upper else 0), 0), 8)
        if not upper and filled == 0:
            filled = 1  # the lamp is there
        spans += [Span(steps[filled] * (cell - 1), light=0.25 + 0.75 * level), Span(" ")]
    return spans


def _lane(lamps: Sequence[LampView], users: Sequence[User], scale: _Scale, look: Look) -> list[Span]:
    ground = [_lit(scale.place_m(column), lamps) for column in range(scale.columns)]
    shades = " ░▒▓" if look.blocks else " .:="
    signs: list[str | None] = [None] * scale.columns
    for user in users:
        column = scale.column(user.x_m)
        for offset, part in enumerate(_sign(user, look)):
            if 0 <= column + offset < scale.columns:
                signs[column + offset] = part
    spans = []
    for sign, lit in zip(signs, ground, strict=True):
        text = sign or (" " if look.shades else shades[min(int(lit * 4), 3)])
        spans.append(
            Span(
                text,
                "bold" if sign else "plain",
                light=(0.0 if lit > 0.45 else 1.0) if sign and look.shades else None,
                ground=0.05 + 0.85 * lit if look.shades else None,
            )
        )
    return spans


def _sign(user: User, look: Look) -> str:
    if user.kind == "person":
        return "☻" if look.blocks else "o"
    ahead = user.speed_m_per_s >= 0
    if look.blocks:
        return "■►" if ahead else "◄■"
    return "=>" if ahead else "<="


def _lit(x_m: float, lamps: Sequence[LampView]) -> float:
    """Return about how light it is at a place, for the eye only: 1 under a lamp at full light."""
    shares = [(lamp.level_pct or 0.0) / 100 / math.hypot(1, (x_m - lamp.x_m) / _REACH_M) ** 3 for lamp in lamps]
    return min(1.0, sum(shares))


def _sensor_row(sensors: Sequence[SensorView], scale: _Scale, look: Look) -> list[Span]:
    seen, nobody = ("●", "·") if look.blocks else ("*", ".")
    spans = [Span(" ")] * scale.columns
    for sensor in sorted(sensors, key=lambda s: (s.dead, s.doubted, s.sees)):  # of two at a place the one that matters
        column = scale.column(sensor.x_m)
        if not 0 <= column < scale.columns:
            continue
        if sensor.dead:
            spans[column] = Span("x", "bad")
        elif sensor.doubted:
            spans[column] = Span("?", "bad")
        else:
            spans[column] = Span(seen, "good") if sensor.sees else Span(nobody, "dim")
    return spans
