"""Random histories of a street: both forms of the kernel, to the last bit, against a slow and simple model."""

from dataclasses import dataclass, field
from math import inf, isnan, log10, nan
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.kernels import FORMS, NoCompilerError, kernel

COUNT = 3
HOLDERS = (0, 2, 3, 4, 5, 7, 8)  # rungs that take any value; 1 is the lock, 6 is made of needs
PCT = st.sampled_from([0.0, 5.0, 10.0, 20.0, 60.0, 100.0]) | st.floats(0, 100)
FADE = st.sampled_from([0.0, 1.0, 4.0, 60.0]) | st.floats(0, 100)
SPAN = st.sampled_from([0.0, 0.05, 0.05, 0.05, 0.4, 3.0]) | st.floats(0, 20) | st.sampled_from([1e5, 1e12])
LAMP = st.integers(0, COUNT - 1)


@dataclass(slots=True)
class Lamp:
    """One lamp, evaluated whole at every step."""

    leases: dict[int, tuple[float, float]] = field(default_factory=dict)
    needs_s: dict[int, float] = field(default_factory=dict)
    floor_pct: float = 0.0
    ceiling_pct: float = 100.0
    up_s: float = 0.0
    down_s: float = 0.0
    position_pct: float = nan
    level_pct: float = nan
    output_pct: float = nan
    target_pct: float = 100.0
    winner: int = 8
    way: int = 0
    alone: frozenset[int] = frozenset()
    dali: bool = False
    minimum_pct: float = 0.0
    clo: float = 1.0

    def arbitrate(self, now_s: float, need_pct: list[float]) -> None:
        self.leases = {rung: lease for rung, lease in self.leases.items() if lease[1] > now_s}
        self.needs_s = {slot: until_s for slot, until_s in self.needs_s.items() if until_s > now_s}
        held = {rung: value for rung, (value, _) in self.leases.items()}
        if self.needs_s:
            held[6] = max(need_pct[slot] for slot in self.needs_s)
        if 7 in held:
            held[7] = min(held[7], self.ceiling_pct)
        self.winner = min(held, default=8)
        if self.winner == 6 and held.get(7, -1.0) >= held[6]:
            self.winner = 7
        self.target_pct = held.get(self.winner, 100.0)
        if self.target_pct < self.floor_pct and self.winner not in {0, 1, 4}:
            self.target_pct, self.winner = self.floor_pct, 9

    def fade(self, elapsed_s: float) -> bool:
        """Whether the driver is to be told something else."""
        gap_pct = self.target_pct - self.position_pct
        way = (gap_pct > 0) - (gap_pct < 0)
        turned = way != self.way
        full_s = self.up_s if way > 0 else self.down_s
        first_pct = max(1.0, self.position_pct * 0.0562) if self.dali else 1.0
        stride_pct = inf if full_s == 0 else first_pct if turned else elapsed_s * 100.0 / full_s
        reached = isnan(gap_pct) or stride_pct >= abs(gap_pct)
        self.position_pct = self.target_pct if reached else self.position_pct + way * stride_pct
        self.way = 0 if reached else way
        asked_pct = self.target_pct if way in self.alone else self.position_pct
        told_pct = self.told(asked_pct)
        off_pct = abs(told_pct - self.output_pct)
        if not (reached or turned or way in self.alone) and off_pct < (1.5 / 2.54 if self.dali else 1.0):
            return False
        self.level_pct = asked_pct
        before_pct, self.output_pct = self.output_pct, told_pct
        return told_pct != before_pct

    def told(self, light_pct: float) -> float:
        if light_pct == 0.0:
            return 0.0
        light_pct = max(light_pct * self.clo, self.minimum_pct)
        if not self.dali:
            return light_pct
        n = 1 + 253 / 3 * (log10(light_pct) + 1) if light_pct > 0 else 1
        return min(max(round(n), 1), 254) * 100.0 / 254


def kernels() -> list[ModuleType]:
    """Both forms; the interpreted one alone where there is no compiler."""
    try:
        return [kernel(form, "lighting") for form in FORMS]
    except NoCompilerError:
        return [kernel("interpreted", "lighting")]


