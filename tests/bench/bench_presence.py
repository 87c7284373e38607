"""How soon a lamp is told to be brighter after somebody was seen."""

from __future__ import annotations

import asyncio
import random
import time
from statistics import median

from figures import Figure, figure, percentile
from lit_street import BASE_PCT, PIR_PIN, LitStreet, lit_street

NAME = "presence"
TITLE = "Presence: from the edge to the first byte of the dim command"
ROUNDS = 109
ONE_IN = 12  # so many rounds is of a radar in the middle, alone; in the others people come to the PIR and a far radar
FAR_PLACE, MIDDLE_PLACE = 2, 7
PIR_LAMP = 9
PAUSE_S = (0.1, 0.35)  # between edges, by chance: at any moment of what goes on on the lines

# One transaction on the line of the lamps (FC16 with 4 levels: 17 + 8 characters and two silences at 19200 baud) + 20 ms.
BUDGET_MS = 1000 * (17 + 8 + 7) * 11 / 19200 + 20


def run() -> list[Figure]:
    """Let people appear at radars and a PIR on an empty street, again and again."""
    pins, polls = asyncio.run(_spans())
    return [
        figure("PIR: edge of the pin, median", 1000 * median(pins), "ms", None, f"{len(pins)} edges, no debounce"),
        figure("PIR: edge of the pin, p99", 1000 * percentile(pins, 0.99), "ms", BUDGET_MS),
        figure("PIR: edge of the pin, worst", 1000 * max(pins), "ms"),
        figure("radar: last byte of the poll, median", 1000 * median(polls), "ms", None, f"{len(polls)} edges"),
        figure("radar: last byte of the poll, p99", 1000 * percentile(polls, 0.99), "ms", BUDGET_MS),
        figure("radar: last byte of the poll, worst", 1000 * max(polls), "ms"),
    ]


async def _spans() -> tuple[list[float], list[float]]:
    pins: list[float] = []
    polls: list[float] = []
    chance = random.Random(6)
    async with lit_street(
        # Whoever is only assumed is soon given up, and the street dark again for the next one.
        (
            "[lighting]\n",
            "[lighting]\nhold_s = 1\nvehicle_hold_s = 1\nfade_down_s = 0.1\nspeed_limit_km_per_h = 90\nsight_m = 30\n",
        ),
        # All see somebody whose lamp is not on the first unit of those that are then written.
        (_unit(1), _unit(0)),
        (_unit(2), _unit(1)),
        (_unit(0), _unit(2)),
        ('unit = "radar-09"\nposition_m = 240\n', 'unit = "radar-09"\nposition_m = 330\n'),
        ('pull = "down"\nposition_m = 330\n', 'pull = "down"\nposition_m = 240\n'),
        ('pull = "down"\n', 'pull = "down"\ndebounce_ms = 0\nhold_s = 0.3\n'),
        # The views of neighbours touch, so that no light waits for somebody between them.
        *((f"position_m = {30 * place}\n", f"position_m = {20 * place}\n") for place in range(1, 12)),
    ) as street:
        await street.start_agent()
        await street.until("a first level", lambda: street.first_level_s is not None)
        for number in range(1, ROUNDS + 1):
            await street.until("rest", lambda: not street.seen and max(street.levels_pct.values()) <= BASE_PCT)
            await asyncio.sleep(chance.uniform(*PAUSE_S))
            if number % ONE_IN:
                pins.append(await _pir(street))
                await asyncio.sleep(chance.uniform(*PAUSE_S))
            polls.append(await _radar(street, FAR_PLACE if number % ONE_IN else MIDDLE_PLACE))
    return pins, polls


def _unit(number: int) -> str:
    return f'[unit.dimmer-{number}]\nbus = "lamps"\naddress = {10 + number}\n'


async def _pir(street: LitStreet) -> float:
    street.raised.clear()
    edge_s = time.monotonic()
    street.pins.set(PIR_PIN, 1)
    await street.until("the PIR's lamp", lambda: PIR_LAMP in street.raised)
    street.pins.set(PIR_PIN, 0)
    return street.raised[PIR_LAMP] - edge_s


async def _radar(street: LitStreet, place: int) -> float:
    street.raised.clear()
    street.radars[place].movement(time.monotonic())
    await street.until("a radar's lamp", lambda: place in street.seen and place + 1 in street.raised)
    span_s = street.raised[place + 1] - street.seen[place]
    street.radars[place].power_up(time.monotonic())  # else it goes on seeing them for 5 s
    return span_s
