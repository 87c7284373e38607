"""Broken lamps of the simulated street: what comes out of them, and what the meter sees."""

from __future__ import annotations

from itertools import pairwise

from firmware_sim.broken import Lamps
from firmware_sim.world import LAMPS, World

FULL = [1.0] * LAMPS


def test_a_dead_lamp_gives_and_draws_nothing_and_is_whole_again_when_it_is_mended() -> None:
    world = World(iter(()))
    assert world.lamps.breaks(4, "dead", 0.0) == 4
    for second in range(5):
        world.step(float(second), FULL, 21.5, night=True)
    assert (world.levels[4], world.lamp_w(4)) == (0.0, 0.0)
    assert world.power_w() == 11 * 60.0
    world.lamps.mended()
    world.step(6.0, FULL, 21.5, night=True)
    assert world.power_w() == 12 * 60.0


def test_a_stuck_lamp_burns_whatever_its_driver_is_told() -> None:
    world = World(iter(()))
    world.lamps.breaks(0, "stuck", 0.0)
    world.step(1.0, [0.0] * LAMPS, 12.0, night=False)
    assert (world.levels[0], world.lamp_w(0)) == (1.0, 60.0)
    assert world.power_w() == 60.0 + 11 * 0.5


def test_a_cycling_lamp_goes_on_and_off_and_the_same_seed_does_the_same() -> None:
    def course(seed: int) -> list[float]:
        lamps = Lamps(1, seed)
        lamps.breaks(0, "cycling", 0.0)
        return [lamps.light([0.6], second)[0] for second in range(200)]

    seen = course(3)
    assert set(seen) == {0.0, 0.6}
    changes = [second for second in range(1, 200) if seen[second] != seen[second - 1]]
    assert all(6 <= later - sooner <= 15 for sooner, later in pairwise(changes))
    assert seen == course(3) != course(4)


def test_which_one_breaks_is_by_chance_and_none_twice() -> None:
    lamps = Lamps(3, 7)
    first = [lamps.breaks(None, "dead", 0.0) for _ in range(4)]
    assert sorted(first[:3], key=str) == [0, 1, 2]
    assert first[3] is None
    assert lamps.breaks(1, "stuck", 0.0) is None
    assert lamps.how(1) == "dead"
