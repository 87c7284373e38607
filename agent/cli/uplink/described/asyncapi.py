"""The uplink as an AsyncAPI 3.0 document: every topic that a node speaks on or listens to. Pure."""

from __future__ import annotations

from typing import Any, Literal, get_args

from agent import __version__
from agent.cli.uplink.described import schemas
from agent.uplink.mirror import EXPIRES_S
from agent.uplink.topics import MessageType, Topics

SPARKPLUG = "application/vnd.eclipse.sparkplug.b+protobuf"  # no registered name: the payload names itself nowhere
_T = Topics("{group}", "{node}")
_DEVICE = "{device}"
_SAYS: dict[MessageType, str] = {
    "NBIRTH": "The node's birth: its metrics, bdSeq, seq 0",
    "NDEATH": "The node's death, also its will: nothing but bdSeq",
    "NDATA": "What has changed of the node",
    "NCMD": "Node Control/Rebirth = true asks for the births",
    "DBIRTH": "A device's birth: all of its metrics",
    "DDEATH": "A device does not answer any more",
    "DDATA": "What has changed of a device; history has is_historical",
    "DCMD": "One command for a device: docs/uplink.md, Commands",
}
_PARAMETERS = {
    "group": "`group` of [controller]",
    "node": "`id` of [controller]",
    "device": "the name behind `[device.…]`",
}


def document() -> dict[str, Any]:
    """Return the document, from the node's side: it sends births and receives commands."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for kind in get_args(MessageType):
        address = _T.of(kind, _DEVICE if kind[0] == "D" else "")
        messages[kind] = _sparkplug(kind)
        _add(channels, operations, kind, address, "receive" if kind.endswith("CMD") else "send", [kind])
    for name, says in (("State", "state"), ("CommandLine", "command"), ("Result", "result")):
        messages[name] = _json(name, f"The mirror's {says}")
    entities = [name for name in schemas.definitions("") if name not in messages]
    messages |= {name: _json(name, f"The mirror's state as FIWARE's {name}") for name in entities}
    messages["Marker"] = {
        "title": "Marker",
        "summary": "Empty, QoS 1: the broker's answer proves what was sent before it",
    }
    _add(channels, operations, "marker", _T.marker, "send", ["Marker"])
    _add(channels, operations, "mirrorState", _T.mirror_state(_DEVICE), "send", ["State", *entities])
    _add(channels, operations, "mirrorCommand", _T.mirror_command, "receive", ["CommandLine"])
    _add(channels, operations, "mirrorResult", _T.mirror_result, "send", ["Result"])
    channels["mirrorState"]["description"] = (
        f"Retained; over MQTT 5 it expires {EXPIRES_S} s after it was told last. FIWARE's OnStreetParking, of all bays "
        f"together, stands at {_T.mirror_parking}."
    )
    channels["mirrorCommand"]["description"] = "With MQTT 5's response topic each result goes there too."
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "gadelys: the uplink of a street-light controller",
            "version": __version__,
            "description": "Made by `gadelys uplink describe --asyncapi`. In words: docs/uplink.md; metrics: metrics.md.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas.definitions("#/components/schemas/{name}")},
    }


def _add(  # noqa: PLR0913, PLR0917 - what a channel is made of
    channels: dict[str, Any],
    operations: dict[str, Any],
    name: str,
    address: str,
    action: Literal["send", "receive"],
    messages: list[str],
) -> None:
    placeholders = {key: {"description": says} for key, says in _PARAMETERS.items() if f"{{{key}}}" in address}
    channels[name] = {
        "address": address,
        "parameters": placeholders,
        "messages": {message: {"$ref": f"#/components/messages/{message}"} for message in messages},
    }
    qos = 1 if action == "receive" or name == "marker" else 0
    operations[f"{action}{name[0].upper()}{name[1:]}"] = {
        "action": action,
        "channel": {"$ref": f"#/channels/{name}"},
        "bindings": {"mqtt": {"qos": qos, "retain": name == "mirrorState"}},
    }


def _sparkplug(kind: MessageType) -> dict[str, Any]:
    return {
        "title": kind,
        "summary": _SAYS[kind],
        "contentType": SPARKPLUG,
        "externalDocs": {
            "url": "https://sparkplug.eclipse.org/specification/version/3.0/documents/sparkplug-specification-3.0.0.pdf"
        },
    }


def _json(name: str, summary: str) -> dict[str, Any]:
    return {"title": name, "summary": summary, "payload": {"$ref": f"#/components/schemas/{name}"}}
