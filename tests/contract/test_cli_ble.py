"""`gadelys ble decode`: what is pasted, the page and the record, and what is no advert."""

from __future__ import annotations

import json

import pytest

from beacon_adverts import CAPTURED, EVENT
from command_line import CommandLine

URL = next(data for data in CAPTURED if "67 6F 6F" in data)


@pytest.fixture
def gadelys(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("COLUMNS", "80")
    return CommandLine(monkeypatch, capsys)


def test_an_advert(gadelys: CommandLine) -> None:
    code, out, err = gadelys("ble", "decode", *URL.split())
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "at  type  what                     bytes",
        "0   01    flags                    06",
        "3   03    services                 aa fe",
        "7   16    service data, Eddystone  aa fe 10 ee 03 67 6f 6f 2e 67 6c 2f",
        "                                   41 71 31 38 7a 46",
        "Eddystone-URL https://goo.gl/Aq18zF",
        "-59 dBm at 1 m",
    ]


def test_an_event_as_hcidump_shows_it(gadelys: CommandLine) -> None:
    code, out, _ = gadelys("ble", "decode", f"> {EVENT[:59]}", f"  {EVENT[59:]}")
    assert code == 0
    assert out.startswith("from DE:4F:58:62:42:12 (random), -61 dBm\n")
    assert "iBeacon b9407f30-f5f8-466e-aff9-25556b57fe6d major 16914 minor 22626\n" in out
    assert out.endswith("-68 dBm at 1 m; at -61 dBm roughly 0.4 m away\n")


@pytest.mark.parametrize("pasted", [URL.replace(" ", ""), URL.replace(" ", ":"), "0x" + URL.replace(" ", ", 0x")])
def test_signs_between_do_not_count(gadelys: CommandLine, pasted: str) -> None:
    assert gadelys("ble", "decode", pasted) == gadelys("ble", "decode", URL)


def test_the_record(gadelys: CommandLine) -> None:
    code, out, _ = gadelys("ble", "decode", "--json", EVENT)
    assert code == 0
    (record,) = json.loads(out)
    assert record["address"] == "DE:4F:58:62:42:12"
    assert record["rssi_dbm"] == -61
    assert record["parts"][0] == {"type": 1, "data": "06"}
    assert record["faults"] == []
    assert record["beacons"] == [
        {
            "type": "ibeacon",
            "uuid": "b9407f30-f5f8-466e-aff9-25556b57fe6d",
            "major": 16914,
            "minor": 22626,
            "power_dbm": -68,
        }
    ]


@pytest.mark.parametrize(
    ("pasted", "last"),
    [
        ("02 01 06", "no beacon"),
        ("02 01 06 1A FF 4C", "no beacon"),
        ("04 16 AA FE 40", "not to be believed: Eddystone: expected a frame of type 00, 10, 20 or 30; found 40"),
    ],
)
def test_what_is_no_beacon(gadelys: CommandLine, pasted: str, last: str) -> None:
    code, out, err = gadelys("ble", "decode", pasted)
    assert (code, err) == (1, "")
    assert out.splitlines()[-1] == last


@pytest.mark.parametrize(
    ("pasted", "code", "message"),
    [
        ("xyz", 2, "found 'xyz'"),
        ("02 01 0", 2, "found half a byte at the end"),
        ("> :", 2, "found nothing"),
        ("00" * 4097, 2, "expected at most 4096 bytes, found 4097"),
        ("04 3E 2A 02 01 00", 1, "HEX: a controller's event, but an event of 42 bytes, of which 3 are there"),
    ],
)
def test_what_is_no_advert(gadelys: CommandLine, pasted: str, code: int, message: str) -> None:
    said = gadelys("ble", "decode", pasted)
    assert (said[0], said[1]) == (code, "")
    assert message in said[2]
    assert said[2].count("\n") == 1


def test_a_scan_where_there_is_no_bus(gadelys: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus")
    said = gadelys("ble", "scan")
    assert said == (3, "", "gadelys: ble: there is no system bus here: no such file or directory\n")


def test_a_scan_for_how_long(gadelys: CommandLine) -> None:
    code, _, err = gadelys("ble", "scan", "--seconds", "long")
    assert code == 2
    assert "--seconds: expected a number" in err
