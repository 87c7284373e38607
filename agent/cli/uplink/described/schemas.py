"""JSON Schemas of what the mirror says and hears, made from the records and tables that make the messages. Pure."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from agent.uplink import smart_models
from agent.uplink.mirror import Result, State
from agent.uplink.wishes import CommandLine

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TIME = {"type": "string", "format": "date-time"}
_SAID = {
    "State": "State of a device, retained: `values` by metric, null where nothing is known",
    "Result": "A stage of a command",
    "CommandLine": "A command: either a lamp's lamp/dimming_level or its command/release",
}
_LOCATION = {
    "type": "object",
    "properties": {
        "type": {"const": "Point"},
        "coordinates": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
    },
    "required": ["type", "coordinates"],
}
_NAMES = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_COUNT = {"type": "integer", "minimum": 0}
_FURTHER: dict[str, dict[str, Any]] = {  # what is neither a number of a metric nor one word
    smart_models.CABINET.type: {"refStreetlightGroup": _NAMES},
    smart_models.SPOT.type: {"category": {"const": ["onStreet"]}, "refParkingSite": {"type": "string"}},
    smart_models.PARKING.type: {
        "totalSpotNumber": _COUNT,
        "availableSpotNumber": {**_COUNT, "description": "left out while a bay is not known"},
        "refParkingSpot": _NAMES,
        "occupancyDetectionType": {"const": ["singleSpaceDetection"]},
    },
    smart_models.BEACON.type: {"announcedUrl": {"type": "string", "format": "uri"}},
}


def definitions(template: str) -> dict[str, Any]:
    """Return each schema by its name; `template` is how they refer to each other, with {name}."""
    _, ours = msgspec.json.schema_components([State, Result, CommandLine], ref_template=template)
    made: dict[str, Any] = {name: {**ours[name], "description": says} for name, says in _SAID.items()}
    made["State"]["properties"]["time"] = made["Result"]["properties"]["time"] = _TIME
    for record in ("State", "Result"):
        made[record]["additionalProperties"] = False
    return made | {model.type: _entity(model) for model in smart_models.MODELS}


def document() -> dict[str, Any]:
    """Return all of them as one JSON Schema, which is that of a message of the mirror."""
    made = definitions("#/$defs/{name}")
    return {
        "$schema": DIALECT,
        "title": "gadelys: messages of the JSON mirror",
        "description": "Made by `gadelys uplink describe --schemas`. docs/uplink.md says on which topic each of them goes.",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in made],
        "$defs": made,
    }


def _entity(model: smart_models.Model) -> dict[str, Any]:
    """Return the schema of an entity, which is stricter than its model's: only what we tell."""
    properties: dict[str, Any] = {
        "id": {"type": "string", "pattern": f"^urn:ngsi-ld:{model.type}:"},
        "type": {"const": model.type},
    }
    properties |= dict.fromkeys(model.time, _TIME)
    if "dateObservedFrom" in model.time:
        properties["dateObserved"] = {"type": "string", "description": "ISO 8601 interval"}
    properties |= {name: {"enum": list(words)} for name, words in model.words.items()}
    properties |= _FURTHER.get(model.type, {})
    if "location" in model.always:
        properties["location"] = _LOCATION
    for attribute in model.attributes:
        properties[attribute.name] = _number(attribute)
    required = ["id", "type", *model.always, *model.time]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _number(attribute: smart_models.Attribute) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "integer" if attribute.whole else "number"}
    if math.isfinite(attribute.low):
        schema["minimum"] = attribute.low
    if math.isfinite(attribute.high):
        schema["maximum"] = attribute.high
    return schema | {"description": f"from {attribute.metric}"}
