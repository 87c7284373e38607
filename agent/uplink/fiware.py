"""Devices as entities of FIWARE's Smart Data Models, in the simplified form (key-values). Pure.

Only what our points cover; what is not known is left out. Attributes keep the models' own names, enumerations and units:
shares of one, kilowatts, hectopascals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from agent.uplink import names
from agent.uplink.smart_models import (
    BEACON,
    CABINET,
    CONTAINER,
    CROWD,
    MODELS,
    PARKING,
    SPOT,
    STREETLIGHT,
    Attribute,
    Model,
)
from drivers.points import Value

Values = Mapping[str, Value | None]
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
    """The entities of one controller. All of them are where it is.

    `meters`: lamps and what measures each of them alone, which is then a part of the lamp and no cabinet.
    """

    def __init__(self, place: Place, meters: Mapping[str, str]) -> None:
        self.meters = meters
        self._scope = f"{place.group}:{place.id}"
        east_north = [place.longitude_deg, place.latitude_deg]  # GeoJSON (RFC 7946): east first
        self._location = {"type": "Point", "coordinates": east_north}
        self._says: dict[str, Callable[[Values], dict[str, object]]] = {
            STREETLIGHT.type: _streetlight,
            CABINET.type: lambda _: {
                "refStreetlightGroup": [f"urn:ngsi-ld:StreetlightGroup:{self._scope}"],
                "workingMode": "automatic",
            },
            SPOT.type: self._spot,
            CONTAINER.type: _container,
            BEACON.type: _beacon,
        }

    def entity(self, device: str, values: Values, now: str, since: str) -> dict[str, object] | None:
        """Return a device as an entity; none if no model has words for it. `now`, `since`: UTC; counts are since then."""
        has = {*values, *(name.partition("/")[0] for name in values)}
        model = next((model for model in MODELS if model.made_by & has), None)
        if model is None or (model is CABINET and device in self.meters.values()):
            return None
        if model is BEACON and values.get("beacon/on_air") is not True:
            values = {}  # what is not on the air is not announced
        said = self._begun(model, device, now, since)
        for attribute in model.attributes:
            if (number := _number(attribute, values.get(attribute.metric))) is not None:
                said[attribute.name] = number
        if (says := self._says.get(model.type)) is not None:
            said |= says(values)
        return said

    def parking(self, bays: Mapping[str, Value | None], now: str) -> dict[str, object]:
        """Return all bays of the controller as one place to park; how many are free only where all of them are known."""
        said = self._begun(PARKING, "", now, now) | {
            "totalSpotNumber": len(bays),
            "refParkingSpot": [self._urn(SPOT, bay) for bay in bays],
            "occupancyDetectionType": ["singleSpaceDetection"],
        }
        if all(isinstance(occupied, bool) for occupied in bays.values()):
            said["availableSpotNumber"] = sum(not occupied for occupied in bays.values())
        return said

    def _urn(self, model: Model, device: str) -> str:
        return f"urn:ngsi-ld:{model.type}:{self._scope}" + (f":{device}" if device else "")

    def _begun(self, model: Model, device: str, now: str, since: str) -> dict[str, object]:
        """Return what an entity of any model begins with."""
        said: dict[str, object] = {"id": self._urn(model, device), "type": model.type}
        if "location" in model.always:
            said["location"] = self._location
        times = {"dateObservedFrom": since, "dateObservedTo": now}
        if model is CROWD:
            times["dateObserved"] = f"{since}/{now}"
        return said | {name: times.get(name, now) for name in model.time}

    def _spot(self, values: Values) -> dict[str, object]:
        occupied = values.get(names.OCCUPANCY)
        known = "occupied" if occupied else "free"
        return {
            "status": known if isinstance(occupied, bool) else "unknown",
            "category": ["onStreet"],
            "refParkingSite": self._urn(PARKING, ""),
        }


def _streetlight(values: Values) -> dict[str, object]:
    said: dict[str, object] = {"controllingMethod": "individual"}
    level = values.get(names.DIMMING)
    if isinstance(level, int | float):
        said["powerState"] = "on" if level > 0 else "off"
    failures = [failure for failure in map(values.get, _FAILURES) if failure is not None]
    if failures:
        said["status"] = "defectiveLamp" if True in failures else "ok"
    return said


def _container(values: Values) -> dict[str, object]:
    """Return how a container stands; `ok` only where both are known: that it stands where it must, and its lid."""
    moved, is_open = values.get("waste/out_of_position"), values.get("waste/cover_open")
    if moved is True:
        return {"status": "moved"}
    if is_open is True:
        return {"status": "lidOpen"}
    return {"status": "ok" if moved is False and is_open is False else "unknown"}


def _beacon(values: Values) -> dict[str, object]:
    url = values.get("beacon/url")
    return {"announcedUrl": url} if isinstance(url, str) else {}


def _number(attribute: Attribute, value: Value | None) -> float | int | None:
    if value is None or isinstance(value, bool | str):
        return None
    if attribute.name == "windDirection" and value > attribute.high:
        value -= 360  # the model goes from -180 to 180, ours from 0 to 360
    number = round(value) if attribute.whole else float(f"{value * attribute.factor:.7g}")
    return number if attribute.low <= number <= attribute.high else None
