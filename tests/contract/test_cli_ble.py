"""`gadelys ble decode`: what bytes say, and what is none."""

from __future__ import annotations

import json

import pytest

from command_line import CommandLine

PLACE = "02 01 06 1A FF 4C 00 02 15 FD A5 06 93 A4 E2 4F B1 AF CF C6 EB 07 64 78 25 27 11 4E 20 C5"
EVENT = (
    "04 3E 2A 02 01 00 01 12 42 62 58 4F DE 1E 02 01 06 1A FF 4C 00 02 15 B9 40 7F 30 F5 F8 46 6E AF F9 25 55 6B 57 FE"
    " 6D 42 12 58 62 BC C3"
)
PAGE = "02 01 06 03 03 AA FE 13 16 AA FE 10 EE 03 67 6F 6F 2E 67 6C 2F 41 71 31 38 7A 46"


@pytest.fixture
def gadelys(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("COLUMNS", "120")
    return CommandLine(monkeypatch, capsys)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (PLACE, "iBeacon  fda50693-a4e2-4fb1-afcf-c6eb07647825  major 10001  minor 20000  -59 dBm at 1 m\n"),
        (
            EVENT,
            (
                "from DE:4F:58:62:42:12, -61 dBm, some 0.4 m\n"
                "iBeacon  b9407f30-f5f8-466e-aff9-25556b57fe6d  major 16914  minor 22626  -68 dBm at 1 m\n"
            ),
        ),
        (PAGE, "Eddystone-URL  https://goo.gl/Aq18zF  -18 dBm at 0 m\n"),
        ("11 16 AA FE 20 00 0B B8 15 80 00 00 00 01 00 00 00 0F", "Eddystone-TLM  3.00 V, 21.5 °C, 1 adverts in 2 s\n"),
    ],
    ids=["iBeacon", "an event", "URL", "telemetry"],
)
def test_what_beacons_say(gadelys: CommandLine, given: str, said: str) -> None:
    assert gadelys("ble", "decode", *given.split()) == (0, said, "")
    assert gadelys("ble", "decode", given.replace(" ", ":").lower()) == (0, said, "")


def test_for_machines(gadelys: CommandLine) -> None:
    code, out, _ = gadelys("ble", "decode", PLACE, "--json")
    (advert,) = json.loads(out)
    assert code == 0
    assert advert["beacons"][0]["major"] == 10001
    assert advert["fault"] == ""


def test_what_is_no_beacon(gadelys: CommandLine) -> None:
    code, out, _ = gadelys("ble", "decode", "02 01 06 05 09 41 42")
    assert code == 1
    assert out == "no beacon  parts of type 01\ncut off: byte 3: a part of 5 bytes, of which 3 are there\n"


@pytest.mark.parametrize("given", ["zz", "0", "02 01 0"])
def test_what_is_not_hexadecimal(gadelys: CommandLine, given: str) -> None:
    code, out, err = gadelys("ble", "decode", given)
    assert (code, out) == (2, "")
    assert err == f"gadelys: HEX: expected bytes in hexadecimal, such as 02 01 06; found {given!r}\n"


def test_an_event_that_is_cut_off(gadelys: CommandLine) -> None:
    code, _, err = gadelys("ble", "decode", EVENT[:-3])
    assert (code, err) == (2, "gadelys: HEX: an event of 42 bytes, of which 41 are there\n")
