"""Each kind of mistake, with the message that a person will read."""
# ruff: noqa: E501 - a mistake and its message on a line

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.config import ConfigError, load_file
from config_reading import POLE, read_text
from drivers.bus.records import TcpBus
from drivers.profile import load_profile


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
    ("stop_bits = 2", "stop_bit = 2", "stop_bits", "bus.lamps.stop_bit: expected one of baud, kind, parity, port, rs485, stop_bits, timeout_ms (did you mean stop_bits?), found an unknown option"),
    ('parity = "none"', 'parity = "nome"', "parity", 'bus.lamps.parity: expected "none" or "even" or "odd" (did you mean none?), found "nome"'),
    ("class_pct = 100", "class_pct = nan", "class_pct", "lighting.class_pct: expected a number from 1 to 100, found nan"),
    ("class_pct = 100", f"class_pct = {10**400}", "class_pct", "lighting.class_pct: expected a number from 1 to 100, found a number of many digits"),
    ("class_pct = 100", "class_pct = 101", "class_pct", "lighting.class_pct: expected a number from 1 to 100, found 101"),
    ("base_pct = 10 ", "base_pct = -1 ", "base_pct", "lighting.base_pct: expected a number from 0 to 100, found -1"),
    ("class_pct = 100", "class_pct = 8", "base_pct", "lighting.base_pct: expected at most class_pct (8), found 10"),
    ("far_pct = 20", "far_pct = 70", "far_pct", "lighting.far_pct: expected at most near_pct (60), found 70"),
    ('time_zone = "Europe/Copenhagen"', 'time_zone = "Europe/Kopenhagen"', "time_zone", 'controller.time_zone: expected an IANA time zone such as "Europe/Copenhagen", found "Europe/Kopenhagen"'),
    ('id = "pole-7"', 'id = "pole 7"', "id", 'controller.id: expected 1 to 64 of A-Z a-z 0-9 . _ -, found "pole 7"'),
    ("production = false", "production = 0", "production", "controller.production: expected true or false, found 0"),
    ("warn_days = 30", "warn_days = 366", "warn_days", "uplink.tls.warn_days: expected a number from 0 to 365, found 366"),
    ('ca = "/var', 'cas = "/var', "ca = ", "uplink.tls.cas: expected one of ca, certificate, crl, key, warn_days (did you mean ca?), found an unknown option"),
    ('group = "albertslund"', "", "[controller]", "controller.group: expected 1 to 64 of A-Z a-z 0-9 . _ -, found nothing"),
    ('curve = "linear"', 'curve = "log"', 'curve = "linear"', 'device.lum-01.curve: expected "linear" or "dali", found "log"'),
    ("minimum_pct = 0", "minimum_pct = 21", "minimum_pct", "device.lum-01.minimum_pct: expected a number from 0 to 20, found 21"),
    ("[[0, 1.0], [50000, 0.9]", "[[0, 1.0], [50000]", "lumen_maintenance", "device.lum-01.lumen_maintenance: expected pairs [hours, share of the first light]: hours from 0 rising, shares from 1 falling, more than 0, found a list"),
    ("[[0, 1.0], [50000, 0.9]", "[[0, 1.0], [50000, nan]", "lumen_maintenance", "device.lum-01.lumen_maintenance: expected pairs [hours, share of the first light]: hours from 0 rising, shares from 1 falling, more than 0, found a list"),
    ("[[0, 1.0], [50000, 0.9]", "[[0, 0.9], [50000, 0.9]", "lumen_maintenance", "device.lum-01.lumen_maintenance: expected pairs [hours, share of the first light]: hours from 0 rising, shares from 1 falling, more than 0, found a list"),
    ("[50000, 0.9]", "[50000, 0.7]", "lumen_maintenance", "device.lum-01.lumen_maintenance: expected pairs [hours, share of the first light]: hours from 0 rising, shares from 1 falling, more than 0, found a list"),
    ("[50000, 0.9]", "[150000, 0.9]", "lumen_maintenance", "device.lum-01.lumen_maintenance: expected pairs [hours, share of the first light]: hours from 0 rising, shares from 1 falling, more than 0, found a list"),
    ('drive = "pwm" ', 'curve = "dali"\ndrive = "pwm" ', 'drive = "pwm"', 'device.lum-03.curve: expected no such option for a lamp on a pin, found "dali"'),
    ("gpio = 17 ", "minimum_pct = 1\ngpio = 17 ", "gpio = 17", 'device.pir-1.minimum_pct: expected no such option for kind = "presence", found 1'),
    ("address = 21", "address = 11", "address = 21", 'unit.dimmer-2.address: expected an address of its own on bus "lamps" (dimmer-1 has it), found 11'),
    ("address = 21", "address = 248", "address = 21", "unit.dimmer-2.address: expected a whole number from 1 to 247, found 248"),
    ('profile = "wb-mao4"', 'profile = "wb-mao"', "profile", 'unit.dimmer-1.profile: expected the name of a profile, see `gadelys profile list` (did you mean wb-mao4?), found "wb-mao"'),
    ('unit = "dimmer-2"', 'unit = "dimmer-3"', 'unit = "dimmer-2"', 'device.lum-02.unit: expected the name of a [unit.…] (did you mean dimmer-2?), found "dimmer-3"'),
    ("gpio = 17 ", "gpio = 27 ", "gpio = 27", "device.door-1.gpio: expected a pin of its own (pir-1 has it), found 27"),
    ('chip = "rpi"', 'chip = "rpi"\nsocket = "x"', 'chip = "rpi"', 'gpio.socket: expected no such option with chip = "rpi", found "x"'),
    ('unit = "meter"', 'unit = "lux"', "kind = \"meter\"", "device.meter-1.kind: expected lux, which is what jxct-illuminance serves, found \"meter\""),
    ("safe_after_s = 3", "safe_after_s = 0", "safe_after_s", "unit.dimmer-1.safe_after_s: expected a number from 1 to 600, found 0"),
    ("address = 21", "address = 21\nsafe_after_s = 3", "address = 21", "unit.dimmer-2.safe_after_s: expected no such option for waveshare-ao8-b, which has no device-side safety, found 3"),
    ('host = "192.168.7.20"', "", "[bus.cabinet]", "bus.cabinet.host: expected an address or a host's name, found nothing"),
    ('host = "192.168.7.20"', 'host = "192.168.7.20:502"', "host", "bus.cabinet.host: expected an address or a host's name, without the port, found \"192.168.7.20:502\""),
    ('host = "192.168.7.20"', "host = 7", "host", "bus.cabinet.host: expected an address or a host's name, found 7"),
    ("port = 502", "port = 0", "port = 502", "bus.cabinet.port: expected a whole number from 1 to 65535, found 0"),
    ("port = 502", 'port = "/dev/ttyUSB0"', "port = 502", 'bus.cabinet.port: expected a whole number from 1 to 65535, found "/dev/ttyUSB0"'),
    ("port = 502", "baud = 9600", "port = 502", 'bus.cabinet.baud: expected no such option for kind = "modbus-tcp", found 9600'),
    ("port = 502", 'parity = "even"', "port = 502", 'bus.cabinet.parity: expected no such option for kind = "modbus-tcp", found "even"'),
    ("port = 502", "stop_bits = 2", "port = 502", 'bus.cabinet.stop_bits: expected no such option for kind = "modbus-tcp", found 2'),
    ("port = 4196", "", "[bus.park]", "bus.park.port: expected a whole number from 1 to 65535, found nothing"),
    ("port = 4196", "port = 4196\nbaud = 9600", "timeout_ms = 300", 'bus.park.baud: expected no such option for kind = "modbus-rtu-tcp", found 9600'),
    ("in_flight = 1 ", "in_flight = 17 ", "in_flight", "bus.cabinet.in_flight: expected a whole number from 1 to 16, found 17"),
    ("rs485 = false", "rs485 = 1", "rs485", "bus.lamps.rs485: expected true or false, found 1"),
    ("baud = 9600", 'host = "192.168.7.20"', "baud = 9600", 'bus.field.host: expected no such option for kind = "modbus-rtu", found "192.168.7.20"'),
    ('kind = "modbus-tcp"', 'kind = "modbus-udp"', 'kind = "modbus-tcp"', 'bus.cabinet.kind: expected "modbus-rtu" or "modbus-rtu-tcp" or "modbus-tcp" (did you mean modbus-tcp?), found "modbus-udp"'),
    ('bus = "cabinet"\naddress = 1', 'bus = "cabinet"\naddress = 250', 'bus = "cabinet"', "unit.supply.address: expected a whole number from 1 to 247, or 255 for the device itself, found 250"),
    ("address = 31", "address = 255", "address = 31", "unit.radar-1.address: expected a whole number from 1 to 247, found 255"),
    ('model = "ld2410"', 'model = "ld241"', 'model = "ld2410"', 'instrument.people-1.model: expected the model of an instrument, see `gadelys instrument list` (did you mean ld2451?), found "ld241"'),
    ('model = "ld2410"', 'model = "ld2410"\nbaud = 9600', 'model = "ld2410"', "instrument.people-1.baud: expected one that a ld2410 can be set to: 115200, 256000, found 9600"),
    ('nearer = "1"', 'nearer = "2"', "nearer", 'instrument.road-1.nearer: expected "1" or "0", found "2"'),
    ('nearer = "1"', "neerer = 1", "nearer", "instrument.road-1.neerer: expected one of model, nearer, port (did you mean nearer?), found an unknown option"),
    ('instrument = "people-1"', 'instrument = "people-2"', 'instrument = "people-1"', 'device.people-1.instrument: expected the name of an [instrument.…] (did you mean people-1?), found "people-2"'),
    ('instrument = "road-1"', 'instrument = "people-1"', 'kind = "vehicles"', 'device.road-1.kind: expected presence, which is what ld2410 serves, found "vehicles"'),
    ('looks = "down"', 'looks = "left"', "looks", 'device.road-1.looks: expected "up" or "down", found "left"'),
    ('looks = "down"', "", "[device.road-1]", 'device.road-1.looks: expected "up" or "down", found nothing'),
    ('drive = "pwm"', "", "[device.lum-03]", 'device.lum-03.drive: expected "switch" or "pwm", found nothing'),
    ("pwm_hz = 500", "pwm_hz = 5", "pwm_hz", "device.lum-03.pwm_hz: expected a number from 50 to 2000, found 5"),
    ('drive = "switch"', 'drive = "switch"\npwm_hz = 500', 'drive = "switch"', 'device.lum-04.pwm_hz: expected no such option with drive = "switch", found 500'),
    ("feedback_gpio = 6 ", "feedback_gpio = 18 ", "feedback_gpio", "device.lum-04.feedback_gpio: expected a pin of its own (lum-03 has it), found 18"),
    ("feedback_gpio = 6 ", "# feedback_gpio = 6 ", "feedback_active", 'device.lum-04.feedback_active: expected no such option without feedback_gpio, found "low"'),
    ("pulses_per_kwh = 1000", "pulses_per_kwh = 0", "pulses_per_kwh", "device.supply-2.pulses_per_kwh: expected a number from 1 to 100000, found 0"),
    ("mm_per_pulse = 0.2", "mm_per_pulse = 0.2\npulses_per_kwh = 2", "mm_per_pulse", 'device.rain-1.pulses_per_kwh: expected no such option for kind = "weather", found 2'),
    ('instrument = "people-1"', 'instrument = "people-1"\nunit = "radar-1"', 'instrument = "people-1"', 'device.people-1.unit: expected no such option beside instrument, found "radar-1"'),
    ('clock = "network"', 'clock = "gnss"', "clock", 'controller.clock: expected a device of kind = "location" that tells the time, found "gnss"'),
    ('meter = "meter-1"', 'meter = "meter-7"', "meter =", 'monitoring.meter: expected the name of a [device.…] of kind = "meter", or "none" (did you mean meter-1?), found "meter-7"'),
    ("day_burner_s = 1800", "day_burner_s = 0", "day_burner_s", "monitoring.day_burner_s: expected a number from 1 to 86400, found 0"),
    ("cycling_changes = 5", "cycling_changes = 5.5", "cycling_changes", "monitoring.cycling_changes: expected a whole number from 2 to 100, found 5.5"),
    ("hot_cel = 85", "hot_cel = nan", "hot_cel", "monitoring.hot_cel: expected a number from 40 to 150, found nan"),
    ('# meter = "meter-3"', 'meter = "meter-3"', "# meter", 'device.lum-01.meter: expected the name of a [device.…] of kind = "meter" (did you mean meter-1?), found "meter-3"'),
    ('# meter = "meter-3"', 'meter = "meter-1"', 'meter = "meter-1"  ', 'monitoring.meter: expected one that measures more than lum-01, found "meter-1"'),
    ("hold_s = 4 ", "hold_s = 4\nmeter = 2\n#", "hold_s = 4 ", "lighting.meter: expected one of base_pct, calendar, class_pct, design_class, dusk_deg, fade_down_s, fade_up_s, far_pct, floor_pct, hold_s, near_pct, night_minimum_pct, photocell, presence_pct, response_s, sight_m, speed_limit_km_per_h, traffic, vehicle_hold_s, found an unknown option"),
    ('listen = "tcp/0.0.0.0:7447"', 'listen = "udp/0.0.0.0:7447"', "listen", 'neighbours.listen: expected "tcp/HOST:PORT", or "tls/HOST:PORT" with certificates, found "udp/0.0.0.0:7447"'),
    ('listen = "tcp/0.0.0.0:7447"', 'listen = "tls/0.0.0.0:7447"', "listen", 'neighbours.listen: expected "tcp/…" without ca, certificate and key, found "tls/0.0.0.0:7447"'),
    ('# ca = "ca.pem"', 'ca = "ca.pem"', "[neighbours]", "neighbours.certificate: expected a path, as ca is there, found nothing"),
    ('fallbacks = ["b.example", "c.example:1884"]', "fallbacks = []", "fallbacks", 'uplink.fallbacks: expected brokers such as "b.example" or "b.example:1884", an IPv6 address in brackets, found a list'),
    ('fallbacks = ["b.example", "c.example:1884"]', 'fallbacks = ["b.example:0"]', "fallbacks", 'uplink.fallbacks: expected brokers such as "b.example" or "b.example:1884", an IPv6 address in brackets, found "b.example:0"'),
    ('fallbacks = ["b.example", "c.example:1884"]', 'fallbacks = ["tcp://b.example"]', "fallbacks", 'uplink.fallbacks: expected brokers such as "b.example" or "b.example:1884", an IPv6 address in brackets, found "tcp://b.example"'),
    ('fallbacks = ["b.example", "c.example:1884"]', 'fallbacks = ["broker.example:8883"]', "fallbacks", 'uplink.fallbacks: expected each broker once, found "broker.example:8883" twice'),
    ("# primary_host = ", 'primary_host = "a/b"  # ', "# primary_host", 'uplink.primary_host: expected the id of a Sparkplug host application: 1 to 64 characters without + / #, found "a/b"'),
    ('profile = "compatible"', 'profile = "lean"', 'profile = "compatible"', 'uplink.profile: expected "compatible" or "strict", found "lean"'),
    ('secret = "neighbours.secret"', "", "[neighbours]", "neighbours.secret: expected the path of a file, or unsigned = true, found nothing"),
    ("# unsigned = true", "unsigned = true", "secret", 'neighbours.secret: expected no such option with unsigned = true, found "neighbours.secret"'),
    ("silent_after_s = 2 ", "silent_after_s = 0.5 ", "silent_after_s = 2", "neighbours.silent_after_s: expected a number from 1 to 30, found 0.5"),
    ("[neighbour.pole-8]", "[neighbour.pole-7]", "[neighbour.pole-8]", "neighbour.pole-7: expected the id of another controller, found this one's own"),
    ('endpoint = "tcp/192.168.7.32:7447"', 'endpoint = "tcp/192.168.7.32"', 'endpoint = "tcp/192.168.7.32', 'neighbour.pole-8.endpoint: expected "tcp/HOST:PORT", or "tls/HOST:PORT" with certificates, found "tcp/192.168.7.32"'),
    ('endpoint = "tcp/192.168.7.32:7447"', 'endpoint = "tcp/192.168.7.32:70000"', 'endpoint = "tcp/192.168.7.32', 'neighbour.pole-8.endpoint: expected "tcp/HOST:PORT", or "tls/HOST:PORT" with certificates, found "tcp/192.168.7.32:70000"'),
    ('endpoint = "tcp/192.168.7.32:7447"', 'endpoint = "tls/192.168.7.32:7447"', 'endpoint = "tcp/192.168.7.32', 'neighbour.pole-8.endpoint: expected "tcp/…" without ca, certificate and key, found "tls/192.168.7.32:7447"'),
    ('endpoint = "tcp/192.168.7.31:7447"', 'endpoint = "tcp/192.168.7.32:7447"', 'endpoint = "tcp/192.168.7.31', 'neighbour.pole-6.endpoint: expected one of its own (pole-8 has it), found "tcp/192.168.7.32:7447"'),
    ('end = "up"', 'end = "left"', 'end = "up"', 'neighbour.pole-8.end: expected "up" or "down", found "left"'),
    ("offset_m = 90", "offset_m = 1e9", "offset_m = 90", "neighbour.pole-8.offset_m: expected a number from -100000 to 100000, found 1000000000.0"),
    ("[lighting]", "[light]", "[lighting]", "light: expected one of api, ble, bus, controller, device, gpio, instrument, lighting, monitoring, neighbour, neighbours, unit, uplink (did you mean lighting?), found an unknown option"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "place", "message"), CASES)
