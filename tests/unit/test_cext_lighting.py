"""The luminaires of a street: leases, needs, fades, what is reported, and what is refused."""

import sys
import tracemalloc
from collections.abc import Callable
from math import inf, isnan, nan
from types import ModuleType
from typing import Any

import pytest

from tests.kernels import FORMS, NoCompilerError, kernel

NEEDS_PCT = (100.0, 60.0, 20.0, 80.0)


@pytest.fixture(scope="module", params=FORMS)
def lighting(request: pytest.FixtureRequest) -> ModuleType:
    try:
        return kernel(request.param, "lighting")
    except NoCompilerError as error:
        pytest.skip(str(error))


@pytest.fixture
def street(lighting: ModuleType) -> Any:
    """Three lamps that stand at their schedule of 10 % at 100 s; they fade up in 1 s and down in 4 s."""
    street = lighting.Street(3, NEEDS_PCT)
    for i in range(3):
        street.set_lease(i, lighting.SCHEDULE, 10.0, inf)
        street.set_fade(i, 1.0, 4.0)
        street.set_level(i, 10.0)
    assert street.step(100.0) == 0
    return street


def test_an_unknown_lamp_goes_to_its_target_at_once(lighting: ModuleType) -> None:
    street = lighting.Street(2, ())
    street.set_fade(0, 60.0, 60.0)
    assert isnan(street.level(0))
    assert street.next_s() == -inf
    assert street.step(0.0) == 2
    assert (list(street.changed), street.level(0), street.next_s()) == ([0, 1], 100.0, inf)


def test_a_street_without_lamps(lighting: ModuleType) -> None:
    street = lighting.Street(0, NEEDS_PCT)
    assert (street.step(1.0), list(street.changed), street.next_s()) == (0, [], inf)


def test_the_step_that_sees_a_need_moves_the_lamp(street: Any, lighting: ModuleType) -> None:
    street.set_need(1, 0, 110.0)
    assert street.step(100.0) == 1
    assert list(street.changed) == [1]
    assert (street.level(1), street.target(1), street.winner(1)) == (11.0, 100.0, lighting.ADAPTIVE)
    assert street.next_s() == 100.0


def test_up_and_down_have_speeds_of_their_own(street: Any) -> None:
    street.set_need(0, 0, 101.0)
    street.step(100.0)
    street.step(100.5)
    assert street.level(0) == 61.0
    street.step(100.89)
    assert street.level(0) == 100.0
    assert street.next_s() == 101.0
    street.step(101.0)
    street.step(102.0)
    assert street.level(0) == 99.0 - 25.0


def test_the_highest_live_need_counts(street: Any) -> None:
    street.set_fade(0, 0.0, 0.0)
    for slot, until_s in ((2, 104.0), (1, 103.0), (3, 102.0), (0, 101.0)):
        street.set_need(0, slot, until_s)
    seen = []
    for now_s in (100.0, 101.0, 102.0, 103.0, 104.0):
        street.step(now_s)
        seen.append((street.level(0), street.next_s()))
    assert seen == [(100.0, 101.0), (80.0, 102.0), (60.0, 103.0), (20.0, 104.0), (10.0, inf)]


def test_a_retrigger_never_shortens_a_hold(street: Any) -> None:
    street.set_need(0, 0, 110.0)
    street.set_need(0, 0, 105.0)
    street.step(100.0)
    street.step(109.9)
    assert street.target(0) == 100.0
    street.set_need(0, 0, 120.0)
    street.step(110.0)
    assert street.target(0) == 100.0
    street.step(120.0)
    assert street.target(0) == 10.0


def test_needs_are_cleared(street: Any) -> None:
    street.set_need(0, 0, inf)
    street.set_need(1, 0, inf)
    street.clear_needs(0)
    street.step(100.0)
    assert (street.target(0), street.target(1)) == (10.0, 100.0)


def test_a_need_level_changes_everywhere(street: Any) -> None:
    street.set_need(0, 1, inf)
    street.set_need(2, 1, inf)
    street.step(100.0)
    street.set_need_level(1, 70.0)
    street.step(101.0)
    assert [street.target(i) for i in range(3)] == [70.0, 10.0, 70.0]


def test_a_lease_ends_at_its_time(street: Any, lighting: ModuleType) -> None:
    street.set_lease(0, lighting.OPERATOR, 50.0, 101.0)
    assert street.lease(0, lighting.OPERATOR) == (50.0, 101.0)
    street.step(100.9)
    assert (street.target(0), street.winner(0)) == (50.0, lighting.OPERATOR)
    street.step(101.0)
    assert street.lease(0, lighting.OPERATOR) is None
    assert (street.target(0), street.winner(0)) == (10.0, lighting.SCHEDULE)


