"""What the firmware of the simulated units does over time."""

from __future__ import annotations

import struct

import pytest

from firmware_sim.units import JxctLux, Mtdx62, Output, Sdm230, WaveshareAo8B, WbMao4


def write(unit: WbMao4 | WaveshareAo8B | Mtdx62, register: int, value: int, now_s: float) -> None:
    request = b"\x06" + register.to_bytes(2, "big") + value.to_bytes(2, "big")
    assert unit.answer(request, now_s) == request


def switch(unit: WbMao4, channel: int, now_s: float, *, on: bool = True) -> None:
    request = b"\x05" + (16 + channel).to_bytes(2, "big") + (b"\xff\x00" if on else b"\0\0")
    assert unit.answer(request, now_s) == request


def read(unit: WbMao4 | Mtdx62, register: int, now_s: float) -> int:
    answer = unit.answer(b"\x03" + register.to_bytes(2, "big") + b"\0\1", now_s)
    assert answer is not None
    return int.from_bytes(answer[2:], "big")


def lit(level_pct: int, now_s: float) -> WbMao4:
    """A unit whose first channel is switched on and set, with safe mode at 80 % after 3 s."""
    unit = WbMao4(11, powered_s=now_s)
    write(unit, 8, 3, now_s)
    write(unit, 648, 3, now_s)
    write(unit, 656, 80, now_s)
    switch(unit, 0, now_s)
    write(unit, 16, level_pct, now_s)
    return unit


def test_a_level_waits_for_the_switch() -> None:
    unit = WbMao4(11)
    write(unit, 16, 60, 0.0)
    assert unit.outputs(5.0)[0] == Output(0.0, "commanded")
    switch(unit, 0, 5.0)
    assert unit.outputs(10.0)[0] == Output(0.6, "commanded")


def test_a_level_with_auto_on_needs_no_switch() -> None:
    unit = WbMao4(11)
    write(unit, 132, 60, 0.0)
    assert unit.outputs(5.0)[0] == Output(0.6, "commanded")
    write(unit, 132, 0, 5.0)
    assert unit.outputs(9.0)[0] == Output(0.0, "commanded")


def test_the_output_slews_and_the_duty_register_follows() -> None:
    unit = lit(100, 0.0)
    assert unit.outputs(0.0)[0].fraction == 0.0
    assert unit.outputs(1.0)[0].fraction == pytest.approx(0.5)
    assert read(unit, 90, 1.0) == 5000
    assert read(unit, 16, 1.0) == 100
    assert unit.outputs(2.0)[0].fraction == 1.0
    write(unit, 16, 50, 2.0)
    assert unit.outputs(2.5)[0].fraction == pytest.approx(0.75)


def test_slew_rates_up_and_down_are_apart_and_0_is_a_step() -> None:
    unit = lit(0, 0.0)
    write(unit, 944, 0, 0.0)
    write(unit, 960, 40, 0.0)
    write(unit, 16, 100, 0.0)
    assert unit.outputs(2.0)[0].fraction == pytest.approx(0.5)
    write(unit, 16, 10, 2.0)
    assert unit.outputs(2.0)[0].fraction == pytest.approx(0.1)


def test_the_level_lies_between_the_two_voltages_set() -> None:
    unit = lit(0, 0.0)
    write(unit, 912, 1000, 0.0)
    write(unit, 928, 9000, 0.0)
    write(unit, 16, 1, 0.0)
    assert unit.outputs(2.0)[0].fraction == pytest.approx(0.1)
    write(unit, 16, 100, 2.0)
    assert unit.outputs(4.0)[0].fraction == pytest.approx(0.9)
    write(unit, 16, 0, 4.0)
    assert unit.outputs(7.0)[0].fraction == 0.0


def test_silence_brings_safe_mode_at_the_device_s_own_slew() -> None:
    unit = lit(20, 0.0)
    assert unit.outputs(2.9)[0] == Output(0.2, "commanded")
    assert unit.outputs(3.0)[0].state == "safe mode"
    assert unit.outputs(3.0)[0].fraction == pytest.approx(0.2)
    assert unit.outputs(3.6)[0].fraction == pytest.approx(0.5)
    assert unit.outputs(9.0)[0] == Output(0.8, "safe mode")


def test_polling_keeps_safe_mode_away_but_does_not_end_it() -> None:
    unit = lit(20, 0.0)
    for tenth in range(100):
        read(unit, 90, tenth / 10)
    assert unit.outputs(10.0)[0].state == "commanded"
    assert read(unit, 90, 20.0) == 8000
    assert unit.outputs(20.1)[0] == Output(0.8, "safe mode")
    write(unit, 16, 30, 20.2)
    assert unit.outputs(22.0)[0] == Output(0.3, "commanded")


def test_safe_mode_begins_anew_with_what_was_programmed_meanwhile() -> None:
    unit = lit(20, 0.0)
    write(unit, 656, 60, 10.0)
    assert unit.outputs(12.9)[0].fraction == 0.8
    assert unit.outputs(20.0)[0] == Output(0.6, "safe mode")