def test_a_mistake_is_named(before: str, after: str, place: str, message: str) -> None:
    assert before in POLE
    messages = said(POLE.replace(before, after, 1))
    assert any(line.endswith(": " + message) for line in messages), messages
    number = int(re.match(r"/etc/gadelys/pole.toml:(\d+): ", next(m for m in messages if m.endswith(message)))[1])  # type: ignore[index]
    assert abs(number - line_of(place)) <= after.count("\n")


def test_neighbours_need_the_table_that_says_how_they_are_spoken_to() -> None:
    begin, rest = POLE.split("\n[neighbours]")
    alone = said(begin + "\n" + rest[rest.index("[neighbour.pole-8]") :])
    assert [line.partition(": ")[2] for line in alone] == [
        f"neighbour.pole-{n}: expected a table [neighbours] that says how they are spoken to, found none"
        for n in (8, 6)
    ]
    nobody = said(POLE.split("[neighbour.pole-8]", maxsplit=1)[0])
    assert [line.partition(": ")[2] for line in nobody] == ["neighbours: expected a [neighbour.…], found none"]


def test_neighbours_in_production_share_a_secret() -> None:
    unsigned = POLE.replace('secret = "neighbours.secret"', "").replace("# unsigned = true", "unsigned = true")
    assert read_text(unsigned).neighbours is not None
    line = unsigned.split("\n").index(next(one for one in unsigned.split("\n") if one.startswith("unsigned"))) + 1
    (message,) = said(unsigned.replace("production = false", "production = true"))
    assert message == (
        f"/etc/gadelys/pole.toml:{line}: neighbours.unsigned: expected false, and secret = a file that all neighbours share, "
        "as [controller] says production = true, found true"
    )


