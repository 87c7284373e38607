"""Whose turn it is on a line, over virtual time."""

from __future__ import annotations

import math

import pytest

from drivers.bus import UnitSpec
from drivers.bus.port import Answer
from drivers.bus.schedule import LONGEST_QUEUE, Question, Schedule, Traffic, Turn
from drivers.bus.service import UnitService
from drivers.errors import LinkLost, NoAnswer, WireError
from drivers.modbus import pdu
from drivers.modbus.plan import TCP_COST
from drivers.profile import load_profile


def unit(profile: str, number: int, poll_s: float = 1.0, channels: int = 0) -> UnitService:
    devices = tuple((channel, f"{number}-{channel}") for channel in range(1, channels + 1)) or ((None, f"{number}"),)
    spec = UnitSpec(
        id=f"u{number}",
        address=number,
        profile=load_profile(profile),
        poll_s=poll_s,
        safe_after_s=3.0,
        safe_pct=80.0,
        devices=devices,
    )
    return UnitService(spec, TCP_COST, timeout_s=0.1, beat=0.0)


def radar(number: int, poll_s: float = 0.4) -> UnitService:
    return unit("mtdx62-mb", number, poll_s)


def lux(number: int, poll_s: float = 1.0) -> UnitService:
    return unit("jxct-illuminance", number, poll_s)


def dimmer(number: int) -> UnitService:
    return unit("waveshare-ao8-b", number, channels=1)


def question(traffic: Traffic = Traffic.COMMAND, timeout_s: float = 0.1) -> Question:
    return Question(pdu.read(99, 3, 0, 1), traffic, None, timeout_s, lambda _: None)


def fed(*units: UnitService) -> Schedule:
    schedule = Schedule(units)
    schedule.feed(math.inf)
    return schedule


def turn(schedule: Schedule, now_s: float) -> Turn:
    found = schedule.next_turn(now_s)
    assert found is not None
    return found


def read(taken: Turn, now_s: float) -> None:
    """Make the read of a turn."""
    assert taken.unit is not None
    taken.unit.next_block(now_s, fast=taken.traffic is Traffic.FAST)
    taken.unit.answered(0.01, now_s)


def test_classes_go_in_their_order() -> None:
    lamp, presence, light = dimmer(1), radar(2), lux(3)
    lamp.next_block(0.0, fast=False)
    schedule = fed(lamp, presence, light)
    asked = question()
    schedule.ask(question(Traffic.SCAN))
    schedule.ask(asked)
    lamp.want("1-1", 50, 0.0)
    assert turn(schedule, 0.0).traffic is Traffic.CONTROL
    lamp.wrote(dict(lamp.levels.wanted), 0.0)
    assert turn(schedule, 0.0) == Turn(Traffic.COMMAND, None, asked)
    for expected in (presence, light):
        taken = turn(schedule, 0.0)
        assert taken.unit is expected
        read(taken, 0.0)
    assert turn(schedule, 0.0).traffic is Traffic.SCAN
    assert schedule.next_turn(0.0) is None
    assert schedule.next_due_s(0.0) == pytest.approx(0.2)


def test_a_setting_goes_after_questions_and_before_reads() -> None:
    mao4 = unit("wb-mao4", 1, channels=1)
    schedule = fed(mao4)
    mao4.want("1-1", 50, 0.0)
    mao4.wrote(dict(mao4.levels.wanted), 0.0)
    schedule.ask(question())
    assert turn(schedule, 0.0).question is not None
    taken = turn(schedule, 0.0)
    assert (taken.traffic, taken.unit) == (Traffic.COMMAND, mao4)


def test_within_a_class_the_earliest_deadline_goes_first() -> None:
    slow, quick = lux(1, 60.0), lux(2, 1.0)
    schedule = fed(slow, quick)
    for one in (slow, quick):
        one.next_block(0.0, fast=False)
    assert turn(schedule, 30.0).unit is quick
    quick.next_block(30.0, fast=False)
    assert turn(schedule, 30.4).unit is slow


