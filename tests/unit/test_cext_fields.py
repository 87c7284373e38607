"""Road users in the kernel: whose light is where, when it moves on, and what is refused."""

from collections.abc import Callable
from math import inf, nan
from types import ModuleType
from typing import Any

import pytest

from tests.kernels import FORMS, NoCompilerError, kernel

VEHICLE, PEDESTRIAN, UNKNOWN = range(3)


@pytest.fixture(scope="module", params=FORMS)
def lighting(request: pytest.FixtureRequest) -> ModuleType:
    try:
        return kernel(request.param, "lighting")
    except NoCompilerError as error:
        pytest.skip(str(error))


@pytest.fixture
def street(lighting: ModuleType) -> Any:
    """Eleven lamps, 30 m apart, dark; the eleventh is not on the way. Vehicles and pedestrians as cities ask for them."""
    street = lighting.Street(11, (40.0,), 3)
    for i in range(11):
        street.set_lease(i, lighting.SCHEDULE, 0.0, inf)
        street.set_level(i, 0.0)
        if i < 10:
            street.set_way_place(i, 30.0 * i)
    street.set_shape(VEHICLE, ((15.0, 100.0, 100.0),), 1.0)
    street.set_shape(PEDESTRIAN, ((15.0, 15.0, 100.0), (45.0, 45.0, 60.0), (75.0, 75.0, 20.0)), 0.0)
    street.step(0.0)
    return street


def targets(street: Any) -> list[float]:
    return [street.target(i) for i in range(11)]


def test_a_vehicle_is_lit_ahead_and_led(street: Any, lighting: ModuleType) -> None:
    street.put_user(0, VEHICLE, 60.0, 15.0, 0.0, 0.0, 100.0)
    assert street.step(0.0) == 4
    assert targets(street) == [0, 0, 100, 100, 100, 100, 0, 0, 0, 0, 0]  # to 60 + 100 + 15 m
    assert street.winner(2) == lighting.ADAPTIVE
    assert street.next_s() == pytest.approx(5 / 15, abs=2e-5)  # lamp 6 at 180 m
    street.step(0.34)
    assert targets(street) == [0, 0, 100, 100, 100, 100, 100, 0, 0, 0, 0]
    street.step(1.01)  # 75.15 m: lamp 2 is more than 15 m behind
    assert list(street.changed) == [2]


@pytest.mark.parametrize(("velocity", "last_m"), [(15.0, 12.0), (5.0, 14.0), (-5.0, 14.0), (100.0, 0.0), (0.0, 100.0)])
def test_who_is_faster_can_spare_more_behind(street: Any, velocity: float, last_m: float) -> None:
    """Light is let go 0.2 s early, but not before the lamp has been passed."""
    street.set_shape(VEHICLE, ((15.0, 100.0, 100.0),), 1.0, 0.2)
    behind = -1.0 if velocity < 0.0 else 1.0
    for off_m, lit in ((last_m - 0.01, 100.0), (last_m + 0.01, 0.0)):
        street.put_user(0, VEHICLE, 150.0 + behind * max(off_m, 0.0), velocity, 0.0, 0.0, 100.0)
        street.step(0.0)
        assert street.target(5) == lit


def test_the_other_way_is_the_mirror_image(street: Any) -> None:
    street.put_user(0, VEHICLE, 210.0, -15.0, 0.0, 0.0, 100.0)
    street.step(0.0)
    assert targets(street) == [0, 0, 0, 0, 100, 100, 100, 100, 0, 0, 0]


def test_who_stands_is_lit_both_ways(street: Any) -> None:
    street.put_user(0, VEHICLE, 120.0, 0.0, 0.0, 0.0, 100.0)
    street.step(0.0)
    assert targets(street) == [0, 100, 100, 100, 100, 100, 100, 100, 0, 0, 0]
    assert street.next_s() == 100.0
    street.put_user(0, VEHICLE, 120.0, -0.0009, 0.0, 0.0, 100.0)
    street.step(50.0)
    assert targets(street)[1] == targets(street)[7] == 100


def test_rings_around_a_pedestrian(street: Any) -> None:
    street.put_user(0, PEDESTRIAN, 120.0, 1.4, 0.0, 0.0, 100.0)
    street.step(0.0)
    assert targets(street) == [0, 0, 20, 60, 100, 60, 20, 0, 0, 0, 0]


