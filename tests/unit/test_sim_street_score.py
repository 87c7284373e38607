"""What is needed, what was given and what it cost, in figures worked by hand."""

from __future__ import annotations

import pytest

from firmware_sim.score import Need, Presence, Score, need, power_w, utility

LAMPS_M = tuple(30.0 * lamp for lamp in range(12))


def vehicle(at_m: float, speed_m_per_s: float = 13.9) -> Presence:
    return Presence(1, "vehicle", at_m, speed_m_per_s)


def person(at_m: float) -> Presence:
    return Presence(2, "person", at_m, 1.4)


@pytest.mark.parametrize(
    ("user", "lamps", "nearest"),
    [
        (vehicle(100.0), {3: 1.0, 4: 1.0, 5: 1.0, 6: 1.0}, 3),  # from 85 to 200 m
        (vehicle(100.0, -13.9), {0: 1.0, 1: 1.0, 2: 1.0, 3: 1.0}, 3),  # from 0 to 115 m
        (vehicle(105.0), {3: 1.0, 4: 1.0, 5: 1.0, 6: 1.0}, 3),  # just 15 m behind counts
        (vehicle(105.1), {4: 1.0, 5: 1.0, 6: 1.0}, 4),
        (vehicle(80.0), {3: 1.0, 4: 1.0, 5: 1.0, 6: 1.0}, 3),  # just 100 m ahead counts
        (vehicle(79.9), {3: 1.0, 4: 1.0, 5: 1.0}, 3),
        (vehicle(330.0), {11: 1.0}, 11),
        (person(60.0), {0: 0.2, 1: 0.6, 2: 1.0, 3: 0.6, 4: 0.2}, 2),
        (person(75.0), {0: 0.2, 1: 0.6, 2: 1.0, 3: 1.0, 4: 0.6, 5: 0.2}, 2),  # just between two
        (person(0.0), {0: 1.0, 1: 0.6, 2: 0.2}, 0),
    ],
)
def test_needed_light(user: Presence, lamps: dict[int, float], nearest: int) -> None:
    assert need(user, LAMPS_M) == Need(user.number, tuple(lamps.items()), nearest)


def test_somebody_beyond_the_last_lamp_has_no_nearest() -> None:
    assert need(person(346.0), LAMPS_M).nearest is None
    assert need(vehicle(346.0), LAMPS_M) == Need(1, (), None)


@pytest.mark.parametrize(
    ("user", "level", "served"),
    [
        (person(60.0), 1.0, 1.0),
        (person(60.0), 0.6, (0.6 + 1 + 1 + 1 + 1) / 5),
        (person(60.0), 0.2, (0.2 + 2 * 0.2 / 0.6 + 1 + 1) / 5),
        (person(60.0), 0.0, 0.0),
        (vehicle(100.0), 0.6, 0.6),
        (vehicle(346.0), 0.0, 1.0),  # no lamp could serve
    ],
)
def test_utility(user: Presence, level: float, served: float) -> None:
    assert utility(need(user, LAMPS_M), [level] * 12) == pytest.approx(served)


@pytest.mark.parametrize(
    ("level", "watts"), [(0.0, 0.5), (1e-9, 3.0), (0.1, 8.7), (0.2, 14.4), (0.5, 31.5), (1.0, 60.0)]
)
def test_power(level: float, watts: float) -> None:
    assert power_w(level) == pytest.approx(watts)


def after(seconds: float, level: float, *users: Presence, score: Score | None = None) -> Score:
    """The account after so long with all lamps at one level."""
    score = Score("tried") if score is None else score
    for _ in range(round(seconds * 20)):
        score.step([need(user, LAMPS_M) for user in users], [level] * 12, 0.05)
    return score


def test_an_hour_of_full_light_for_nobody() -> None:
    score = after(3600, 1.0)
    assert score.as_dict() == {
        "name": "tried",
        "power_w": 720.0,
        "energy_wh": 720.0,
        "underlit_s": 0.0,
        "dark_s": 0.0,
        "user_s": 0.0,
    }


def test_under_lit_is_below_nine_tenths() -> None:
    assert after(10, 0.9, vehicle(100.0)).underlit_s == 0.0
    assert after(10, 0.89, vehicle(100.0)).underlit_s == pytest.approx(10.0)
    assert after(10, 0.6, person(60.0)).underlit_s == 0.0  # 0.92


def test_seconds_are_counted_for_each_user() -> None:
    score = after(10, 0.6, vehicle(100.0), person(60.0), Presence(3, "vehicle", 200.0, -13.9))
    assert score.user_s == pytest.approx(30.0)
    assert score.underlit_s == pytest.approx(20.0)


def test_dark_begins_after_two_seconds() -> None:
    assert after(2, 0.49, person(60.0)).dark_s == 0.0
    assert after(5, 0.49, person(60.0)).dark_s == pytest.approx(3.0)
    assert after(5, 0.5, person(60.0)).dark_s == 0.0


def test_another_lamp_is_allowed_its_two_seconds_too() -> None:
    score = after(3, 0.1, person(60.0))
    after(3, 0.1, person(90.0), score=score)
    assert score.dark_s == pytest.approx(1.0 + 1.0)


def test_light_in_between_begins_the_two_seconds_again() -> None:
    score = after(3, 0.1, person(60.0))
    after(1, 1.0, person(60.0), score=score)
    after(2, 0.1, person(60.0), score=score)
    assert score.dark_s == pytest.approx(1.0)


def test_two_in_the_dark_are_two() -> None:
    assert after(3, 0.1, person(60.0), Presence(7, "person", 61.0, -1.4)).dark_s == pytest.approx(2.0)


def test_nobody_is_in_the_dark_where_no_lamp_stands() -> None:
    assert after(10, 0.0, person(346.0)).dark_s == 0.0