def test_neighbours_over_tls() -> None:
    document = POLE.replace("tcp/", "tls/")
    for name in ("ca", "certificate", "key"):
        document = document.replace(f"# {name} = ", f"{name} = ")
    neighbours = read_text(document).neighbours
    assert neighbours is not None
    assert neighbours.ca == Path("/etc/gadelys/ca.pem")
    assert [(one.id, one.end, one.offset_m) for one in neighbours.all] == [("pole-8", 1, 90.0), ("pole-6", -1, -90.0)]
    bare = read_text(document.replace('listen = "tls/0.0.0.0:7447"', "")).neighbours
    assert bare is not None
    assert bare.listen == "tls/0.0.0.0:7447"


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


def test_a_tcp_bus_has_its_defaults_and_takes_the_device_itself() -> None:
    for host in ("::1", "fe80::1%eth0", "gateway-2.local"):
        buses = read_text(POLE.replace("192.168.7.20", host)).buses
        bus = next(bus for bus in buses if bus.id == "cabinet")
        assert isinstance(bus, TcpBus)
        assert bus.host == host
    config = read_text(
        POLE.replace("port = 502 ", "").replace('bus = "cabinet"\naddress = 1', 'bus = "cabinet"\naddress = 255')
    )
    bus = next(bus for bus in config.buses if bus.id == "cabinet")
    assert bus == TcpBus(id="cabinet", host="192.168.7.20", port=502, timeout_s=0.2)
    assert next(unit for unit in config.units if unit.id == "supply").address == 255


