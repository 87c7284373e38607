"""Beacons in a configuration: what they become, and each mistake."""
# ruff: noqa: E501 - a mistake and its message on a line

from __future__ import annotations

import pytest

from agent.config import Beacon, ConfigError
from config_reading import POLE, read_text
from drivers.ble.records import EddystoneUid, EddystoneUrl, IBeacon


def said(document: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_text(document)
    return [line.split(": ", 1)[1] for line in str(caught.value).split("\n")]


def test_what_they_become() -> None:
    config = read_text(POLE)
    assert config.ble is not None
    assert config.ble.adapter == "hci0"
    place = IBeacon("2f234454-cf6d-4a0f-adf2-f4911ba9ffa6", 7, 1, -59)
    bench = EddystoneUid("8b0ca750095477cb3e77", "000000000001", 0)
    assert {device.id: device.beacon for device in config.devices if device.beacon is not None} == {
        "place-1": Beacon(says=place, heard=False, interval_ms=500, silent_after_s=0.0),
        "page-1": Beacon(
            says=EddystoneUrl("https://kommune.dk/p7", -18), heard=False, interval_ms=500, silent_after_s=0.0
        ),
        "bench-1": Beacon(says=bench, heard=True, interval_ms=0, silent_after_s=60.0),
    }


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('advert = "ibeacon" ', 'advert = "ibecon" ', 'device.place-1.advert: expected "ibeacon" or "eddystone-uid" or "eddystone-url" (did you mean ibeacon?), found "ibecon"'),
        ('advert = "ibeacon" ', 'hears = "ibeacon"\nadvert = "ibeacon" ', "device.place-1.advert: expected no such option with hears, found \"ibeacon\""),
        ("uuid = \"2f23", "uuid = \"2f2", "device.place-1.uuid: expected one such as 2f234454-cf6d-4a0f-adf2-f4911ba9ffa6, found \"2f24454-cf6d-4a0f-adf2-f4911ba9ffa6\""),
        ("major = 7 ", "major = 65536 ", "device.place-1.major: expected a whole number from 0 to 65535, found 65536"),
        ("minor = 1 ", "# ", "device.place-1.minor: expected a whole number from 0 to 65535, found nothing"),
        ("power_dbm = -59", "power_dbm = 59", "device.place-1.power_dbm: expected a whole number from -100 to 20, found 59"),
        ("interval_ms = 500", "interval_ms = 20", "device.place-1.interval_ms: expected a whole number from 100 to 10000, found 20"),
        ("interval_ms = 500", "silent_after_s = 60", "device.place-1.silent_after_s: expected no such option with advert, found 60"),
        ('url = "https://kommune.dk/p7"', 'url = "https://kommune.dk/stolpe-7"', "device.page-1.url: expected at most 17 bytes in its short form, not 19, found \"https://kommune.dk/stolpe-7\""),
        ('url = "https://kommune.dk/p7"', 'url = "kommune.dk/p7"', "device.page-1.url: expected http:// or https:// and something after it, found \"kommune.dk/p7\""),
        ('url = "https://kommune.dk/p7"', "# ", "device.page-1.url: expected an address of the web, found nothing"),
        ("power_dbm = -18", "power_dbm = -18\nmajor = 1", 'device.page-1.major: expected no such option with advert = "eddystone-url", found 1'),
        ("power_dbm = -18", "power_dbm = -18\nunit = \"lux\"", 'device.page-1.unit: expected no such option for kind = "beacon", found "lux"'),
        ("power_dbm = -18", "power_dbm = -18\nposition_m = 1", 'device.page-1.position_m: expected no such option for kind = "beacon", found 1'),
        ("power_dbm = -18", "power_dbm = -18\ninstrument = \"road-1\"", 'device.page-1.instrument: expected no such option for kind = "beacon", found "road-1"'),
        ("power_dbm = -18", "power_dbm = -18\ncolour = 1", "device.page-1.colour: expected one of advert, interval_ms, "),
        ('instance = "000000000001"', 'instance = "1"', "device.bench-1.instance: expected 12 hexadecimal digits, found \"1\""),
        ("silent_after_s = 60", "power_dbm = 0", "device.bench-1.power_dbm: expected no such option with hears, found 0"),
        ('[device.bench-1]\nkind = "beacon"', '[device.bench-0]\nkind = "beacon"\nhears = "eddystone-uid"\nnamespace = "8B0CA750095477CB3E77"\ninstance = "000000000001"\n[device.bench-1]\nkind = "beacon"', "device.bench-1.hears: expected another beacon than bench-0, found \"eddystone-uid\""),
        ('adapter = "hci0"', 'adapter = "/dev/hci0"', 'ble.adapter: expected the name of a Bluetooth adapter, such as "hci0", found "/dev/hci0"'),
        ('unit = "lux"', 'unit = "lux"\nurl = "http://a.dk"', 'device.lux-1.url: expected no such option for kind = "lux", found "http://a.dk"'),
    ],
)  # fmt: skip
def test_each_mistake(before: str, after: str, message: str) -> None:
    assert before in POLE
    lines = said(POLE.replace(before, after, 1))
    assert any(line.startswith(message) for line in lines), lines
    assert len(lines) == (3 if after.startswith("hears") else 1)  # what is advertised has more options


def test_nothing_without_its_other_half() -> None:
    lines = said(POLE.replace("[ble] ", "# [ble]").replace('adapter = "hci0"', "# "))
    assert len(lines) == 3
    assert (
        lines[0] == "device.place-1.advert: expected a table [ble] that says which adapter sends and hears, found none"
    )
    without = POLE.replace('hears = "eddystone-uid"', "").replace('kind = "beacon"', 'kind = "lux"\nunit = "lux"')
    assert any(line == 'ble: expected a [device.…] of kind = "beacon", found none' for line in said(without))