class Histories(RuleBasedStateMachine):
    """Every call goes to every form and to the model; after each step all of them must agree exactly."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.last_s = -inf
        self.need_pct = [100.0, 60.0, 20.0]
        self.lamps = [Lamp() for _ in range(COUNT)]
        self.streets: list[Any] = [lighting.Street(COUNT, self.need_pct) for lighting in kernels()]
        self.set_since = True

    def everywhere(self, method: str, *arguments: float) -> None:
        self.set_since = True
        for street in self.streets:
            getattr(street, method)(*arguments)

    @rule(i=LAMP, rung=st.sampled_from(HOLDERS), value_pct=PCT, span_s=SPAN | st.just(inf))
    def lease(self, i: int, rung: int, value_pct: float, span_s: float) -> None:
        self.lamps[i].leases[rung] = (value_pct, self.now_s + span_s)
        self.everywhere("set_lease", i, rung, value_pct, self.now_s + span_s)

    @rule(i=LAMP, span_s=SPAN)
    def lock(self, i: int, span_s: float) -> None:
        self.lamps[i].leases[1] = (0.0, self.now_s + span_s)
        self.everywhere("set_lease", i, 1, 0.0, self.now_s + span_s)

    @rule(i=LAMP, rung=st.sampled_from((*HOLDERS, 1)))
    def clear(self, i: int, rung: int) -> None:
        self.lamps[i].leases.pop(rung, None)
        self.everywhere("clear_lease", i, rung)

    @rule(i=LAMP, slot=st.integers(0, 2), span_s=SPAN | st.just(inf))
    def need(self, i: int, slot: int, span_s: float) -> None:
        self.lamps[i].needs_s[slot] = max(self.lamps[i].needs_s.get(slot, -inf), self.now_s + span_s)
        self.everywhere("set_need", i, slot, self.now_s + span_s)

    @rule(i=LAMP)
    def clear_needs(self, i: int) -> None:
        self.lamps[i].needs_s.clear()
        self.everywhere("clear_needs", i)

    @rule(slot=st.integers(0, 2), pct=PCT)
    def need_level(self, slot: int, pct: float) -> None:
        self.need_pct[slot] = pct
        self.everywhere("set_need_level", slot, pct)

    @rule(i=LAMP, floor_pct=PCT, ceiling_pct=PCT)
    def limits(self, i: int, floor_pct: float, ceiling_pct: float) -> None:
        self.lamps[i].floor_pct, self.lamps[i].ceiling_pct = floor_pct, ceiling_pct
        self.everywhere("set_limits", i, floor_pct, ceiling_pct)

    @rule(i=LAMP, up_s=FADE, down_s=FADE, alone=st.sets(st.sampled_from([1, -1])))
    def fade(self, i: int, up_s: float, down_s: float, alone: set[int]) -> None:
        lamp = self.lamps[i]
        lamp.up_s, lamp.down_s = up_s, down_s
        if lamp.way == 0:  # no unit begins or ends to fade by itself in the middle of a fade
            lamp.alone = frozenset(alone)
        self.set_since = True
        for street in self.streets:
            street.set_fade(i, up_s, down_s, up_alone=1 in lamp.alone, down_alone=-1 in lamp.alone)

    @rule(i=LAMP, dali=st.booleans(), minimum_pct=st.sampled_from([0.0, 0.1, 1.0, 10.0]) | PCT)
    def curve(self, i: int, dali: bool, minimum_pct: float) -> None:
        self.lamps[i].dali, self.lamps[i].minimum_pct = dali, minimum_pct
        self.everywhere("set_curve", i, int(dali), minimum_pct)

    @rule(i=LAMP, factor=st.sampled_from([1.0, 0.8]) | st.floats(0.01, 1))
    def clo(self, i: int, factor: float) -> None:
        self.lamps[i].clo = factor
        self.everywhere("set_clo", i, factor)

    @rule(i=LAMP, pct=PCT)
    def level(self, i: int, pct: float) -> None:
        lamp = self.lamps[i]
        told_pct = nan if lamp.alone else lamp.told(pct)  # one that fades by itself is told anew
        lamp.position_pct, lamp.level_pct, lamp.output_pct, lamp.way = pct, pct, told_pct, 0
        self.everywhere("set_level", i, pct)

    @rule(span_s=SPAN, repeats=st.integers(1, 8))
    def steps(self, span_s: float, repeats: int) -> None:
        for _ in range(repeats):
            self.now_s += span_s
            self.step(self.now_s)

    @rule(back_s=st.floats(0, 1e6))
    def step_back(self, back_s: float) -> None:
        self.step(self.now_s - back_s)

    @precondition(lambda self: self.last_s > -inf)
    @rule(part=st.floats(0, 1))
    def nothing_happens_before_its_time(self, part: float) -> None:
        next_s = self.streets[0].next_s()
        if self.set_since or next_s <= self.last_s:
            return
        now_s = self.last_s + part * (min(next_s, self.last_s + 1e6) - self.last_s)
        if now_s < next_s:
            before = [(self.streets[0].target(i), self.streets[0].winner(i)) for i in range(COUNT)]
            self.now_s = max(self.now_s, now_s)
            assert self.step(now_s) == []
            assert [(self.streets[0].target(i), self.streets[0].winner(i)) for i in range(COUNT)] == before

    def step(self, now_s: float) -> list[int]:
        before = [(lamp.level_pct, lamp.target_pct) for lamp in self.lamps]
        counts = {street.step(now_s) for street in self.streets}
        reached_s = max(now_s, self.last_s)
        changed = []
        for i, lamp in enumerate(self.lamps):
            lamp.arbitrate(reached_s, self.need_pct)
            if lamp.fade(reached_s - self.last_s):
                changed.append(i)
        self.last_s = reached_s
        self.set_since = False
        assert counts == {len(changed)}
        for street in self.streets:
            assert list(street.changed) == changed
        for i, (level_pct, target_pct) in enumerate(before):
            self.fades_towards_the_target(i, level_pct, target_pct)
        return changed

    def fades_towards_the_target(self, i: int, before_pct: float, old_target_pct: float) -> None:
        lamp = self.lamps[i]
        if isnan(before_pct):
            return
        now_pct = self.streets[0].level(i)
        assert min(before_pct, lamp.target_pct) <= now_pct <= max(before_pct, lamp.target_pct) or (
            lamp.target_pct != old_target_pct
        )

    @invariant()
    def all_agree(self) -> None:
        for i, lamp in enumerate(self.lamps):
            for street in self.streets:
                assert street.level(i).hex() == float(lamp.level_pct).hex()
                assert street.output(i).hex() == float(lamp.output_pct).hex()
                assert street.target(i).hex() == float(lamp.target_pct).hex()
                assert street.winner(i) == lamp.winner
        assert len({float(street.next_s()).hex() for street in self.streets}) == 1


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def test_both_forms_are_here() -> None:
    if len(kernels()) == 1:
        pytest.skip("no C compiler: the histories ran on the interpreted form alone")
