"""Each kind of mistake, with the message that a person will read."""
# ruff: noqa: E501 - a mistake and its message on a line

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.config import ConfigError, load_file
from config_reading import POLE, read_text


def line_of(text: str, nth: int = 1) -> int:
    """Line (from 1) of the nth line that begins with a text in the annotated example."""
    return [number for number, line in enumerate(POLE.split("\n"), 1) if line.startswith(text)][nth - 1]


def said(document: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_text(document)
    return str(caught.value).split("\n")


CASES = [
    # what is replaced, by what, the line of the message, its text
    ("baud = 19200", "baud = 19", "baud", "bus.lamps.baud: expected a whole number from 1200 to 256000, found 19"),
    ("baud = 19200", 'baud = "19200"', "baud", 'bus.lamps.baud: expected a whole number from 1200 to 256000, found "19200"'),
    ("baud = 19200", "baud = 19200.0", "baud", "bus.lamps.baud: expected a whole number from 1200 to 256000, found 19200.0"),
    ("baud = 19200", "baud = true", "baud", "bus.lamps.baud: expected a whole number from 1200 to 256000, found true"),
    ("stop_bits = 2", "stop_bit = 2", "stop_bits", "bus.lamps.stop_bit: expected one of baud, kind, parity, port, stop_bits, timeout_ms (did you mean stop_bits?), found an unknown option"),
    ('parity = "none"', 'parity = "nome"', "parity", 'bus.lamps.parity: expected "none" or "even" or "odd" (did you mean none?), found "nome"'),
    ("class_pct = 100", "class_pct = nan", "class_pct", "lighting.class_pct: expected a number from 1 to 100, found nan"),
    ("class_pct = 100", "class_pct = 101", "class_pct", "lighting.class_pct: expected a number from 1 to 100, found 101"),
    ("base_pct = 10 ", "base_pct = -1 ", "base_pct", "lighting.base_pct: expected a number from 0 to 100, found -1"),
    ("class_pct = 100", "class_pct = 8", "base_pct", "lighting.base_pct: expected at most class_pct (8), found 10"),
    ("far_pct = 20", "far_pct = 70", "far_pct", "lighting.far_pct: expected at most near_pct (60), found 70"),
    ('time_zone = "Europe/Copenhagen"', 'time_zone = "Europe/Kopenhagen"', "time_zone", 'controller.time_zone: expected an IANA time zone such as "Europe/Copenhagen", found "Europe/Kopenhagen"'),
    ('id = "pole-7"', 'id = "pole 7"', "id", 'controller.id: expected 1 to 64 of A-Z a-z 0-9 . _ -, found "pole 7"'),
    ('group = "albertslund"', "", "[controller]", "controller.group: expected 1 to 64 of A-Z a-z 0-9 . _ -, found nothing"),
    ("address = 21", "address = 11", "address = 21", 'unit.dimmer-2.address: expected an address of its own on bus "lamps" (dimmer-1 has it), found 11'),
    ("address = 21", "address = 248", "address = 21", "unit.dimmer-2.address: expected a whole number from 1 to 247, found 248"),
    ('profile = "wb-mao4"', 'profile = "wb-mao"', "profile", 'unit.dimmer-1.profile: expected "wb-mao4" or "waveshare-ao8-b" or "eastron-sdm230" or "jxct-illuminance" or "mtdx62-mb" (did you mean wb-mao4?), found "wb-mao"'),
    ('unit = "dimmer-2"', 'unit = "dimmer-3"', 'unit = "dimmer-2"', 'device.lum-02.unit: expected the name of a [unit.…] (did you mean dimmer-2?), found "dimmer-3"'),
    ("gpio = 17 ", "gpio = 27 ", "gpio = 27", "device.door-1.gpio: expected a pin of its own (pir-1 has it), found 27"),
    ('chip = "rpi"', 'chip = "rpi"\nsocket = "x"', 'chip = "rpi"', 'gpio.socket: expected no such option with chip = "rpi", found "x"'),
    ('unit = "meter"', 'unit = "lux"', "kind = \"meter\"", "device.meter-1.kind: expected lux, which is what jxct-illuminance serves, found \"meter\""),
    ("safe_after_s = 3", "safe_after_s = 0", "safe_after_s", "unit.dimmer-1.safe_after_s: expected a number from 1 to 600, found 0"),
    ("address = 21", "address = 21\nsafe_after_s = 3", "address = 21", "unit.dimmer-2.safe_after_s: expected no such option for waveshare-ao8-b, which has no device-side safety, found 3"),
    ("[lighting]", "[light]", "[lighting]", "light: expected one of api, bus, controller, device, gpio, lighting, unit, uplink (did you mean lighting?), found an unknown option"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "place", "message"), CASES)
def test_a_mistake_is_named(before: str, after: str, place: str, message: str) -> None:
    assert before in POLE
    messages = said(POLE.replace(before, after, 1))
    assert any(line.endswith(": " + message) for line in messages), messages
    number = int(re.match(r"/etc/gadelys/pole.toml:(\d+): ", next(m for m in messages if m.endswith(message)))[1])  # type: ignore[index]
    assert abs(number - line_of(place)) <= after.count("\n")


def test_all_mistakes_are_told_in_the_order_of_their_lines() -> None:
    messages = said(
        POLE.replace("baud = 19200", "baud = 1")
        .replace("address = 11", "address = 0")
        .replace("hold_s = 4", "hold_s = 0")
    )
    assert [message.split(": ")[1] for message in messages] == [
        "bus.lamps.baud",
        "unit.dimmer-1.address",
        "lighting.hold_s",
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('profile = "wb-mao4"', 'profile = "wb-mao"'),
        ("address = 21", 'address = "21"'),
        ("address = 21", "address = 0"),
        ('bus = "lamps"', 'bus = ""'),
        ('bus = "lamps"', 'bus = "lamp"'),
    ],
)
def test_one_mistake_is_one_message(before: str, after: str) -> None:
    assert before in POLE
    assert len(said(POLE.replace(before, after, 1))) == 1


