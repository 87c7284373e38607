"""SDS011: the maker's frames, what it is asked and told, and its sleep between readings."""

from __future__ import annotations

from itertools import pairwise

import pytest

from drivers.lines.instrument import Fact, bad
from drivers.lines.sds011 import MODEL, Sds011, command
from drivers.points import Quality
from firmware_sim.instruments.sds011 import Sds011 as Counter
from wired_instrument import Wired

PM2_5, PM10 = "air/pm2_5", "air/pm10"
WAKE = bytes.fromhex("AA B4 06 01 01 00 00 00 00 00 00 00 00 00 00 FF FF 06 AB")
SLEEP = bytes.fromhex("AA B4 06 01 00 00 00 00 00 00 00 00 00 00 00 FF FF 05 AB")
MAKERS = bytes.fromhex("AA C0 D4 04 3A 0A A1 60 1D AB")


def settled() -> Sds011:
    """One that has been awake for long."""
    counter = Sds011(0)
    counter.opened(0.0)
    assert counter.due(0.0) == WAKE
    counter.feed(MAKERS, 0.0)
    return counter


def sleeps(counter: Counter) -> bool:
    return counter.asleep


@pytest.mark.parametrize(
    ("frame", "pm2_5", "pm10"),
    [
        ("AA C0 D4 04 3A 0A A1 60 1D AB", 123.6, 261.8),
        ("AA C0 F2 00 7E 01 56 51 18 AB", 24.2, 38.2),
        ("AA C0 09 00 09 00 58 D9 43 AB", 0.9, 0.9),
    ],
)
def test_frames_of_the_maker_and_of_instruments(frame: str, pm2_5: float, pm10: float) -> None:
    assert settled().feed(bytes.fromhex(frame), 30.0) == [Fact(PM2_5, pm2_5), Fact(PM10, pm10)]


@pytest.mark.parametrize(
    "wrong",
    [
        "AA C0 D4 04 3A 0A A1 60 1E AB",  # sum
        "AA C0 D4 04 3A 0A A1 60 1D AC",  # tail
        "AA C1 D4 04 3A 0A A1 60 1D AB",  # kind
        "AB C0 D4 04 3A 0A A1 60 1D AB",  # head
        "AA C0 D4 04 3A 0A A1 60 1D",
        "AA B4 04 00 00 00 00 00 00 00 00 00 00 00 00 FF FF 02 AB",  # a question's echo
    ],
)
def test_what_is_no_frame(wrong: str) -> None:
    counter = settled()
    assert counter.feed(bytes.fromhex(wrong), 30.0) == []
    assert counter.counts.frames == 1


def test_an_absurd_concentration() -> None:
    absurd = bytes.fromhex("AA C0 10 27 10 00 A1 60 48 AB")
    assert settled().feed(absurd, 30.0) == [
        bad(PM2_5, "an absurd concentration, 1000.0 ug/m3, of 999.9 that it can tell"),
        Fact(PM10, 1.6),
    ]


def test_nothing_in_the_air_is_no_reading() -> None:
    nothing = bytes.fromhex("AA C0 00 00 00 00 A1 60 01 AB")
    assert settled().feed(nothing, 30.0) == [
        bad(PM2_5, "it has not measured yet"),
        bad(PM10, "it has not measured yet"),
    ]


def test_the_makers_commands() -> None:
    assert command(4, b"") == bytes.fromhex("AA B4 04 00 00 00 00 00 00 00 00 00 00 00 00 FF FF 02 AB")
    assert command(2, b"\x01\x01") == bytes.fromhex("AA B4 02 01 01 00 00 00 00 00 00 00 00 00 00 FF FF 02 AB")
    assert command(7, b"") == bytes.fromhex("AA B4 07 00 00 00 00 00 00 00 00 00 00 00 00 FF FF 05 AB")
    assert (command(6, b"\x01\x01"), command(6, b"\x01\x00")) == (WAKE, SLEEP)


def test_it_says_what_it_is() -> None:
    counter = settled()
    assert counter.identity == "SDS011 id A160"
    assert counter.feed(bytes.fromhex("AA C5 07 0F 07 0A A1 60 28 AB"), 1.0) == []
    assert counter.identity == "SDS011 id A160 firmware 15-07-10"
    assert Wired("sds011", Counter(), period_min=0).run(3).language.identity == counter.identity