OWN = """
title = "t"
source = "s"
kinds = ["meter"]
poll_s = 1.0
[[points]]
point = "sample/a"
title = "a"
space = "holding"
address = 0
type = "u16"
"""


def own(tmp_path: Path, profile: str | bytes) -> Path:
    """The annotated example with a profile of one's own on a meter."""
    (tmp_path / "profiles.d").mkdir()
    (tmp_path / "profiles.d" / "mine.toml").write_bytes(profile if isinstance(profile, bytes) else profile.encode())
    path = tmp_path / "pole.toml"
    meter = 'bus = "cabinet"\naddress = 1\nprofile = "'
    assert meter in POLE
    path.write_text(POLE.replace(meter + "eastron-sdm230", meter + "mine"), encoding="utf-8")
    return path


def test_a_profile_of_ones_own_lies_in_a_folder_beside_the_configuration(tmp_path: Path) -> None:
    config = load_file(own(tmp_path, OWN))
    unit = next(unit for unit in config.units if unit.id == "supply")
    assert (unit.profile, unit.poll_s) == ("mine", 1.0)
    assert [row.point for row in load_profile(unit.profile, config.profiles).points] == ["sample/a"]


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        (OWN.replace('title = "t"\n', "", 1), "mine.toml: title: expected a text of 1 to 400 characters, found nothing"),
        (OWN.replace("address = 0", "address = 65536"), "mine.toml:10: points[0] (sample/a).address: expected a whole number from 0 to 65535, found 65536"),
        (OWN.replace('type = "u16"', 'type = "u32"').replace("address = 0", "address = 65535"), "mine.toml:10: points[0] (sample/a).address: expected the last register to be at most 65535, found 65536"),
        (OWN + "scale = 0\n" + OWN[OWN.index("[["):], "mine.toml:12: points[0] (sample/a).scale: expected a finite number that is not 0, found 0 (and 1 more: gadelys profile check)"),
        ("title = [", "mine.toml:1: expected TOML, found invalid value"),
        ("x = " + "[" * 100_000, "mine.toml: expected a profile, found brackets nested without end"),
        (b"title = \"\xff\"", "mine.toml:1: expected text in UTF-8, found the byte 0xff"),
        (b" " * (1 << 20) + b" ", "mine.toml: expected at most 1048576 bytes, found more"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_it_is_a_mistake_of_the_configuration(
    tmp_path: Path, profile: str | bytes, message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_file(own(tmp_path, profile))
    (mistake,) = caught.value.mistakes
    assert (mistake.key, mistake.expected) == ("unit.supply.profile", "a profile that is in order")
    assert mistake.found.startswith(message)
    assert mistake.line == line_of('profile = "eastron-sdm230"', 2)


def test_a_profile_that_is_not_there(tmp_path: Path) -> None:
    path = own(tmp_path, OWN)
    (tmp_path / "profiles.d" / "mine.toml").unlink()
    for name in ("mine", "mine.toml", "../mine", "\\u0000"):
        path.write_text(path.read_text().replace('profile = "mine"', f'profile = "{name}"'))
        with pytest.raises(ConfigError, match=r"unit\.supply\.profile: expected the name of a profile.* found"):
            load_file(path)
        path.write_text(path.read_text().replace(f'profile = "{name}"', 'profile = "mine"'))


def test_a_profile_of_ones_own_has_a_name_of_its_own(tmp_path: Path) -> None:
    path = own(tmp_path, OWN)
    (tmp_path / "profiles.d" / "mine.toml").rename(tmp_path / "profiles.d" / "eastron-sdm230.toml")
    path.write_text(path.read_text().replace('profile = "mine"', 'profile = "eastron-sdm230"'))
    with pytest.raises(ConfigError, match=r"eastron-sdm230.toml: expected a name that no shipped profile has"):
        load_file(path)
