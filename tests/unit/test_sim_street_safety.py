"""The judge at the output side can say no: each of its rules, at its limits."""

from __future__ import annotations

import pytest

from firmware_sim.safety import MOST_KEPT, SafetyChecker, Violation
from firmware_sim.score import Presence

LAMPS = [("lum-01", 0.0), ("lum-02", 30.0)]
STEP_S = 0.05


class Judged:
    """Two lamps that are looked at 20 times a second."""

    def __init__(self) -> None:
        self.checker = SafetyChecker(LAMPS)
        self.now_s = 0.0

    def see(
        self, seconds: float, levels: tuple[float, float], *users_m: float, night: bool = True
    ) -> list[tuple[str, str]]:
        """The rules broken so far, after so long with these levels and people."""
        users = [Presence(number, "person", at_m, 1.4) for number, at_m in enumerate(users_m)]
        for _ in range(round(seconds / STEP_S)):
            self.now_s += STEP_S
            self.checker.step(users, levels, self.now_s, STEP_S, night=night)
        return [(broken.rule, broken.what) for broken in self.checker.violations]


DARK_1 = ("dark while occupied", "lum-01 at 9%")


def test_dark_while_occupied_after_two_seconds() -> None:
    street = Judged()
    assert street.see(2.0, (0.09, 1.0), 5.0) == []
    assert street.see(STEP_S, (0.09, 1.0), 5.0) == [DARK_1]
    assert list(street.checker.violations) == [Violation(2.05, *DARK_1)]


@pytest.mark.parametrize("at_m", [-10.0, 0.0, 10.0])
def test_within_ten_metres_is_occupied(at_m: float) -> None:
    assert Judged().see(3.0, (0.09, 1.0), at_m) == [DARK_1]


@pytest.mark.parametrize("at_m", [-10.1, 10.1])
def test_beyond_ten_metres_is_not(at_m: float) -> None:
    assert Judged().see(3.0, (0.09, 1.0), at_m) == []


def test_ten_per_cent_is_light() -> None:
    assert Judged().see(60.0, (0.1, 0.1), 0.0, 30.0) == []


def test_one_after_another_keeps_a_lamp_occupied() -> None:
    street = Judged()
    assert street.see(1.5, (0.09, 1.0), 5.0) == []
    assert street.see(1.0, (0.09, 1.0), -5.0) == [DARK_1]


@pytest.mark.parametrize(("levels", "users_m"), [((0.1, 1.0), (5.0,)), ((0.09, 1.0), ())])
def test_light_or_nobody_begins_the_two_seconds_again(levels: tuple[float, float], users_m: tuple[float, ...]) -> None:
    street = Judged()
    street.see(1.5, (0.09, 1.0), 5.0)
    street.see(STEP_S, levels, *users_m)
    assert street.see(2.0, (0.09, 1.0), 5.0) == []


def test_a_lamp_off_for_five_seconds_without_anybody() -> None:
    street = Judged()
    assert street.see(5.0, (1.0, 0.0)) == []
    assert street.see(STEP_S, (1.0, 0.0)) == [("dark street", "lum-02 is off")]


def test_a_dim_lamp_is_not_off() -> None:
    assert Judged().see(60.0, (0.01, 0.01)) == []


def test_a_flash_begins_the_five_seconds_again() -> None:
    street = Judged()
    street.see(4.9, (1.0, 0.0))
    street.see(STEP_S, (1.0, 0.01))
    assert street.see(5.0, (1.0, 0.0)) == []


def test_by_day_nothing_is_asked() -> None:
    assert Judged().see(60.0, (0.0, 0.0), 0.0, 30.0, night=False) == []


def test_dusk_begins_the_count() -> None:
    street = Judged()
    street.see(60.0, (0.0, 0.0), 0.0, night=False)
    assert street.see(2.0, (0.0, 0.0), 0.0) == []
    assert street.see(STEP_S, (0.0, 0.0), 0.0) == [("dark while occupied", "lum-01 at 0%")]


def test_a_breach_is_told_once_for_each_lamp_and_time() -> None:
    street = Judged()
    street.see(60.0, (0.05, 0.05), 0.0, 30.0)
    assert street.checker.count == 2
    street.see(1.0, (1.0, 1.0))
    street.see(60.0, (0.05, 1.0), 0.0, 30.0)
    assert street.checker.count == 3


def test_the_latest_are_kept_and_all_are_counted() -> None:
    street = Judged()
    for _ in range(MOST_KEPT + 5):
        street.see(2.05, (0.05, 1.0), 0.0)
        street.see(STEP_S, (1.0, 1.0), 0.0)
    assert street.checker.count == MOST_KEPT + 5
    assert len(street.checker.violations) == MOST_KEPT
    assert street.checker.violations[-1].t_s == pytest.approx((MOST_KEPT + 5) * 2.1 - STEP_S)
