"""The formula of the street's lamps: worked examples, and a reference arbiter of a few lines."""

from math import nan
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kernels import FORMS, NoCompilerError, kernel

RUNGS = ("interlock", "lock", "safety", "minimum_time", "technician", "operator", "adaptive", "schedule", "default")

# what holds the lamp; ceiling; floor; level; who won
EXAMPLES = [
    pytest.param({}, 100, 0, 100, "default", id="nothing known: lit"),
    pytest.param({}, 20, 5, 100, "default", id="a ceiling does not touch the default"),
    pytest.param({"default": 40}, 100, 5, 40, "default", id="a default of its own"),
    pytest.param({"default": 0}, 100, 5, 5, "floor", id="the floor lifts the default"),
    pytest.param({"schedule": 10, "default": 70}, 100, 5, 10, "schedule", id="a schedule before the default"),
    pytest.param({"schedule": 0}, 100, 0, 0, "schedule", id="day: the schedule is off, no floor"),
    pytest.param({"schedule": 0}, 100, 5, 5, "floor", id="the floor lifts the schedule"),
    pytest.param({"schedule": 60}, 30, 5, 30, "schedule", id="a grid event lowers what nobody uses"),
    pytest.param({"schedule": 60}, 0, 5, 5, "floor", id="a ceiling below the floor: the floor"),
    pytest.param({"adaptive": 100, "schedule": 60}, 30, 5, 100, "adaptive", id="never an occupied lamp"),
    pytest.param({"adaptive": 100}, 30, 5, 100, "adaptive", id="never an occupied lamp, without a schedule"),
    pytest.param({"adaptive": 20, "schedule": 60}, 100, 5, 60, "schedule", id="the higher of adaptive and schedule"),
    pytest.param({"adaptive": 60, "schedule": 20}, 100, 5, 60, "adaptive", id="the higher of the two, other way"),
    pytest.param({"adaptive": 60, "schedule": 60}, 100, 5, 60, "schedule", id="the schedule wins ties"),
    pytest.param({"adaptive": 30, "schedule": 60}, 30, 5, 30, "schedule", id="ties count after the ceiling"),
    pytest.param({"adaptive": 40, "schedule": 60}, 30, 5, 40, "adaptive", id="the ceiling makes way for people"),
    pytest.param({"adaptive": 0}, 100, 5, 5, "floor", id="the floor lifts the adaptive level"),
    pytest.param({"operator": 30, "adaptive": 100}, 100, 5, 30, "operator", id="an operator may dim an occupied lamp"),
    pytest.param({"operator": 0, "schedule": 60}, 100, 5, 5, "floor", id="the floor is for operators too"),
    pytest.param({"operator": 5}, 100, 5, 5, "operator", id="at the floor, the floor lifts nothing"),
    pytest.param({"operator": 80}, 30, 5, 80, "operator", id="a ceiling is not for operators"),
    pytest.param({"technician": 0, "operator": 80}, 100, 5, 0, "technician", id="a technician goes below the floor"),
    pytest.param({"minimum_time": 50, "technician": 0}, 100, 5, 50, "minimum_time", id="a timer before a technician"),
    pytest.param({"minimum_time": 0}, 100, 5, 5, "floor", id="the floor lifts a timer"),
    pytest.param({"safety": 100, "minimum_time": 0}, 100, 5, 100, "safety", id="emergency light before timers"),
    pytest.param({"safety": 0}, 100, 5, 5, "floor", id="the floor lifts local rules"),
    pytest.param({"lock": 0, "safety": 100}, 100, 5, 0, "lock", id="a lock is off, and below the floor"),
    pytest.param({"lock": 70}, 100, 5, 0, "lock", id="a lock is off, whatever it says"),
    pytest.param({"interlock": 0, "lock": 0}, 100, 5, 0, "interlock", id="an interlock before everything"),
    pytest.param({"interlock": 3}, 100, 5, 3, "interlock", id="an interlock is used as given"),
]


def reference(held: dict[str, float], ceiling_pct: float, floor_pct: float) -> tuple[float, str]:
    """The rule, sentence by sentence."""
    held = held | ({"lock": 0.0} if "lock" in held else {})
    shared = {"schedule": min(held["schedule"], ceiling_pct)} if "schedule" in held else {}
    shared |= {"adaptive": held["adaptive"]} if "adaptive" in held else {}
    above = [rung for rung in RUNGS[:6] if rung in held]
    winner = above[0] if above else max(shared, key=shared.__getitem__, default="default")
    wanted = (shared if winner in shared and not above else held).get(winner, 100.0)
    if wanted < floor_pct and winner not in {"lock", "interlock", "technician"}:
        return floor_pct, "floor"
    return wanted, winner


@pytest.fixture(scope="module", params=FORMS)
def lighting(request: pytest.FixtureRequest) -> ModuleType:
    try:
        return kernel(request.param, "lighting")
    except NoCompilerError as error:
        pytest.skip(str(error))


def values(held: dict[str, float]) -> list[float]:
    return [held.get(rung, nan) for rung in RUNGS]


@pytest.mark.parametrize(("held", "ceiling_pct", "floor_pct", "level_pct", "winner"), EXAMPLES)
def test_worked_examples(
    lighting: ModuleType, held: dict[str, float], ceiling_pct: float, floor_pct: float, level_pct: float, winner: str
) -> None:
    level, code = lighting.arbitrate(values(held), ceiling_pct, floor_pct)
    assert (level, lighting.WINNERS[code]) == (level_pct, winner)
    assert reference(held, ceiling_pct, floor_pct) == (level_pct, winner)


PCT = st.sampled_from([0.0, 5.0, 30.0, 60.0, 100.0]) | st.floats(0, 100)


@given(held=st.dictionaries(st.sampled_from(RUNGS), PCT), ceiling_pct=PCT, floor_pct=PCT)
def test_like_the_reference(lighting: ModuleType, held: dict[str, float], ceiling_pct: float, floor_pct: float) -> None:
    level, code = lighting.arbitrate(values(held), ceiling_pct, floor_pct)
    assert (level, lighting.WINNERS[code]) == reference(held, ceiling_pct, floor_pct)


def test_codes_are_places_in_the_names(lighting: ModuleType) -> None:
    assert lighting.RUNGS == RUNGS
    assert lighting.WINNERS[:-1] == RUNGS
    assert lighting.WINNERS[-1] == "floor"
    for code, name in enumerate(lighting.WINNERS):
        assert getattr(lighting, name.upper()) == code


@pytest.mark.parametrize(
    ("values_pct", "ceiling_pct", "floor_pct", "says"),
    [
        ([nan] * 8, 100, 0, "8 values: expected 9"),
        ([nan] * 5 + [101.0] + [nan] * 3, 100, 0, "operator = 101.0"),
        ([-1.0] + [nan] * 8, 100, 0, "interlock = -1.0"),
        ([nan] * 9, nan, 0, "ceiling_pct = nan"),
        ([nan] * 9, 100, 101, "floor_pct = 101"),
    ],
)
def test_bad_values_are_refused(
    lighting: ModuleType, values_pct: list[float], ceiling_pct: float, floor_pct: float, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        lighting.arbitrate(values_pct, ceiling_pct, floor_pct)
