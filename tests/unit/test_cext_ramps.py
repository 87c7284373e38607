"""What a lamp's driver is told: curves, minimum, constant light output, fades of its own, dead band."""

from collections.abc import Callable
from itertools import pairwise
from math import inf, nan
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.units.dali import light_pct as gear_light_pct
from tests.kernels import FORMS, NoCompilerError, kernel

LINEAR, DALI = range(2)
ARC_LEVEL_PCT = 100.0 / 254


@pytest.fixture(scope="module", params=FORMS)
def lighting(request: pytest.FixtureRequest) -> ModuleType:
    try:
        return kernel(request.param, "lighting")
    except NoCompilerError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def ramps(request: pytest.FixtureRequest, lighting: ModuleType) -> ModuleType:
    return kernel("compiled" if lighting.COMPILED else "interpreted", "ramps")


@pytest.fixture
def street(lighting: ModuleType) -> Any:
    """Two lamps that stand at 10 % by an operator's word; they fade up in 1 s and down in 4 s."""
    street = lighting.Street(2, ())
    for i in range(2):
        street.set_fade(i, 1.0, 4.0)
        street.set_level(i, 10.0)
        ask(street, i, 10.0)
    assert street.step(100.0) == 0
    return street


def ask(street: Any, i: int, pct: float) -> None:
    street.set_lease(i, 5, pct, inf)


def told(street: Any, i: int, times_s: list[float]) -> list[float]:
    """What the driver is told at these times."""
    said = []
    for now_s in times_s:
        street.step(now_s)
        if i in street.changed:
            said.append(street.output(i))
    return said


# Arc power levels and their light, as IEC 62386-102 has them.
@pytest.mark.parametrize(
    ("light_pct", "arc_level"),
    [
        (0.0, 0),
        (0.01, 1),
        (0.1, 1),
        (1.0, 85),
        (3.0, 126),
        (10.0, 170),
        (25.0, 203),
        (50.0, 229),
        (70.0, 241),
        (100.0, 254),
    ],
)
def test_the_logarithmic_curve(ramps: ModuleType, light_pct: float, arc_level: int) -> None:
    output_pct = ramps.told_pct(light_pct, DALI, 0.0, 1.0)
    assert round(output_pct * 2.54, 9) == arc_level
    if light_pct >= 0.1:
        assert ramps.light_pct(output_pct, DALI, 1.0) == pytest.approx(light_pct, rel=0.014)  # half a step


@given(arc_level=st.integers(0, 254))
def test_every_arc_level_comes_back(ramps: ModuleType, arc_level: int) -> None:
    light_pct = ramps.light_pct(arc_level * ARC_LEVEL_PCT, DALI, 1.0)
    assert ramps.told_pct(light_pct, DALI, 0.0, 1.0) == pytest.approx(arc_level * ARC_LEVEL_PCT)


@given(light_pct=st.floats(0.1, 100))
def test_like_simulated_gear(ramps: ModuleType, light_pct: float) -> None:
    """Gear that was written without this code gives the light that was asked for, to half a step."""
    arc_level = round(ramps.told_pct(light_pct, DALI, 0.0, 1.0) * 2.54)
    assert gear_light_pct(arc_level) == pytest.approx(light_pct, rel=0.0138)


@given(light_pct=st.floats(0, 100), clo=st.floats(0.1, 1))
def test_a_linear_driver_gives_back_what_was_asked(ramps: ModuleType, light_pct: float, clo: float) -> None:
    output_pct = ramps.told_pct(light_pct, LINEAR, 0.0, clo)
    assert output_pct <= light_pct
    assert ramps.light_pct(output_pct, LINEAR, clo) == pytest.approx(light_pct)


def test_two_steps_up_is_what_it_says(ramps: ModuleType) -> None:
    assert pytest.approx(ramps.TWO_STEPS_UP, abs=1e-4) == 10 ** (2 / (253 / 3)) - 1


def test_less_than_a_lamp_can_give_is_its_minimum_and_only_0_is_off(street: Any) -> None:
    street.set_curve(0, LINEAR, 10.0)
    ask(street, 0, 5.0)
    assert told(street, 0, [100.0 + tick / 10 for tick in range(12)]) == []
    assert (street.target(0), street.level(0), street.output(0)) == (5.0, 5.0, 10.0)
    ask(street, 0, 0.0)
    assert told(street, 0, [102.0 + tick / 10 for tick in range(12)]) == [0.0]


def test_constant_light_comes_before_curve_and_minimum(street: Any) -> None:
    street.set_clo(0, 0.8)
    assert told(street, 0, [101.0]) == [8.0]
    assert (street.level(0), street.target(0)) == (10.0, 10.0)
    street.set_curve(0, LINEAR, 9.0)
    assert told(street, 0, [102.0]) == [9.0]
    street.set_curve(0, DALI)
    street.step(103.0)
    assert round(street.output(0) * 2.54) == 161  # 8 %
    assert street.light_of(0, street.output(0)) == pytest.approx(10.0, rel=0.014)


def test_a_device_that_fades_up_by_itself_is_told_once(street: Any) -> None:
    street.set_fade(0, 1.0, 4.0, up_alone=True)
    ask(street, 0, 90.0)
    assert told(street, 0, [100.0 + tick / 20 for tick in range(30)]) == [90.0]
    ask(street, 0, 20.0)
    assert told(street, 0, [102.0, 102.1, 102.2]) == pytest.approx([89.0, 86.5, 84.0])


