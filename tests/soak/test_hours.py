"""Hours of chance on the street in virtual time: who comes, how fast, which radars die. Nobody is in the dark."""

from __future__ import annotations

import random
from datetime import datetime

import pytest

from users_by_chance import by_chance
from virtual_street import VirtualStreet

HOUR_S = 3600.0
MINUTE_S = 60.0
MOST_DEAD = 4  # of twelve
EVENING = datetime.fromisoformat("2026-11-20T21:30+01:00")
DUSK = datetime.fromisoformat("2026-11-20T18:00+01:00")


def judged(street: VirtualStreet, name: str) -> None:
    """Nobody in the dark, and a word about it."""
    score = street.world.score
    print(
        f"\n{name}: {street.now_s / HOUR_S:.1f} h, users {score.user_s:.0f} s on the street, "
        f"in the dark {score.dark_s:.1f} s, under-lit {score.underlit_s:.0f} s, {score.energy_wh:.0f} Wh",
        flush=True,
    )
    assert street.world.checker.count == 0, list(street.world.checker.violations)
    assert score.dark_s == 0.0
    assert score.user_s > 0.0


@pytest.mark.parametrize("seed", range(6))
def test_an_hour_of_chance(seed: int) -> None:
    street = VirtualStreet(users=by_chance(random.Random(seed), 80.0))
    street.run(HOUR_S)
    judged(street, f"seed {seed}")
    assert street.world.score.underlit_s < 0.06 * street.world.score.user_s


@pytest.mark.parametrize("seed", range(6))
def test_an_hour_in_which_radars_die_and_come_back(seed: int) -> None:
    chance = random.Random(1000 + seed)
    street = VirtualStreet(users=by_chance(chance, 60.0))
    for _ in range(60):
        street.dead = set(chance.sample(range(12), chance.randint(0, MOST_DEAD)))
        street.run(MINUTE_S)
    judged(street, f"seed {seed}, radars die")


def test_an_hour_without_any_radar() -> None:
    street = VirtualStreet(users=by_chance(random.Random(7), 60.0))
    street.dead = set(range(12))
    street.run(HOUR_S)
    judged(street, "no radar at all")
    assert street.world.score.underlit_s == pytest.approx(0.0, abs=1.0)


def test_a_whole_night_of_recorded_counts() -> None:
    street = VirtualStreet(begin=DUSK)
    for _ in range(12):
        street.run(HOUR_S)
        judged(street, f"hour {street.now_s / HOUR_S:.0f} of a November night")
    full = next(ghost.score for ghost in street.world.ghosts if ghost.score.name == "full")
    assert street.world.score.energy_wh < 0.6 * full.energy_wh
