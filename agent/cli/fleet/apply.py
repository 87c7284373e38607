"""`gadelys fleet apply` and `collect`: configurations of many nodes."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Sequence
from pathlib import Path

import msgspec

from agent.cli import arguments, terminal
from agent.cli.fleet import pages
from agent.cli.fleet.dim import command, progress_of, summary
from agent.cli.fleet.source import Asked, load_plan, opened, picture, place_of, store_of
from agent.cli.text import Column, Span, line, table
from agent.cli.trouble import MISUSED, REFUSED, Trouble
from agent.cli.uplink.words import clean
from agent.config import ConfigError, load_file
from agent.fleet import rollout
from agent.fleet.group import Outcome
from agent.fleet.records import Node
from agent.fleet.rollout import Desired, Rollout
from agent.uplink import names
from agent.uplink.envelope import Key
from agent.uplink.payload import Payload, encode

_WHOLE, _SHORT = 64, 12  # letters of a digest: all of it, and enough to tell it from another


class Steps(msgspec.Struct, frozen=True):
    """What was typed."""

    files: Sequence[Path]
    canary: int
    stage: int
    within: str
    key: Key | None


def apply(asked: Asked, steps: Steps, *, seconds: float, as_json: bool) -> int:
    """Bring nodes to their configurations; 0 if all that were there are verified, 1 if not. Trouble before anything is sent."""
    try:
        within_s = arguments.any_duration_s(steps.within, "--within")
    except ValueError as error:
        raise Trouble(str(error), MISUSED) from None
    wanted = read_files(steps.files)
    found = picture(asked, load_plan(asked.plan), seconds, [one.key for one in wanted])
    nodes = {(node.group, node.name): node for node in found.nodes}
    places = {one.key: rollout.place_of(one, nodes) for one in wanted}
    due = Rollout([one for one in wanted if places[one.key] == "due"], steps.canary, steps.stage)
    outcomes = [Outcome(one.path, "verified", "it has it", 0.0) for one in wanted if places[one.key] == "same"]
    while stage := due.next():
        targets = [one.target() for one in stage]
        ended = asyncio.run(command(place_of(asked.wanted), targets, within_s, progress_of(as_json=as_json), steps.key))
        outcomes += [msgspec.structs.replace(one, path=one.path.rstrip("/")) for one in ended]
        due.ended(ended)
    outcomes += [Outcome(one.path, "not tried", "halted: one before it has failed", 0.0) for one in due.rest]
    away = [one for one in wanted if places[one.key] == "away"]
    outcomes += _later(asked, away, halted=due.halted)
    if as_json:
        terminal.show_json(msgspec.json.encode([msgspec.structs.asdict(one) for one in outcomes]))
    else:
        terminal.show(summary(outcomes, terminal.width()))
    return 0 if all(one.status in {"verified", "away"} for one in outcomes) else REFUSED


def collect(asked: Asked, pattern: str, *, seconds: float, as_json: bool) -> int:
    """List what nodes tell of their configurations; 1 if the pattern names nothing."""
    found = picture(asked, load_plan(asked.plan), seconds)
    shall: dict[str, Desired] = {}
    path = store_of(asked)
    if path is not None:
        with contextlib.closing(opened(path)) as store:
            shall = {one.path: one for one in store.desired()}
    nodes = pages.chosen(found.nodes, pattern)
    rows = [_row(node, shall.get(node.path)) for node in nodes]
    if as_json:
        terminal.show_json(msgspec.json.encode(rows))
    else:
        columns = [Column(title) for title in ("node", "state", "release", "digest", "configuration", "shall have")]
        cells: list[list[Span | str]] = [
            [cell[:_SHORT] if len(cell) == _WHOLE else clean(cell) for cell in row.values()] for row in rows
        ]
        terminal.show(table(columns, cells, terminal.width()) if rows else [line(Span("nobody", "warn"))])
    return 0 if rows else REFUSED


def read_files(files: Sequence[Path]) -> list[Desired]:
    """Read configurations as the agent would, and whose they are. Trouble with all mistakes; no node may have two."""
    name, found, mistakes = f"apply-{secrets.token_hex(3)}", dict[tuple[str, str], Desired](), list[str]()
    for path in files:
        try:
            config = load_file(path)
            wanted = Desired(config.controller.group, config.controller.id, path.read_text(encoding="utf-8"), name)
            encode(Payload(tuple(wanted.target().order.metrics())))
            if config.uplink is None:
                mistakes.append(f"{path}: uplink: expected [uplink], found nothing: the node would not be heard again")
            elif wanted.key in found:
                mistakes.append(f"{path}: controller.id: expected a node of its own, found {wanted.path} a second time")
            found[wanted.key] = wanted
        except (ConfigError, ValueError) as error:
            mistakes.append(str(error) if isinstance(error, ConfigError) else f"{path}: {error}")
    if mistakes:
        raise Trouble("\n".join(mistakes), MISUSED)
    return list(found.values())


def _later(asked: Asked, away: Sequence[Desired], *, halted: bool) -> list[Outcome]:
    """Note for `serve` who was not there; after a halt nobody is to follow."""
    path = store_of(asked)
    if halted or path is None:
        reason = "halted: one before it has failed" if halted else "not there, and no --store to remember it in"
        return [Outcome(one.path, "not tried", reason, 0.0) for one in away]
    with contextlib.closing(opened(path)) as store:
        for one in away:
            store.desire(one)
    return [Outcome(one.path, "away", "gets it from `serve --sign` when it is back", 0.0) for one in away]


def _row(node: Node, wanted: Desired | None) -> dict[str, str]:
    own = node.devices.get("")
    values = own.values if own is not None else {}

    def said(name: str) -> str:
        return str(values[name].value) if name in values and values[name].value is not None else "-"

    return {
        "node": node.path,
        "state": node.state,
        "release": said(names.VERSION),
        "digest": said(names.CONFIGURATION_DIGEST),
        "configuration": said(names.CONFIGURATION_STATE),
        "shall have": "-" if wanted is None else wanted.digest,
    }
