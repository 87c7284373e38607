"""FIWARE's Smart Data Models as JSON Schemas: names, bounds, enumerations and what is required, read from the models' own.

Source: github.com/smart-data-models, schema.json of the models (FloodMonitoring: model.yaml), 2026-11. Beside what a model
requires stands only what we use of it; an attribute that no model has is refused.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

NUMBER: Schema = {"type": "number"}
POSITIVE: Schema = {"type": "number", "minimum": 0}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
COSINE: Schema = {"type": "number", "minimum": -1, "maximum": 1}
COUNT: Schema = {"type": "integer", "minimum": 0}
TIME: Schema = {"type": "string", "format": "date-time"}
IDENTIFIER: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 256,
    "pattern": r"^[\w\-\.\{\}\$\+\*\[\]`|~^@!,:\\]+$",
}
LOCATION: Schema = {
    "type": "object",
    "required": ["type", "coordinates"],
    "properties": {
        "type": {"enum": ["Point"]},
        "coordinates": {"type": "array", "minItems": 2, "items": {"type": "number"}},
    },
}


def _model(kind: str, required: tuple[str, ...] = (), **attributes: Schema) -> Schema:
    common = {"id": IDENTIFIER, "type": {"enum": [kind]}, "dateModified": TIME}
    if kind != "SmartSpot":  # the one that takes nothing of Location-Commons
        common["location"] = LOCATION
    return {
        "type": "object",
        "required": ["id", "type", *required],
        "properties": common | attributes,
        "additionalProperties": False,
    }


_PHASES = {
    name + phase: schema
    for name, schema in (
        ("voltage", POSITIVE), ("intensity", POSITIVE), ("activePower", POSITIVE), ("reactivePower", POSITIVE),
        ("powerFactor", COSINE), ("thdrVoltage", SHARE),
    )
    for phase in "RST"
}  # fmt: skip

MODELS: dict[str, Schema] = {
    "Streetlight": _model(
        "Streetlight",
        observationDateTime=TIME,
        controllingMethod={"enum": ["group", "individual"]},
        powerState={"enum": ["bootingUp", "low", "off", "on"]},
        status={"enum": ["brokenLantern", "columnIssue", "defectiveLamp", "ok"]},
        illuminanceLevel=SHARE,
        powerConsumption=NUMBER,
        voltage=NUMBER,
        current=NUMBER,
        powerFactor=NUMBER,
    ),
    "StreetlightControlCabinet": _model(
        "StreetlightControlCabinet",
        ("location", "refStreetlightGroup", "workingMode"),
        refStreetlightGroup={"type": "array", "minItems": 1, "uniqueItems": True, "items": IDENTIFIER},
        workingMode={"enum": ["automatic", "manual", "semiautomatic"]},
        energyConsumed=POSITIVE,
        frequency=POSITIVE,
        totalActivePower=POSITIVE,
        totalReactivePower=POSITIVE,
        cosPhi=COSINE,
        **_PHASES,
    ),
    "CrowdFlowObserved": _model(
        "CrowdFlowObserved",
        ("dateObserved",),
        dateObserved={"type": "string"},
        dateObservedFrom=TIME,
        dateObservedTo=TIME,
        peopleCount=COUNT,
    ),
    "ParkingSpot": _model(
        "ParkingSpot",
        ("location", "status", "category", "refParkingSite"),
        status={"enum": ["closed", "free", "occupied", "unknown"]},
        category={
            "type": "array", "minItems": 1, "uniqueItems": True, "items": {"enum": ["onStreet", "offStreet"]},
        },
        refParkingSite=IDENTIFIER,
    ),
    "OnStreetParking": _model(
        "OnStreetParking",
        ("location",),
        totalSpotNumber=COUNT,
        availableSpotNumber=COUNT,
        refParkingSpot={"type": "array", "items": {"type": "string", "format": "uri"}},
        occupancyDetectionType={
            "type": "array", "items": {"enum": ["balancing", "manual", "modelBased", "none", "singleSpaceDetection"]},
        },
    ),
    "WasteContainer": _model(
        "WasteContainer",
        ("location",),
        fillingLevel=SHARE,
        temperature=NUMBER,
        status={"enum": ["ok", "lidOpen", "dropped", "moved", "vandalized", "burning", "unknown"]},
    ),
    "SmartSpot": _model(
        "SmartSpot",
        announcedUrl={"type": "string", "format": "uri"},
        announcementPeriod={"type": "integer", "minimum": 100, "maximum": 4000},
    ),
    "WaterObserved": _model(
        "WaterObserved",
        ("location", "dateObserved"),
        dateObserved=TIME,
        flow=POSITIVE,
        height=POSITIVE,
    ),
    "GreenspaceRecord": _model(
        "GreenspaceRecord",
        dateObserved=TIME,
        soilTemperature=NUMBER,
        soilMoistureVwc=SHARE,
        soilMoistureEc=NUMBER,
    ),
    "FloodMonitoring": _model(
        "FloodMonitoring", observationDateTime=TIME, currentLevel=NUMBER, referenceLevel=NUMBER
    ),
    "AirQualityObserved": _model(
        "AirQualityObserved",
        ("dateObserved", "location"),
        dateObserved=TIME,
        pm1=NUMBER,
        pm25=POSITIVE,
        pm10=POSITIVE,
        co2=POSITIVE,
        temperature=NUMBER,
        relativeHumidity=SHARE,
    ),
    "WeatherObserved": _model(
        "WeatherObserved",
        ("dateObserved", "location"),
        dateObserved=TIME,
        temperature=NUMBER,
        relativeHumidity=SHARE,
        atmosphericPressure=POSITIVE,
        windSpeed=POSITIVE,
        windDirection={"type": "number", "minimum": -180, "maximum": 180},
        precipitation=POSITIVE,
        illuminance=POSITIVE,
    ),
}  # fmt: skip
