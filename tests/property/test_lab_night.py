"""A night's kernel against the simulator's own score, which is written from the same definitions by another hand; and its two
forms against each other, to the last bit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.score import Presence, need, utility
from tests.kernels import FORMS, NoCompilerError, kernel

LAMPS = 12
RINGS = [[(15, 100, 1.0)], [(15, 15, 1.0), (45, 45, 0.6), (75, 75, 0.2)]]
STEPS = 20

levels = st.lists(st.floats(0, 1), min_size=LAMPS, max_size=LAMPS)
users = st.lists(
    st.tuples(
        st.sampled_from([0, 1]),
        st.just(0),
        st.floats(-10, 3),
        st.floats(0, 5),
        st.floats(-50, 400),
        st.sampled_from([13.9, -13.9, 1.4, -1.4]),
    ),
    max_size=5,
).map(lambda found: sorted(found, key=lambda user: user[2]))
commands = st.lists(st.tuples(st.integers(0, STEPS), st.integers(0, LAMPS - 1), st.floats(0, 1)), max_size=10).map(
    sorted
)


def street(form: str, people: list[Any], begin: list[float]) -> Any:
    try:
        night = kernel(form, "night").Night(LAMPS, 0.2, up_s=1.0, down_s=4.0)
    except NoCompilerError as error:
        pytest.skip(str(error))
    night.set_power(0.5, 3.0, 60.0)
    night.set_ways([[(lamp, 30.0 * lamp) for lamp in range(LAMPS)]], [(0.0, 330.0)])
    night.set_rings(RINGS)
    night.set_users(people)
    night.set_dark(0.1, 1.0, 15.0)
    for lamp, level in enumerate(begin):
        night.set_level(lamp, level)
    return night


@settings(max_examples=60, deadline=None)
@given(people=users, begin=levels)
def test_what_people_get_as_the_simulator_sees_it(people: list[Any], begin: list[float]) -> None:
    """At levels that stand."""
    night = street("interpreted", people, begin)
    night.run(STEPS)
    places_m = tuple(30.0 * lamp for lamp in range(LAMPS))
    totals, counts = [0.0, 0.0], [0, 0]
    for step in range(STEPS):
        for kind, _way, start_s, end_s, from_m, m_per_s in people:
            at_m = from_m + m_per_s * (0.2 * step - start_s)
            if start_s <= 0.2 * step < end_s and 0 <= at_m < 330:
                who = Presence(1, "vehicle" if kind == 0 else "person", at_m, m_per_s)
                totals[kind] += utility(need(who, places_m), begin)
                counts[kind] += 1
    for kind in (0, 1):
        assert night.account(kind)[0] == pytest.approx(totals[kind])
        assert night.account(kind)[1] == counts[kind]


@settings(max_examples=60, deadline=None)
@given(people=users, begin=levels, told=commands, to_needs=st.booleans())
def test_both_forms_agree(people: list[Any], begin: list[float], told: list[Any], *, to_needs: bool) -> None:
    accounts = []
    for form in FORMS:
        night = street(form, people, begin)
        go = night.run_to_needs if to_needs else night.run
        for step, lamp, level in told:
            go(step)
            night.command(lamp, level)
        go(STEPS)
        by_lamp = [(night.energy_j(lamp), night.light_s(lamp), night.commands(lamp)) for lamp in range(LAMPS)]
        accounts.append((by_lamp, night.account(0), night.account(1)))
    assert accounts[0] == accounts[1]
