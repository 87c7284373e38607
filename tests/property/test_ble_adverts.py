"""Adverts: any bytes at all, and any beacon; beacontools, which is not ours, reads what is advertised, and is the judge."""

from __future__ import annotations

from typing import Any

import beacontools
from hypothesis import given
from hypothesis import strategies as st

from beacon_adverts import beacons
from drivers.ble import encoding, hci
from drivers.ble.adverts import from_bluez, service_uuid, take_apart
from drivers.ble.records import (
    Beacon,
    EddystoneEid,
    EddystoneTlm,
    EddystoneUid,
    EddystoneUrl,
    IBeacon,
    Wrong,
    power_at_1_m_dbm,
)

ANY = st.binary(max_size=260)


@given(ANY)
def test_any_advert(data: bytes) -> None:
    advert = take_apart(data)
    again = b"".join(bytes((len(part.data) + 1, part.type)) + part.data for part in advert.structures)
    assert data.startswith(again)
    assert advert.fault or not any(data[len(again) :])
    for said in advert.beacons():
        assert isinstance(said, Wrong | Beacon)
        assert not isinstance(said, Wrong) or said.reason


@given(st.binary(max_size=30))
def test_any_frame(data: bytes) -> None:
    for said in from_bluez({0x004C: data}, {service_uuid(0xFEAA): data}):
        if not isinstance(said, Wrong):
            assert -169 <= (power_at_1_m_dbm(said) or 0) <= 127


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda rest: bytes((0x3E, len(rest) + 1, 0x02)) + rest))
def test_any_event(data: bytes) -> None:
    heard = hci.reports(data)
    assert isinstance(heard, Wrong) or all(report.data in data for report in heard)


@given(beacons)
def test_there_and_back(beacon: Beacon) -> None:
    data = encoded(beacon)
    if data is None:
        return
    advert = take_apart(data)
    assert advert.fault == ""
    assert advert.beacons() == (beacon,)
    payload = encoding.payload(beacon)
    assert from_bluez(payload.makers, payload.services) == (beacon,)


@given(beacons, st.integers(0, 30))
def test_a_part_of_one_is_none(beacon: Beacon, count: int) -> None:
    data = encoded(beacon)
    if data is None or count >= len(data):
        return
    assert take_apart(data[:count]).beacons() == ()


@given(beacons, st.integers(0, 30), st.integers(1, 255))
def test_any_byte_may_be_wrong(beacon: Beacon, at: int, by: int) -> None:
    data = bytearray(encoded(beacon) or b"\0")
    data[at % len(data)] ^= by
    take_apart(bytes(data)).beacons()


@given(beacons)
def test_the_judge_reads_what_is_advertised(beacon: Beacon) -> None:
    data = encoded(beacon)
    if data is None:
        return
    judged = beacontools.parse_packet(data)
    assert as_judged(judged) == as_the_judge_would(beacon)


@given(st.sampled_from((0x00, 0x10, 0x20, 0x30)), st.binary(max_size=21))
def test_what_is_read_the_judge_reads_as_well(kind: int, rest: bytes) -> None:
    frame = bytes((kind,)) + rest
    data = bytes((2, 1, 6, 3, 3, 0xAA, 0xFE, len(frame) + 3, 0x16, 0xAA, 0xFE)) + frame
    (said,) = take_apart(data).beacons()
    if not isinstance(said, Wrong):
        assert as_judged(beacontools.parse_packet(data)) == as_the_judge_would(said)


def encoded(beacon: Beacon) -> bytes | None:
    """Return the advert; none of an address that is too long."""
    try:
        data = encoding.advert(beacon)
    except encoding.NotSo as error:
        fault = str(error)
    else:
        assert len(data) <= 31
        return data
    assert fault.startswith("url: expected at most 17 bytes in its short form")
    return None


def as_judged(judged: Any) -> tuple[object, ...]:
    match judged:
        case beacontools.IBeaconAdvertisement():
            return (judged.uuid, judged.major, judged.minor, judged.tx_power)
        case beacontools.EddystoneUIDFrame():
            return (judged.namespace, judged.instance, judged.tx_power)
        case beacontools.EddystoneURLFrame():
            return (judged.url, judged.tx_power)
        case beacontools.EddystoneTLMFrame():
            return (judged.voltage, judged.temperature, judged.advertising_count, judged.seconds_since_boot)
        case beacontools.EddystoneEIDFrame():
            return (judged.eid.hex(), judged.tx_power)
    raise AssertionError(judged)


def as_the_judge_would(beacon: Beacon) -> tuple[object, ...]:
    """Return it in the judge's words. Of telemetry those are raw: the battery's 0 means none, the temperature is taken
    without its sign, which the specification gives it, and the time stays in tenths of a second.
    """
    match beacon:
        case IBeacon():
            return (beacon.uuid, beacon.major, beacon.minor, beacon.power_dbm)
        case EddystoneUid():
            return (beacon.namespace, beacon.instance, beacon.power_dbm)
        case EddystoneUrl():
            return (beacon.url, beacon.power_dbm)
        case EddystoneTlm():
            unsigned = 128.0 if beacon.temperature_cel is None else beacon.temperature_cel % 256
            return (beacon.battery_mv or 0, unsigned, beacon.adv_count, round(beacon.uptime_s * 10))
        case EddystoneEid():
            return (beacon.id, beacon.power_dbm)
