"""The configuration that a scan prints is one that the agent takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.cli.bus.paste import Box, Line, configuration
from agent.config import load_file
from agent.config.records import Config
from drivers.bus.records import Link, RtuBus, TcpBus
from drivers.profile import load_profile, profile_names

Taken = Callable[[list[str]], Config]

CONTROLLER = """\
[controller]
id = "pole-7"
group = "albertslund"
latitude = 55.6561
longitude = 12.3683
time_zone = "Europe/Copenhagen"

"""
SERIAL = Line(id="line", port="/dev/serial/by-id/usb-FTDI-if00-port0")
LINK = Link(19200, "none", 2)
LAMPS = Box(11, LINK, (load_profile("wb-mao4"),))


def box(unit: int, *profiles: str, link: Link | None = LINK) -> Box:
    return Box(unit, link, tuple(load_profile(name) for name in profiles))


@pytest.fixture
def taken(tmp_path: Path) -> Taken:
    """Read rows below a [controller] as the agent would. ConfigError if it would not take them."""

    def read(rows: list[str]) -> Config:
        path = tmp_path / "pole.toml"
        path.write_text(CONTROLLER + "\n".join(rows) + "\n", encoding="utf-8")
        return load_file(path)

    return read


@pytest.mark.parametrize("name", profile_names())
def test_each_profile_can_be_pasted(name: str, taken: Taken) -> None:
    config = taken(configuration(SERIAL, [LAMPS, box(42, name)]))
    unit = config.units[-1]
    assert (unit.id, unit.address, unit.profile) == ("line-42", 42, name)
    devices = [device for device in config.devices if device.unit == unit.id]
    profile = load_profile(name)
    assert len(devices) == max(profile.channels, 1)
    assert {device.kind for device in devices} == {profile.kinds[0]}


def test_a_serial_line_with_its_speed(taken: Taken) -> None:
    (bus,) = taken(configuration(SERIAL, [LAMPS])).buses
    assert isinstance(bus, RtuBus)
    assert (str(bus.port), bus.link) == (SERIAL.port, LINK)


def test_units_behind_an_address(taken: Taken) -> None:
    line = Line(id="line", host="fe80::1", tcp_port=1502)
    config = taken(configuration(line, [box(255, "wb-mao4", link=None)]))
    (bus,) = config.buses
    assert isinstance(bus, TcpBus)
    assert (bus.host, bus.port) == ("fe80::1", 1502)
    assert config.units[0].address == 255


def test_a_line_that_is_configured_gets_units_alone() -> None:
    line = Line(id="lamps", configured=True, link=LINK, port="/dev/ttyUSB0")
    rows = configuration(line, [box(42, "jxct-illuminance")])
    assert "[unit.lamps-42]" in rows
    assert 'bus = "lamps"' in rows
    assert not any(row.startswith("[bus") for row in rows)


def test_a_unit_at_another_speed_is_a_remark(taken: Taken) -> None:
    rows = configuration(SERIAL, [LAMPS, box(1, "wb-mao4"), box(1, "jxct-illuminance", link=Link(9600))])
    taken(rows)
    assert rows[-1] == (
        "# unit 1 (jxct-illuminance) answers at 9600 8N1, not at 19200 8N2: not on this line before "
        "`gadelys unit baud WHERE 1 19200 --profile jxct-illuminance`"
    )


def test_a_unit_that_fits_nothing_is_a_remark(taken: Taken) -> None:
    rows = configuration(SERIAL, [box(7), LAMPS])
    taken(rows)
    assert rows[-1].startswith("# unit 7: fits no profile")
    assert all(row.startswith("#") for row in configuration(SERIAL, [box(7)]))


def test_other_profiles_that_fit_are_named() -> None:
    rows = configuration(SERIAL, [box(11, "wb-mao4", "waveshare-ao8-b")])
    assert 'profile = "wb-mao4"   # fits as well: waveshare-ao8-b' in rows


def test_nothing_found_is_nothing_to_paste() -> None:
    assert configuration(SERIAL, []) == []


def test_units_are_in_order_and_parts_stand_apart() -> None:
    rows = configuration(SERIAL, [box(42, "jxct-illuminance"), LAMPS])
    assert [row for row in rows if row.startswith("[")] == [
        "[bus.line]",
        "[unit.line-11]",
        *[f"[device.lum-line-11-{channel}]" for channel in (1, 2, 3, 4)],
        "[unit.line-42]",
        "[device.lux-line-42]",
    ]
    assert all(rows[at - 1] == "" for at, row in enumerate(rows) if row.startswith("[") and at)
