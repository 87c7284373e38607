"""Check frames of the makers' documents against our requests and answers, and every profile that is shipped."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from drivers.bus import UnitSpec
from drivers.bus.unit import UnitPlan
from drivers.errors import BadAnswer, Refused
from drivers.modbus import pdu, rtu
from drivers.modbus.pdu import Request
from drivers.profile import Profile, ProfileError, load_profile, parse_profile, profile_names


def plan(name: str, address: int = 1, channels: int = 0) -> UnitPlan:
    profile = load_profile(name)
    devices = tuple((channel, f"d{channel}") for channel in range(1, channels + 1)) or ((None, "d"),)
    spec = UnitSpec(
        id="u", address=address, profile=profile, poll_s=1.0, safe_after_s=3.0, safe_pct=80.0, devices=devices
    )
    return UnitPlan(spec)


def sealed(text: str) -> bytes:
    body = bytes.fromhex(text)
    return body + rtu.crc16(body).to_bytes(2, "little")


@pytest.mark.parametrize(
    ("request_", "frame"),
    [
        (pdu.write_register(1, 0, 1000), "01 06 00 00 03 E8 89 74"),
        (pdu.write_register(1, 1, 5000), "01 06 00 01 13 88 D5 5C"),
        (pdu.read(1, 3, 0, 8), "01 03 00 00 00 08 44 0C"),
        (pdu.write_registers(1, 2, [2000] * 3), "01 10 00 02 00 03 06 07 D0 07 D0 07 D0 84 0E"),
        (pdu.write_registers(1, 0, [1000] * 8), "01 10 00 00 00 08 10" + " 03 E8" * 8 + " 3C 05"),
        (pdu.read(1, 4, 0, 2), "01 04 00 00 00 02 71 CB"),
        (pdu.read(1, 3, 7, 2), "01 03 00 07 00 02 75 CA"),
        (pdu.write_coil(1, 0, on=True), "01 05 00 00 FF 00 8C 3A"),
        (pdu.write_coil(1, 0, on=False), "01 05 00 00 00 00 CD CA"),
        (pdu.write_coil(1, 7, on=True), "01 05 00 07 FF 00 3D FB"),
        (pdu.read(1, 1, 0, 8), "01 01 00 00 00 08 3D CC"),
    ],
)
def test_requests_are_the_printed_frames(request_: Request, frame: str) -> None:
    assert rtu.frame(request_) == bytes.fromhex(frame)


@pytest.mark.parametrize(
    ("request_", "answer", "data"),
    [
        (pdu.read(1, 4, 0, 2), "01 04 04 43 66 33 34 1B 38", "43 66 33 34"),
        (pdu.read(1, 3, 7, 2), "01 03 04 00 02 06 F6 D8 15", "00 02 06 F6"),
        (pdu.read(1, 3, 0x8000, 1), "01 03 02 00 64 B9 AF", "00 64"),
        (pdu.read(1, 3, 0, 8), "01 03 10" + " 03 E8" * 8 + " C1 91", "03 E8" * 8),
        (pdu.write_registers(1, 0, [1000] * 8), "01 10 00 00 00 08 C1 CF", ""),
        (pdu.write_register(1, 0, 1000), "01 06 00 00 03 E8 89 74", ""),
    ],
)
def test_printed_answers_are_believed(request_: Request, answer: str, data: str) -> None:
    assert rtu.check(request_, bytes.fromhex(answer)) == bytes.fromhex(data)


def test_a_printed_exception_is_a_refusal() -> None:
    with pytest.raises(Refused, match="exception 3: illegal data value") as caught:
        rtu.check(pdu.write_coil(1, 0, on=True), bytes.fromhex("01 85 03 02 91"))
    assert caught.value.code == 3


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (pdu.read(1, 3, 0x12, 1), "01 03 02 01 34 B8 15"),
        (pdu.read(1, 3, 0x1E, 3), "01 03 06 00 20 00 25 00 30 B8 15"),
        (pdu.read(1, 3, 0x1E, 1), "01 03 02 00 20 5A 3D"),
        (pdu.read(2, 3, 0, 1), "02 03 02 00 8A FD A0"),
        (pdu.read(1, 4, 0, 2), "01 04 04 FF FF FC 18 D6 41"),
    ],
)
def test_answers_that_are_printed_with_a_wrong_crc_are_not_believed(request_: Request, answer: str) -> None:
    with pytest.raises(BadAnswer, match="CRC"):
        rtu.check(request_, bytes.fromhex(answer))


def test_the_wiki_line_that_reads_outputs_by_function_4_is_not_what_we_send() -> None:
    (block,) = plan("waveshare-ao8-b", channels=8).blocks
    assert rtu.frame(block.request) == bytes.fromhex("01 03 00 00 00 08 44 0C")


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_makes_a_unit(name: str) -> None:
    profile = load_profile(name)
    unit = plan(name, channels=profile.channels)
    assert len(unit.points) == len(profile.points) * max(1, profile.channels)
    assert unit.blocks
    for block in unit.blocks:
        size = block.request.answer_bytes - 2
        assert size <= 2 * profile.max_read
        assert {item.key for item in block.items} <= {point.key for point in unit.points}
    assert sum(len(block.items) for block in unit.blocks) == len(unit.points)


def test_the_profile_in_the_readme_is_one() -> None:
    readme = Path(__file__).resolve().parents[2] / "drivers" / "README.md"
    (document,) = re.findall(r"```toml\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)
    assert [row.point for row in parse_profile("mine", document).points] == ["meter/active_power"]


def test_the_profiles_that_are_shipped() -> None:
    assert profile_names() == ("eastron-sdm230", "jxct-illuminance", "mtdx62-mb", "waveshare-ao8-b", "wb-mao4")


def value(name: str, key: str, frame: str) -> object:
    unit = plan(name)
    block = next(block for block in unit.blocks if any(item.key == f"d/{key}" for item in block.items))
    data = rtu.check(block.request, sealed(frame))
    return dict(unit.readings(block, block.cut(data), 0.0))[f"d/{key}"].value


def test_sdm230_reads_volts_and_kilowatt_hours() -> None:
    first = "01 04 1C 43 66 33 34" + " 00" * 24
    assert value("eastron-sdm230", "meter/voltage", first) == pytest.approx(230.2, abs=0.001)
    energy = "01 04 08 42 48 00 00 3F C0 00 00"  # 50 Hz, 1.5 kWh
    assert value("eastron-sdm230", "meter/active_energy_import", energy) == 1500
    assert value("eastron-sdm230", "meter/frequency", energy) == 50


def test_jxct_reads_the_printed_illuminance() -> None:
    assert value("jxct-illuminance", "illuminance/sensor_value", "01 03 04 00 02 06 F6") == 132854


def test_mtdx62_reads_presence_light_and_distance() -> None:
    answer = "01 04 06 00 01 00 7B 01 5E"
    assert value("mtdx62-mb", "presence/state", answer) is True
    assert value("mtdx62-mb", "illuminance/sensor_value", answer) == pytest.approx(12.3)
    assert value("mtdx62-mb", "presence/distance", answer) == pytest.approx(3.5)


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


def test_mao4_is_switched_on_before_its_first_level_and_lights_itself_after_silence() -> None:
    unit = plan("wb-mao4", address=11, channels=4)
    (level,) = unit.level_writes({f"d{channel}": 40.4 for channel in range(1, 5)})
    assert rtu.frame(level) == sealed("0B 10 00 10 00 04 08 00 28 00 28 00 28 00 28")
    assert unit.written_pct(40.4) == 40
    assert rtu.frame(unit.setup[0].write) == sealed("0B 0F 00 10 00 04 01 0F")
    written = {rtu.frame(step.write)[2:-2].hex(): step.expected.hex() for step in unit.safety}
    assert written == {
        "02900004080050005000500050": "0050005000500050",  # 656-659: safe level 80 %
        "02880004080003000300030003": "0003000300030003",  # 648-651: level
        "00080003": "0003",  # 8: seconds
        "02a00004080050005000500050": "0050005000500050",  # 672-675
        "02980004080003000300030003": "0003000300030003",  # 664-667
    }


def test_units_are_not_made_safe_where_that_is_not_asked_for() -> None:
    spec = UnitSpec(
        id="u",
        address=1,
        profile=load_profile("wb-mao4"),
        poll_s=1.0,
        safe_after_s=None,
        safe_pct=100.0,
        devices=((1, "d"),),
    )
    assert UnitPlan(spec).safety == ()


GOOD = (Path(__file__).parents[2] / "drivers" / "profiles" / "wb-mao4.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("poll_s = 1.0", "poll_s = 0", "poll_s"),
        ("poll_s = 1.0", "pol_s = 1.0", "pol_s"),
        ("address = 90", "address = 70000", r"points\[0\].address"),
        ('type = "u16"', 'type = "u24"', r"points\[0\].type"),
        ('space = "holding"', 'space = "cupboard"', r"points\[0\].space"),
        ("steps_per_pct = 1", "steps_per_pct = 0", "output.steps_per_pct"),
        ('confirmed_by = "lamp/dimming_level"', 'confirmed_by = "lamp/level"', "confirmed_by"),
        ("scale = 0.01", "scale = 0", "scale"),
    ],
)
def test_a_mistake_in_a_profile_is_named(old: str, new: str, named: str) -> None:
    assert old in GOOD
    with pytest.raises(ProfileError, match=named) as caught:
        parse_profile("mine", GOOD.replace(old, new, 1))
    assert str(caught.value).startswith("mine.toml:")


def test_an_unknown_profile_names_those_that_are_known() -> None:
    with pytest.raises(ProfileError, match=r"wb-mao5.*wb-mao4"):
        load_profile("wb-mao5")


def test_two_rows_may_not_make_the_same_point() -> None:
    profile: Profile = load_profile("mtdx62-mb")
    text = (Path(__file__).parents[2] / "drivers" / "profiles" / "mtdx62-mb.toml").read_text(encoding="utf-8")
    assert len(profile.points) == 3
    with pytest.raises(ProfileError, match="presence/state"):
        parse_profile("mine", text.replace("presence/distance", "presence/state"))