def test_a_line_that_is_too_busy_shares_what_it_has_among_the_slow() -> None:
    """Twenty units that want ten times what the line gives are each read about as often as the others."""
    units = [lux(number, 0.1) for number in range(1, 21)]
    schedule = fed(*units)
    reads = dict.fromkeys(units, 0)
    for step in range(2000):
        taken = turn(schedule, step * 0.05)
        assert taken.unit is not None
        reads[taken.unit] += 1
        read(taken, step * 0.05)
    assert min(reads.values()) >= 0.9 * max(reads.values())


def test_presence_that_fills_the_line_leaves_telemetry_a_share() -> None:
    presence, light = [radar(number, 0.1) for number in range(1, 11)], lux(20, 1.0)
    schedule = fed(*presence, light)
    counts = {Traffic.FAST: 0, Traffic.SLOW: 0}
    for step in range(1000):
        taken = turn(schedule, step * 0.02)
        counts[taken.traffic] += 1
        read(taken, step * 0.02)
    assert counts[Traffic.SLOW] >= 0.4 * 20
    assert counts[Traffic.FAST] > 0.9 * 1000


def test_lamps_that_fade_without_end_leave_presence_a_share() -> None:
    lamps, presence = [dimmer(number) for number in range(1, 11)], radar(20)
    for lamp in lamps:
        lamp.next_block(0.0, fast=False)
    schedule = fed(*lamps, presence)
    seen = 0
    for step in range(500):
        now_s = step * 0.03
        for lamp in lamps:
            lamp.want(f"{lamp.spec.address}-1", step % 100, now_s)
        taken = turn(schedule, now_s)
        if taken.traffic is Traffic.CONTROL and taken.unit is not None:
            taken.unit.wrote(dict(taken.unit.levels.wanted), now_s)
        else:
            seen += taken.unit is presence
            read(taken, now_s)
    assert seen >= 0.5 * 500 * 0.03 / 0.4


def test_a_lamp_that_is_to_begin_to_rise_goes_before_all_others_in_the_order_of_wanting() -> None:
    lamps = [dimmer(number) for number in range(1, 5)]
    schedule = fed(*lamps)
    for number, lamp in enumerate(lamps, 1):
        lamp.want(f"{number}-1", 50, 0.0)
        lamp.wrote(dict(lamp.levels.wanted), 0.0)
        lamp.next_block(0.0, fast=False)
    first, second, third, fourth = lamps
    first.want("1-1", 40, 1.0)  # it falls, and has waited longest
    fourth.want("4-1", 60, 1.2)
    third.want("3-1", 60, 1.2001)
    second.want("2-1", 60, 1.2002)
    for expected in (fourth, third, second, first):
        taken = turn(schedule, 1.3)
        assert (taken.traffic, taken.unit) == (Traffic.CONTROL, expected)
        expected.wrote(dict(expected.levels.wanted), 1.3)


def test_a_unit_that_does_not_answer_lets_the_lamps_of_others_rise_first() -> None:
    dead, other = dimmer(1), dimmer(2)
    schedule = fed(dead, other)
    for number, lamp in enumerate((dead, other), 1):
        lamp.want(f"{number}-1", 50, 0.0)
        lamp.next_block(0.0, fast=False)
    assert turn(schedule, 0.0).unit is dead
    dead.failed(NoAnswer("no answer"), 0.1)
    assert turn(schedule, 0.1).unit is other


def test_a_lamp_that_is_to_rise_does_not_wait_for_a_read_that_is_late() -> None:
    """Eight turns of levels entitle a late read to one, sixteen even where somebody is."""
    lamps, light = [dimmer(number) for number in range(1, 4)], lux(9)
    for lamp in lamps:
        lamp.next_block(0.0, fast=False)
    schedule = fed(*lamps, light)
    light.next_block(0.0, fast=False)
    taken = []
    for step in range(34):
        now_s = 10.0 + step / 5
        number = step % 3
        lamps[number].want(f"{number + 1}-1", step, now_s)
        one = turn(schedule, now_s)
        taken.append(one.traffic)
        if one.traffic is Traffic.CONTROL and one.unit is not None:
            one.unit.wrote(dict(one.unit.levels.wanted), now_s)
        else:
            read(one, now_s)
    assert taken[:17] == [Traffic.CONTROL] * 16 + [Traffic.SLOW]