def test_it_turns_round_where_it_stands_by_its_own_fade(street: Any) -> None:
    street.set_fade(0, 1.0, 4.0, up_alone=True, down_alone=True)
    ask(street, 0, 90.0)
    assert told(street, 0, [100.0, 100.25]) == [90.0]
    ask(street, 0, 30.0)  # it is at 36 %
    assert told(street, 0, [100.25, 100.35]) == [30.0]
    ask(street, 0, 100.0)
    assert told(street, 0, [100.4]) == [100.0]
    ask(street, 0, 60.0)  # still under it
    assert told(street, 0, [100.45]) == [60.0]
    street.set_fade(0, 1.0, 4.0, up_alone=True)
    ask(street, 0, 20.0)
    assert told(street, 0, [100.45]) == pytest.approx([41.875 - 1.0], abs=5.0)


@given(
    both=st.booleans(),
    events=st.lists(
        st.sampled_from(["report", "ask 0", "ask 10", "ask 40", "ask 90", "ask what it gives", "step"]), max_size=12
    ),
)
def test_a_device_that_fades_by_itself_is_told_whatever_it_does_not_go_to(
    lighting: ModuleType, both: bool, events: list[str]
) -> None:
    """Also where it is to stay at the very level at which it was found on its way to another one."""
    street = lighting.Street(1, ())
    street.set_fade(0, 1.0, 1.0 if both else 0.0, up_alone=True, down_alone=both)
    street.set_level(0, 10.0)
    target_pct, gives_pct, goes_to_pct, now_s = 10.0, 10.0, 10.0, 0.0
    for event in [*events, "step", "report", "ask what it gives", "step"]:
        if event == "report":
            street.set_level(0, gives_pct)
        elif event.startswith("ask"):
            target_pct = gives_pct if event == "ask what it gives" else float(event[4:])
        else:
            now_s += 0.125
            gives_pct += max(min(goes_to_pct - gives_pct, 12.5), -12.5 if both else -100.0)
            ask(street, 0, target_pct)
            goes_to_pct = [goes_to_pct, *told(street, 0, [now_s])][-1]
            assert goes_to_pct == target_pct


def test_a_dali_lamp_is_told_two_steps_or_its_target(street: Any) -> None:
    street.set_curve(0, DALI)
    street.set_fade(0, 20.0, 20.0)
    street.step(100.0)
    ask(street, 0, 90.0)
    said = [round(pct * 2.54) for pct in told(street, 0, [100.0 + tick / 50 for tick in range(1, 900)])]
    assert said[0] >= 170 + 2  # with the step that sees it
    assert said[-1] == 250
    assert {after - before for before, after in pairwise(said[:-1])} == {2}


@pytest.mark.parametrize("level_pct", [1.0, 5.0, 10.0, 30.0, 60.0, 97.0])
@pytest.mark.parametrize("way", [-1, 1])
def test_the_step_that_sees_a_need_moves_a_dali_lamp(street: Any, level_pct: float, way: int) -> None:
    street.set_curve(0, DALI)
    street.set_level(0, level_pct)
    ask(street, 0, level_pct)
    street.step(100.0)
    before_pct = street.output(0)
    ask(street, 0, 100.0 if way > 0 else 0.0)
    street.step(100.0)
    assert list(street.changed) == [0]
    assert (street.output(0) - before_pct) * way > 0


def test_the_same_output_is_not_told_twice(street: Any) -> None:
    """A target that is another light and the same arc power level."""
    street.set_curve(0, DALI)
    street.step(100.0)
    ask(street, 0, 10.05)
    assert street.step(101.0) == 0
    assert street.level(0) == 10.05


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda s: s.set_curve(2, 0), IndexError, "no luminaire 2"),
        (lambda s: s.set_curve(0, 2), IndexError, r"no curve 2: expected 0 \(linear\) or 1 \(DALI\)"),
        (lambda s: s.set_curve(0, 0, nan), ValueError, "minimum_pct = nan"),
        (lambda s: s.set_curve(0, 0, 101.0), ValueError, "minimum_pct = 101.0"),
        (lambda s: s.set_clo(2, 1.0), IndexError, "no luminaire 2"),
        (lambda s: s.set_clo(0, 0.0), ValueError, "factor = 0.0: expected more than 0, at most 1"),
        (lambda s: s.set_clo(0, 1.01), ValueError, "factor = 1.01"),
        (lambda s: s.set_clo(0, nan), ValueError, "factor = nan"),
        (lambda s: s.set_fade(0, nan, 1.0, up_alone=True), ValueError, "up_s = nan"),
        (lambda s: s.output(2), IndexError, "no luminaire 2"),
        (lambda s: s.output_of(0, nan), ValueError, "light_pct = nan"),
        (lambda s: s.light_of(2, 0.0), IndexError, "no luminaire 2"),
    ],
)
def test_misuse_is_refused_and_changes_nothing(
    street: Any, call: Callable[[Any], object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        call(street)
    assert street.next_s() == inf
    assert street.step(101.0) == 0
    assert [street.output(i) for i in range(2)] == [10.0, 10.0]
