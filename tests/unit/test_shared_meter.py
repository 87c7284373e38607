"""One meter for all lamps: which of them does not follow, told by what they do, in virtual time."""

from __future__ import annotations

import pytest

from metered_lamps import MeteredLamps


def states(lamps: MeteredLamps) -> dict[int, str]:
    return {lamp: state for lamp, state in enumerate(lamps.meter.states) if state != "ok"}


def learned(count: int = 12, **how: float) -> MeteredLamps:
    """Lamps that were seen doing what they do for some passages."""
    lamps = MeteredLamps(count, **how)  # type: ignore[arg-type]
    for _ in range(10):
        lamps.pass_by()
    assert lamps.meter.knows(lamps.now_s)
    return lamps


def test_nothing_is_said_before_it_has_been_learned_what_lamps_draw() -> None:
    lamps = MeteredLamps(12)
    lamps.run(100)
    assert not lamps.meter.knows(lamps.now_s)
    lamps.broken[3] = "dead"
    lamps.run(100)
    assert lamps.meter.suspects() is None
    assert states(lamps) == {}


@pytest.mark.parametrize("real_w", [20.0, 60.0, 100.0])
def test_what_lamps_draw_is_learned_whatever_the_configuration_says(real_w: float) -> None:
    lamps = learned(real_w=real_w)
    for lamp in (2, 7):
        whole_w = lamps.meter.expected_w(lamp, 100) - lamps.meter.expected_w(lamp, 10)
        assert whole_w == pytest.approx(real_w * (1.0 - 0.1612), rel=0.05)


@pytest.mark.parametrize(("count", "real_w", "seed"), [(2, 60.0, 1), (12, 60.0, 2), (12, 25.0, 3), (40, 45.0, 4)])
@pytest.mark.parametrize("how", ["dead", "stuck"])
def test_a_broken_lamp_is_named_within_two_passages_and_so_is_that_it_is_mended(
    count: int, real_w: float, seed: int, how: str
) -> None:
    lamps = learned(count, real_w=real_w, seed=seed)
    broken = count // 2
    lamps.broken[broken] = how
    lamps.run(20)
    lamps.pass_by()
    lamps.pass_by()
    assert states(lamps) == {broken: how}
    assert lamps.meter.observed_pct(broken) == {"dead": 0.0, "stuck": 100.0}[how]
    lamps.broken.clear()
    lamps.run(20)
    lamps.pass_by()
    lamps.pass_by()
    assert states(lamps) == {}


def test_one_after_the_other() -> None:
    lamps = learned()
    for lamp, how in ((1, "dead"), (3, "stuck"), (8, "dead")):
        lamps.broken[lamp] = how
        lamps.run(20)
        lamps.pass_by()
        lamps.pass_by()
        assert states(lamps) == lamps.broken


def test_until_one_can_be_named_all_that_may_have_failed_are_suspected() -> None:
    lamps = learned()
    lamps.alone(4, 100.0)
    lamps.alone(9, 100.0)
    lamps.broken[4] = "dead"
    lamps.run(10)
    suspects = lamps.meter.suspects()
    assert suspects is not None
    assert suspects.lamps == (4, 9)  # both at full light, and no other draws as much
    assert suspects.step_w == pytest.approx(-60.0, abs=3.0)
    assert states(lamps) == {}
    lamps.alone(9, 10.0)
    lamps.alone(9, 100.0)
    lamps.alone(4, 10.0)
    lamps.alone(4, 100.0)
    assert states(lamps) == {4: "dead"}
    assert lamps.meter.suspects() is None


def test_another_load_that_comes_and_goes_condemns_no_lamp() -> None:
    lamps = learned()
    for _ in range(6):
        lamps.other_w += 200.0
        lamps.pass_by()
        lamps.other_w -= 200.0
        lamps.pass_by()
    assert states(lamps) == {}
    assert lamps.meter.suspects() is None


def test_a_load_as_large_as_a_lamp_is_suspected_and_let_go() -> None:
    lamps = learned()
    for _ in range(6):
        lamps.other_w = 83.0
        lamps.pass_by()
        lamps.other_w = 23.0
        lamps.pass_by()
    assert states(lamps) == {}


def test_a_meter_that_is_silent_or_a_lamp_that_is_not_read_says_nothing_of_it() -> None:
    lamps = learned()
    lamps.meter_is_read = False
    lamps.run(10)
    assert not lamps.meter.knows(lamps.now_s)
    lamps.meter_is_read = True
    lamps.unread.add(5)
    lamps.broken[5] = "dead"
    lamps.pass_by()
    lamps.pass_by()
    assert states(lamps) == {}
    lamps.unread.clear()
    lamps.pass_by()
    lamps.pass_by()
    assert states(lamps) == {5: "dead"}


def test_a_level_is_observed_where_one_lamp_changes_alone_and_until_it_changes_again() -> None:
    lamps = learned()
    assert lamps.meter.observed_pct(6) is None
    lamps.alone(6, 100.0)
    assert lamps.meter.observed_pct(6) == pytest.approx(100.0, abs=5.0)
    lamps.alone(6, 40.0)
    assert lamps.meter.observed_pct(6) == pytest.approx(40.0, abs=5.0)
    lamps.levels[6], lamps.levels[7] = 100.0, 60.0
    lamps.run(12)
    assert lamps.meter.observed_pct(6) is None


def test_a_lamp_that_cycles_is_named_where_none_draws_as_much() -> None:
    lamps = learned()
    lamps.alone(6, 100.0)
    for _ in range(4):
        lamps.broken[6] = "dead"
        lamps.run(12)
        lamps.broken.clear()
        lamps.run(12)
    assert lamps.meter.cycling(lamps.now_s) == (8, (6,))
    lamps.run(700)
    assert lamps.meter.cycling(lamps.now_s) == (0, ())


def test_lamps_that_draw_the_same_cannot_be_told_apart_when_one_cycles() -> None:
    lamps = learned()
    lamps.alone(6, 100.0)
    lamps.alone(7, 100.0)
    for _ in range(4):
        lamps.broken[6] = "dead"
        lamps.run(12)
        lamps.broken.clear()
        lamps.run(12)
    count, cycling = lamps.meter.cycling(lamps.now_s)
    assert (count, cycling) == (8, (6, 7))


def test_other_lamps_are_learned_anew() -> None:
    lamps = learned()
    lamps.day()
    other = MeteredLamps(12, real_w=25.0)
    lamps._real_w = other._real_w  # all luminaires are replaced
    for _ in range(30):
        lamps.pass_by()
    assert lamps.meter.knows(lamps.now_s)
    whole_w = lamps.meter.expected_w(3, 100) - lamps.meter.expected_w(3, 10)
    assert whole_w == pytest.approx(25.0 * (1.0 - 0.1612), rel=0.1)
    assert states(lamps) == {}


def test_several_that_were_believed_broken_and_are_mended_together_are_found_out_anew_at_dusk() -> None:
    lamps = learned()
    for lamp in (1, 4, 8):
        lamps.broken[lamp] = "dead"
        lamps.run(20)
        lamps.pass_by()
        lamps.pass_by()
    assert states(lamps) == {1: "dead", 4: "dead", 8: "dead"}
    lamps.broken.clear()
    lamps.day()
    lamps.pass_by()
    lamps.pass_by()
    assert states(lamps) == {}
