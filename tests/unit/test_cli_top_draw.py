"""The live view as lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

import canned_agent
import canned_street
from agent.cli.text import Depth, length, plain, render
from agent.cli.top import plain as log
from agent.cli.top import state
from agent.cli.top.draw import draw, saving
from agent.cli.top.lane import Look
from agent.cli.top.state import Moment, Picture
from agent.local.records import BusState
from canned_agent import status
from canned_street import street

GATEWAY = BusState("cabinet", "192.168.7.20:502", None, "up", 7.4, 900, 0, 0, 0)

START = datetime(2026, 11, 24, 20, 30, tzinfo=UTC)
BEST = Look(shades=True, blocks=True)
LEAST = Look(shades=False, blocks=False)


def at(s: float) -> Moment:
    return Moment(START + timedelta(seconds=s), s)


def picture() -> Picture:
    first = state.agent_said(Picture(at(0), street_wanted=True), status(demonstration=True), at(0))
    return state.street_said(first, street(), at(0))


def seen(new: Picture, width: int = 80, height: int = 24, look: Look = BEST) -> list[str]:
    return [plain(one).rstrip() for one in draw(new, width, height, look)]


def test_a_line_that_is_an_address_is_busy_by_the_time() -> None:
    new = state.agent_said(Picture(at(0)), status(buses=[GATEWAY]), at(0))
    assert seen(new)[2] == "lines: cabinet 7 % of the time"


def test_the_whole_picture_at_80_by_24() -> None:
    assert seen(picture()) == [
        "pole-7 (albertslund)  DEMO  Fri 20 Nov 21:30:12  night, sun -35.1°",
        "agent up 1 h 6 min, pid 4242, 32 MB, kernel compiled, all lamps follow",
        "lines: lamps 34 % of 19200 baud, field 61 % of 9600 baud",
        "",
        "light                    █████",
        "       ▂▂▂▂▂ ▂▂▂▂▂ ▂▂▂▂▂ █████ ▂▂▂▂▂ ▂▂▂▂▂ ▂▂▂▂▂ ▂▂▂▂▂ ▂▂▂▂▂ ▂▂▂▂▂ ▂▂▂▂▂ ▂▂▂▂▂",
        "people                     ☻",
        "road                                                   ■►",
        "lamp     01    02    03    04    05    06    07    08    09    10    11    12",
        "%        10    10    10   100    10    10    10    10    10    10    10    10",
        "won by  sch   sch   sch   sch   sch   sch   sch   sch   sch   sch   sch   sch",
        "sees     ·     ·     ·     ●     ·     ·     ·     ·     ·     ·     ·     ·",
        "",
        "people in the dark: 0 s   power now 155 W (the meter reads 104 W)",
        "scheme        power   energy  under-lit  in the dark  gadelys saves",
        "gadelys       155 W  2.00 Wh        0 s          0 s",
        "step-dimming  330 W  4.00 Wh        0 s          0 s           50 %",
        "motion 20 %   250 W  3.00 Wh       31 s          2 s           33 %",
        "full          720 W  8.00 Wh        0 s          0 s           75 %",
        "",
        "",
        "",
        "",
        "p person  v vehicle  s sensor dies  k kill agent  d door  q quit",
    ]


def test_with_neither_colours_nor_blocks() -> None:
    lines = seen(picture(), look=LEAST)
    assert lines[4] == "light                    #####"
    assert "o" in lines[6]
    assert "=>" in lines[7]
    assert all(one.isascii() for one in lines[3:])


def test_the_agent_is_down() -> None:
    down = state.tick(state.agent_gone(picture(), at(10)), at(12))
    assert seen(down)[1:3] == [
        "agent DOWN for 2.0 s, trying again: device-side safety will hold lum-01…06;",
        "lamps without it: lum-07…12",
    ]
    lamps = tuple(canned_street.lamp(n, output="safe mode" if n <= 6 else "commanded") for n in range(1, 13))
    held = seen(state.street_said(down, street(lamps=lamps), at(14)))
    assert "device-side safety holds lum-01…06" in held[1]
    assert held[10].split()[2:] == ["saf"] * 6 + ["-"] * 6
    events = [one for one in held if one.startswith("21:30:12")]
    assert [one[10:] for one in events] == ["the agent is gone", "device-side safety lights lum-01…06"]


def test_without_a_street_there_are_no_people_ghosts_or_keys() -> None:
    text = "\n".join(seen(state.agent_said(Picture(at(0)), status(), at(0))))
    assert "power now 103 W by the lamp model, the meter reads 104 W" in text
    assert "☻" not in text
    assert "step-dimming" not in text
    assert "kill" not in text
    assert text.endswith("q quit")


@pytest.mark.parametrize("look", [BEST, LEAST])
@pytest.mark.parametrize("height", [1, 10, 20, 24, 60])
@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_any_size_holds_its_lines(width: int, height: int, look: Look) -> None:
    for new in (picture(), state.agent_gone(picture(), at(1)), Picture(at(0)), state.street_gone(picture(), at(1))):
        lines = draw(new, width, height, look)
        assert len(lines) <= height
        assert all(length(one) <= width for one in lines)


def test_a_very_low_screen_keeps_what_counts_and_the_keys() -> None:
    for height in (10, 14):
        lines = seen(picture(), width=40, height=height)
        assert len(lines) == height
        assert lines[-2].startswith("people in the dark: 0 s")
        assert lines[-1].startswith("p person")
    assert seen(picture(), height=1)[0].startswith("people in the dark: 0 s")


def test_at_60_columns_all_lamps_and_the_comparison_are_there() -> None:
    lines = seen(picture(), width=60)
    assert lines[8].split() == ["lamp", *(f"{n:02}" for n in range(1, 13))]
    assert next(one for one in lines if one.startswith("full")).split()[-2:] == ["75", "%"]


def test_more_lamps_than_fit_stand_in_two_rows_and_the_rest_is_counted() -> None:
    lamps = tuple(canned_street.lamp(n) for n in range(1, 61))
    lines = seen(state.street_said(picture(), street(lamps=lamps), at(1)), height=40)
    assert sum(1 for one in lines if one.startswith("lamp ")) == 2
    assert "and 24 lamps more: gadelys status" in lines


def test_missing_values() -> None:
    lamps = [canned_agent.lamp(1, confirmed_pct=None, sent_pct=None, fault="no answer")]
    new = state.agent_said(Picture(at(0)), status(lamps=lamps, power_w=None, night=None, sensors=[]), at(0))
    text = "\n".join(seen(new))
    assert "not following: lum-01" in text
    assert "night or day not known" in text
    assert "the meter reads -" in text
    assert "?" in text


def test_one_lamp_and_two_at_one_place() -> None:
    for lamps in ((canned_street.lamp(1),), (canned_street.lamp(1), canned_street.lamp(2, x_m=0.0))):
        assert seen(state.street_said(picture(), street(lamps=lamps), at(1)))


def test_people_walk_along() -> None:
    columns = []
    for x_m in range(0, 331, 5):
        user = msgspec.structs.replace(street().users[0], x_m=float(x_m))
        columns.append(seen(state.street_said(picture(), street(users=(user,)), at(1)))[6].index("☻"))
    assert columns == sorted(columns)
    assert (columns[0], columns[-1]) == (9, 75)


def test_who_is_off_the_street_is_not_drawn() -> None:
    users = tuple(msgspec.structs.replace(street().users[0], x_m=x_m) for x_m in (-50.0, 400.0))
    assert "☻" not in "".join(seen(state.street_said(picture(), street(users=users), at(1))))


def test_people_in_the_dark_are_told_in_red() -> None:
    schemes = (msgspec.structs.replace(street().schemes[0], dark_s=3.0), *street().schemes[1:])
    new = state.street_said(picture(), street(schemes=schemes), at(1))
    lines = [render(one, Depth.BASIC) for one in draw(new, 80, 24, BEST)]
    assert "people in the dark: \x1b[1;31m3 s\x1b[0m" in lines[13]


@pytest.mark.parametrize("swapped", [False, True])
def test_of_two_sensors_at_one_pole_the_one_that_matters_is_drawn(swapped: bool) -> None:
    radar = canned_street.sensor(1)
    for road, drawn in (({"alive": False}, "x"), ({"present": True}, "●"), ({}, "·")):
        both = [radar, canned_street.sensor(1, id="vehicles-01", **road)]
        lines = seen(state.street_said(picture(), street(sensors=tuple(reversed(both) if swapped else both)), at(1)))
        [row] = [line for line in lines if line.startswith("sees")]
        assert row.split() == ["sees", drawn]


def test_savings() -> None:
    assert saving(2.0, 8.0) == "75 %"
    assert saving(2.0, 1.0) == "-100 %"
    assert saving(0.0, 0.0) == "-"


def test_the_log_has_the_same_facts() -> None:
    text = log.now(picture())
    assert text.startswith("21:30:12  agent up | 155 W | people 1, vehicles 1 | lamps % 10 10 10 100 10")
    assert "seen by radar-04" in text
    assert text.endswith("lines lamps 34 % field 61 % | people in the dark: 0 s")
    gone = state.agent_gone(picture(), at(5))
    assert log.news(gone, 0, "") == ["21:30:12  * the agent is gone"]
    assert log.news(gone, 1, "") == []
    assert "agent DOWN" in log.now(gone)
    summary = [plain(one) for one in log.summary(picture(), 80)]
    assert summary[1].startswith("people in the dark: 0 s")
    assert summary[-1].startswith("full ")
