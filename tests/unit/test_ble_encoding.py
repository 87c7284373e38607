"""What is advertised: the frames that others publish, and what cannot be advertised."""

from __future__ import annotations

import re

import pytest

from beacon_adverts import CAPTURED
from drivers.ble.encoding import NotSo, advert, payload
from drivers.ble.records import Beacon, EddystoneEid, EddystoneTlm, EddystoneUid, EddystoneUrl, IBeacon

UUID = "fda50693-a4e2-4fb1-afcf-c6eb07647825"


@pytest.mark.parametrize("data", CAPTURED)
def test_what_others_publish(data: str) -> None:
    assert advert(CAPTURED[data]) == bytes.fromhex(data)


def test_what_bluez_is_told() -> None:
    told = payload(IBeacon(UUID, 10001, 20000, -59))
    assert (dict(told.makers), dict(told.services)) == (
        {0x004C: bytes.fromhex("0215 FDA50693A4E24FB1AFCFC6EB07647825 2711 4E20 C5")},
        {},
    )
    told = payload(EddystoneUrl("https://goo.gl/Aq18zF", -18))
    assert (dict(told.makers), dict(told.services)) == (
        {},
        {"0000feaa-0000-1000-8000-00805f9b34fb": bytes.fromhex("10EE03676F6F2E676C2F417131387A46")},
    )


def test_the_shortest_form_of_an_address() -> None:
    assert advert(EddystoneUrl("https://www.example.com/a.org", 0))[-11:] == b"\x01example\x00a\x08"
    assert advert(EddystoneUrl("http://wwwx.com", 0))[-6:] == b"\x02wwwx\x07"
    assert advert(EddystoneUrl("http://www.", 0))[-5:] == b"\x02www."


@pytest.mark.parametrize(
    ("beacon", "says"),
    [
        (IBeacon(UUID[:-1], 0, 0, -59), "uuid: expected one such as"),
        (IBeacon(UUID.replace("-", ""), 0, 0, -59), "uuid: expected one such as"),
        (IBeacon(UUID + "\n", 0, 0, -59), "uuid: expected one such as"),
        (IBeacon(UUID, -1, 0, -59), "major: expected a whole number from 0 to 65535, found -1"),
        (IBeacon(UUID, 0, 65536, -59), "minor: expected a whole number from 0 to 65535, found 65536"),
        (IBeacon(UUID, 0, 0, 21), "power: expected -100 to 20 dBm, found 21"),
        (EddystoneUid("00", "0" * 12, 0), "namespace: expected 20 hexadecimal digits, found '00'"),
        (EddystoneUid("0" * 20, "0" * 11 + "g", 0), "instance: expected 12 hexadecimal digits"),
        (EddystoneUrl("ftp://a.com", 0), "url: expected http:// or https:// and something after it"),
        (EddystoneUrl("https://", 0), "url: expected http:// or https:// and something after it"),
        (EddystoneUrl("https://gadelys.dk/lygtepæl", 0), "url: expected letters, digits and signs of ASCII"),
        (EddystoneUrl("https://a.com/ b", 0), "url: expected letters, digits and signs of ASCII"),
        (EddystoneUrl("https://" + "a" * 18, 0), "url: expected at most 17 bytes in its short form, not 18, found"),
        (EddystoneUrl("https://a.com", -101), "power: expected -100 to 20 dBm, found -101"),
        (EddystoneTlm(65536, None, 0, 0.0), "battery: expected a whole number from 0 to 65535, found 65536"),
        (EddystoneTlm(None, 128.0, 0, 0.0), "temperature: expected -127.996 to 127.996 degrees Celsius, found 128"),
        (EddystoneTlm(None, float("nan"), 0, 0.0), "temperature: expected"),
        (EddystoneTlm(None, None, 2**32, 0.0), "adv_count: expected a whole number from 0 to 4294967295"),
        (EddystoneTlm(None, None, 0, 5e8), "uptime: expected 0 to 429496729.5 s, found"),
        (EddystoneEid("", 0), "id: expected 16 hexadecimal digits, found ''"),
    ],
)
def test_what_cannot_be_advertised(beacon: Beacon, says: str) -> None:
    with pytest.raises(NotSo, match=re.escape(says)):
        payload(beacon)