def test_a_lease_is_replaced_and_cleared(street: Any, lighting: ModuleType) -> None:
    street.set_lease(0, lighting.TECHNICIAN, 50.0, 200.0)
    street.set_lease(0, lighting.TECHNICIAN, 0.0, 150.0)
    assert street.lease(0, lighting.TECHNICIAN) == (0.0, 150.0)
    street.clear_lease(0, lighting.TECHNICIAN)
    street.clear_lease(0, lighting.TECHNICIAN)
    assert street.lease(0, lighting.TECHNICIAN) is None
    street.step(100.0)
    assert street.winner(0) == lighting.SCHEDULE


def test_limits(street: Any, lighting: ModuleType) -> None:
    street.set_limits(0, 20.0, 100.0)
    street.set_limits(1, 0.0, 4.0)
    street.step(100.0)
    assert [(street.target(i), street.winner(i)) for i in range(3)] == [
        (20.0, lighting.FLOOR),
        (4.0, lighting.SCHEDULE),
        (10.0, lighting.SCHEDULE),
    ]


def test_a_lock_is_off(street: Any, lighting: ModuleType) -> None:
    street.set_fade(0, 0.0, 0.0)
    street.set_limits(0, 20.0, 100.0)
    street.set_need(0, 0, inf)
    street.set_lease(0, lighting.LOCK, 0.0, inf)
    street.step(100.0)
    assert (street.level(0), street.winner(0)) == (0.0, lighting.LOCK)


def test_changes_under_the_dead_band_wait_but_the_target_never_does(street: Any, lighting: ModuleType) -> None:
    street.set_fade(0, 100.0, 100.0)
    street.set_lease(0, lighting.OPERATOR, 13.3, inf)
    seen = [street.level(0) for tick in range(60) if street.step(100.0 + tick * 0.05)]
    assert seen == pytest.approx([11.0, 12.0, 13.0, 13.3], abs=0.051)
    assert seen[-1] == 13.3
    street.set_lease(0, lighting.OPERATOR, 13.5, inf)
    assert street.step(103.0) == 1
    assert street.level(0) == 13.5


def test_a_target_that_comes_back_under_a_fade_is_reported(street: Any, lighting: ModuleType) -> None:
    """The fade stands between two reports when its own position becomes the target."""
    street.set_fade(0, 100.0, 100.0)
    street.set_need(0, 0, inf)
    street.step(100.0)
    assert street.step(100.5) == 0
    street.set_lease(0, lighting.OPERATOR, 11.5, inf)
    assert street.step(100.5) == 1
    assert (street.level(0), street.next_s()) == (11.5, inf)


def test_time_going_backwards_is_no_time(street: Any) -> None:
    street.set_need(0, 0, 105.0)
    street.step(100.0)
    street.step(100.2)
    assert street.step(50.0) == 0
    assert (street.level(0), street.next_s()) == (pytest.approx(31.0), 100.2)
    street.step(100.3)
    assert street.level(0) == pytest.approx(41.0)


def test_a_very_large_gap(street: Any) -> None:
    street.set_need(0, 0, 1e300)
    street.step(100.0)
    assert street.step(1e299) == 1
    assert street.level(0) == 100.0
    street.step(1.7e308)
    assert street.level(0) == 99.0
    street.step(1.75e308)
    assert (street.level(0), street.next_s()) == (10.0, inf)


