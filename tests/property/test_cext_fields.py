"""Random road users on random streets: both forms of the kernel, to the last bit, against the definition of a field.

Places, times and speeds are multiples of a quarter, so that every sum is exact whatever its order.
"""

from math import inf, nan
from types import ModuleType
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from need_fields import Shape, User, need_pct
from tests.kernels import FORMS, NoCompilerError, kernel

COUNT = 7
USERS = 4
LAMP = st.integers(0, COUNT - 1)
KIND = st.integers(0, 2)
SLOT = st.integers(0, USERS - 1)
PCT = st.sampled_from([0.0, 20.0, 60.0, 60.0, 80.0, 100.0])


def quarters(low: float, high: float) -> st.SearchStrategy[float]:
    return st.integers(int(4 * low), int(4 * high)).map(lambda quarter: quarter / 4)


PLACE = quarters(-60, 300) | st.sampled_from([0.0, 30.0, 60.0, 90.0]) | st.just(nan)
REACH = st.sampled_from([0.0, 15.0, 45.0, 75.0, 100.0]) | quarters(0, 400)
RINGS = st.lists(st.tuples(REACH, REACH, PCT), max_size=6)
VELOCITY = st.sampled_from([0.0, -0.0, 14.0, -14.0, 1.5, -1.5, 1e-4, -1e-4]) | quarters(-60, 60)
SPAN = st.sampled_from([0.25, 0.25, 0.25, 1.0, 4.0]) | quarters(0, 60) | st.just(1e9)


def kernels() -> list[ModuleType]:
    """Both forms; the interpreted one alone where there is no compiler."""
    try:
        return [kernel(form, "lighting") for form in FORMS]
    except NoCompilerError:
        return [kernel("interpreted", "lighting")]


class Passages(RuleBasedStateMachine):
    """Every call goes to every form; after each step all lamps' targets are what the definition says."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.places_m = [nan] * COUNT
        self.shapes = [Shape()] * 3
        self.users: dict[int, User] = {}
        self.streets: list[Any] = [lighting.Street(COUNT, (), USERS) for lighting in kernels()]
        for street in self.streets:
            for i in range(COUNT):
                street.set_lease(i, 7, 10.0, inf)
            street.step(self.now_s)

    @initialize()
    def a_street(self) -> None:
        for i in range(COUNT):
            self.place(i, 30.0 * i)
        self.shape(0, [(15.0, 100.0, 100.0)], 1.0, 0.25)
        self.shape(1, [(15.0, 15.0, 100.0), (45.0, 45.0, 60.0), (75.0, 75.0, 20.0)], 1.5, 0.0)

    def everywhere(self, method: str, *arguments: object) -> None:
        for street in self.streets:
            getattr(street, method)(*arguments)

    @rule(i=LAMP, position_m=PLACE)
    def place(self, i: int, position_m: float) -> None:
        self.places_m[i] = position_m
        self.everywhere("set_way_place", i, position_m)

    @rule(
        kind=KIND,
        rings=RINGS,
        lead_s=st.sampled_from([0.0, 1.5]) | quarters(0, 10),
        spare_s=st.sampled_from([0.0, 0.25]) | quarters(0, 10),
    )
    def shape(self, kind: int, rings: list[tuple[float, float, float]], lead_s: float, spare_s: float) -> None:
        self.shapes[kind] = Shape(tuple(rings), lead_s, spare_s)
        self.everywhere("set_shape", kind, rings, lead_s, spare_s)

    @rule(
        slot=SLOT,
        kind=KIND,
        position_m=quarters(-100, 400),
        velocity=VELOCITY,
        spread_m=st.just(0.0) | quarters(0, 40),
        ago_s=quarters(-2, 20),
        span_s=SPAN | st.just(inf),
    )
    def user(
        self, slot: int, kind: int, position_m: float, velocity: float, spread_m: float, ago_s: float, span_s: float
    ) -> None:
        user = User(kind, position_m, velocity, spread_m, self.now_s - ago_s, self.now_s + span_s)
        self.users[slot] = user
        self.everywhere("put_user", slot, kind, position_m, velocity, spread_m, self.now_s - ago_s, self.now_s + span_s)

    @rule(slot=SLOT)
    def gone(self, slot: int) -> None:
        self.users.pop(slot, None)
        self.everywhere("clear_user", slot)

    @rule(span_s=SPAN, repeats=st.integers(1, 8))
    def steps(self, span_s: float, repeats: int) -> None:
        for _ in range(repeats):
            self.now_s += span_s
            self.step(self.now_s)

    @rule(back_s=quarters(0, 1e6))
    def step_back(self, back_s: float) -> None:
        self.step(self.now_s - back_s)

    @rule()
    def nothing_happens_before_its_time(self) -> None:
        """From one change to the next by `next_s` alone."""
        self.step(self.now_s)
        next_s = self.streets[0].next_s()
        middle_s = self.now_s + (min(next_s, self.now_s + 1e4) - self.now_s) / 2
        before = [self.wanted(i, self.now_s) for i in range(COUNT)]
        if next_s > self.now_s:
            assert [self.wanted(i, middle_s) for i in range(COUNT)] == before

    def wanted(self, i: int, now_s: float) -> float:
        return max(10.0, need_pct(self.places_m[i], list(self.users.values()), self.shapes, now_s))

    def step(self, now_s: float) -> None:
        before = [self.streets[0].level(i) for i in range(COUNT)]
        for street in self.streets:
            street.step(now_s)
        after = [self.wanted(i, self.now_s) for i in range(COUNT)]
        for street in self.streets:
            assert [street.target(i) for i in range(COUNT)] == after
            assert list(street.changed) == [i for i in range(COUNT) if after[i] != before[i]]
        self.everyone_agrees()

    @invariant()
    def everyone_agrees(self) -> None:
        assert len({float(street.next_s()).hex() for street in self.streets}) == 1
        for i in range(COUNT):
            assert len({(street.winner(i), float(street.level(i)).hex()) for street in self.streets}) == 1


TestPassages = Passages.TestCase
TestPassages.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