def test_a_spread_widens_both_ends(street: Any) -> None:
    street.put_user(0, VEHICLE, 60.0, 15.0, 20.0, 0.0, 100.0)
    street.step(0.0)
    assert targets(street) == [0, 100, 100, 100, 100, 100, 100, 0, 0, 0, 0]


def test_the_highest_need_counts_whoever_has_it(street: Any) -> None:
    street.put_user(0, PEDESTRIAN, 120.0, 0.0, 0.0, 0.0, 100.0)
    street.put_user(1, PEDESTRIAN, 150.0, 0.0, 0.0, 0.0, 50.0)
    street.set_need(2, 0, 100.0)
    street.step(0.0)
    assert targets(street) == [0, 0, 40, 60, 100, 100, 60, 20, 0, 0, 0]
    street.step(50.0)  # the second one is gone at that time, not later
    assert targets(street) == [0, 0, 40, 60, 100, 60, 20, 0, 0, 0, 0]
    street.clear_user(0)
    street.clear_user(0)
    street.step(50.0)
    assert targets(street) == [0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 0]


def test_a_user_is_where_they_went_since(street: Any) -> None:
    street.put_user(0, PEDESTRIAN, 60.0, 1.5, 0.0, -40.0, 100.0)
    street.step(0.0)
    assert targets(street)[4] == 100


def test_a_slot_takes_another_user(street: Any) -> None:
    street.put_user(0, PEDESTRIAN, 120.0, 0.0, 0.0, 0.0, 100.0)
    street.step(0.0)
    street.put_user(0, VEHICLE, 240.0, 15.0, 0.0, 0.0, 100.0)
    street.step(0.0)
    assert targets(street) == [0, 0, 0, 0, 0, 0, 0, 0, 100, 100, 0]


def test_a_ring_of_nothing_holds_nothing(street: Any, lighting: ModuleType) -> None:
    """A lamp without a schedule is lit, and not darkened by somebody whose ring asks for 0 %."""
    street.clear_lease(4, lighting.SCHEDULE)
    street.set_shape(UNKNOWN, ((30.0, 30.0, 0.0),), 0.0)
    street.put_user(0, UNKNOWN, 120.0, 0.0, 0.0, 0.0, 100.0)
    street.step(0.0)
    assert (street.target(4), street.winner(4)) == (100.0, lighting.DEFAULT)


def test_a_kind_without_a_shape_needs_nothing(street: Any) -> None:
    street.put_user(0, UNKNOWN, 120.0, 0.0, 0.0, 0.0, 100.0)
    assert street.step(0.0) == 0


def test_another_shape_and_other_places_hold_at_once(street: Any) -> None:
    street.put_user(0, VEHICLE, 60.0, 15.0, 0.0, 0.0, 100.0)
    street.step(0.0)
    street.set_shape(VEHICLE, ((15.0, 15.0, 80.0),), 0.0)
    street.set_way_place(10, 70.0)
    street.set_way_place(2, nan)
    street.set_way_place(0, 45.0)
    street.step(0.0)
    assert targets(street) == [80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 80]


def test_lamps_at_one_place_and_in_any_order(lighting: ModuleType) -> None:
    street = lighting.Street(5, (), 1)
    street.set_shape(0, ((5.0, 5.0, 70.0),), 0.0)
    for i, place_m in enumerate((90.0, 10.0, 50.0, 10.0, 50.0)):
        street.set_lease(i, lighting.SCHEDULE, 0.0, inf)
        street.set_way_place(i, place_m)
    for place_m, lit in ((10.0, {1, 3}), (50.0, {2, 4}), (90.0, {0}), (30.0, set())):
        street.put_user(0, 0, place_m, 0.0, 0.0, 0.0, inf)
        street.step(0.0)
        assert {i for i in range(5) if street.target(i) == 70.0} == lit


