"""One unit over virtual time: what is due when, and how reads are merged."""

from __future__ import annotations

import math

import pytest

from drivers.bus import UnitSpec
from drivers.bus.service import ASSERT_S, WRITE_SPACING_S, UnitService
from drivers.bus.unit import UnitPlan
from drivers.points import Quality
from drivers.profile import load_profile, parse_profile


def spec(profile: str, *devices: tuple[int | None, str], poll_s: float = 1.0) -> UnitSpec:
    loaded = load_profile(profile)
    return UnitSpec(id="u", address=1, profile=loaded, poll_s=poll_s, safe_after_s=3.0, safe_pct=80.0, devices=devices)


@pytest.fixture
def dimmer() -> UnitService:
    return UnitService(spec("waveshare-ao8-b", (1, "a"), (2, "b")))


def test_a_level_is_due_at_once_and_the_next_one_after_the_spacing(dimmer: UnitService) -> None:
    assert dimmer.write_due_s == math.inf
    dimmer.want("a", 50, 10.0)
    assert dimmer.write_due_s == 10.0
    assert dimmer.wrote(dimmer.levels(), 10.02) == {"a": 50}
    assert dimmer.settled()
    dimmer.want("a", 51, 10.03)
    assert dimmer.write_due_s == pytest.approx(10.02 + WRITE_SPACING_S)
    dimmer.want("a", 52, 10.05)
    assert dimmer.levels() == {"a": 52}
    assert dimmer.write_due_s == pytest.approx(10.02 + WRITE_SPACING_S)


def test_a_level_that_came_in_during_the_write_is_still_due(dimmer: UnitService) -> None:
    dimmer.want("a", 50, 0.0)
    levels = dimmer.levels()
    dimmer.want("a", 60, 0.01)
    dimmer.wrote(levels, 0.02)
    assert not dimmer.settled()
    assert dimmer.write_due_s == pytest.approx(0.02 + WRITE_SPACING_S)


def test_levels_are_asserted_again_and_only_changes_are_news(dimmer: UnitService) -> None:
    dimmer.want("a", 50, 0.0)
    dimmer.wrote(dimmer.levels(), 0.0)
    assert dimmer.write_due_s == ASSERT_S
    assert dimmer.wrote(dimmer.levels(), ASSERT_S) == {}
    assert dimmer.write_due_s == 2 * ASSERT_S


def test_a_level_does_not_wait_for_an_assertion_before_it(dimmer: UnitService) -> None:
    dimmer.want("a", 50, 0.0)
    dimmer.wrote(dimmer.levels(), 0.0)
    asserted = dimmer.levels()
    dimmer.want("a", 60, ASSERT_S)  # while the assertion is on the line
    dimmer.wrote(asserted, ASSERT_S + 0.02)
    assert dimmer.write_due_s == pytest.approx(ASSERT_S + 0.02)
    dimmer.wrote(dimmer.levels(), ASSERT_S + 0.04)
    dimmer.wrote(dimmer.levels(), 2 * ASSERT_S + 0.04)
    dimmer.want("a", 70, 2 * ASSERT_S + 0.05)
    assert dimmer.write_due_s == pytest.approx(2 * ASSERT_S + 0.05)


def test_a_lamp_that_begins_to_rise_does_not_wait_for_the_fade_of_another(dimmer: UnitService) -> None:
    for device in ("a", "b"):
        dimmer.want(device, 50, 0.0)
    dimmer.wrote(dimmer.levels(), 0.0)
    dimmer.want("a", 40, 1.0)
    dimmer.wrote(dimmer.levels(), 1.02)
    dimmer.want("a", 39, 1.05)
    assert dimmer.write_due_s == pytest.approx(1.02 + WRITE_SPACING_S)  # it falls
    dimmer.want("b", 51, 1.06)
    assert dimmer.write_due_s == pytest.approx(1.06)
    dimmer.wrote(dimmer.levels(), 1.08)
    dimmer.want("b", 60, 1.11)
    assert dimmer.write_due_s == pytest.approx(1.08 + WRITE_SPACING_S)  # it goes on rising
    levels = dimmer.levels()
    dimmer.want("b", 70, 1.19)
    dimmer.wrote(levels, 1.2)
    assert dimmer.write_due_s == pytest.approx(1.2 + WRITE_SPACING_S)


def test_a_lamp_that_begins_to_rise_during_a_write_is_next(dimmer: UnitService) -> None:
    for device in ("a", "b"):
        dimmer.want(device, 50, 0.0)
    dimmer.wrote(dimmer.levels(), 0.0)
    dimmer.want("a", 40, 1.0)
    falling = dimmer.levels()
    dimmer.want("b", 51, 1.01)
    dimmer.wrote(falling, 1.02)
    assert dimmer.write_due_s == pytest.approx(1.02)


def test_a_refused_level_is_not_repeated_before_it_is_asserted(dimmer: UnitService) -> None:
    dimmer.want("a", 50, 0.0)
    dimmer.refused_levels(0.0)
    assert not dimmer.settled()
    assert dimmer.write_due_s == ASSERT_S


def test_polls_keep_their_pace_and_are_left_out_on_a_busy_line() -> None:
    unit = UnitService(spec("jxct-illuminance", (None, "lux")))
    assert unit.due_s == -math.inf
    unit.next_block(0.0)
    first_s = unit.due_s
    assert first_s == 0.5
    unit.next_block(first_s)
    assert unit.due_s == 1.5
    unit.next_block(1.6)
    assert unit.due_s == 2.5  # the pace is kept though the poll was late
    unit.next_block(9.0)
    assert unit.due_s == 9.5  # what was missed is not made up for