def test_a_unit_that_is_busy_gets_no_second_request() -> None:
    light = lux(1)
    schedule = fed(light)
    schedule.begins(light)
    assert schedule.next_turn(0.0) is None
    schedule.ends(light)
    assert turn(schedule, 0.0).unit is light


def test_a_unit_that_needs_a_rest_after_an_answer_is_not_asked_too_soon() -> None:
    light = lux(1)
    light._turnaround_s = 0.2
    schedule = fed(light)
    light.answered(0.01, 0.0)
    assert schedule.next_turn(0.1) is None
    assert schedule.next_due_s(0.1) == 0.2
    assert turn(schedule, 0.2).unit is light


def test_without_a_living_control_units_that_light_themselves_and_questions_wait() -> None:
    mao4, light = unit("wb-mao4", 1, channels=1), lux(2)
    schedule = Schedule([mao4, light])
    schedule.ask(question())
    schedule.ask(question(Traffic.SCAN))
    taken = turn(schedule, 0.0)
    assert taken.unit is light
    read(taken, 0.0)
    assert schedule.next_turn(0.1) is None
    schedule.feed(1.0)
    assert turn(schedule, 0.1).question is not None


@pytest.mark.parametrize("traffic", [Traffic.COMMAND, Traffic.SCAN])
def test_where_no_unit_lights_lamps_by_itself_questions_need_no_living_control(traffic: Traffic) -> None:
    schedule = Schedule([lux(3)])
    schedule.next_turn(0.0)
    schedule.ask(asked := question(traffic))
    while (found := turn(schedule, 0.001)).question is None:
        read(found, 0.001)
    assert found.question is asked


def test_a_scan_goes_where_no_read_is_kept_from_its_time() -> None:
    light = lux(1, 1.0)
    schedule = fed(light)
    light.next_block(0.0, fast=False)  # due at 0.5, in good time until 0.75
    schedule.ask(question(Traffic.SCAN, timeout_s=0.1))
    assert schedule.next_turn(0.49) is not None
    schedule.ask(question(Traffic.SCAN, timeout_s=0.7))
    assert schedule.next_turn(0.1) is None
    read(turn(schedule, 0.5), 0.5)
    assert turn(schedule, 0.51).traffic is Traffic.SCAN


def test_on_a_line_without_room_one_transaction_in_a_hundred_is_a_scan() -> None:
    presence = [radar(number, 0.1) for number in range(1, 11)]
    schedule = fed(*presence)
    for _ in range(LONGEST_QUEUE):
        assert schedule.ask(question(Traffic.SCAN))
    counts = dict.fromkeys(Traffic, 0)
    for step in range(2000):
        for one in presence:
            one.fast_due_s = -math.inf  # a line that is always late
        taken = turn(schedule, step * 0.02)
        counts[taken.traffic] += 1
        if taken.unit is not None:
            read(taken, step * 0.02)
    assert 0 < counts[Traffic.SCAN] <= 20


def test_no_question_gives_way_to_a_read_that_has_missed_its_deadline() -> None:
    presence, light = [radar(number, 0.1) for number in range(1, 11)], lux(20, 1.0)
    schedule = fed(*presence, light)
    for step in range(300):
        asked = question()
        schedule.ask(asked)
        taken = turn(schedule, step * 0.04)
        assert taken.question is asked
        read(turn(schedule, step * 0.04 + 0.02), step * 0.04 + 0.02)


def test_questions_are_bounded_dropped_and_given_up() -> None:
    came: list[Answer | WireError] = []
    schedule = fed()
    waiting = [Question(pdu.read(1, 3, 0, 1), Traffic.COMMAND, None, 0.1, came.append) for _ in range(LONGEST_QUEUE)]
    assert all(schedule.ask(one) for one in waiting)
    assert not schedule.ask(question())
    assert schedule.ask(question(Traffic.SCAN))
    waiting[0].dropped = True
    assert turn(schedule, 0.0).question is waiting[1]
    lost = LinkLost("gone")
    schedule.give_up(lost)
    assert came == [lost] * (LONGEST_QUEUE - 2)
    assert schedule.next_turn(0.0) is None
