"""What a mirror has said, held against the JSON Schemas in docs/api."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from platform_host import GROUP, NODE, Platform

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "api" / "mirror.schema.json"
DEFINITIONS = json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"]


def definition(name: str) -> Draft202012Validator:
    """Return the judge of one kind of message."""
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": DEFINITIONS})


def states(platform: Platform) -> dict[str, dict[str, Any]]:
    """Return what was last said of each device."""
    topic = f"gadelys/{GROUP}/{NODE}/state/"
    heard = [(heard, payload) for heard, payload, _ in list(platform.ear.heard) if heard.startswith(topic)]
    return {where.removeprefix(topic): json.loads(payload) for where, payload in heard}


def entities(platform: Platform) -> dict[str, str]:
    """Return which entity each device is."""
    return {device: str(said["type"]) for device, said in states(platform).items() if "type" in said}
