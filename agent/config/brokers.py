"""The options of [uplink] that say which brokers there are, and for whom the births are told. Pure."""

from __future__ import annotations

import re

from agent.config.records import Place
from agent.config.table import Table

_PLACE = re.compile(r"([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9]{1,15})?\])(?::([0-9]{1,5}))?")
_PLACE_SAYS = 'brokers such as "b.example" or "b.example:1884", an IPv6 address in brackets'
_HOST_ID = re.compile(r"[^+/#\x00-\x1f]{1,64}")
_HOST_ID_SAYS = "the id of a Sparkplug host application: 1 to 64 characters without + / #"


def read_fallbacks(table: Table, first: Place) -> tuple[Place, ...]:
    """Read the other brokers; where no port stands, it is the first one's."""
    places: list[Place] = []
    for word in table.words("fallbacks", _PLACE_SAYS):
        found = _PLACE.fullmatch(word)
        port = int(found[2] or first.port) if found is not None else 0
        if found is None or not 1 <= port <= 65535:
            table.wrong("fallbacks", _PLACE_SAYS, f'"{word}"')
            continue
        place = Place(found[1].strip("[]"), port)
        if place in {first, *places}:
            table.wrong("fallbacks", "each broker once", f'"{word}" twice')
        places.append(place)
    return tuple(places)


def read_primary_host(table: Table) -> str:
    """Read the id of the primary host, "" if there is none."""
    if "primary_host" not in table:
        return ""
    host_id = table.text("primary_host", _HOST_ID_SAYS)
    if host_id and not _HOST_ID.fullmatch(host_id):
        table.wrong("primary_host", _HOST_ID_SAYS)
    return host_id
