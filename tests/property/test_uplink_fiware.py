"""Entities of FIWARE: whatever is known of a device, what is told of it is what its model allows."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some
from jsonschema import Draft202012Validator

from agent.uplink import names, smart_models
from agent.uplink.fiware import Entities
from drivers.points import Value
from fiware_models import MODELS

NOW, SINCE = "2026-11-25T20:30:00.000Z", "2026-11-25T08:00:00.000Z"


class Albertslund:
    """Where the tests are."""

    group, id, latitude_deg, longitude_deg = "albertslund", "pole-7", 55.6561, 12.3683


HERE = Entities(Albertslund(), {"lum-1": "meter-3"})
NUMBERS = {attribute.metric for model in smart_models.MODELS for attribute in model.attributes}
WORDS = {"waste/cover_open", "waste/out_of_position", "beacon/on_air", "beacon/url", names.OCCUPANCY}
METRICS = sorted(NUMBERS | WORDS)
ANY_VALUE = some.none() | some.booleans() | some.just("on") | some.floats(-1e7, 1e7) | some.integers(-(2**40), 2**40)


def entity(**values: Value | None) -> dict[str, object]:
    """An entity of what is known: `a__b` is the metric a/b."""
    told = HERE.entity("x-1", {name.replace("__", "/"): value for name, value in values.items()}, NOW, SINCE)
    assert told is not None
    Draft202012Validator(MODELS[str(told["type"])]).validate(told)
    return told


@given(some.dictionaries(some.sampled_from([*METRICS, "lamp/lamp_failure", "lamp/control_gear_failure"]), ANY_VALUE))
def test_whatever_is_known_the_model_allows_what_is_told(values: dict[str, Value | None]) -> None:
    told = HERE.entity("x-1", values, NOW, SINCE)
    if told is not None:
        Draft202012Validator(MODELS[str(told["type"])]).validate(told)
        assert all(math.isfinite(value) for value in told.values() if isinstance(value, float))


def test_every_model_has_its_facts() -> None:
    assert {model.type for model in smart_models.MODELS} == set(MODELS)
    for model in smart_models.MODELS:
        told = {*(attribute.name for attribute in model.attributes), *model.time, *model.words, *model.always}
        assert told <= set(MODELS[model.type]["properties"])


def test_a_lamp() -> None:
    told = entity(lamp__dimming_level=40.0, lamp__lamp_failure=False, lamp__control_gear_failure=None)
    assert told == {
        "id": "urn:ngsi-ld:Streetlight:albertslund:pole-7:x-1",
        "type": "Streetlight",
        "location": {"type": "Point", "coordinates": [12.3683, 55.6561]},
        "observationDateTime": NOW,
        "controllingMethod": "individual",
        "powerState": "on",
        "status": "ok",
        "illuminanceLevel": 0.4,
    }
    assert entity(lamp__dimming_level=0.0, lamp__lamp_failure=True)["powerState"] == "off"
    assert entity(lamp__dimming_level=0.0, lamp__lamp_failure=True)["status"] == "defectiveLamp"


def test_a_lamp_of_which_nothing_is_known_has_no_state() -> None:
    assert not {"powerState", "status", "illuminanceLevel"} & set(
        entity(lamp__dimming_level=None, lamp__lamp_failure=None)
    )


def test_a_meter_is_the_cabinet() -> None:
    told = entity(meter__active_power=104.4, meter__active_energy_import=12_345.0, meter__voltage_l1=231.0)
    assert (told["totalActivePower"], told["energyConsumed"], told["voltageR"]) == (0.1044, 12.345, 231.0)
    assert told["workingMode"] == "automatic"


@pytest.mark.parametrize(("metric", "value", "name", "told"), [
    ("soil/moisture", 31.0, "soilMoistureVwc", 0.31),
    ("water_level/water_level", 0.82, "currentLevel", 0.82),
    ("air/pm2_5", 7.0, "pm25", 7.0),
    ("pressure/sensor_value", 101_325.0, "atmosphericPressure", 1013.25),
    ("wind/direction", 270.0, "windDirection", -90.0),
    ("presence/counter", 12, "peopleCount", 12),
])  # fmt: skip
def test_units_are_the_models_own(metric: str, value: float, name: str, told: float) -> None:
    assert entity(**{metric.replace("/", "__"): value})[name] == told


def test_a_lamp_with_a_meter_tells_its_power() -> None:
    told = entity(lamp__dimming_level=40.0, meter__active_power=31.5, meter__voltage=231.0, meter__power_factor=0.94)
    assert (told["powerConsumption"], told["voltage"], told["powerFactor"]) == (31.5, 231.0, 0.94)


def test_the_meter_of_one_lamp_is_no_cabinet() -> None:
    assert HERE.entity("meter-3", {"meter/active_power": 31.5}, NOW, SINCE) is None


@pytest.mark.parametrize(("occupied", "status"), [(True, "occupied"), (False, "free"), (None, "unknown")])
def test_a_bay(occupied: bool | None, status: str) -> None:
    told = entity(parking__occupancy=occupied)
    assert (told["status"], told["category"]) == (status, ["onStreet"])
    assert told["refParkingSite"] == HERE.parking({}, NOW)["id"]


def test_bays_are_a_place_to_park() -> None:
    told = HERE.parking({"bay-1": True, "bay-2": False, "bay-3": False}, NOW)
    Draft202012Validator(MODELS["OnStreetParking"]).validate(told)
    assert (told["totalSpotNumber"], told["availableSpotNumber"]) == (3, 2)
    assert told["refParkingSpot"][0] == "urn:ngsi-ld:ParkingSpot:albertslund:pole-7:bay-1"  # type: ignore[index]
    assert "availableSpotNumber" not in HERE.parking({"bay-1": False, "bay-2": None}, NOW)


@pytest.mark.parametrize(("moved", "is_open", "status"), [
    (False, False, "ok"), (True, True, "moved"), (False, True, "lidOpen"), (None, False, "unknown"),
    (None, True, "lidOpen"), (False, None, "unknown"),
])  # fmt: skip
def test_a_waste_container(moved: bool | None, is_open: bool | None, status: str) -> None:
    told = entity(waste__filling_pct=62.5, waste__out_of_position=moved, waste__cover_open=is_open)
    assert (told["fillingLevel"], told["status"]) == (0.625, status)


def test_a_beacon_announces_while_it_is_on_the_air() -> None:
    told = entity(beacon__on_air=True, beacon__url="https://kommune.dk/p7", beacon__interval=500)
    assert (told["announcedUrl"], told["announcementPeriod"]) == ("https://kommune.dk/p7", 500)
    assert told["id"] == "urn:ngsi-ld:SmartSpot:albertslund:pole-7:x-1"
    silent = entity(beacon__on_air=False, beacon__url="https://kommune.dk/p7", beacon__interval=500)
    assert not {"announcedUrl", "announcementPeriod"} & set(silent)
    assert HERE.entity("bench-1", {"beacon/url": "https://kommune.dk/p7"}, NOW, SINCE) is None


def test_a_level_with_a_flow_is_water_without_is_a_flood() -> None:
    assert entity(water_level__water_level=0.8)["type"] == "FloodMonitoring"
    told = entity(water_level__water_level=0.8, water_level__discharge=1.25)
    assert (told["type"], told["height"], told["flow"]) == ("WaterObserved", 0.8, 1.25)


def test_counts_are_of_a_time() -> None:
    assert entity(presence__counter=12)["dateObserved"] == f"{SINCE}/{NOW}"


def test_a_door_is_no_entity() -> None:
    assert HERE.entity("door-1", {"contact/state": True}, NOW, SINCE) is None
