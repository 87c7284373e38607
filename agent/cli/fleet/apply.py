"""`gadelys fleet apply`: whole configurations, or one calendar for many, in stages."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from agent.cli import arguments, terminal
from agent.cli.fleet.collect import Folder, difference
from agent.cli.fleet.dim import command, progress_of, summary
from agent.cli.fleet.source import Asked, load_plan, opened, picture, place_of, store_of
from agent.cli.trouble import MISUSED, REFUSED, Trouble
from agent.config import ConfigError, load_file
from agent.config.file import load_document
from agent.fleet import rollout
from agent.fleet.collecting import digest
from agent.fleet.group import Outcome
from agent.fleet.records import Node
from agent.fleet.rollout import CHANGED, Desired, Key, Rollout
from agent.fleet.splice import calendar_of, with_calendar
from agent.kept import replace
from agent.uplink import envelope
from agent.uplink.payload import Payload, encode

_HALTED = "halted: one before it has failed, or is still on trial"
_LATER = frozenset({"verified", "away"})


class Steps(msgspec.Struct, frozen=True):
    """What was typed: files, or a calendar, for whom, and where their texts were collected to."""

    files: Sequence[Path]
    calendar: Path | None
    nodes: str | None
    collected: Path | None
    dry_run: bool
    canary: int
    stage: int
    within: str
    key: envelope.Key | None


class Made(msgspec.Struct, frozen=True):
    """What nodes shall have; `befores` are the texts that it was made of, `refused` those for whom none can be made."""

    wanted: list[Desired]
    refused: list[Outcome]
    folder: Folder | None = None
    befores: dict[Key, str] = {}


def apply(asked: Asked, steps: Steps, *, seconds: float, as_json: bool) -> int:
    """Bring nodes to their configurations; 0 if all that were there are verified, 1 if not. Trouble before anything is sent."""
    try:
        within_s = arguments.any_duration_s(steps.within, "--within")
    except ValueError as error:
        raise Trouble(str(error), MISUSED) from None
    made = _made(steps)
    wanted = made.wanted
    found = picture(asked, load_plan(asked.plan), seconds, [one.key for one in wanted])
    nodes = {(node.group, node.name): node for node in found.nodes}
    places = {one.key: rollout.place_of(one, nodes) for one in wanted}
    outcomes = [*made.refused, *_uncollected(found.nodes, steps, made)]
    outcomes += [Outcome(one.path, "refused", CHANGED, 0.0) for one in wanted if places[one.key] == "changed"]
    same = [one for one in wanted if places[one.key] == "same"]
    outcomes += [_has_it(one, nodes[one.key]) for one in same]
    due, away = ([one for one in wanted if places[one.key] == place] for place in ("due", "away"))
    if steps.dry_run:
        return _shown(made, [*due, *away], outcomes, as_json=as_json)
    _keep(made, [one for one in same if rollout.on_trial(nodes[one.key]) is None])
    stages = Rollout(due, steps.canary, steps.stage)
    stages.halted = any(rollout.on_trial(nodes[one.key]) is not None for one in same)
    while stage := stages.next():
        targets = [one.target() for one in stage]
        ended = asyncio.run(command(place_of(asked.wanted), targets, within_s, progress_of(as_json=as_json), steps.key))
        ended = [msgspec.structs.replace(one, path=one.path.rstrip("/")) for one in ended]
        _keep(made, [one for one in stage if one.path in _verified(ended)])
        outcomes += ended
        stages.ended(ended)
    outcomes += [Outcome(one.path, "not tried", _HALTED, 0.0) for one in stages.rest]
    outcomes += _later(asked, away, halted=stages.halted)
    if as_json:
        terminal.show_json(msgspec.json.encode([msgspec.structs.asdict(one) for one in outcomes]))
    else:
        terminal.show(summary(outcomes, terminal.width()))
    return 0 if all(one.status in _LATER for one in outcomes) else REFUSED


def _made(steps: Steps) -> Made:
    """Make what nodes shall have, all of it, before anybody is looked for. Trouble."""
    calendar = (steps.calendar, steps.nodes, steps.collected)
    if steps.files and any(calendar):
        raise Trouble("expected either FILE... or --calendar with --nodes and --collected, found both", MISUSED)
    if steps.files:
        return Made(read_files(steps.files), [])
    if steps.calendar is None or steps.nodes is None or steps.collected is None:
        raise Trouble("expected FILE..., or --calendar FILE --nodes PATTERN --collected DIR", MISUSED)
    return read_calendar(steps.calendar, steps.nodes, Folder(steps.collected))


def read_files(files: Sequence[Path]) -> list[Desired]:
    """Read configurations as the agent would, and whose they are. Trouble with all mistakes; no node may have two."""
    name, found, mistakes = _name(), dict[Key, Desired](), list[str]()
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


def read_calendar(path: Path, pattern: str, folder: Folder) -> Made:
    """Put a calendar into the collected text of each node that a pattern names. Trouble if it is none, or names nobody."""
    try:
        values, _ = load_document(path, "a calendar", "docs/calendar.md")
        calendar = path.read_text(encoding="utf-8")
    except (ConfigError, OSError) as error:
        raise Trouble(str(error), MISUSED) from None
    if wrong := calendar_of(values):
        raise Trouble(f"{path}: {wrong}", MISUSED)
    name, made = _name(), Made([], [], folder)
    for key in folder.all():
        if not fnmatchcase("/".join(key), pattern):
            continue
        text = folder.read(*key) or ""
        try:
            wanted = Desired(*key, with_calendar(text, calendar), name, digest(text))
            _check(folder, wanted)
        except ValueError as error:
            made.refused.append(Outcome("/".join(key), "refused", str(error), 0.0))
        else:
            made.wanted.append(wanted)
            made.befores[key] = text
    if not made.wanted and not made.refused:
        raise Trouble(
            f"--collected {folder.path}: nothing of {pattern} is there; `gadelys fleet collect '{pattern}' --to {folder.path}`"
            " fetches it",
            REFUSED,
        )
    return made


def _check(folder: Folder, wanted: Desired) -> None:
    """Read a text as the agent would that has it. ValueError with the first mistake."""
    file = folder.file(*wanted.key)
    if file is None:
        raise ValueError("its name cannot be a file's")
    path = file.with_name(f".{file.name}.next")
    try:
        replace(path, wanted.text.encode(), lasting=False, mode=0o600)
        config = load_file(path)
        encode(Payload(tuple(wanted.target().order.metrics())))
    except ConfigError as error:
        first, more = error.mistakes[0], len(error.mistakes) - 1
        place = f"line {first.line}: " if first.line else ""
        raise ValueError(f"{place}{first}" + (f"; and {more} more" if more else "")) from None
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror or error}") from None
    finally:
        path.unlink(missing_ok=True)
    if (config.controller.group, config.controller.id) != wanted.key:
        told = f"{config.controller.group}/{config.controller.id}"
        raise ValueError(f"controller: expected {wanted.path} as the file is called, found {told}")
    if config.uplink is None:
        raise ValueError("uplink: expected [uplink], found nothing: the node would not be heard again")


def _uncollected(nodes: Sequence[Node], steps: Steps, made: Made) -> list[Outcome]:
    """Return those who are meant and whose text is not there."""
    if made.folder is None:
        return []
    known = {one.path for one in made.wanted} | {one.path for one in made.refused}
    why = f"its text is not known: `gadelys fleet collect {{}} --to {made.folder.path}` fetches it"
    return [
        Outcome(node.path, "refused", why.format(node.path), 0.0)
        for node in nodes
        if fnmatchcase(node.path, steps.nodes or "") and node.path not in known
    ]


def _shown(made: Made, wanted: Sequence[Desired], outcomes: Sequence[Outcome], *, as_json: bool) -> int:
    """Show what would be sent."""
    would = [Outcome(one.path, "due", "", 0.0) for one in wanted]
    if as_json:
        terminal.show_json(msgspec.json.encode([msgspec.structs.asdict(one) for one in (*outcomes, *would)]))
    else:
        for one in wanted:
            terminal.show(difference(one.path, made.befores.get(one.key, ""), one.text))
        terminal.show(summary([*outcomes, *would], terminal.width(), "to be changed", frozenset({"due"})))
    return REFUSED if any(one.status == "refused" for one in outcomes) else 0


def _has_it(wanted: Desired, node: Node) -> Outcome:
    """Judge a node that has its text; one that was cut off from its proof may still go back by itself."""
    trial = rollout.on_trial(node)
    return Outcome(
        wanted.path, *(("verified", "it has it") if trial is None else ("no proof", f"{trial}; ask again")), 0.0
    )


def _verified(ended: Sequence[Outcome]) -> set[str]:
    return {one.path for one in ended if one.status == "verified"}


def _keep(made: Made, wanted: Sequence[Desired]) -> None:
    """Note what nodes have by now where it was collected: the next calendar begins from there."""
    if made.folder is not None:
        for one in wanted:
            made.folder.write(one.group, one.node, one.text)


def _later(asked: Asked, away: Sequence[Desired], *, halted: bool) -> list[Outcome]:
    """Note for `serve` who was not there; after a halt nobody is to follow."""
    path = store_of(asked)
    if halted or path is None:
        reason = _HALTED if halted else "not there, and no --store to remember it in"
        return [Outcome(one.path, "not tried", reason, 0.0) for one in away]
    with contextlib.closing(opened(path)) as store:
        for one in away:
            store.desire(one)
    return [Outcome(one.path, "away", "gets it from `serve --sign` when it is back", 0.0) for one in away]


def _name() -> str:
    return f"apply-{secrets.token_hex(3)}"