def test_readings_are_uncertain_while_the_fan_spins_up() -> None:
    wired = Wired("sds011", Counter(), period_min=0).run(60.5)
    early = [fact for at_s, fact in wired.of(PM2_5) if at_s < 31]
    assert {(fact.quality, fact.reason) for fact in early} == {(Quality.UNCERTAIN, "spinning up")}
    assert len(early) == 30
    assert [value for _, value in wired.good(PM2_5)] == [12.0] * 30
    assert [value for _, value in wired.good(PM10)] == [20.0] * 30


def test_questions_stop_when_they_are_answered_and_after_three_tries() -> None:
    counter = Counter()
    wired = Wired("sds011", counter, period_min=0).run(60)
    assert len(wired.sent) == 4  # work; firmware, mode, period
    deaf = Wired("sds011", Counter(), period_min=0)
    deaf.deaf = True
    deaf.run(60)
    assert len(deaf.sent) == 1 + 3 * 3
    assert deaf.good(PM2_5)  # it is used all the same


def test_what_others_have_set_is_set_back() -> None:
    counter = Counter()
    counter.query_mode, counter.period_min = True, 5  # it rests when its first word has been heard
    Wired("sds011", counter, period_min=0).run(20)
    assert (counter.query_mode, counter.period_min) == (False, 0)


def test_one_that_reports_nothing_by_itself_is_asked() -> None:
    """Its answers to settings are lost; each is asked for at the maker's shortest period."""
    counter = Counter()
    counter.query_mode = True
    wired = Wired("sds011", counter, period_min=0)
    wired.spoil = lambda data: b"" if data[1:3] == b"\xc5\x02" else data
    wired.run(100)
    asked = [at_s for at_s, data in wired.sent if data[2] == 4]
    assert all(later - earlier >= 3 for earlier, later in pairwise(asked))
    assert len(wired.good(PM2_5)) >= 20


def test_between_readings_it_sleeps() -> None:
    counter = Counter()
    wired = Wired("sds011", counter, period_min=5).run(300 * 4 + 200)
    good = [at_s for at_s, _ in wired.good(PM2_5)]
    assert len(good) == 5 * 10
    for cycle in range(5):
        ten = good[10 * cycle : 10 * cycle + 10]
        assert 300 * cycle + 30 <= ten[0] <= ten[-1] <= 300 * cycle + 42
    assert counter.worked_s == pytest.approx(5 * 41, abs=5)
    assert [data for at_s, data in wired.sent if at_s > 60] == [WAKE, SLEEP] * 4
    assert not [fact for at_s, fact in wired.said if 43 < at_s < 300]


def test_it_is_not_taken_for_silent_between_readings() -> None:
    assert MODEL.silent_s is not None
    for period_min in (0, 1, 5, 30):
        wired = Wired("sds011", Counter(), period_min=period_min).run(60 * max(period_min, 1) * 3)
        times = [0.0, *(at_s for at_s, _ in wired.of(PM2_5))]
        longest_s = max(later - earlier for earlier, later in pairwise(times))
        assert longest_s < MODEL.silent_s({"period_min": period_min}) < longest_s + 15


def test_a_command_that_is_lost_is_given_again() -> None:
    counter = Counter()
    wired = Wired("sds011", counter, period_min=5).run(39)
    wired.deaf = True
    wired.run(4)  # `sleep` is not heard
    assert not sleeps(counter)
    wired.deaf = False
    wired.run(4)
    assert sleeps(counter)
    wired.run(300 - 47 - 1)
    wired.deaf = True
    wired.run(10)  # `work` is not heard
    assert sleeps(counter)
    wired.deaf = False
    wired.run(4)
    assert not sleeps(counter)
    wired.run(200)
    second = [value for at_s, value in wired.good(PM2_5) if at_s > 300]
    assert second == [12.0] * len(second)  # spun up from when it was heard, not from when it was told
    assert len(second) >= 9


def test_one_that_comes_up_in_its_sleep_is_put_to_sleep() -> None:
    counter = Counter()
    wired = Wired("sds011", counter, period_min=10).run(100)
    assert counter.asleep
    counter.power_up(100.0)
    said = len(wired.said)
    wired.run(5)
    assert counter.asleep
    assert len(wired.said) == said


