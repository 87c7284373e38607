"""Every profile that is shipped makes a unit: what it reads, its levels, what makes it safe."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import pytest

from drivers.bus import UnitSpec
from drivers.bus.unit import Block, UnitPlan
from drivers.modbus import pdu, rtu
from drivers.modbus.plan import serial_cost
from drivers.points import Quality, Reading
from drivers.profile import ProfileError, load_profile, profile_names

COST = serial_cost(10 / 9600, 0.01, 35 / 9600)
PROFILES = Path(__file__).resolve().parents[2] / "drivers" / "profiles"


def plan(name: str, address: int = 1, channels: int = 0, safe_after_s: float | None = 3.0) -> UnitPlan:
    devices = tuple((channel, f"d{channel}") for channel in range(1, channels + 1)) or ((None, "d"),)
    spec = UnitSpec(
        id="u",
        address=address,
        profile=load_profile(name),
        poll_s=1.0,
        safe_after_s=safe_after_s,
        safe_pct=80.0,
        devices=devices,
        fade_up_s=2.0,
        fade_down_s=10.0,
    )
    return UnitPlan(spec, COST)


def place(block: Block) -> tuple[int, int, int]:
    """Return function, first address and count of what a block asks."""
    body = block.request.pdu
    return body[0], int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")


def answer(block: Block, registers: Mapping[int, int]) -> bytes:
    """Return what a unit with these registers, or bits, answers; all others hold 0."""
    function, first, count = place(block)
    held = [registers.get(first + at, 0) for at in range(count)]
    if function in {pdu.READ_COILS, pdu.READ_DISCRETE}:
        return sum(bit << at for at, bit in enumerate(held)).to_bytes((count + 7) // 8, "little")
    return b"".join(word.to_bytes(2, "big") for word in held)


def readings(name: str, registers: Mapping[int, int], channels: int = 0) -> dict[str, Reading]:
    unit = plan(name, channels=channels)
    return {
        key: reading
        for block in unit.blocks
        for key, reading in unit.readings(block, block.cut(answer(block, registers)), 0.0)
    }


def value(name: str, point: str, registers: Mapping[int, int]) -> object:
    return readings(name, registers)[f"d/{point}"].value


def floats(places: Mapping[int, float]) -> dict[int, int]:
    """Return the registers of float32 values, high word first."""
    held = {}
    for address, number in places.items():
        held[address], held[address + 1] = struct.unpack(">HH", struct.pack(">f", number))
    return held


def sealed(text: str) -> bytes:
    body = bytes.fromhex(text)
    return body + rtu.crc16(body).to_bytes(2, "little")


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_makes_a_unit_that_reads_each_point_once(name: str) -> None:
    profile = load_profile(name)
    unit = plan(name, channels=profile.channels)
    keys = [item.key for block in unit.blocks for item in block.items]
    assert sorted(keys) == sorted(point.key for point in unit.points)
    assert len(keys) == len(profile.points) * max(1, profile.channels)
    for block in unit.blocks:
        _, first, count = place(block)
        assert count <= profile.max_read or profile.points[0].is_bit
        assert not any(first <= no.last and first + count > no.first for no in profile.forbidden)
    everything = readings(name, {}, profile.channels)
    assert set(everything) == set(keys)
    assert all(reading.value is not None or reading.quality is Quality.BAD for reading in everything.values())


def test_the_wiki_line_that_reads_outputs_by_function_4_is_not_what_we_send() -> None:
    (block,) = plan("waveshare-ao8-b", channels=8).blocks
    assert rtu.frame(block.request) == bytes.fromhex("01 03 00 00 00 08 44 0C")


@pytest.mark.parametrize("name", ["eastron-sdm120", "eastron-sdm230"])
def test_a_meter_reads_volts_and_kilowatt_hours(name: str) -> None:
    held = floats({0x0000: 230.2, 0x0046: 50.0, 0x0048: 1.5, 0x000C: -7.25})
    assert value(name, "meter/voltage", held) == pytest.approx(230.2, abs=0.001)
    assert value(name, "meter/active_energy_import", held) == 1500
    assert value(name, "meter/frequency", held) == 50
    assert value(name, "meter/active_power", held) == -7.25


@pytest.mark.parametrize("name", ["eastron-sdm630", "eastron-sdm72v2"])
def test_a_three_phase_meter_reads_its_phases_and_its_totals(name: str) -> None:
    held = floats({0x0004: 231.5, 0x0010: 120.0, 0x0034: 333.0, 0x0022: 0.5, 0x0048: 2.25})
    read = {key: reading.value for key, reading in readings(name, held).items()}
    assert read["d/meter/voltage_l3"] == 231.5
    assert read["d/meter/active_power_l3"] == 120
    assert read["d/meter/power_factor_l3"] == 0.5
    assert read["d/meter/active_power"] == 333
    assert read["d/meter/active_energy_import"] == 2250


def test_pzem_counts_low_word_first() -> None:
    held = {0: 2301, 1: 0x86A0, 2: 1, 3: 12, 4: 0, 5: 7, 6: 1, 7: 500, 8: 98}
    read = {key.removeprefix("d/meter/"): reading.value for key, reading in readings("pzem-016", held).items()}
    assert read == {
        "voltage": 230.1,
        "current": 100.0,
        "active_power": 1.2,
        "active_energy_import": 65543,
        "frequency": 50.0,
        "power_factor": 0.98,
    }


def test_mtdx62_reads_presence_light_and_distance() -> None:
    held = {0: 1, 1: 123, 2: 350}
    assert value("mtdx62-mb", "presence/state", held) is True
    assert value("mtdx62-mb", "illuminance/sensor_value", held) == pytest.approx(12.3)
    assert value("mtdx62-mb", "presence/distance", held) == pytest.approx(3.5)


def test_a_probe_that_is_set_to_other_units_says_so() -> None:
    read = readings("qdy30a", {2: 0x12, 3: 3, 4: 26})
    assert read["d/water_level/unit"] == Reading(None, Quality.BAD, "expected one of cm, reads 18", 0.0)
    assert read["d/water_level/decimals"].quality is Quality.BAD
    assert readings("qdy30a", {2: 0x11, 3: 1, 4: 26})["d/water_level/unit"].value == "cm"


@pytest.mark.parametrize(
    ("name", "point", "register", "raw"),
    [
        ("wb-ms-v2", "temperature/sensor_value", 4, 0x7FFF),
        ("wb-ms-v2", "humidity/sensor_value", 5, 0xFFFF),
        ("wb-msw-v3", "air/co2", 8, 0xFFFF),
        ("jxct-temperature-humidity", "humidity/sensor_value", 0, 1001),
        ("jxct-wind-direction", "wind/direction", 0, 361),
        ("jxbs-3001-npk-rs", "soil/ph", 6, 1401),
    ],
)
def test_a_word_for_no_value_and_what_cannot_be_are_bad(name: str, point: str, register: int, raw: int) -> None:
    reading = readings(name, {register: raw})[f"d/{point}"]
    assert (reading.value, reading.quality) == (None, Quality.BAD)


def test_a_station_reads_thousandths() -> None:
    held = {0x00: 0xFFFF, 0x01: 0xFC18, 0x0C: 0x0002, 0x0D: 0xBF20, 0x1F: 1000, 0x40: 0x0006, 0x41: 0x4960}
    assert value("sensecap-one-s1000", "temperature/sensor_value", held) == -1.0
    assert value("sensecap-one-s1000", "wind/direction", held) == 180.0
    assert value("sensecap-one-s1000", "station/tipped", held) is True
    assert value("sensecap-one-s1000", "air/co2", held) == 412.0


def test_tilt_is_in_degrees_and_acceleration_in_si() -> None:
    held = {0x36: 2048, 0x3D: 0xC000}
    assert value("wt901c485", "tilt/acceleration_z", held) == pytest.approx(9.80665)
    assert value("wt901c485", "tilt/roll", held) == pytest.approx(-90.0)
    assert value("wtvb01-485", "vibration/acceleration_z", held) == pytest.approx(9.80665)


def test_what_is_derived_or_only_echoed_is_uncertain() -> None:
    assert readings("cwt-soil-7in1", {})["d/soil/nitrogen"].quality is Quality.UNCERTAIN
    assert readings("arlight-dali-tcp", {2560: 254})["d/lamp/dimming_level"].quality is Quality.UNCERTAIN
    assert readings("arlight-dali-tcp", {2560: 254})["d/lamp/dimming_level"].value == pytest.approx(100)


def test_waveshare_levels_are_millivolts_in_one_write() -> None:
    unit = plan("waveshare-ao8-b", channels=8)
    (write,) = unit.level_writes({f"d{channel}": 10.0 for channel in range(1, 9)})
    assert rtu.frame(write) == bytes.fromhex("01 10 00 00 00 08 10" + " 03 E8" * 8 + " 3C 05")
    (one,) = unit.level_writes({"d2": 50.0})
    assert rtu.frame(one) == bytes.fromhex("01 06 00 01 13 88 D5 5C")
    assert [rtu.frame(write)[2:6].hex() for write in unit.level_writes({"d1": 1.0, "d2": 1.0, "d4": 1.0})] == [
        "00000002",
        "00030064",
    ]


@pytest.mark.parametrize(
    ("name", "device", "level_pct", "frame"),
    [
        ("waveshare-ao8", "d1", 100.0, "01 06 00 00 4E 20"),
        ("ecodim-dali-gw2", "d3", 100.0, "01 06 0B C2 00 FE"),
        ("ecodim-dali-gw2-groups", "d16", 50.0, "01 06 08 1B 00 7F"),
        ("arlight-dali-tcp", "d64", 0.0, "01 06 01 3F 00 00"),
        ("arlight-dali-tcp-groups", "d1", 10.0, "01 06 01 80 00 19"),
        ("wb-mdm3", "d2", 40.4, "01 06 00 01 00 28"),
        ("ddl04r", "d4", 100.0, "01 06 00 08 03 FF"),
        ("generic-dimmer", "d16", 33.0, "01 06 00 0F 00 21"),
        ("waveshare-relay8", "d1", 1.0, "01 05 00 00 FF 00"),
        ("waveshare-relay8", "d8", 0.0, "01 05 00 07 00 00"),
        ("waveshare-io8", "d2", 100.0, "01 05 00 01 FF 00"),
        ("generic-relay", "d9", 100.0, "01 05 00 08 FF 00"),
    ],
)
def test_a_level_goes_to_its_register_in_the_units_of_the_product(
    name: str, device: str, level_pct: float, frame: str
) -> None:
    unit = plan(name, channels=load_profile(name).channels)
    (write,) = unit.level_writes({device: level_pct})
    assert rtu.frame(write) == sealed(frame)


def test_mao4_is_switched_on_before_its_first_level_and_lights_itself_after_silence() -> None:
    unit = plan("wb-mao4", address=11, channels=4)
    (level,) = unit.level_writes({f"d{channel}": 40.4 for channel in range(1, 5)})
    assert rtu.frame(level) == sealed("0B 10 00 10 00 04 08 00 28 00 28 00 28 00 28")
    assert unit.written_pct(40.4) == 40
    assert [rtu.frame(step.write) for step in unit.setup] == [
        sealed("0B 0F 00 10 00 04 01 0F"),
        sealed("0B 10 03 B0 00 04 08" + " 00 14" * 4),  # 2 s from 0 to 100 %: 20 ms per %, both ways
        sealed("0B 10 03 C0 00 04 08" + " 00 14" * 4),
    ]
    written = {rtu.frame(step.write)[2:-2].hex(): step.expected.hex() for step in unit.safety}
    assert written == {
        "02900004080050005000500050": "0050005000500050",  # 656-659: safe level 80 %
        "02880004080003000300030003": "0003000300030003",  # 648-651: level
        "00080003": "0003",  # 8: seconds
        "02a00004080050005000500050": "0050005000500050",  # 672-675
        "02980004080003000300030003": "0003000300030003",  # 664-667
    }


def test_units_are_not_made_safe_where_that_is_not_asked_for() -> None:
    assert plan("wb-mao4", channels=1, safe_after_s=None).safety == ()


def test_an_unknown_profile_names_those_that_are_known() -> None:
    with pytest.raises(ProfileError, match=r"wb-mao5\.toml: expected one of .*wb-mao4"):
        load_profile("wb-mao5")
