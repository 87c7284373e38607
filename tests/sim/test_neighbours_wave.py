"""Three controllers, one street, one wave of light: in virtual time, messages get lost, and the street's judges look on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from firmware_sim.traffic import Kind, User
from firmware_sim.world import SPACING_M
from neighbour_net import Chance, Net
from parted_virtual_street import PARTS, PartedStreet

FIRST_S = 12.0  # by then the controllers know each other, and nothing is lit from the start any more
AHEAD_M = 60.0
LAMPS = 12
LENGTH_M = SPACING_M * (LAMPS - 1)
SEAMS = [first for first, _ in PARTS[1:]]
LOSSY = Chance(lost=0.1, doubled=0.05, least_s=0.002, most_s=0.08)


def one(kind: Kind, speed_m_per_s: float) -> Iterator[User]:
    start_m = -110.0 if speed_m_per_s > 0 else LENGTH_M + 50.0
    return iter([User(1, kind, FIRST_S, start_m, speed_m_per_s)])


def worst_ahead(street: PartedStreet, seconds: float) -> dict[int, float]:
    """Run; return the least that each lamp gave while somebody on the street had it ahead of them, within 60 m."""
    worst: dict[int, float] = {}
    for levels in street.run(seconds):
        for user in street.world.everyone():
            for lamp, level in enumerate(levels):
                ahead_m = (street.world.lamps_m[lamp] - user.at_m) * (1 if user.speed_m_per_s > 0 else -1)
                if 0.0 <= ahead_m <= AHEAD_M and 0.0 <= user.at_m <= LENGTH_M:
                    worst[lamp] = min(worst.get(lamp, 1.0), level)
    return worst


def beyond(first: int, speed_m_per_s: float) -> list[int]:
    """The two lamps that somebody comes to first behind a seam."""
    return [first, first + 1] if speed_m_per_s > 0 else [first - 1, first - 2]


@pytest.mark.parametrize("speed_m_per_s", [13.9, -13.9, 25.0])
@pytest.mark.parametrize("seed", range(4))
def test_light_goes_ahead_of_a_vehicle_across_the_seams(seed: int, speed_m_per_s: float) -> None:
    street = PartedStreet(one("vehicle", speed_m_per_s), Net(seed, LOSSY))
    worst = worst_ahead(street, FIRST_S + 500.0 / abs(speed_m_per_s) + 5.0)
    assert street.net.happened["lost"] > 10
    for first in SEAMS:
        for lamp in beyond(first, speed_m_per_s):
            assert worst[lamp] >= 0.95, f"lum-{lamp + 1:02}"
    assert street.world.checker.count == 0


def test_without_a_link_the_seams_are_at_the_class_level_and_that_costs_twice_as_much() -> None:
    linked = PartedStreet(one("vehicle", 13.9), Net())
    alone = PartedStreet(one("vehicle", 13.9), Net(), linked=False)
    worst_ahead(linked, 60.0)
    worst = worst_ahead(alone, 60.0)
    assert all(worst[lamp] == 1.0 for first in SEAMS for lamp in beyond(first, 13.9))
    assert alone.world.score.energy_wh > 2 * linked.world.score.energy_wh


def test_without_neighbours_there_would_be_no_light_ahead() -> None:
    """The counter-proof: controllers that do not know that there are others."""
    street = PartedStreet(one("vehicle", 13.9), Net(), linked=False)
    for part in street.parts:
        part.exchange.neighbours.clear()
        part.control.seam(-1, silent=False)
        part.control.seam(1, silent=False)
    worst = worst_ahead(street, FIRST_S + 40.0)
    assert all(worst[first] < 0.2 for first in SEAMS)


@pytest.mark.parametrize("speed_m_per_s", [1.4, -1.4])
def test_rings_of_light_go_across_the_seams_with_somebody_on_foot(speed_m_per_s: float) -> None:
    street = PartedStreet(one("person", speed_m_per_s), Net(3, LOSSY))
    for _ in street.run(FIRST_S + 500.0 / 1.4):
        pass
    score = street.world.score
    assert score.user_s > 200.0
    assert score.dark_s == 0.0
    assert score.underlit_s / score.user_s < 0.02
    assert street.world.checker.count == 0


@pytest.mark.parametrize("dead", [0, 1, 2])
def test_beside_a_controller_that_is_gone_the_seam_is_at_the_class_level(dead: int) -> None:
    street = PartedStreet(one("vehicle", 13.9), Net())
    for _ in street.run(FIRST_S - 4.0):
        pass
    assert max(street.world.levels) < 0.2, "linked, and nobody there yet"
    street.parts[dead].link.close()
    street.dead.add(dead)
    for _ in street.run(4.0):
        pass
    touched = [first for first in SEAMS if first in PARTS[dead]]
    for first in SEAMS:
        low, high = street.world.levels[first - 1], street.world.levels[first]
        assert (low == high == 1.0) is (first in touched)
    worst = worst_ahead(street, 60.0)
    assert all(worst[lamp] == 1.0 for first in touched for lamp in beyond(first, 13.9))


def test_nobody_is_kept_alive_by_being_told_of() -> None:
    """An hour after the last one all lamps are at rest, and the exchange is the beat alone."""
    street = PartedStreet(iter([User(n, "person", FIRST_S + n, 80.0 + n, 1.4) for n in range(8)]), Net(5, LOSSY))
    for _ in street.run(FIRST_S + 300.0):
        pass
    assert street.world.everyone() == []
    assert max(street.world.levels) == pytest.approx(0.1, abs=0.01)
    before = len(street.net.tapped)
    for _ in street.run(60.0):
        pass
    assert len(street.net.tapped) - before <= 4 * 2 * 60 + 8
    assert max(street.world.levels) == pytest.approx(0.1, abs=0.01)
    assert all(len(part.control.road_users(part.now_s)) == 0 for part in street.parts)
