"""PMS5003 and its relatives: captured frames, what cannot be believed, and their sleep between readings."""

from __future__ import annotations

from itertools import pairwise

import pytest

from drivers.lines.instrument import Fact, bad
from drivers.lines.pms5003 import MASSES, MODEL, NUMBERS, Pms5003, command
from drivers.points import Quality
from firmware_sim.instruments.pms5003 import Pms5003 as Counter
from firmware_sim.instruments.pms5003 import packed
from wired_instrument import Wired

FIRST = bytes.fromhex("42 4D 00 1C 00 02 00 0A 00 0A 00 02 00 0A 00 0A 02 46 00 AF 00 31 00 16 00 00 00 00 97 00 02 AC")
SECOND = bytes.fromhex(
    "42 4D 00 1C 00 29 00 3E 00 46 00 1F 00 2E 00 3C 19 EC 07 BF 01 69 00 36 00 08 00 00 91 00 04 E5"
)
PMS3003 = bytes.fromhex("42 4D 00 14 00 01 00 01 00 01 00 01 00 01 00 01 00 00 00 00 00 51 00 FA")
WAKE, SLEEP = bytes.fromhex("42 4D E4 00 01 01 74"), bytes.fromhex("42 4D E4 00 00 01 73")
ACTIVE, PASSIVE = bytes.fromhex("42 4D E1 00 01 01 71"), bytes.fromhex("42 4D E1 00 00 01 70")
READ = bytes.fromhex("42 4D E2 00 00 01 71")
COUNTLESS = [bad(resource, "a PMS3003 does not count") for resource in NUMBERS]


def settled() -> Pms5003:
    """One that has been awake for long."""
    counter = Pms5003(0, 0)
    counter.opened(0.0)
    assert counter.due(0.0) == WAKE
    counter.feed(FIRST, 0.0)
    return counter


def good(masses: list[float], numbers: list[float]) -> list[Fact]:
    return [Fact(name, value) for name, value in zip((*MASSES, *NUMBERS), [*masses, *numbers], strict=True)]


@pytest.mark.parametrize(
    ("frame", "facts"),
    [
        (FIRST, good([2, 10, 10], [5820, 1750, 490, 220])),
        (SECOND, good([31, 46, 60], [66360, 19830, 3610, 540])),
        (PMS3003, [Fact(name, 1.0) for name in MASSES] + COUNTLESS),
    ],
)
def test_captured_frames(frame: bytes, facts: list[Fact]) -> None:
    assert settled().feed(frame, 30.0) == facts


def test_a_long_frame() -> None:
    """A PMS5003ST: formaldehyde, temperature and humidity follow the numbers."""
    counter = Counter(36)
    counter.pm1_ug_m3, counter.pm2_5_ug_m3, counter.pm10_ug_m3 = 3, 5, 7
    frame = counter.report(100.0)
    assert len(frame) == 40
    assert settled().feed(frame, 30.0) == good([3, 5, 7], [4900, 1470, 280, 70])


@pytest.mark.parametrize(
    "wrong",
    [
        FIRST[:-1] + b"\xad",
        FIRST[:5] + b"\x03" + FIRST[6:],
        b"\x42\x4e" + FIRST[2:],
        FIRST[:3] + b"\x1d" + FIRST[4:],
        FIRST[:-1],
        FIRST[1:],
    ],
)
def test_what_is_no_frame(wrong: bytes) -> None:
    counter = settled()
    assert counter.feed(wrong, 30.0) == []
    assert counter.counts.frames == 1


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([2, 10, 10, 2, 10, 10, 582, 175, 49, 22, 0, 0, 0x9702], "the instrument tells of an error, 02"),
        ([0] * 13, "it has not measured yet"),
        (
            [2, 10, 10, 2, 10, 10, 0, 0, 0, 0, 0, 0, 0x9700],
            "it does not fit together: 10 ug/m3, and no particle seen",
        ),
    ],
)
def test_a_report_of_which_nothing_is_believed(words: list[int], reason: str) -> None:
    assert settled().feed(packed(words), 30.0) == [bad(name, reason) for name in (*MASSES, *NUMBERS)]


def test_masses_beyond_the_range() -> None:
    facts = settled().feed(packed([0, 0, 0, 900, 1001, 10_001, 5, 4, 3, 2, 1, 0, 0x9700]), 30.0)
    assert facts[:3] == [
        Fact(MASSES[0], 900.0),
        Fact(MASSES[1], 1001.0, Quality.UNCERTAIN, "beyond the 1000 ug/m3 that it is made for"),
        bad(MASSES[2], "an absurd concentration, 10001 ug/m3"),
    ]


def test_the_makers_commands() -> None:
    assert [command(0xE4, 1), command(0xE4, 0)] == [WAKE, SLEEP]
    assert [command(0xE1, 1), command(0xE1, 0), command(0xE2, 0)] == [ACTIVE, PASSIVE, READ]


