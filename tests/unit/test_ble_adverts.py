"""Adverts: what others publish, what is like a beacon's frame and is none, and how far away one is."""

from __future__ import annotations

import pytest

from beacon_adverts import CAPTURED, EVENT, EVENT_BEACON, frame
from drivers.ble import adverts, hci
from drivers.ble.adverts import from_bluez, take_apart
from drivers.ble.records import (
    Beacon,
    EddystoneEid,
    EddystoneTlm,
    EddystoneUid,
    EddystoneUrl,
    IBeacon,
    Wrong,
    distance_m,
    power_at_1_m_dbm,
)


@pytest.mark.parametrize("data", CAPTURED)
def test_what_others_publish(data: str) -> None:
    advert = take_apart(bytes.fromhex(data))
    assert advert.fault == ""
    assert advert.beacons() == (CAPTURED[data],)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("00 E7 8B 0C A7 50 09 54 77 CB 3E 77 00 00 00 00 00 01", EddystoneUid("8b0ca750095477cb3e77", "0" * 11 + "1", -25)),
        ("10 00 00 61 07", EddystoneUrl("http://www.a.com", 0)),
        ("10 00 01 61 00", EddystoneUrl("https://www.a.com/", 0)),
        ("10 00 02 61 0D 62", EddystoneUrl("http://a.govb", 0)),
        ("20 00 0B B8 15 80 00 00 00 01 00 00 00 0F", EddystoneTlm(3000, 21.5, 1, 1.5)),
        ("20 00 00 00 80 00 FF FF FF FF 00 00 00 00", EddystoneTlm(None, None, 4294967295, 0.0)),
        ("20 00 0B B8 FF 80 00 00 00 01 00 00 00 0F", EddystoneTlm(3000, -0.5, 1, 1.5)),
        ("30 EE 01 02 03 04 05 06 07 08", EddystoneEid("0102030405060708", -18)),
    ],
)  # fmt: skip
def test_frames_of_eddystone(data: str, said: Beacon) -> None:
    assert take_apart(frame(data)).beacons() == (said,)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "Eddystone: an empty frame"),
        ("40 00", "Eddystone: expected a frame of type 00, 10, 20 or 30; found 40"),
        ("00", "Eddystone-UID: expected 18 or 20 bytes, found 1"),
        ("00" * 19, "Eddystone-UID: expected 18 or 20 bytes, found 19"),
        ("10 00", "Eddystone-URL: expected 1 to 17 bytes after the scheme, found 0"),
        ("10 00 03", "Eddystone-URL: expected 1 to 17 bytes after the scheme, found 0"),
        ("10 00 03" + "61" * 18, "Eddystone-URL: expected 1 to 17 bytes after the scheme, found 18"),
        ("10 00 04 61", "Eddystone-URL: expected a scheme from 0 to 3, found 4"),
        ("10 00 03 61 0E", "Eddystone-URL: the byte 0e, which is reserved"),
        ("10 00 03 61 20", "Eddystone-URL: the byte 20, which is reserved"),
        ("10 00 03 61 7F", "Eddystone-URL: the byte 7f, which is reserved"),
        ("20 00 0B B8 15 80", "Eddystone-TLM: expected 14 bytes, found 6"),
        ("20 01" + "00" * 16, "Eddystone-TLM: encrypted, which only its owner can read"),
        ("20", "Eddystone-TLM: expected version 00, found nothing"),
        ("20 02", "Eddystone-TLM: expected version 00, found 02"),
        ("30 EE 01", "Eddystone-EID: expected 10 bytes, found 3"),
    ],
)
def test_what_is_no_frame_of_eddystone(data: str, reason: str) -> None:
    assert take_apart(frame(data)).beacons() == (Wrong(reason),)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "02 01 06",
        "01 FF",  # a maker's data without a maker
        "02 FF 4C",
        "03 16 AA FD",  # another service
        "03 03 AA FE",  # says that there is Eddystone, and nothing of it
        "1A FF 4D 00 02 15" + "00" * 21,  # another maker's
        "06 FF 4C 00 10 01 00",  # another message of Apple's: nearby
    ],
)
def test_what_is_no_beacon(data: str) -> None:
    assert take_apart(bytes.fromhex(data)).beacons() == ()


