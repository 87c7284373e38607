"""A platform: hears a node's Sparkplug by Google's protobuf, keeps what it heard, sends commands."""

from __future__ import annotations

import time
from typing import Any

from mosquitto import Ear
from signed_commands import Signer
from sparkplug_peer import Parsed, build, parse

GROUP, NODE = "demo", "street-1"


class Platform:
    """The host of one node, on one broker."""

    def __init__(self, port: int) -> None:
        self.ear = Ear(port, "spBv1.0/#", "gadelys/#")

    def messages(self, kind: str, device: str = "") -> list[Parsed]:
        """What was heard of one kind, in order."""
        topic = f"spBv1.0/{GROUP}/{kind}/{NODE}" + (f"/{device}" if device else "")
        return [parse(payload) for heard, payload, _ in list(self.ear.heard) if heard == topic]

    def sequence(self) -> list[tuple[str, int | None]]:
        """The kinds and sequence numbers of all that the node has sent, deaths of the node aside."""
        kinds = ("NBIRTH", "NDATA", "DBIRTH", "DDATA", "DDEATH")
        return [
            (topic.split("/")[2], parse(payload).seq)
            for topic, payload, _ in list(self.ear.heard)
            if topic.startswith("spBv1.0/") and topic.split("/")[2] in kinds
        ]

    def born(self) -> set[str]:
        """The devices whose births were heard."""
        return {topic.split("/")[4] for topic in self.ear.topics() if "/DBIRTH/" in topic}

    def latest(self, device: str) -> dict[str, Any]:
        """The values of a device's metrics as last heard live."""
        values: dict[str, Any] = {}
        for payload in (*self.messages("DBIRTH", device), *self.messages("DDATA", device)):
            values |= {metric.name: metric.value for metric in payload.metrics if not metric.historical}
        return values

    def answers(self, device: str, command_id: str) -> list[tuple[str, str]]:
        """The stages of a command that were told: status and reason."""
        told = []
        for payload in self.messages("DDATA" if device else "NDATA", device):
            values = [(metric.name, metric.value) for metric in payload.metrics]
            for place, (name, value) in enumerate(values):
                if name == "command/last_id" and value == command_id:
                    told.append((str(values[place + 1][1]), str(values[place + 2][1])))
        return told

    def command(self, device: str, *metrics: tuple[str, int, Any], age_s: float = 0.0, retain: bool = False) -> None:
        """Send a DCMD: metrics as (name, datatype, value)."""
        stamp = round((time.time() - age_s) * 1000)  # noqa: TID251 - a platform has a clock of its own
        topic = f"spBv1.0/{GROUP}/DCMD/{NODE}/{device}"
        self.ear.say(topic, build(metrics, timestamp=stamp), retain=retain)

    def node_command(self, *metrics: tuple[str, int, Any], signer: Signer | None = None) -> bytes:
        """Send an NCMD; return its payload."""
        stamp = round(time.time() * 1000)  # noqa: TID251 - a platform has a clock of its own
        topic = f"spBv1.0/{GROUP}/NCMD/{NODE}"
        whole = metrics if signer is None else signer.envelope(topic, stamp, *metrics)
        payload = build(whole, timestamp=stamp)
        self.ear.say(topic, payload)
        return payload

    def stages(self, command_id: str) -> list[tuple[str, str]]:
        """The stages of a command to the node, those that stand in a birth included: status and reason."""
        births = [{metric.name: metric.value for metric in payload.metrics} for payload in self.messages("NBIRTH")]
        in_births = [birth for birth in births if birth.get("command/last_id") == command_id]
        told = self.answers("", command_id)
        return told + [(str(birth["command/last_status"]), str(birth["command/last_reason"])) for birth in in_births]

    def since(self, heard: int) -> list[tuple[str, Parsed]]:
        """The Sparkplug messages that came after so many messages of all kinds."""
        later = list(self.ear.heard)[heard:]
        return [(topic, parse(payload)) for topic, payload, _ in later if topic.startswith("spBv1.0/")]

    def close(self) -> None:
        self.ear.close()
