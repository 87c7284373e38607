"""How soon a lamp is told to be brighter after somebody was seen."""

from __future__ import annotations

import asyncio
import time
from statistics import median

from figures import Figure, figure, percentile
from lit_street import PIR_PIN, LitStreet, lit_street

NAME = "presence"
TITLE = "Presence: from the edge to the first byte of the dim command"
ROUNDS = 20
PLACES = (2, 7)  # radars whose lamps have nothing to do with each other, nor with the PIR's
PIR_LAMP = 12
QUIET_S = 0.5

# One transaction on the line of the lamps (FC16 with 4 levels: 17 + 8 characters and two silences at 19200 baud) + 20 ms.
BUDGET_MS = 1000 * (17 + 8 + 7) * 11 / 19200 + 20


def run() -> list[Figure]:
    """Let people appear at two radars and a PIR on an empty street, again and again."""
    pins, polls = asyncio.run(_spans())
    return [
        figure("PIR: edge of the pin, median", 1000 * median(pins), "ms", None, f"{len(pins)} edges, no debounce"),
        figure("PIR: edge of the pin, p99", 1000 * percentile(pins, 0.99), "ms", BUDGET_MS),
        figure("radar: last byte of the poll, median", 1000 * median(polls), "ms", None, f"{len(polls)} edges"),
        figure("radar: last byte of the poll, p99", 1000 * percentile(polls, 0.99), "ms", BUDGET_MS),
    ]


async def _spans() -> tuple[list[float], list[float]]:
    pins: list[float] = []
    polls: list[float] = []
    async with lit_street(
        ("[lighting]\n", "[lighting]\nhold_s = 1\nfade_down_s = 0.5\n"),
        ('pull = "down"\n', 'pull = "down"\ndebounce_ms = 0\nhold_s = 1\n'),
        # The views of neighbours touch, so that no light waits for somebody between them.
        *((f"position_m = {30 * place}\n", f"position_m = {20 * place}\n") for place in range(1, 12)),
    ) as street:
        await street.start_agent()
        await street.until("a first level", lambda: street.first_level_s is not None)
        for _ in range(ROUNDS):
            pins.append(await _pir(street))
            polls += [await _radar(street, place) for place in PLACES]
    return pins, polls


async def _pir(street: LitStreet) -> float:
    await _quiet(street)
    edge_s = time.monotonic()
    street.pins.set(PIR_PIN, 1)
    await street.until("the PIR's lamp", lambda: street.raised.get(PIR_LAMP, 0.0) > edge_s)
    street.pins.set(PIR_PIN, 0)
    return street.raised[PIR_LAMP] - edge_s


async def _radar(street: LitStreet, place: int) -> float:
    await _quiet(street)
    edge_s = time.monotonic()
    street.radars[place].movement(edge_s)
    await street.until("a radar's lamp", lambda: place in street.seen and street.raised.get(place + 1, 0.0) > edge_s)
    return street.raised[place + 1] - street.seen[place]


async def _quiet(street: LitStreet) -> None:
    """Wait until nobody is seen and no level was written for a while."""
    while street.seen or time.monotonic() - street.written_s < QUIET_S:  # noqa: ASYNC110 - silence has no event
        await asyncio.sleep(0.1)
