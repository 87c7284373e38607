"""The simulated DALI bus and the two gateways in front of it."""

from __future__ import annotations

import pytest

from firmware_sim.units.dali import DaliBus, Lamp, fade_s, few_lamps, light_pct
from firmware_sim.units.dali_gateways import Arlight, EcodimGw2

START_S = 100.0


def write(unit: EcodimGw2 | Arlight, register: int, value: int, now_s: float) -> None:
    request = b"\x06" + register.to_bytes(2, "big") + value.to_bytes(2, "big")
    assert unit.answer(request, now_s) == request


def read(unit: EcodimGw2 | Arlight, register: int, now_s: float) -> int:
    answer = unit.answer(b"\x03" + register.to_bytes(2, "big") + b"\0\1", now_s)
    assert answer is not None
    assert answer[0] == 3
    return int.from_bytes(answer[2:], "big")


def levels(bus: DaliBus, now_s: float) -> list[int]:
    return [lamp.level(now_s) for lamp in bus.lamps.values()]


def unbuffered() -> EcodimGw2:
    unit = EcodimGw2()
    write(unit, 38, 0, START_S)
    return unit


def test_the_curve_and_the_fade_times() -> None:
    assert [round(light_pct(level), 2) for level in (0, 1, 85, 170, 254)] == [0.0, 0.1, 0.99, 10.09, 100.0]
    assert [round(fade_s(code), 2) for code in (0, 1, 2, 4, 15)] == [0.0, 0.71, 1.0, 2.0, 90.51]


def test_a_level_fades() -> None:
    lamp = Lamp(0)
    lamp.go(54, START_S)
    assert [lamp.level(START_S + later_s) for later_s in (0.0, 1.0, 2.0, 9.0)] == [254, 154, 54, 54]
    assert lamp.status(START_S + 1.0) & 0x10
    assert not lamp.status(START_S + 2.0) & 0x10


def test_a_new_level_begins_where_the_fade_is() -> None:
    lamp = Lamp(0)
    lamp.go(54, START_S)
    lamp.go(254, START_S + 1.0)
    assert lamp.level(START_S + 1.0) == 154
    assert lamp.level(START_S + 2.0) == 204
    lamp.go(255, START_S + 2.0)
    assert lamp.level(START_S + 9.0) == 204


def test_levels_stay_between_the_lowest_and_the_highest() -> None:
    lamp = Lamp(0, lowest=80, highest=200, fade_code=0)
    for wanted, got in ((1, 80), (254, 200), (0, 0)):
        lamp.go(wanted, START_S)
        assert lamp.level(START_S) == got


@pytest.mark.parametrize(
    ("command", "level"), [(0, 0), (1, 109), (2, 91), (3, 101), (4, 99), (5, 254), (6, 1), (7, 99), (8, 101), (17, 170)]
)
def test_commands(command: int, level: int) -> None:
    lamp = Lamp(0, fade_code=0, scenes={1: 170})
    lamp.go(100, START_S)
    lamp.obey(command, START_S)
    assert lamp.level(START_S) == level


def test_off_and_on_again() -> None:
    lamp = Lamp(0, fade_code=0)
    lamp.go(100, START_S)
    for command, level in ((0, 0), (3, 0), (1, 0), (10, 100), (0, 0), (8, 1), (7, 0), (16, 0)):
        lamp.obey(command, START_S)
        assert lamp.level(START_S) == level


def test_a_shorted_bus_lights_its_lamps_and_hears_nothing() -> None:
    unit = unbuffered()
    write(unit, 1000, 85, START_S)
    unit.dali.fail(START_S + 5)
    assert levels(unit.dali, START_S + 5) == [254] * 6
    write(unit, 1000, 85, START_S + 6)
    assert levels(unit.dali, START_S + 9) == [254] * 6
    assert [read(unit, register, START_S + 9) for register in (29, 31, 1002)] == [1, 0, 0]
    unit.dali.restore()
    write(unit, 1000, 85, START_S + 10)
    assert levels(unit.dali, START_S + 13) == [85] * 6
    assert [read(unit, register, START_S + 13) for register in (29, 31, 1002)] == [0, 6, 2]


def test_the_mains_come_back_to_full_light() -> None:
    lamp = Lamp(0)
    lamp.go(0, START_S)
    lamp.power_up(START_S + 5)
    assert lamp.level(START_S + 5) == 254
    assert lamp.status(START_S + 5) == 0x84


def test_raw_frames() -> None:
    unit = unbuffered()
    for word, level in ((0x0240, 0x40), (0x8250, 0x40), (0x8060, 0x60), (0xFE70, 0x70), (0xFC10, 0x70)):
        write(unit, 25, word, START_S)
        assert unit.dali.lamps[1].level(START_S + 5) == level
    write(unit, 25, 0x03A0, START_S + 6)  # query the level of lamp 1
    assert (read(unit, 24, START_S + 6), read(unit, 26, START_S + 6)) == (1, 0x70)
    write(unit, 25, 0x7FA0, START_S + 6)  # of a lamp that is not there
    assert (read(unit, 24, START_S + 6), read(unit, 26, START_S + 6)) == (0, 0)
    write(unit, 32, 0x55, START_S + 6)
    assert unit.answer(bytes.fromhex("06 0020 0001"), START_S) == bytes.fromhex("86 03")


