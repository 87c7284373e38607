"""What is known of beacons, as readings: how often, how far, from which address, and when nothing can be heard."""

from __future__ import annotations

import math

import pytest

from drivers.ble.adverts import from_bluez
from drivers.ble.devices import Devices, Heard
from drivers.ble.records import Beacon, EddystoneEid, EddystoneTlm, EddystoneUid, EddystoneUrl, IBeacon, Wrong
from drivers.ble.telling import Ear, points_of_ours, readings_of_ours
from drivers.points import Quality, Reading

BENCH = EddystoneUid("8B0CA750095477CB3E77", "000000000001", 0)
HERE = EddystoneUid("8b0ca750095477cb3e77", "000000000001", -18)  # as it is heard: small letters, its own power
TELEMETRY = EddystoneTlm(3000, 21.5, 7, 1.5)
UUID = "2f234454-cf6d-4a0f-adf2-f4911ba9ffa6"
ROUGH = "from the strength of its signal: an order of magnitude"


def told(
    ear: Ear, now_s: float, *said: Beacon | Wrong, rssi_dbm: int | None = -79, address: str = "A"
) -> dict[str, Reading]:
    return {key.removeprefix("b/beacon/"): reading for key, reading in ear.take(Heard(address, rssi_dbm, said), now_s)}


def test_strength_is_the_median_of_ten_seconds() -> None:
    ear = Ear("b", BENCH, 60.0)
    assert told(ear, 0.0, HERE) == {
        "rssi": Reading(-79.0, Quality.GOOD, "", 0.0),
        "distance": Reading(10.0, Quality.UNCERTAIN, ROUGH, 0.0),
    }
    for now_s, rssi_dbm in ((1.0, -60), (2.0, -61), (9.9, -120)):
        assert told(ear, now_s, HERE, rssi_dbm=rssi_dbm) == {}
    assert told(ear, 10.0, HERE, rssi_dbm=-59)["rssi"].value == -60.5


def test_telemetry_comes_from_the_address_of_the_name() -> None:
    ear = Ear("b", BENCH, 60.0)
    assert told(ear, 0.0, TELEMETRY) == {}
    told(ear, 1.0, HERE)
    assert told(ear, 2.0, TELEMETRY, address="B") == {}
    assert {name: reading.value for name, reading in told(ear, 3.0, TELEMETRY).items()} == {
        "battery_voltage": 3.0, "temperature": 21.5, "adv_count": 7,
    }  # fmt: skip
    told(ear, 4.0, HERE, address="B")  # it has taken another address, as some do each quarter of an hour
    assert told(ear, 5.0, TELEMETRY) == {}
    assert told(ear, 6.0, TELEMETRY, address="B")["adv_count"].value == 7


def test_what_is_not_measured() -> None:
    ear = Ear("b", BENCH, 60.0)
    said = told(ear, 0.0, HERE, EddystoneTlm(None, None, 0, 0.0), rssi_dbm=None)
    why = "the beacon does not measure it"
    assert said == {
        "battery_voltage": Reading(None, Quality.BAD, why, 0.0),
        "temperature": Reading(None, Quality.BAD, why, 0.0),
        "adv_count": Reading(0, Quality.GOOD, "", 0.0),
    }


@pytest.mark.parametrize(
    "other",
    [
        EddystoneUid("8b0ca750095477cb3e77", "000000000002", -18),
        EddystoneUrl("https://a.dk", -18),
        EddystoneEid("0" * 16, -18),
        IBeacon(UUID, 0, 0, -59),
        Wrong("it is none"),
    ],
)
def test_others_are_not_it(other: Beacon | Wrong) -> None:
    assert told(Ear("b", BENCH, 60.0), 0.0, other) == {}


def test_one_that_is_close_has_a_finite_distance() -> None:
    ear = Ear("b", EddystoneUrl("https://a.dk", 0), 60.0)
    far = told(ear, 0.0, EddystoneUrl("https://a.dk", 20), rssi_dbm=-127)["distance"].value
    assert isinstance(far, float)
    assert math.isfinite(far)


def test_every_reading_has_its_point() -> None:
    ear = Ear("b", BENCH, 30.0)
    keys = {point.key for point in ear.points}
    assert keys == {f"b/beacon/{name}" for name in told(ear, 0.0, HERE, TELEMETRY)}
    assert {point.max_age_s for point in ear.points} == {30.0}
    assert dict(ear.deaf("no radio", 1.0)) == {key: Reading(None, Quality.BAD, "no radio", 1.0) for key in keys}


@pytest.mark.parametrize(
    ("says", "values"),
    [
        (IBeacon(UUID, 7, 1, -59), {"uuid": UUID, "major": 7, "minor": 1, "tx_power": -59}),
        (BENCH, {"namespace": "8B0CA750095477CB3E77", "instance": "000000000001", "tx_power": 0}),
        (EddystoneUrl("https://a.dk", -18), {"url": "https://a.dk", "tx_power": -18}),
    ],
)  # fmt: skip
def test_what_ours_says(says: IBeacon | EddystoneUid | EddystoneUrl, values: dict[str, object]) -> None:
    readings = dict(readings_of_ours("b", says, 500, 0.0))
    assert {key: reading.value for key, reading in readings.items()} == {
        f"b/beacon/{name}": value for name, value in {**values, "interval": 500}.items()
    }
    assert {point.key for point in points_of_ours("b", says)} == {*readings, "b/beacon/on_air"}


def test_devices_are_not_kept_for_ever() -> None:
    devices = Devices()
    for number in range(5000):
        devices.changed(f"/org/bluez/hci0/dev_{number}", {"RSSI": -60})
    assert len(devices) == 4096
    devices.gone("/org/bluez/hci0/dev_4999")
    devices.gone("/org/bluez/hci0/dev_0")
    assert len(devices) == 4095


def test_what_is_no_advert() -> None:
    devices = Devices()
    path = "/org/bluez/hci0/dev_C2_00_00_00_00_01"
    devices.known(path, {"ManufacturerData": {0x004C: b"\x02\x15" + bytes(21)}})
    assert devices.changed(path, {"Connected": True}) is None
    assert devices.changed(path, {"RSSI": -60}) == Heard(
        "C2:00:00:00:00:01", -60, from_bluez({0x004C: b"\x02\x15" + bytes(21)}, {})
    )
    assert devices.changed(path, {"ManufacturerData": ["no", "table"], "RSSI": "no number"}) == Heard(
        "C2:00:00:00:00:01", None, from_bluez({0x004C: b"\x02\x15" + bytes(21)}, {})
    )
