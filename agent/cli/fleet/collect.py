"""`gadelys fleet collect`: what nodes tell of their configurations, and with `--to` their texts, one file a node."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from agent.cli import arguments, terminal
from agent.cli.fleet import pages
from agent.cli.fleet.dim import follow, progress_of, summary
from agent.cli.fleet.source import Asked, load_plan, opened, picture, place_of, store_of
from agent.cli.text import Column, Line, Span, line, table
from agent.cli.trouble import MISUSED, REFUSED, Trouble
from agent.cli.uplink.words import clean
from agent.fleet.collecting import Collecting, digest
from agent.fleet.group import Outcome
from agent.fleet.hearing import Message
from agent.fleet.records import Node
from agent.fleet.rollout import Desired, Key, digest_of
from agent.kept import replace
from agent.uplink import envelope, names

_WHOLE, _SHORT = 64, 12  # letters of a digest: all of it, and enough to tell it from another
_MODE = 0o600  # a text tells addresses
HAVE = frozenset({"collected", "same"})


class Wanted(msgspec.Struct, frozen=True):
    """What was typed: which nodes, where their texts go (none: nowhere, a table is shown), how it is asked."""

    pattern: str
    to: Path | None
    diff: bool
    within: str
    key: envelope.Key | None


def collect(asked: Asked, wanted: Wanted, *, seconds: float, as_json: bool) -> int:
    """List what nodes tell, or fetch their texts; 1 if the pattern names nobody, or not all of these are there. Trouble."""
    if wanted.to is None:
        return _listed(asked, wanted.pattern, seconds=seconds, as_json=as_json)
    try:
        within_s = arguments.any_duration_s(wanted.within, "--within")
    except ValueError as error:
        raise Trouble(str(error), MISUSED) from None
    folder = Folder(wanted.to)
    found = picture(asked, load_plan(asked.plan), seconds, _named(wanted.pattern))
    nodes = pages.chosen(found.nodes, wanted.pattern)
    outcomes = [_before(node, folder) for node in nodes]
    due = [(node.group, node.name) for node, one in zip(nodes, outcomes, strict=True) if one.status == "due"]
    outcomes = [one for one in outcomes if one.status != "due"]
    if due:
        collecting = Collecting(due, f"collect-{secrets.token_hex(4)}", within_s)
        changes = asyncio.run(_fetch(asked, collecting, folder, wanted.key, as_json=as_json))
        outcomes += collecting.outcomes
        if wanted.diff and not as_json:
            terminal.show(changes)
    if as_json:
        terminal.show_json(msgspec.json.encode([msgspec.structs.asdict(one) for one in outcomes]))
    elif outcomes:
        terminal.show(summary(outcomes, terminal.width(), "collected", HAVE))
    else:
        terminal.show([line(Span("nobody", "warn"), f" of the name {wanted.pattern} is known")])
    return 0 if outcomes and all(one.status in HAVE for one in outcomes) else REFUSED


async def _fetch(
    asked: Asked, collecting: Collecting, folder: Folder, key: envelope.Key | None, *, as_json: bool
) -> list[Line]:
    """Write each text as soon as it has come: who is interrupted has those. Return how they differ from those before."""
    changes: list[Line] = []
    show = progress_of(as_json=as_json)

    def progress(done: int, all_: int) -> None:
        for (group, name), text in collecting.take():
            changes.extend(difference(f"{group}/{name}", folder.read(group, name) or "", text))
            folder.write(group, name, text)
        show(done, all_)

    def hear(message: Message) -> None:
        collecting.see(message)

    await follow(place_of(asked.wanted), collecting.group, progress, key, hear)
    progress(collecting.group.size, collecting.group.size)
    return changes


class Folder:
    """Collected texts: `GROUP/NODE.toml` each."""

    def __init__(self, path: Path) -> None:
        """Trouble if that is there and no folder."""
        self.path = path
        if path.exists() and not path.is_dir():
            raise Trouble(f"{path}: expected a folder, found a file", MISUSED)

    def file(self, group: str, name: str) -> Path | None:
        """Return where a node's text lies; none for a name that is no file's."""
        if any(_unfit(part) for part in (group, name)):
            return None
        return self.path / group / f"{name}.toml"

    def read(self, group: str, name: str) -> str | None:
        """Return what was collected; none if nothing was. Trouble if it cannot be read."""
        path = self.file(group, name)
        if path is None or not path.is_file():
            return None
        try:
            return path.read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            raise Trouble(f"{path}: {getattr(error, 'strerror', None) or error}; collect it again", REFUSED) from None

    def write(self, group: str, name: str, text: str) -> None:
        """Replace a node's text as a whole. Trouble."""
        path = self.file(group, name)
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace(path, text.encode(), lasting=True, mode=_MODE)
        except OSError as error:
            raise Trouble(f"{path}: {error.strerror or error}; name a folder that can be written", REFUSED) from None

    def all(self) -> Iterator[Key]:
        """Yield whose texts are there, in order."""
        for path in sorted(self.path.glob("*/*.toml")):
            if not path.name.startswith("."):
                yield path.parent.name, path.stem


def difference(path: str, before: str, after: str) -> list[Line]:
    """Return how a text has changed, as `diff -u` tells it; a text that was not there is not told. Pure."""
    if not before:
        return []
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), f"{path} before", path, lineterm="")
    return [line(clean(one)) for one in found]


def _before(node: Node, folder: Folder) -> Outcome:
    """Judge what is to be done for a node: `due`, or how it ends without being asked."""
    if folder.file(node.group, node.name) is None:
        return Outcome(node.path, "refused", "its name cannot be a file's", 0.0)
    told, known = digest_of(node), folder.read(node.group, node.name)
    if known is not None and told and digest(known) == told:
        return Outcome(node.path, "same", "", 0.0)
    if node.state != "online":
        return Outcome(node.path, "away", "not connected", 0.0)
    return Outcome(node.path, "due", "", 0.0)


def _named(pattern: str) -> list[Key]:
    """Return the node that a pattern without wildcards is: that one is asked by name."""
    group, _, name = pattern.partition("/")
    return [(group, name)] if name and not set(pattern) & set("*?[") and "/" not in name else []


def _unfit(part: str) -> bool:
    return part.startswith(".") or "\\" in part or "\0" in part or len(part.encode("utf-8", "replace")) > 200


def _listed(asked: Asked, pattern: str, *, seconds: float, as_json: bool) -> int:
    found = picture(asked, load_plan(asked.plan), seconds, _named(pattern))
    shall: dict[str, Desired] = {}
    path = store_of(asked)
    if path is not None:
        with contextlib.closing(opened(path)) as store:
            shall = {one.path: one for one in store.desired()}
    nodes: Sequence[Node] = pages.chosen(found.nodes, pattern)
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
