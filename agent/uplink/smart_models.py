"""FIWARE's Smart Data Models as far as our points go: names, bounds and words of each, and what makes a device one. Pure.

Source: github.com/smart-data-models, the schema.json of each model (FloodMonitoring and TrafficFlowObserved: model.yaml).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from agent.uplink import names

_ANY = float("inf")
_HERE = ("location",)


class Attribute(msgspec.Struct, frozen=True):
    """A number of an entity: the metric times `factor`; beyond `low` or `high` the model has no word for it."""

    name: str
    metric: str
    factor: float = 1.0
    low: float = -_ANY
    high: float = _ANY
    whole: bool = False


class Model(msgspec.Struct, frozen=True):
    """A model: its type, what makes a device one, its numbers, its times, the words it may use, and what it has always.

    `made_by`: functions, or single metrics, one of which the device has. `always`: beside the times.
    """

    type: str
    made_by: frozenset[str]
    attributes: tuple[Attribute, ...] = ()
    time: tuple[str, ...] = ("dateObserved",)
    words: Mapping[str, tuple[str, ...]] = {}
    always: tuple[str, ...] = _HERE


def _phases(name: str, metric: str, factor: float = 1.0, low: float = 0.0, high: float = _ANY) -> list[Attribute]:
    """Return an attribute of each phase: FIWARE's R, S, T are our l1, l2, l3."""
    phases = zip("RST", ("l1", "l2", "l3"), strict=True)
    return [Attribute(f"{name}{letter}", f"meter/{metric}_{phase}", factor, low, high) for letter, phase in phases]


STREETLIGHT = Model(
    "Streetlight",
    frozenset({"lamp"}),
    (
        Attribute("illuminanceLevel", names.DIMMING, 0.01, 0, 1),
        Attribute("powerConsumption", "meter/active_power", 1, 0),
        Attribute("voltage", "meter/voltage", 1, 0),
        Attribute("current", "meter/current", 1, 0),
        Attribute("powerFactor", "meter/power_factor", 1, -1, 1),
    ),
    ("observationDateTime",),
    {"controllingMethod": ("individual",), "powerState": ("on", "off"), "status": ("ok", "defectiveLamp")},
    (*_HERE, "controllingMethod"),
)
CABINET = Model(
    "StreetlightControlCabinet",
    frozenset({"meter"}),
    (
        Attribute("totalActivePower", "meter/active_power", 0.001, 0),
        Attribute("totalReactivePower", "meter/reactive_power", 0.001, 0),
        Attribute("energyConsumed", "meter/active_energy_import", 0.001, 0),
        Attribute("frequency", "meter/frequency", 1, 0),
        Attribute("cosPhi", "meter/power_factor", 1, -1, 1),
        Attribute("voltageR", "meter/voltage", 1, 0),
        Attribute("intensityR", "meter/current", 1, 0),
        *_phases("voltage", "voltage"),
        *_phases("intensity", "current"),
        *_phases("activePower", "active_power", 0.001),
        *_phases("reactivePower", "reactive_power", 0.001),
        *_phases("powerFactor", "power_factor", low=-1, high=1),
        *_phases("thdrVoltage", "voltage_thd", 0.01, high=1),
    ),
    ("dateModified",),
    {"workingMode": ("automatic",)},
    (*_HERE, "workingMode", "refStreetlightGroup"),
)
CROWD = Model(
    "CrowdFlowObserved",
    frozenset({"presence"}),
    (Attribute("peopleCount", names.COUNTER, 1, 0, whole=True),),
    ("dateObserved", "dateObservedFrom", "dateObservedTo"),
)
SPOT = Model(
    "ParkingSpot",
    frozenset({names.OCCUPANCY}),
    time=("dateModified",),
    words={"status": ("free", "occupied", "unknown")},
    always=(*_HERE, "status", "category", "refParkingSite"),
)
PARKING = Model(  # of all bays of a controller; no device is one
    "OnStreetParking",
    frozenset(),
    time=("dateModified",),
    always=(*_HERE, "totalSpotNumber", "refParkingSpot", "occupancyDetectionType"),
)
CONTAINER = Model(
    "WasteContainer",
    frozenset({"waste"}),
    (
        Attribute("fillingLevel", "waste/filling_pct", 0.01, 0, 1),
        Attribute("temperature", "temperature/sensor_value"),
    ),
    ("dateModified",),
    {"status": ("ok", "lidOpen", "moved", "unknown")},
    (*_HERE, "status"),
)
BEACON = Model(  # one of ours; those that are listened for are somebody else's. The model knows of no location
    "SmartSpot",
    frozenset({"beacon/on_air"}),
    (Attribute("announcementPeriod", "beacon/interval", 1, 100, 4000, whole=True),),
    ("dateModified",),
    always=(),
)
MODELS = (
    STREETLIGHT,
    CABINET,
    CROWD,
    SPOT,
    PARKING,
    CONTAINER,
    BEACON,
    Model(
        "GreenspaceRecord",
        frozenset({"soil"}),
        (
            Attribute("soilTemperature", "soil/temperature"),
            Attribute("soilMoistureVwc", "soil/moisture", 0.01, 0, 1),
            Attribute("soilMoistureEc", "soil/conductivity"),
        ),
    ),
    Model(
        "WaterObserved",
        frozenset({"water_level/discharge"}),
        (
            Attribute("flow", "water_level/discharge", 1, 0),
            Attribute("height", "water_level/water_level", 1, 0),
        ),
    ),
    Model(
        "FloodMonitoring",
        frozenset({"water_level"}),
        (
            Attribute("currentLevel", "water_level/water_level"),
            Attribute("referenceLevel", "water_level/mounting_height"),
        ),
        ("observationDateTime",),
    ),
    Model(
        "AirQualityObserved",
        frozenset({"air"}),
        (
            Attribute("pm1", "air/pm1"),
            Attribute("pm25", "air/pm2_5", 1, 0),
            Attribute("pm10", "air/pm10", 1, 0),
            Attribute("co2", "air/co2", 1, 0),
            Attribute("temperature", "temperature/sensor_value"),
            Attribute("relativeHumidity", "humidity/sensor_value", 0.01, 0, 1),
        ),
    ),
    Model(
        "WeatherObserved",
        frozenset({"wind", "rain", "pressure", "humidity", "temperature", "illuminance"}),
        (
            Attribute("temperature", "temperature/sensor_value"),
            Attribute("relativeHumidity", "humidity/sensor_value", 0.01, 0, 1),
            Attribute("atmosphericPressure", "pressure/sensor_value", 0.01, 0),
            Attribute("windSpeed", "wind/speed", 1, 0),
            Attribute("windDirection", "wind/direction", 1, -180, 180),
            Attribute("precipitation", "rain/accumulated", 1, 0),
            Attribute("illuminance", "illuminance/sensor_value", 1, 0),
        ),
    ),
)
