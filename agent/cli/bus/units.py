"""Which unit is meant: by its id on the line, or by its name in the running agent; where one's own profiles are."""

from __future__ import annotations

from pathlib import Path

import msgspec

from agent.cli.bus import typed
from agent.cli.bus.access import Access
from agent.cli.client import Client
from agent.cli.options import SYSTEM_CONFIG
from agent.cli.trouble import Trouble
from agent.local.bus_records import UnitPlace
from drivers.profile import own_folder


class Unit(msgspec.Struct, frozen=True):
    """A unit on a line. `known`: what the running agent has at this id, none if nothing."""

    address: int
    known: UnitPlace | None


class _Place(msgspec.Struct, frozen=True):
    config: str


def find_unit(access: Access, text: str, *, broadcast: bool = False) -> Unit:
    """Return the unit that is meant. ValueError if there is none."""
    known = access.line.units if access.line is not None else []
    named = next((one for one in known if one.id == text), None)
    if named is not None:
        return Unit(named.address, named)
    try:
        address = typed.unit(text, broadcast=broadcast)
    except ValueError as error:
        names = ", ".join(one.id for one in known)
        raise ValueError(f"{error}; its units are {names}" if names else str(error)) from None
    return Unit(address, next((one for one in known if one.address == address), None))


def own_profiles(socket: Path | None) -> Path:
    """Return the folder of one's own profiles: beside the running agent's configuration, else the system's."""
    try:
        with Client(socket) as client:
            return own_folder(Path(msgspec.json.decode(client.call("status"), type=_Place).config))
    except Trouble:
        return own_folder(SYSTEM_CONFIG)
