"""Whatever the hourly volumes: as many users as they say, in the order of time, each where the count has their place."""

from __future__ import annotations

import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.traffic import entries

volumes = st.lists(st.just(0.0) | st.integers(0, 60).map(float) | st.floats(0.001, 60.0), max_size=30)
shifts = st.floats(0.0, 1.0)
ROUNDING_S = 1e-3


@given(volumes, shifts)
def test_as_many_as_the_volumes_say(per_hour: list[float], shift: float) -> None:
    *_, total = itertools.accumulate(per_hour, initial=0.0)
    assert len(list(entries(per_hour, shift))) == math.floor(total)


@given(volumes, shifts)
def test_in_the_order_of_time_up_and_down_in_turn(per_hour: list[float], shift: float) -> None:
    users = list(entries(per_hour, shift))
    assert all(earlier < later for (earlier, _), (later, _) in itertools.pairwise(users))
    assert [up for _, up in users] == [k % 2 == 0 for k in range(len(users))]


@given(volumes, shifts)
def test_user_k_enters_between_the_counts_k_minus_1_and_k(per_hour: list[float], shift: float) -> None:
    """So each is inside an hour that has volume, and no hour has more than its volume and two."""
    counts = list(itertools.accumulate(per_hour, initial=0.0))
    for k, (at_s, _) in enumerate(entries(per_hour, shift), 1):
        hour = next(
            hour
            for hour, volume in enumerate(per_hour)
            if volume > 0 and 3600 * hour - ROUNDING_S <= at_s <= 3600 * (hour + 1) + ROUNDING_S
        )
        place = counts[hour] + per_hour[hour] * (at_s / 3600 - hour)
        assert k - 1 < place < k


@given(volumes, volumes, shifts)
def test_later_hours_change_nothing_earlier(per_hour: list[float], later: list[float], shift: float) -> None:
    known = list(entries(per_hour, shift))
    assert list(entries(per_hour + later, shift))[: len(known)] == known


@given(volumes.filter(lambda per_hour: sum(per_hour) >= 1), shifts)
def test_hours_without_an_end_give_users_without_an_end(per_hour: list[float], shift: float) -> None:
    fifty = list(itertools.islice(entries(itertools.cycle(per_hour), shift), 50))
    assert len(fifty) == 50