def test_it_says_what_it_is() -> None:
    assert settled().identity == "PMS, length 28, version 97"
    assert Wired("pms5003", Counter(20), period_min=0).run(5).language.identity == "PMS, length 20"


def test_readings_are_uncertain_while_it_warms_up() -> None:
    wired = Wired("pms5003", Counter(), period_min=0).run(60)
    early = [fact for at_s, fact in wired.said if at_s < 31]
    assert {(fact.quality, fact.reason) for fact in early} == {(Quality.UNCERTAIN, "warming up")}
    assert {value for _, value in wired.good("air/pm10")} == {20.0}
    assert len(wired.good("air/pm1")) >= 11


def test_it_is_told_how_to_report_until_it_answers_and_three_times_at_most() -> None:
    wired = Wired("pms5003", Counter(), period_min=0).run(60)
    assert [data for _, data in wired.sent] == [WAKE, ACTIVE]
    earless = Wired("pms5003", Counter(20), period_min=0).run(60)
    assert [data for _, data in earless.sent] == [WAKE, ACTIVE, ACTIVE, ACTIVE]
    assert earless.good("air/pm2_5")


def test_one_that_is_asked() -> None:
    counter = Counter()
    wired = Wired("pms5003", counter, period_min=0, mode="passive", ask_s=5.0).run(60)
    assert counter.passive
    asked = [at_s for at_s, data in wired.sent if data == READ]
    assert [later - earlier for earlier, later in pairwise(asked)] == [5.0] * 11
    told = [at_s for at_s, _ in wired.of("air/pm1") if at_s > 2]
    assert told == pytest.approx([at_s + 0.02 for at_s in asked])


def test_one_that_somebody_has_left_passive() -> None:
    counter = Counter()
    counter.passive = True
    wired = Wired("pms5003", counter, period_min=0)
    wired.run(60)
    assert not counter.passive
    assert wired.good("air/pm2_5")


@pytest.mark.parametrize("mode", ["active", "passive"])
def test_between_readings_it_sleeps(mode: str) -> None:
    counter = Counter()
    wired = Wired("pms5003", counter, period_min=10, mode=mode).run(600 * 3 + 300)
    times = [at_s for at_s, _ in wired.good("air/pm2_5")]
    cycles = [[at_s for at_s in times if 600 * cycle <= at_s < 600 * cycle + 600] for cycle in range(4)]
    assert all(len(cycle) >= 4 for cycle in cycles)
    assert all(600 * at <= cycle[0] - 30 and cycle[-1] < 600 * at + 45 for at, cycle in enumerate(cycles))
    assert counter.worked_s == pytest.approx(4 * 42, abs=8)
    assert counter.asleep
    assert not [data for at_s, data in wired.sent if 45 < at_s < 600]
    assert {value for _, value in wired.good("air/pm10")} == {20.0}


@pytest.mark.parametrize("mode", ["active", "passive"])
@pytest.mark.parametrize("period_min", [0, 1, 10, 30])
def test_it_is_not_taken_for_silent_between_readings(mode: str, period_min: int) -> None:
    assert MODEL.silent_s is not None
    wired = Wired("pms5003", Counter(), period_min=period_min, mode=mode, ask_s=5.0)
    wired.run(60 * max(period_min, 1) * 3)
    times = [0.0, *(at_s for at_s, _ in wired.of("air/pm1"))]
    longest_s = max(later - earlier for earlier, later in pairwise(times))
    silent_s = MODEL.silent_s({"period_min": period_min, "mode": mode, "ask_s": 5.0})
    assert longest_s < silent_s < longest_s + 20


def test_the_simulated_one_answers_as_captured_ones_did() -> None:
    counter = Counter()
    for asked, answered in [(PASSIVE, "42 4D 00 04 E1 00 01 74"), (ACTIVE, "42 4D 00 04 E1 01 01 75")]:
        counter.arrived(asked, 0.0)
        assert counter.due(0.1) == bytes.fromhex(answered)
    counter.arrived(SLEEP, 0.2)
    assert counter.due(0.3) == bytes.fromhex("42 4D 00 04 E4 00 01 77")
    counter.arrived(PASSIVE + READ, 1.0)
    assert counter.due(100.0) == b""
    counter.arrived(WAKE, 100.0)
    assert counter.due(100.5) == b""
    assert len(counter.due(101.0)) == 32


def test_the_simulated_one_reports_faster_when_the_air_changes() -> None:
    counter = Counter(now_s=-100.0)
    wired = Wired("pms5003", counter, period_min=0).run(20)
    steady = [at_s for at_s, _ in wired.of("air/pm1")]
    assert min(later - earlier for earlier, later in pairwise(steady[2:])) > 2.2
    counter.pm2_5_ug_m3 = 100.0
    wired.run(5)
    changed = [at_s for at_s, _ in wired.of("air/pm1") if at_s > 20]
    assert min(later - earlier for earlier, later in pairwise(changed)) < 1.0