def test_one_without_ears_is_not_told_for_ever() -> None:
    wired = Wired("sds011", Counter(), period_min=5)
    wired.deaf = True
    wired.run(299)
    assert len([data for _, data in wired.sent if data == SLEEP]) == 3
    assert len(wired.good(PM2_5)) in range(9, 12)


def test_one_that_was_without_power_spins_up_anew() -> None:
    counter = Counter()
    wired = Wired("sds011", counter, period_min=0).run(60)
    counter.alive = False
    wired.run(60)
    assert 15 <= len([data for at_s, data in wired.sent if at_s > 60 and data == WAKE]) <= 20
    counter.alive = True
    counter.power_up(120.0)
    wired.run(60)
    after = [(at_s, value) for at_s, value in wired.good(PM2_5) if at_s > 120]
    assert after[0][0] >= 150
    assert {value for _, value in after} == {12.0}


def test_a_port_that_is_opened_again_forgets_half_a_frame() -> None:
    counter = settled()
    counter.feed(MAKERS[:5], 40.0)
    counter.opened(41.0)
    assert counter.due(41.0) == WAKE
    assert counter.feed(MAKERS[5:], 41.1) == []


@pytest.mark.parametrize(
    ("asked", "answered"),
    [  # the maker's examples, with its instrument A160
        ("02 00 00", "AA C5 02 00 00 00 A1 60 03 AB"),
        ("02 01 01", "AA C5 02 01 01 00 A1 60 05 AB"),
        ("06 01 00", "AA C5 06 01 00 00 A1 60 08 AB"),
        ("06 01 01", "AA C5 06 01 01 00 A1 60 09 AB"),
        ("06 00 00", "AA C5 06 00 01 00 A1 60 08 AB"),
        ("08 01 01", "AA C5 08 01 01 00 A1 60 0B AB"),
        ("08 01 00", "AA C5 08 01 00 00 A1 60 0A AB"),
        ("07 00 00", "AA C5 07 0F 07 0A A1 60 28 AB"),
    ],
)
def test_the_simulated_one_answers_as_the_maker_says(asked: str, answered: str) -> None:
    counter = Counter()
    body = bytes.fromhex(asked) + bytes(10) + b"\xa1\x60"
    counter.arrived(b"\xaa\xb4" + body + bytes([sum(body) & 0xFF]) + b"\xab", 0.0)
    assert counter.due(0.5) == bytes.fromhex(answered)


def test_the_simulated_one_has_a_period_of_its_own() -> None:
    counter = Counter()
    counter.arrived(command(8, b"\x01\x02"), 0.0)
    reports = []
    while counter.next_s() < 400:
        now_s = counter.next_s()
        if counter.due(now_s)[1:2] == b"\xc0":
            reports.append(now_s)
    assert reports == [30, 150, 270, 390]
    assert counter.worked_s == pytest.approx(120)


def test_the_simulated_one_sleeps_until_it_is_told_to_work() -> None:
    counter = Counter()
    counter.arrived(SLEEP, 0.0)
    assert counter.due(0.5)[1:3] == b"\xc5\x06"
    counter.arrived(command(4, b"") + command(7, b"") + command(2, b"\x00\x00"), 1.0)
    assert counter.due(100.0) == b""
    counter.arrived(WAKE, 100.0)
    assert counter.due(100.5)[1:3] == b"\xc5\x06"
    assert counter.due(101.5)[1:2] == b"\xc0"


def test_the_simulated_one_takes_another_id() -> None:
    counter = Counter()
    counter.arrived(bytes.fromhex("AA B4 05 00 00 00 00 00 00 00 00 00 00 A0 01 A1 60 A7 AB"), 0.0)
    assert counter.due(0.5) == bytes.fromhex("AA C5 05 00 00 00 A0 01 A6 AB")
    counter.arrived(bytes.fromhex("AA B4 07 00 00 00 00 00 00 00 00 00 00 00 00 A1 60 08 AB"), 1.0)
    assert counter.due(1.0)[1:2] in {b"", b"\xc0"}  # that is another's id now
