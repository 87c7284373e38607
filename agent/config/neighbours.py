"""The reader of neighbours: the other controllers of the street, and how they are spoken to. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from agent.config.records import Controller, Neighbour, Neighbours
from agent.config.table import Table

_PLACE = re.compile(r"(tcp|tls)/([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):([0-9]{1,5})")
_PLACE_SAYS = '"tcp/HOST:PORT", or "tls/HOST:PORT" with certificates'
_FILES = ("ca", "certificate", "key")


def read_neighbour(table: Table) -> Neighbour:
    """Read one neighbour."""
    return Neighbour(
        id=table.path[-1],
        endpoint=_place(table, "endpoint"),
        end=1 if table.choice("end", ("up", "down")) == "up" else -1,
        offset_m=table.number("offset_m", -100_000, 100_000, 0),
    )


def read_neighbours(table: Table, folder: Path, all_: Sequence[Neighbour]) -> Neighbours:
    """Read how they are spoken to. Files, if relative, are looked up from `folder`."""
    files = {name: folder / table.text(name, "a path") for name in _FILES if name in table}
    for name in _FILES:
        if files and name not in files:
            table.wrong(
                name, f"a path, as {' and '.join(other for other in _FILES if other in files)} is there", "nothing"
            )
    unsigned = table.flag("unsigned", default=False)
    if unsigned:
        table.needless("secret", "with unsigned = true")
    secret = None if unsigned else folder / table.text("secret", "the path of a file, or unsigned = true")
    return Neighbours(
        listen=_place(table, "listen", f"{'tls' if files else 'tcp'}/0.0.0.0:7447"),
        secret=secret,
        ca=files.get("ca"),
        certificate=files.get("certificate"),
        key=files.get("key"),
        silent_after_s=table.number("silent_after_s", 1, 30, 2),
        all=tuple(all_),
    )


def check_neighbours(
    root: Table, neighbours: Neighbours | None, controller: Controller, tables: dict[tuple[str, ...], Table]
) -> None:
    """Note what is wrong between neighbours and the rest."""
    names = [path[1] for path in tables if path[0] == "neighbour"]
    if neighbours is None:
        for name in names:
            root.wrong_at(("neighbour", name), "a table [neighbours] that says how they are spoken to", "none")
        return
    if not names:
        root.wrong_at(("neighbours",), "a [neighbour.…]", "none")
    _check_secret(neighbours, controller, tables["neighbours",])
    way = "tls" if neighbours.ca else "tcp"
    why = "with ca, certificate and key" if neighbours.ca else "without ca, certificate and key"
    if not neighbours.listen.startswith(way) and tables["neighbours",].sound("listen"):
        tables["neighbours",].wrong("listen", f'"{way}/…" {why}')
    taken: dict[str, str] = {}
    for one in neighbours.all:
        table = tables["neighbour", one.id]
        if one.id.lower() == controller.id.lower():
            root.wrong_at(("neighbour", one.id), "the id of another controller", "this one's own")
        if not table.sound("endpoint"):
            continue
        if not one.endpoint.startswith(way):
            table.wrong("endpoint", f'"{way}/…" {why}')
        if taken.setdefault(one.endpoint, one.id) != one.id:
            table.wrong("endpoint", f"one of its own ({taken[one.endpoint]} has it)")


def _check_secret(neighbours: Neighbours, controller: Controller, table: Table) -> None:
    if controller.production and neighbours.secret is None:
        table.wrong(
            "unsigned", "false, and secret = a file that all neighbours share, as [controller] says production = true"
        )


def _place(table: Table, key: str, *default: str) -> str:
    place = table.text(key, _PLACE_SAYS, *default)
    found = _PLACE.fullmatch(place)
    if place and (found is None or not 1 <= int(found[3]) <= 65535):
        table.wrong(key, _PLACE_SAYS)
    return place
