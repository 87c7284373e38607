"""Where the broker is and which node is meant: told by the running agent, or by options where there is none."""

from __future__ import annotations

from pathlib import Path

import msgspec

from agent.cli.client import Client
from agent.cli.trouble import MISUSED, REFUSED, Trouble
from agent.local.records import UplinkState

ANY = "+"  # any group, any node: MQTT's word for it
_PORT, _TLS_PORT = 1883, 8883


class TlsFiles(msgspec.Struct, frozen=True):
    """Whom we believe and who we are towards a broker that speaks TLS (PEM)."""

    ca: Path
    certificate: Path | None
    key: Path | None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the options say; none = not said."""

    socket: Path | None = None
    host: str | None = None
    port: int | None = None
    group: str | None = None
    node: str | None = None
    tls: TlsFiles | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A node behind a broker. `time_zone`: the agent's; "" is this machine's. `units`: by point, as far as they are known."""

    host: str
    port: int
    group: str
    node: str
    mqtt: str = "3.1.1"  # every broker speaks it
    tls: TlsFiles | None = None
    time_zone: str = ""
    units: dict[str, str] = {}

    @property
    def address(self) -> str:
        """Return host and port as people write them."""
        return f"{self.host}:{self.port}"

    @property
    def one_node(self) -> bool:
        """Return whether exactly one node is meant."""
        return ANY not in {self.group, self.node}


class _Point(msgspec.Struct, frozen=True):
    key: str
    unit: str


class _Street(msgspec.Struct, frozen=True):
    """What is needed of the agent's status."""

    time_zone: str
    uplink: UplinkState | None


def find(wanted: Wanted) -> Place:
    """Return where to go. With a host no agent is asked, and unnamed groups and nodes are any. Trouble if it has no uplink."""
    for option, name in (("--group", wanted.group), ("--node", wanted.node)):
        if name is not None and (not name or set(name) & set("/#") or (ANY in name and name != ANY)):
            raise Trouble(f"{option}: expected a name without / # +, or + alone for any; found {name!r}", MISUSED)
    if wanted.host is not None:
        port = wanted.port or (_PORT if wanted.tls is None else _TLS_PORT)
        return Place(host=wanted.host, port=port, group=wanted.group or ANY, node=wanted.node or ANY, tls=wanted.tls)
    with Client(wanted.socket) as client:
        street = msgspec.json.decode(client.call("status"), type=_Street)
        points = msgspec.json.decode(client.call("points.list"), type=list[_Point])
    uplink = street.uplink
    if uplink is None:
        raise Trouble(
            "the agent has no uplink: add [uplink] to its configuration, or name a broker with --host", REFUSED
        )
    if uplink.identity is not None and wanted.tls is None:
        raise Trouble(
            f"the broker at {uplink.host}:{uplink.port} speaks TLS, and the agent's certificate is for the agent alone: "
            "name the platform's files with --ca, --certificate and --key",
            REFUSED,
        )
    return Place(
        host=uplink.host,
        port=wanted.port or uplink.port,
        group=wanted.group or uplink.group,
        node=wanted.node or uplink.node,
        mqtt=uplink.mqtt,
        tls=wanted.tls,
        time_zone=street.time_zone,
        units={point.key: point.unit for point in points},
    )
