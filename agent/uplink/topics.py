"""Every topic of the uplink, built and read in one place. Pure.

Sparkplug B 3.0: `spBv1.0/<group>/<type>/<node>[/<device>]`; group = the controller's group, node = its id.
"""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

NAMESPACE = "spBv1.0"

MessageType = Literal["NBIRTH", "NDEATH", "NDATA", "NCMD", "DBIRTH", "DDEATH", "DDATA", "DCMD"]
_TYPES: dict[str, MessageType] = {kind: kind for kind in get_args(MessageType)}


class Heard(msgspec.Struct, frozen=True):
    """A Sparkplug topic that was read: which message of which node; `device` is empty for the node's own."""

    type: MessageType
    group: str
    node: str
    device: str


class Topics(msgspec.Struct, frozen=True):
    """The topics of one edge node."""

    group: str
    node: str

    def of(self, kind: MessageType, device: str = "") -> str:
        """Return a Sparkplug topic."""
        return f"{NAMESPACE}/{self.group}/{kind}/{self.node}" + (f"/{device}" if device else "")

    @property
    def commands(self) -> tuple[str, str]:
        """Return what the node subscribes to: its own NCMD, and DCMD of its devices."""
        return self.of("NCMD"), self.of("DCMD", "+")

    @property
    def marker(self) -> str:
        """Return where the node's proofs of delivery go; nobody needs to listen there."""
        return f"gadelys/{self.group}/{self.node}/marker"

    @property
    def mirror_command(self) -> str:
        """Return where the plain-JSON mirror takes commands."""
        return f"gadelys/{self.group}/{self.node}/command"

    @property
    def mirror_result(self) -> str:
        """Return where the plain-JSON mirror answers them."""
        return f"gadelys/{self.group}/{self.node}/result"

    @property
    def mirror_parking(self) -> str:
        """Return where FIWARE's mirror keeps all parking bays as one place; no device has such a name."""
        return self.mirror_state("parking:all")

    def mirror_state(self, device: str) -> str:
        """Return where the plain-JSON mirror keeps the state of a device; the node's own under `node`."""
        return f"gadelys/{self.group}/{self.node}/state/{device or 'node'}"


def state(host_id: str) -> str:
    """Return where a host application says whether it is online."""
    return f"{NAMESPACE}/STATE/{host_id}"


def all_of(group: str, node: str) -> tuple[str, str]:
    """Return the filters for everything that one node sends or is sent; `+` for any group or node."""
    return f"{NAMESPACE}/{group}/+/{node}", f"{NAMESPACE}/{group}/+/{node}/+"


def read(topic: str) -> Heard | None:
    """Read a Sparkplug topic; none if it is not one."""
    parts = topic.split("/")
    if len(parts) not in {4, 5} or parts[0] != NAMESPACE or not all(parts):
        return None
    kind, device = _TYPES.get(parts[2]), parts[4] if len(parts) == 5 else ""
    if kind is None or (kind[0] == "D") != bool(device):
        return None
    return Heard(kind, parts[1], parts[3], device)