def test_idle_steps_change_nothing(street: Any) -> None:
    assert [street.step(100.0 + second) for second in range(1000)] == [0] * 1000
    assert street.next_s() == inf


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda s: s.level(3), IndexError, "no luminaire 3: there are 3, counted from 0"),
        (lambda s: s.target(-1), IndexError, "no luminaire -1"),
        (lambda s: s.winner(99), IndexError, "no luminaire 99"),
        (lambda s: s.set_lease(3, 5, 10.0, inf), IndexError, "no luminaire 3"),
        (lambda s: s.set_lease(0, 9, 10.0, inf), IndexError, r"no rung 9: expected 0 \(interlock\) to 8 \(default\)"),
        (lambda s: s.clear_lease(0, -1), IndexError, "no rung -1"),
        (lambda s: s.lease(0, 9), IndexError, "no rung 9"),
        (lambda s: s.set_need(0, 4, inf), IndexError, "no need slot 4: there are 4"),
        (lambda s: s.set_need_level(-1, 4.0), IndexError, "no need slot -1"),
        (lambda s: s.clear_needs(3), IndexError, "no luminaire 3"),
        (lambda s: s.set_limits(3, 0.0, 0.0), IndexError, "no luminaire 3"),
        (lambda s: s.set_fade(3, 0.0, 0.0), IndexError, "no luminaire 3"),
        (lambda s: s.set_level(3, 0.0), IndexError, "no luminaire 3"),
        (lambda s: s.set_lease(0, 5, 100.1, inf), ValueError, "value_pct = 100.1: expected 0..100 per cent"),
        (lambda s: s.set_lease(0, 5, nan, inf), ValueError, "value_pct = nan"),
        (lambda s: s.set_lease(0, 5, -0.1, inf), ValueError, "value_pct = -0.1"),
        (lambda s: s.set_lease(0, 5, 10.0, nan), ValueError, "until_s = nan"),
        (lambda s: s.set_lease(0, 5, 10.0, -inf), ValueError, "until_s = -inf"),
        (lambda s: s.set_lease(0, 1, 10.0, inf), ValueError, "a lock holding 10.0 %"),
        (lambda s: s.set_lease(0, 6, 10.0, inf), ValueError, "use set_need or put_user"),
        (lambda s: s.set_need(0, 0, nan), ValueError, "until_s = nan"),
        (lambda s: s.set_need_level(0, 101.0), ValueError, "pct = 101.0"),
        (lambda s: s.set_limits(0, nan, 100.0), ValueError, "floor_pct = nan"),
        (lambda s: s.set_limits(0, 0.0, 101.0), ValueError, "ceiling_pct = 101.0"),
        (lambda s: s.set_fade(0, -1.0, 1.0), ValueError, "up_s = -1.0: expected seconds"),
        (lambda s: s.set_fade(0, 1.0, inf), ValueError, "down_s = inf"),
        (lambda s: s.set_level(0, nan), ValueError, "pct = nan"),
        (lambda s: s.step(nan), ValueError, "now_s = nan"),
        (lambda s: s.step(inf), ValueError, "now_s = inf"),
        (lambda s: s.set_lease(0, 5, None, inf), TypeError, None),
        (lambda s: s.set_lease(0, 5, "10", inf), TypeError, None),
        (lambda s: s.level("0"), TypeError, None),
    ],
)
def test_misuse_is_refused_and_changes_nothing(
    street: Any, call: Callable[[Any], object], error: type[Exception], says: str | None
) -> None:
    with pytest.raises(error, match=says):
        call(street)
    assert street.next_s() == inf
    assert street.step(101.0) == 0
    assert [street.level(i) for i in range(3)] == [10.0] * 3


@pytest.mark.parametrize(
    ("count", "need_pct", "says"),
    [(-1, (), "count = -1"), (1, (100.0, 101.0), r"need_pct\[1\] = 101.0"), (1, (nan,), r"need_pct\[0\] = nan")],
)
def test_bad_construction(lighting: ModuleType, count: int, need_pct: tuple[float, ...], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        lighting.Street(count, need_pct)


@pytest.fixture
def crowded() -> Any:
    """Sixty-four compiled lamps that fade for hours, and two users who go up and down all the time."""
    try:
        lighting = kernel("compiled", "lighting")
    except NoCompilerError as error:
        pytest.skip(str(error))
    street = lighting.Street(64, NEEDS_PCT, 2)
    for i in range(64):
        street.set_fade(i, 1e4, 1e4)
        street.set_level(i, 0.0)
        street.set_way_place(i, i)
        street.set_curve(i, i % 2, 1.0)
    street.set_shape(0, ((1.0, 3.0, 50.0), (2.0, 5.0, 20.0)), 1.0)
    street.set_lease(63, lighting.SCHEDULE, 0.0, inf)
    street.put_user(0, 0, 0.0, 0.1, 0.0, 0.0, inf)
    street.put_user(1, 0, 63.0, -0.1, 0.0, 0.0, inf)
    return street


def test_a_step_allocates_nothing(crowded: Any) -> None:
    step = crowded.step
    now_s = 0.0
    for _ in range(100):
        step(now_s)
        now_s += 0.05
    tracemalloc.start()
    try:
        blocks = sys.getallocatedblocks()
        traced, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for _ in range(10_000):
            step(now_s)
            now_s += 0.05
        grown = sys.getallocatedblocks() - blocks
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.0 < crowded.level(0) < crowded.target(0)  # they did move, all the time
    assert (crowded.target(63), crowded.target(50)) == (0.0, 50.0)  # and so did the users: up 50 m, away from 63
    assert grown <= 5
    assert peak - traced <= 512  # the test's own numbers
