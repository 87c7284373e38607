"""The photocell: its thresholds and times, its own light, and what cannot be the sky."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from agent.control.photocell import DOUBT_S, FROZEN_BY_DAY_S, FROZEN_S, SELF_LIGHT_S, Photocell

DUSK_DEG = -4.0


class Cell:
    """A photocell that is read once a second; noise of a tenth of a lux, so that it is never frozen."""

    def __init__(self) -> None:
        self.cell = Photocell()
        self.now_s = 1000.0

    def see(self, lux: float, seconds: float, sun_deg: float | None = DUSK_DEG, *, noise: float = 0.1) -> bool | None:
        for _ in range(round(seconds)):
            self.now_s += 1.0
            self.cell.see(lux + noise * (self.now_s % 2), self.now_s, sun_deg)
        return self.cell.night

    def night(self) -> bool | None:
        return self.cell.night

    def until(self, lux: float, said: bool, longest_s: float = 1000.0) -> float:
        began_s = self.now_s
        while self.see(lux, 1) is not said:
            assert self.now_s - began_s < longest_s
        return self.now_s - began_s


def test_it_switches_on_after_30_s_below_20_lx_and_off_after_120_s_above_35_lx() -> None:
    rig = Cell()
    assert 120.0 <= rig.until(500.0, said=False) <= 125.0
    assert 30.0 <= rig.until(2.0, said=True) <= 100.0  # the low-pass comes down from 500 lx in half a minute
    assert 120.0 <= rig.until(60.0, said=False) <= 135.0


@pytest.mark.parametrize("lux", [20.5, 27.0, 34.5])
def test_between_the_thresholds_nothing_changes(lux: float) -> None:
    for first in (2.0, 500.0):
        rig = Cell()
        said = rig.see(first, 300)
        assert said is (first == 2.0)
        assert rig.see(lux, 3600) is said


def test_headlights_and_shadows_do_not_switch_it() -> None:
    rig = Cell()
    rig.see(5.0, 300)
    for _ in range(20):
        assert rig.see(10_000.0, 3) is True
        assert rig.see(5.0, 60) is True
    rig = Cell()
    rig.see(200.0, 300)
    for _ in range(20):
        assert rig.see(0.5, 5) is False
        assert rig.see(200.0, 30) is False


def test_no_reading_alone_decides_anything() -> None:
    cell = Photocell()
    cell.see(1.0, 0.0, None)
    assert cell.night is None
    cell.see(2.0, 3600.0, None)  # an hour of silence is no hour of darkness
    assert cell.night is None


def test_our_own_light_is_not_read_for_a_minute() -> None:
    rig = Cell()
    rig.see(5.0, 300)
    rig.cell.lamps_changed(rig.now_s)
    heard_s = rig.cell.heard_s
    assert rig.see(900.0, SELF_LIGHT_S - 1) is True
    assert rig.cell.heard_s == heard_s
    assert 120.0 <= rig.until(900.0, said=False) <= 135.0


@pytest.mark.parametrize("lux", [math.nan, math.inf, -math.inf, -11.0, 200_001.0])
def test_out_of_its_range_it_is_not_believed(lux: float) -> None:
    rig = Cell()
    rig.see(5.0, 300)
    rig.see(lux, 1)
    assert rig.night() is None
    assert "out of its range" in rig.cell.fault
    rig.see(5.0, DOUBT_S - 60)
    assert rig.night() is None
    rig.see(5.0, 120)
    assert (rig.night(), rig.cell.fault) == (True, "")


def test_darkness_under_a_high_sun_is_a_cover() -> None:
    rig = Cell()
    rig.see(0.0, 300, 30.0)
    assert rig.night() is True  # so far it may be true
    rig.see(0.0, DOUBT_S, 30.0)
    assert rig.night() is None
    assert "while the sun is at +30" in rig.cell.fault
    rig.see(0.0, 7200, 30.0)
    assert rig.night() is None
    rig.see(9000.0, DOUBT_S + 130, 30.0)
    assert (rig.night(), rig.cell.fault) == (False, "")


def test_daylight_in_the_night_is_a_lamp() -> None:
    rig = Cell()
    rig.see(3000.0, DOUBT_S + 60, -20.0)
    assert rig.night() is None
    assert "while the sun is at -20" in rig.cell.fault


def test_without_a_clock_no_height_of_the_sun_is_held_against_it() -> None:
    rig = Cell()
    assert rig.see(0.0, 7200, None) is True


def test_the_same_value_for_a_day_is_frozen() -> None:
    rig = Cell()
    assert rig.see(5.0, FROZEN_S - 60, None, noise=0.0) is True
    rig.see(5.0, 120, None, noise=0.0)
    assert rig.night() is None
    assert "frozen" in rig.cell.fault
    rig.see(6.0, DOUBT_S + 60, None)
    assert rig.night() is True


def test_daylight_that_stands_still_is_frozen_sooner_where_no_clock_holds_it() -> None:
    rig = Cell()
    assert rig.see(5000.0, FROZEN_BY_DAY_S + 60, 30.0, noise=0.0) is False
    assert rig.see(4000.0, FROZEN_BY_DAY_S - 60, None, noise=0.0) is False
    assert rig.see(4000.0, 120, None, noise=0.0) is None


def test_silence_before_the_first_reading_is_no_fault_to_be_held_against_it() -> None:
    rig = Cell()
    rig.cell.silent("never read", rig.now_s)
    assert (rig.night(), rig.cell.fault) == (None, "never read")
    assert 30.0 <= rig.until(5.0, said=True) <= 40.0


def test_silence_later_is_held_against_it_for_ten_minutes() -> None:
    rig = Cell()
    rig.see(5.0, 300)
    rig.cell.silent("silent", rig.now_s)
    assert rig.night() is None
    assert rig.see(5.0, DOUBT_S - 60) is None
    assert rig.see(5.0, 120) is True


def test_time_that_goes_back_is_not_listened_to() -> None:
    rig = Cell()
    rig.see(5.0, 300)
    see: Callable[[float, float, float | None], None] = rig.cell.see
    for back_s in range(300):
        see(5000.0, rig.now_s - back_s, None)
    assert rig.night() is True


def test_our_own_light_is_taken_off_and_daylight_is_seen_all_the_same() -> None:
    rig = Cell()
    assert rig.see(5.0, 300) is True
    rig.cell.lamps_changed(rig.now_s)
    rig.see(60.0, SELF_LIGHT_S)
    assert rig.see(60.0, 3600.0) is True  # 55 lx of it are our lamps
    assert rig.see(85.0, 600.0) is True
    assert rig.see(95.0, 300.0) is False


def test_own_light_that_went_is_not_taken_off() -> None:
    rig = Cell()
    rig.see(5.0, 300)
    for lux in (60.0, 5.0):
        rig.cell.lamps_changed(rig.now_s)
        rig.see(lux, SELF_LIGHT_S + 300.0)
    assert rig.see(45.0, 300.0) is False


def test_what_changed_while_it_could_not_be_asked_for_long_is_not_our_light() -> None:
    rig = Cell()
    rig.see(5.0, 300)
    for _ in range(30):
        rig.cell.lamps_changed(rig.now_s)
        rig.see(60.0, 30.0)
    assert rig.see(60.0, SELF_LIGHT_S + 200.0) is False