def test_nobody_for_ever(street: Any) -> None:
    assert street.next_s() == inf
    street.put_user(0, VEHICLE, 1e4, 15.0, 0.0, 0.0, 20.0)  # drove off: only their end is waited for
    street.step(0.0)
    assert street.next_s() == 20.0
    street.step(20.0)
    assert street.next_s() == inf


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda s: s.set_way_place(11, 0.0), IndexError, "no luminaire 11"),
        (lambda s: s.set_way_place(0, inf), ValueError, "position_m = inf"),
        (lambda s: s.set_way_place(0, "0"), TypeError, None),
        (lambda s: s.set_shape(3, (), 0.0), IndexError, r"no kind 3: expected 0 \(vehicle\) to 2 \(unknown\)"),
        (lambda s: s.set_shape(0, ((1.0, 1.0, 1.0),) * 7, 0.0), ValueError, "7 rings: expected 6 at most"),
        (lambda s: s.set_shape(0, ((1.0, 1.0, 1.0), (-1.0, 1.0, 1.0)), 0.0), ValueError, r"rings\[1\] behind_m = -1.0"),
        (lambda s: s.set_shape(0, ((1.0, nan, 1.0),), 0.0), ValueError, r"rings\[0\] ahead_m = nan"),
        (lambda s: s.set_shape(0, ((1.0, 1.0, 101.0),), 0.0), ValueError, r"rings\[0\] pct = 101.0: expected 0 to 100"),
        (lambda s: s.set_shape(0, (), nan), ValueError, "lead_s = nan: expected 0 to 3600"),
        (lambda s: s.set_shape(0, (), 0.0, -1.0), ValueError, "spare_s = -1.0: expected 0 to 3600"),
        (lambda s: s.set_shape(0, ((1.0, 1.0),), 0.0), ValueError, None),
        (lambda s: s.put_user(3, 0, 0.0, 0.0, 0.0, 0.0, 1.0), IndexError, "no user slot 3: there are 3"),
        (lambda s: s.put_user(-1, 0, 0.0, 0.0, 0.0, 0.0, 1.0), IndexError, "no user slot -1"),
        (lambda s: s.put_user(0, 3, 0.0, 0.0, 0.0, 0.0, 1.0), IndexError, "no kind 3"),
        (lambda s: s.put_user(0, 0, nan, 0.0, 0.0, 0.0, 1.0), ValueError, "position_m = nan"),
        (lambda s: s.put_user(0, 0, 2e7, 0.0, 0.0, 0.0, 1.0), ValueError, r"position_m = 20000000.0: expected -1e\+07"),
        (lambda s: s.put_user(0, 0, 0.0, inf, 0.0, 0.0, 1.0), ValueError, "velocity_m_per_s = inf"),
        (lambda s: s.put_user(0, 0, 0.0, nan, 0.0, 0.0, 1.0), ValueError, "velocity_m_per_s = nan"),
        (lambda s: s.put_user(0, 0, 0.0, 0.0, -1.0, 0.0, 1.0), ValueError, "spread_m = -1.0"),
        (lambda s: s.put_user(0, 0, 0.0, 0.0, inf, 0.0, 1.0), ValueError, "spread_m = inf"),
        (lambda s: s.put_user(0, 0, 0.0, 0.0, 0.0, inf, 1.0), ValueError, "at_s = inf: expected a time"),
        (lambda s: s.put_user(0, 0, 0.0, 0.0, 0.0, nan, 1.0), ValueError, "at_s = nan"),
        (lambda s: s.put_user(0, 0, 0.0, 0.0, 0.0, 0.0, nan), ValueError, "until_s = nan"),
        (lambda s: s.put_user(0, 0, 0.0, 0.0, 0.0, 0.0, -inf), ValueError, "until_s = -inf"),
        (lambda s: s.put_user(0, 0, "here", 0.0, 0.0, 0.0, 1.0), TypeError, None),
        (lambda s: s.clear_user(3), IndexError, "no user slot 3"),
    ],
)
def test_misuse_is_refused_and_changes_nothing(
    street: Any, call: Callable[[Any], object], error: type[Exception], says: str | None
) -> None:
    with pytest.raises(error, match=says):
        call(street)
    assert street.next_s() == inf
    street.put_user(0, VEHICLE, 0.0, 15.0, 0.0, 0.0, 100.0)  # shape and places are as they were
    street.step(0.0)
    assert targets(street) == [100, 100, 100, 100, 0, 0, 0, 0, 0, 0, 0]


def test_bad_construction(lighting: ModuleType) -> None:
    with pytest.raises(ValueError, match="users = -1: expected 0 or more slots"):
        lighting.Street(1, (), -1)
