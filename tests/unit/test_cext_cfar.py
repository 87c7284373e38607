"""Thresholds at a constant false-alarm rate: against closed forms, against chance, and what is not learned."""

import random
from array import array
from math import nan
from types import ModuleType
from typing import Any

import pytest

from tests.kernels import FORMS, NoCompilerError, kernel


@pytest.fixture(scope="module", params=FORMS)
def cfar(request: pytest.FixtureRequest) -> ModuleType:
    try:
        return kernel(request.param, "cfar")
    except NoCompilerError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("false_alarm", [1e-2, 1e-4, 1e-8])
@pytest.mark.parametrize("reference_looks", [1.0, 16.0, 1000.0])
def test_one_look_is_cell_averaging(cfar: ModuleType, false_alarm: float, reference_looks: float) -> None:
    """N (P^(-1/N) - 1), as every textbook has it."""
    expected = reference_looks * (false_alarm ** (-1.0 / reference_looks) - 1.0)
    assert cfar.factor(false_alarm, 1, reference_looks) == pytest.approx(expected, rel=1e-9)


def test_many_looks_against_chance(cfar: ModuleType) -> None:
    """Draws of Gamma variables, which know nothing of the formula."""
    chance = random.Random(20)
    for looks, reference_looks in ((4, 40), (9, 300)):
        factor = cfar.factor(0.02, looks, float(reference_looks))
        alarms = sum(
            chance.gammavariate(looks, 1.0 / looks)
            > factor * chance.gammavariate(reference_looks, 1.0 / reference_looks)
            for _ in range(40_000)
        )
        assert alarms == pytest.approx(800, abs=4 * 28)  # four deviations


@pytest.mark.parametrize("false_alarm", [0.0, 0.5, -1.0, nan])
def test_no_probability(cfar: ModuleType, false_alarm: float) -> None:
    with pytest.raises(ValueError, match="false_alarm"):
        cfar.factor(false_alarm, 1, 10.0)
    with pytest.raises(ValueError, match="looks"):
        cfar.factor(0.01, 0, 10.0)


def reference(cfar: ModuleType, start: float = 0.0, count: int = 1) -> tuple[Any, "array[float]"]:
    power = array("d", [0.0]) * count
    return cfar.Reference(power, 8, 1e-3, 4, 5, start), power


def steps(one: Any, power: "array[float]", values: list[float]) -> list[int]:
    found = []
    for value in values:
        power[0] = value
        found.append(one.step())
    return found


def test_the_first_block_is_learned_whatever_is_in_it(cfar: ModuleType) -> None:
    one, power = reference(cfar)
    assert steps(one, power, [1.0, 100.0, 1.0]) == [-1] * 3
    assert not one.learned
    steps(one, power, [2.0])
    assert one.learned
    assert one.noise(0) == 26.0
    assert one.threshold(0) == 26.0 * cfar.factor(1e-3, 8, 32.0)


def test_what_is_seen_does_not_raise_the_threshold_nor_does_what_came_before(cfar: ModuleType) -> None:
    one, power = reference(cfar)
    steps(one, power, [1.0] * 12)
    before = one.threshold(0)
    assert steps(one, power, [2.0] * 6) == [-1] * 6  # somebody comes nearer, unseen
    assert steps(one, power, [50.0] * 100) == [0] * 100
    assert steps(one, power, [1.0] * 4) == [-1] * 4
    assert one.noise(0) == 1.0
    assert one.threshold(0) <= before


def test_a_noise_that_rises_slowly_is_followed(cfar: ModuleType) -> None:
    one, power = reference(cfar)
    rising = [1.01 ** (n // 4) for n in range(2000)]
    assert set(steps(one, power, rising)) == {-1}
    assert one.noise(0) > 100.0


def test_a_start_is_believed_at_once_and_forgotten_slowly(cfar: ModuleType) -> None:
    one, power = reference(cfar, start=30.0)
    assert one.learned
    assert steps(one, power, [40.0, 2000.0]) == [-1, 0]
    steps(one, power, [1.0] * 400)
    assert one.noise(0) == pytest.approx(1.0, rel=0.01)


def test_the_cell_farthest_above_its_own_threshold_is_named(cfar: ModuleType) -> None:
    one, power = reference(cfar, count=3)
    for _ in range(8):
        power[0], power[1], power[2] = 1.0, 10.0, 100.0
        assert one.step() == -1
    power[0], power[1], power[2] = 9.0, 200.0, 500.0
    assert one.step() == 1


def test_a_noise_that_is_gone_is_no_quiet_scene(cfar: ModuleType) -> None:
    one, power = reference(cfar)
    steps(one, power, [1.0] * 20)
    steps(one, power, [0.009] * 3)
    assert not one.deaf
    steps(one, power, [0.009])
    assert one.deaf
    steps(one, power, [1.0])
    assert not one.deaf


def test_a_cell_that_is_not_there(cfar: ModuleType) -> None:
    one, _ = reference(cfar)
    for ask in (one.noise, one.threshold):
        for i in (-1, 1):
            with pytest.raises(IndexError, match="no cell"):
                ask(i)
    with pytest.raises(ValueError, match="expected a cell or more"):
        cfar.Reference(array("d"), 1, 1e-3, 4, 5)