@pytest.mark.parametrize("count", [0, 20, 22])
def test_an_ibeacon_of_another_length(count: int) -> None:
    data = bytes((count + 5, 0xFF, 0x4C, 0x00, 0x02, 0x15)) + bytes(count)
    assert take_apart(data).beacons() == (Wrong(f"iBeacon: expected 02 15 and 21 bytes more; found 02 15 and {count}"),)


@pytest.mark.parametrize(
    ("data", "count", "fault"),
    [
        ("02 01 06 1A FF 4C", 1, "byte 3: a part of 26 bytes, of which 2 are there"),
        ("02 01 06 05", 1, "byte 3: a part of 5 bytes, of which 0 are there"),
        ("02 01 06 00 00 00", 1, ""),
        ("02 01 06 00 00 07", 1, "byte 3: a part of no length, and something after it"),
        ("01 09", 1, ""),
    ],
)
def test_lengths(data: str, count: int, fault: str) -> None:
    advert = take_apart(bytes.fromhex(data))
    assert (len(advert.structures), advert.fault) == (count, fault)


def test_a_long_advert_with_two_beacons() -> None:
    data = b"".join(bytes.fromhex(one) for one in CAPTURED)
    assert take_apart(data).beacons() == tuple(CAPTURED.values())


def test_as_bluez_tells_it() -> None:
    makers = {0x004C: bytes.fromhex("02 15" + "00" * 20 + "C5"), 0x0059: b"\x02\x15"}
    services = {
        "0000FEAA-0000-1000-8000-00805F9B34FB": bytes.fromhex("10 00 00 61 07"),
        "0000fe9f-0000-1000-8000-00805f9b34fb": bytes(20),
    }
    assert from_bluez(makers, services) == (
        IBeacon("00000000-0000-0000-0000-000000000000", 0, 0, -59),
        EddystoneUrl("http://www.a.com", 0),
    )
    assert from_bluez({0x004C: b"\x10\x01"}, {}) == ()
    assert from_bluez({}, {adverts.service_uuid(0xFEAA): b""}) == (Wrong("Eddystone: an empty frame"),)


def test_a_controllers_event() -> None:
    heard = hci.reports(bytes.fromhex(EVENT))
    assert heard == hci.reports(bytes.fromhex(EVENT.removeprefix("04 ")))
    assert isinstance(heard, tuple)
    (report,) = heard
    assert (report.address, report.address_type, report.rssi_dbm) == ("DE:4F:58:62:42:12", "random", -61)
    assert take_apart(report.data).beacons() == (EVENT_BEACON,)


def test_an_extended_event_with_two_reports() -> None:
    report = "13 00 00 06 05 04 03 02 01 01 00 FF 7F {} 00 00 00 00 00 00 00 00 00 03 02 01 06"
    body = " ".join(("0D 02", report.format("C3"), report.format("7F")))
    heard = hci.reports(bytes((0x3E, len(bytes.fromhex(body)))) + bytes.fromhex(body))
    assert isinstance(heard, tuple)
    assert [(one.address, one.address_type, one.rssi_dbm, one.data.hex()) for one in heard] == [
        ("01:02:03:04:05:06", "public", -61, "020106"),
        ("01:02:03:04:05:06", "public", None, "020106"),
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("02 01 06", "expected an LE advertising report: 3E, its length, 02 or 0D"),
        ("3E 05 02 00", "an event of 5 bytes, of which 2 are there"),
        ("3E 04 02 01 00 00", "report 1 of 1 is cut off"),
        ("3E 03 02 00 00", "1 bytes after the last report"),
        ("3E 0C 02 01 00 00 06 05 04 03 02 01 05 C3", "report 1 of 1 is cut off"),
    ],
)
def test_what_is_no_event(data: str, reason: str) -> None:
    assert hci.reports(bytes.fromhex(data)) == Wrong(reason)


def test_how_far_away() -> None:
    near = power_at_1_m_dbm(IBeacon("", 0, 0, -59))
    assert near == -59
    assert power_at_1_m_dbm(EddystoneUrl("", -18)) == -59
    assert power_at_1_m_dbm(EddystoneTlm(None, None, 0, 0.0)) is None
    assert distance_m(near, -59) == 1.0
    assert distance_m(near, -79) == pytest.approx(10.0)
    assert distance_m(near, -39) == pytest.approx(0.1)