def test_devices_and_their_channels() -> None:
    assert (
        "a channel from 1 to 8 of waveshare-ao8-b, found nothing"
        in said(POLE.replace("channel = 1\nposition_m = 30", "position_m = 30"))[0]
    )
    assert (
        "a channel from 1 to 8 of waveshare-ao8-b, found 9"
        in said(POLE.replace("channel = 1\nposition_m = 30", "channel = 9\nposition_m = 30"))[0]
    )
    twice = POLE.replace('unit = "dimmer-2"\nchannel = 1', 'unit = "dimmer-1"\nchannel = 1')
    assert any("device.lum-02.channel: expected one that lum-01 does not have, found 1" in line for line in said(twice))


def test_nothing_without_its_other_half() -> None:
    assert any("unit.spare: expected a [device.…] on this unit, found none" in line
               for line in said(POLE + '\n[unit.spare]\nbus = "field"\naddress = 99\nprofile = "mtdx62-mb"\n'))  # fmt: skip
    assert any("bus.spare: expected a [unit.…] on this bus, found none" in line
               for line in said(POLE + '\n[bus.spare]\nkind = "modbus-rtu"\nport = "x"\n'))  # fmt: skip
    no_gpio = POLE.replace("[gpio] ", "# [gpio]").replace('chip = "rpi"', '# chip = "rpi"')
    assert any("device.pir-1.gpio: expected a table [gpio]" in line for line in said(no_gpio))


def test_names_that_differ_only_in_case() -> None:
    assert any('a name that differs from "radar-1" in more than case' in line
               for line in said(POLE + '\n[unit.RADAR-1]\nbus = "field"\naddress = 99\nprofile = "mtdx62-mb"\n'))  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected a configuration (see docs/pole.toml), found an empty file"),
        (b"  \n\n", "expected a configuration (see docs/pole.toml), found an empty file"),
        (b"# soon\n", "expected a configuration (see docs/pole.toml), found nothing but comments"),
        (b"[controller]\nid = \n", ":2: expected TOML, found invalid value"),
        (b"[controller]\nid = \"a\xff\"\n", ":2: expected text in UTF-8, found the byte 0xff"),
        (b"x" * (1 << 20) + b"x", "expected at most 1048576 bytes, found more"),
        (b"x = " + b"[" * 100_000, "expected"),
    ],
)  # fmt: skip
def test_files_that_are_none(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "pole.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_file(path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected a configuration file that can be read, found No such file"):
        load_file(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="found Is a directory"):
        load_file(tmp_path)