def test_the_pace_of_an_early_poll_begins_with_it() -> None:
    unit = UnitService(spec("jxct-illuminance", (None, "lux")))
    unit.next_block(0.0)
    unit.next_block(0.49)
    assert unit.due_s == 1.49


def test_only_what_an_answer_says_anew_is_delivered_until_the_unit_is_distrusted() -> None:
    unit = UnitService(spec("mtdx62-mb", (None, "r")))
    block = unit.next_block(0.0)
    answer = bytes.fromhex("0001 007B 015E")
    again, readings = unit.learnt(block, answer, 1.0)
    assert (again, len(readings)) == (False, 3)
    assert unit.learnt(block, answer, 2.0) == (True, [])
    again, readings = unit.learnt(block, bytes.fromhex("0000 007B 015E"), 3.0)
    assert again
    assert [(key, reading.value, reading.mono_s) for key, reading in readings] == [("r/presence/state", False, 3.0)]
    unit.forget(block)
    assert not unit.learnt(block, answer, 4.0)[0]
    for _ in range(2):
        unit.failed("no answer", 5.0)
    again, readings = unit.learnt(block, answer, 6.0)
    assert (again, len(readings)) == (False, 3)


def test_two_failures_make_silence_and_pauses_that_double_up_to_10_s() -> None:
    unit = UnitService(spec("jxct-illuminance", (None, "lux")))
    assert not unit.failed("no answer", 0.0)
    assert unit.report().state == "starting"
    assert unit.failed("no answer", 0.0)
    assert unit.report().state == "silent"
    pauses_s = [unit.due_s]
    for _ in range(6):
        now_s = unit.due_s
        assert not unit.failed("no answer", now_s)
        pauses_s.append(unit.due_s - now_s)
    assert pauses_s == [0.5, 1, 2, 4, 8, 10, 10]
    assert unit.answered()
    assert unit.report().state == "ok"
    assert (unit.report().failures, unit.report().answers) == (8, 1)
    assert not unit.failed("no answer", 100.0)
    assert not unit.answered()


def test_a_silent_unit_begins_anew_with_what_lights_its_lamps() -> None:
    unit = UnitService(spec("wb-mao4", (1, "a")))
    unit.want("a", 50, 0.0)
    unit.opening.clear()
    unit.wrote(unit.levels(), 0.0)
    while unit.programme:
        unit.proved(0.0)
    assert unit.report().safety_verified
    unit.failed("no answer", 1.0)
    assert unit.report().safety_verified
    unit.failed("no answer", 1.0)
    assert not unit.report().safety_verified
    assert list(unit.opening) == list(unit.plan.setup)
    assert not unit.settled()
    assert unit.write_due_s == 1.5


def test_settings_wait_for_the_levels_and_what_cannot_be_proved_is_tried_a_minute_later() -> None:
    unit = UnitService(spec("wb-mao4", (1, "a")))
    unit.want("a", 50, 0.0)
    assert not unit.must_programme(0.0)
    unit.wrote(unit.levels(), 0.0)
    assert unit.must_programme(0.0)
    assert unit.not_proved("refused", 0.0)
    while unit.programme and unit.must_programme(0.0):
        unit.proved(0.0)
    assert not unit.report().safety_verified
    assert "refused" in unit.report().last_error
    assert not unit.must_programme(59.0)
    assert unit.must_programme(60.0)
    assert not unit.not_proved("refused", 60.0)  # no news
    assert unit.must_programme(120.0)
    unit.proved(120.0)
    assert unit.report().safety_verified
    assert not unit.must_programme(1e9)


def test_neighbours_are_read_together_across_small_holes() -> None:
    plan = UnitPlan(spec("eastron-sdm230", (None, "m")))
    spans = [
        (int.from_bytes(block.request.pdu[1:3], "big"), int.from_bytes(block.request.pdu[3:5], "big"))
        for block in plan.blocks
    ]
    assert spans == [(0x00, 14), (0x1E, 2), (0x46, 4)]


def test_a_block_is_never_larger_than_the_unit_gives() -> None:
    rows = "".join(
        f'[[points]]\npoint = "x/v{chr(97 + n)}"\ntitle = "v"\nspace = "input"\naddress = {n}\ntype = "u16"\n'
        for n in range(7)
    )
    head = 'title = "t"\nsource = "s"\nkinds = ["meter"]\npoll_s = 1.0\nmax_read = 3\n'
    profile = parse_profile("p", head + rows)
    plan = UnitPlan(
        UnitSpec(
            id="u", address=1, profile=profile, poll_s=1.0, safe_after_s=None, safe_pct=0.0, devices=((None, "d"),)
        )
    )
    assert [len(block.items) for block in plan.blocks] == [3, 3, 1]


def test_error_values_are_bad_readings_and_their_neighbours_are_good() -> None:
    document = """
        title = "t"
        source = "s"
        kinds = ["lux"]
        poll_s = 1.0
        [[points]]
        point = "x/broken"
        title = "broken"
        space = "input"
        address = 0
        type = "s16"
        scale = 0.1
        errors = [0x7FFF]
        [[points]]
        point = "x/sound"
        title = "sound"
        space = "input"
        address = 1
        type = "s16"
    """
    profile = parse_profile("p", document)
    plan = UnitPlan(
        UnitSpec(
            id="u", address=1, profile=profile, poll_s=1.0, safe_after_s=None, safe_pct=0.0, devices=((None, "d"),)
        )
    )
    (block,) = plan.blocks
    readings = dict(plan.readings(block, block.cut(bytes.fromhex("7FFF FFFE")), 5.0))
    assert readings["d/x/broken"].quality is Quality.BAD
    assert "0x7FFF" in readings["d/x/broken"].reason
    assert (readings["d/x/sound"].value, readings["d/x/sound"].mono_s) == (-2, 5.0)