def test_a_refused_level_does_not_end_safe_mode() -> None:
    unit = lit(20, 0.0)
    assert unit.answer(bytes.fromhex("06 0010 0065"), 10.0) == bytes.fromhex("86 03")
    assert unit.outputs(10.0)[0].state == "safe mode"


@pytest.mark.parametrize(("action", "fraction", "state"), [(0, 0.2, "commanded"), (1, 0.0, "safe mode")])
def test_safe_actions_none_and_off(action: int, fraction: float, state: str) -> None:
    unit = lit(20, 0.0)
    write(unit, 648, action, 0.0)
    output = unit.outputs(9.0)[0]
    assert (output.fraction, output.state) == (fraction, state)


def test_safe_action_on_lights_a_channel_at_its_own_level() -> None:
    unit = lit(40, 0.0)
    write(unit, 648, 2, 0.0)
    switch(unit, 0, 0.0, on=False)
    assert unit.outputs(9.0)[0] == Output(0.4, "safe mode")


def test_a_dead_unit_hears_nothing_and_goes_to_safe_mode() -> None:
    unit = lit(20, 0.0)
    unit.alive = False
    assert unit.answer(bytes.fromhex("03 0010 0001"), 2.0) is None
    assert unit.outputs(4.0)[0].state == "safe mode"


@pytest.mark.parametrize(("action", "fraction"), [(0, 0.0), (1, 0.2), (2, 0.2), (3, 0.7)])
def test_power_up_actions(action: int, fraction: float) -> None:
    unit = lit(20, 0.0)
    write(unit, 648, 0, 0.0)
    write(unit, 664, action, 0.0)
    write(unit, 672, 70, 0.0)
    unit.power_up(100.0)
    assert unit.outputs(110.0)[0] == Output(fraction, "power-up")


def test_waveshare_holds_its_last_value_for_ever() -> None:
    unit = WaveshareAo8B(21)
    write(unit, 0, 4000, 0.0)
    assert unit.outputs(1e6)[0] == Output(0.4, "commanded")
    write(unit, 0, 0, 1e6)
    assert unit.outputs(1e6)[0] == Output(0.002, "commanded")
    assert unit.outputs(1e6)[7] == Output(0.002, "power-up")


def test_waveshare_moves_to_another_address() -> None:
    unit = WaveshareAo8B(1)
    write(unit, 0x4000, 21, 0.0)
    assert unit.address == 21


def test_the_meter_integrates_energy() -> None:
    unit = Sdm230(2)
    unit.set(720.0, 230.0, 100.0)
    assert unit.energy_wh(1900.0) == pytest.approx(360.0)
    unit.set(0.0, 230.0, 1900.0)
    assert unit.energy_wh(9999.0) == pytest.approx(360.0)


def test_the_meter_shows_current_and_energy() -> None:
    unit = Sdm230(2)
    unit.set(460.0, 230.0, 0.0)
    current = unit.answer(bytes.fromhex("04 0006 0002"), 0.0)
    energy = unit.answer(bytes.fromhex("04 0048 0002"), 7200.0)
    assert current is not None
    assert energy is not None
    assert struct.unpack(">f", current[2:])[0] == pytest.approx(2.0)
    assert struct.unpack(">f", energy[2:])[0] == pytest.approx(0.92)


def test_the_meter_s_leading_block_reads_with_its_holes() -> None:
    answer = Sdm230(2).answer(bytes.fromhex("04 0000 0050"), 0.0)
    assert answer is not None
    assert len(answer) == 2 + 2 * 0x50
    assert answer[2:10] == struct.pack(">ff", 230.0, 0.0)


@pytest.mark.parametrize(("lux", "words"), [(-5.0, "0000 0000"), (0.4, "0000 0000"), (1e12, "FFFF FFFF")])
def test_the_lux_head_stays_in_its_range(lux: float, words: str) -> None:
    head = JxctLux(1)
    head.lux = lux
    assert head.answer(bytes.fromhex("03 0007 0002"), 0.0) == bytes.fromhex("03 04" + words)


def test_the_meter_refuses_what_no_meter_shows() -> None:
    with pytest.raises(ValueError, match="finite"):
        Sdm230(2).set(float("nan"), 230.0, 0.0)


def test_presence_begins_after_the_entry_delay_and_clears_after_the_last_movement() -> None:
    unit = Mtdx62(31)
    assert not unit.present(0.0)
    unit.movement(10.0)
    assert not unit.present(10.05)
    assert unit.present(10.1)
    unit.movement(14.0)
    assert unit.present(14.0)  # the same visit: no new entry delay
    assert unit.present(18.9)
    assert not unit.present(19.0)
    unit.movement(30.0)
    assert not unit.present(30.0)


def test_the_clear_delay_is_a_register() -> None:
    unit = Mtdx62(31)
    write(unit, 3, 30, 0.0)
    unit.movement(10.0)
    assert unit.present(39.9)
    assert not unit.present(40.0)
