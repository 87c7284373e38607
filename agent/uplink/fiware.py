"""Devices as entities of FIWARE's Smart Data Models, in the simplified form (key-values). Pure.

Source: github.com/smart-data-models, the schema.json of each model. Only what our points cover; what is not known is left out.
Attributes keep the models' own names, enumerations and units: shares of one, kilowatts, hectopascals.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from agent.uplink import names
from drivers.points import Value

Values = Mapping[str, Value | None]
_ANY = float("inf")


class Attribute(msgspec.Struct, frozen=True):
    """A number of an entity: the metric times `factor`; beyond `low` or `high` the model has no word for it."""

    name: str
    metric: str
    factor: float = 1.0
    low: float = -_ANY
    high: float = _ANY
    whole: bool = False


class Model(msgspec.Struct, frozen=True):
    """A model: its type, the functions of a device that make it one, its numbers, its times, and the words it may use."""

    type: str
    functions: frozenset[str]
    attributes: tuple[Attribute, ...]
    time: tuple[str, ...] = ("dateObserved",)
    words: Mapping[str, tuple[str, ...]] = {}


def _phases(name: str, metric: str, factor: float = 1.0, low: float = 0.0, high: float = _ANY) -> list[Attribute]:
    """Return an attribute of each phase: FIWARE's R, S, T are our l1, l2, l3."""
    phases = zip("RST", ("l1", "l2", "l3"), strict=True)
    return [Attribute(f"{name}{letter}", f"meter/{metric}_{phase}", factor, low, high) for letter, phase in phases]


STREETLIGHT = Model(
    "Streetlight",
    frozenset({"lamp"}),
    (Attribute("illuminanceLevel", names.DIMMING, 0.01, 0, 1),),
    ("observationDateTime",),
    {"controllingMethod": ("individual",), "powerState": ("on", "off"), "status": ("ok", "defectiveLamp")},
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
)
CROWD = Model(
    "CrowdFlowObserved",
    frozenset({"presence"}),
    (Attribute("peopleCount", names.COUNTER, 1, 0, whole=True),),
    ("dateObserved", "dateObservedFrom", "dateObservedTo"),
)
MODELS = (
    STREETLIGHT,
    CABINET,
    CROWD,
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
_FAILURES = ("lamp/lamp_failure", "lamp/control_gear_failure")


class Place(Protocol):
    """A controller: its names, and where it is in degrees north and east."""

    @property
    def group(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def latitude_deg(self) -> float: ...
    @property
    def longitude_deg(self) -> float: ...


class Entities:
    """The entities of one controller. All of them are where it is."""

    def __init__(self, place: Place) -> None:
        self._scope = f"{place.group}:{place.id}"
        east_north = [place.longitude_deg, place.latitude_deg]  # GeoJSON (RFC 7946): east first
        self._location = {"type": "Point", "coordinates": east_north}

    def entity(self, device: str, values: Values, now: str, since: str) -> dict[str, object] | None:
        """Return a device as an entity; none if no model has words for it. `now`, `since`: UTC; counts are since then."""
        functions = {name.partition("/")[0] for name in values}
        model = next((model for model in MODELS if model.functions & functions), None)
        if model is None:
            return None
        said: dict[str, object] = {
            "id": f"urn:ngsi-ld:{model.type}:{self._scope}:{device}",
            "type": model.type,
            "location": self._location,
        }
        times = {"dateObservedFrom": since, "dateObservedTo": now}
        if model is CROWD:
            times["dateObserved"] = f"{since}/{now}"
        said |= {name: times.get(name, now) for name in model.time}
        if model is STREETLIGHT:
            said |= _streetlight(values)
        elif model is CABINET:
            said |= {
                "refStreetlightGroup": [f"urn:ngsi-ld:StreetlightGroup:{self._scope}"],
                "workingMode": "automatic",
            }
        for attribute in model.attributes:
            if (number := _number(attribute, values.get(attribute.metric))) is not None:
                said[attribute.name] = number
        return said


def _streetlight(values: Values) -> dict[str, object]:
    said: dict[str, object] = {"controllingMethod": "individual"}
    level = values.get(names.DIMMING)
    if isinstance(level, int | float):
        said["powerState"] = "on" if level > 0 else "off"
    failures = [failure for failure in map(values.get, _FAILURES) if failure is not None]
    if failures:
        said["status"] = "defectiveLamp" if True in failures else "ok"
    return said


def _number(attribute: Attribute, value: Value | None) -> float | int | None:
    if value is None or isinstance(value, bool | str):
        return None
    if attribute.name == "windDirection" and value > attribute.high:
        value -= 360  # the model goes from -180 to 180, ours from 0 to 360
    number = round(value) if attribute.whole else float(f"{value * attribute.factor:.7g}")
    return number if attribute.low <= number <= attribute.high else None