def test_ecodim_everybody_a_group_and_one() -> None:
    unit = unbuffered()
    write(unit, 1000, 170, START_S)
    assert levels(unit.dali, START_S + 2) == [170] * 6
    write(unit, 2005, 85, START_S + 3)  # group 1
    assert levels(unit.dali, START_S + 5) == [170] * 4 + [85] * 2
    write(unit, 3010, 10, START_S + 6)  # lamp 2
    assert levels(unit.dali, START_S + 8) == [170, 170, 10, 170, 85, 85]
    assert read(unit, 3014, START_S + 8) == 10
    write(unit, 2001, 0, START_S + 9)
    assert levels(unit.dali, START_S + 9) == [0, 0, 0, 0, 85, 85]
    assert [read(unit, register, START_S + 9) for register in (1004, 2004, 2009)] == [2, 0, 2]
    assert [read(unit, register, START_S + 9) for register in (2002, 2012)] == [2, 0]  # nobody is in group 2
    write(unit, 1005, 2700, START_S)
    write(unit, 2625, 5000, START_S)
    assert [lamp.kelvin for lamp in unit.dali.lamps.values()] == [2700] * 4 + [5000] * 2


@pytest.mark.parametrize("register", [25, 32, 1000, 1001, 1005, 2000, 2006, 2620, 3000, 3001])
def test_what_is_only_written_cannot_be_read(register: int) -> None:
    assert EcodimGw2().answer(b"\x03" + register.to_bytes(2, "big") + b"\0\1", 1.0) == bytes.fromhex("83 02")


@pytest.mark.parametrize(
    ("register", "value"), [(1000, 255), (1001, 32), (1005, 999), (1002, 1), (30, 19), (2620, 10_001)]
)
def test_what_it_does_not_take(register: int, value: int) -> None:
    unit = unbuffered()
    answer = unit.answer(b"\x06" + register.to_bytes(2, "big") + value.to_bytes(2, "big"), START_S)
    assert answer in {bytes.fromhex("86 02"), bytes.fromhex("86 03")}
    assert levels(unit.dali, START_S + 9) == [254] * 6


def test_ecodim_tells_a_lamp_that_fails_when_its_buffer_is_old() -> None:
    unit = EcodimGw2()
    assert [read(unit, register, START_S) for register in (1003, 2003, 2008)] == [0, 0, 0]
    unit.dali.lamps[5].failed = True
    assert [read(unit, register, START_S + 4.9) for register in (1003, 2003, 2008)] == [0, 0, 0]
    assert [read(unit, register, START_S + 5.0) for register in (1003, 2003, 2008)] == [2, 0, 2]
    assert read(unit, 3028, START_S + 6) == 0x82
    assert unit.dali.lamps[5].light_pct(START_S + 6) == 0.0


def test_a_gear_that_is_gone_is_counted_no_more() -> None:
    unit = unbuffered()
    unit.dali.lamps[0].present = False
    assert [read(unit, register, START_S) for register in (31, 3002, 3007)] == [5, 0, 2]
    write(unit, 1000, 85, START_S)
    assert levels(unit.dali, START_S + 5) == [254] + [85] * 5


def test_arlight_writes_and_echoes() -> None:
    unit = Arlight()
    assert read(unit, 2560, START_S) == 255
    write(unit, 256, 100, START_S)
    assert (read(unit, 2560, START_S), unit.dali.lamps[0].level(START_S)) == (100, 254)
    assert unit.dali.lamps[0].level(START_S + 2) == 100
    write(unit, 384, 50, START_S + 3)
    assert levels(unit.dali, START_S + 5) == [50, 50, 50, 50, 254, 254]
    assert [read(unit, register, START_S + 5) for register in (2688, 2560)] == [50, 100]
    write(unit, 640 + 1, 2, START_S + 6)
    assert levels(unit.dali, START_S + 8)[4:] == [85, 85]
    write(unit, 512 + 3, 3, START_S + 6)
    assert unit.dali.lamps[3].level(START_S + 8) == 0
    write(unit, 1792, 250, START_S)
    assert unit.dali.lamps[0].kelvin == 4000
    assert unit.answer(bytes.fromhex("03 0100 0001"), START_S) == bytes.fromhex("83 02")


def test_arlight_tells_the_status_of_each() -> None:
    unit = Arlight()
    unit.dali.lamps[1].failed = True
    unit.dali.lamps[2].present = False
    write(unit, 256, 0, START_S)
    assert [read(unit, place, START_S + 5) for place in (0, 1, 2, 3, 63)] == [0x00, 0x82, 255, 0x84, 255]


def test_the_cache_echoes_for_a_lamp_that_is_not_there() -> None:
    unit = Arlight(dali=DaliBus([]))
    write(unit, 256, 100, START_S)
    assert read(unit, 2560, START_S) == 100


def test_few_lamps_are_six() -> None:
    assert sorted(few_lamps().lamps) == list(range(6))
