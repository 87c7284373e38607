"""`gadelys fleet dim` and `write`: commands to lamps, each with its proof."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sys
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from agent.cli import arguments, terminal
from agent.cli import format as fmt
from agent.cli.fleet.source import Asked, load_plan, picture, place_of
from agent.cli.text import Line, Span, Tone, line, wrap
from agent.cli.trouble import MISUSED, REFUSED, UNREACHABLE, Trouble
from agent.cli.uplink.host import joined
from agent.cli.uplink.place import Place
from agent.cli.uplink.words import clean
from agent.fleet.group import GroupCommand, Outcome, Target
from agent.fleet.hearing import Message
from agent.fleet.plan import Plan
from agent.fleet.proof import Order
from agent.fleet.records import Node
from agent.uplink import names
from agent.uplink.envelope import Key
from agent.uplink.payload import Payload, encode

_STEP_S = 0.05
MOST_NAMED = 20


class Group(msgspec.Struct, frozen=True):
    """Which lamps are meant: by pattern, street and list; one of them at least."""

    pattern: str | None
    street: str | None
    listed: Path | None


class Wish(msgspec.Struct, frozen=True):
    """What is asked of each: a level in per cent, none = release."""

    level_pct: float | None
    for_s: int | None
    within_s: int


def dim(asked: Asked, group: Group, wish: Wish, *, seconds: float, as_json: bool) -> int:
    """Dim the lamps of a group, or release them; 0 if all are verified, 1 if not. Trouble if there are none."""
    plan = load_plan(asked.plan)
    chooser = _chooser(group, plan)
    nodes = picture(asked, plan, seconds, _nodes(group, plan)).nodes
    targets = [_target(path, wish) for path in _lamps(nodes) if chooser(path)]
    absent = sorted(path for path in _named(group) if path not in _lamps(nodes)) if group.listed is not None else []
    if not targets:
        raise Trouble("no lamp of that name is known; `gadelys fleet list --devices` shows those that are", REFUSED)
    outcomes = asyncio.run(command(place_of(asked.wanted), targets, wish.within_s, progress_of(as_json=as_json)))
    outcomes += [Outcome(path, "not known", "no lamp of that name has been heard of", 0.0) for path in absent]
    if as_json:
        terminal.show_json(msgspec.json.encode([msgspec.structs.asdict(one) for one in outcomes]))
    else:
        terminal.show(summary(outcomes, terminal.width()))
    return 0 if all(one.status == "verified" for one in outcomes) else REFUSED


class Typed(msgspec.Struct, frozen=True):
    """What was typed for one point: GROUP/NODE/DEVICE/FUNCTION/RESOURCE."""

    point: str
    value: str
    for_: str | None
    within: str

    def read(self) -> tuple[Target, int]:
        """Return the command, and how many seconds its proof may take. ValueError where the syntax is wrong."""
        parts = self.point.split("/")
        if len(parts) != 5 or not all(parts):
            raise ValueError(f"POINT: expected GROUP/NODE/DEVICE/FUNCTION/RESOURCE; found {self.point!r}")
        device, metric = arguments.point("/".join(parts[2:]))
        for_s = None if self.for_ is None else arguments.any_duration_s(self.for_, "--for")
        order = Order(device, metric, arguments.any_value(self.value), _id(), for_s)
        return Target(parts[0], parts[1], order), arguments.any_duration_s(self.within, "--within")


def write(asked: Asked, typed: Typed, *, as_json: bool) -> int:
    """Write one point and wait for its proof; 0 verified, 1 refused, 3 no end in time. Trouble."""
    try:
        target, within_s = typed.read()
        encode(Payload(tuple(target.order.metrics())))  # what has no encoding is refused before anything is done
    except ValueError as error:
        raise Trouble(str(error), MISUSED) from None
    (outcome,) = asyncio.run(command(place_of(asked.wanted), [target], within_s, lambda _done, _all: None))
    if as_json:
        terminal.show_json(msgspec.json.encode(outcome))
    else:
        terminal.show([_row_line(outcome)])
    if outcome.status in names.ENDED:
        return 0 if outcome.status == "verified" else REFUSED
    return UNREACHABLE


async def command(
    place: Place,
    targets: Sequence[Target],
    within_s: float,
    progress: Callable[[int, int], None],
    key: Key | None = None,
) -> list[Outcome]:
    """Send commands, signed where there is a key; return the outcomes in the order in which they ended. Trouble."""
    group = GroupCommand(targets, within_s)
    await follow(place, group, progress, key)
    return group.outcomes


async def follow(
    place: Place,
    group: GroupCommand,
    progress: Callable[[int, int], None],
    key: Key | None = None,
    hear: Callable[[Message], None] = lambda _: None,
) -> None:
    """Send a group's commands until all have ended; `hear` is told each message first. Trouble."""
    clock = asyncio.get_running_loop().time
    async with joined(place) as host:

        async def listen() -> None:
            async for message in host.messages():
                if isinstance(message, Message):
                    hear(message)
                    group.see(message, clock())

        listening = asyncio.create_task(listen())
        try:
            while not group.done:
                for target in group.due(clock()):
                    await host.command(target.group, target.node, target.order.device, *target.order.metrics(), key=key)
                progress(len(group.outcomes), group.size)
                await asyncio.wait([listening], timeout=_STEP_S)
                if listening.done():
                    listening.result()
        finally:
            listening.cancel()


def summary(
    outcomes: Sequence[Outcome], width: int, done: str = "verified", good: frozenset[str] = frozenset({"verified"})
) -> list[Line]:
    """Return how many are `done`, which all of the status `good` are, and by name who is not. Pure."""
    ended = [one for one in outcomes if one.status in good]
    slowest = max((one.after_s for one in ended), default=0.0)
    took = f", the last after {fmt.delay(slowest)}" if slowest else ""
    head = line(
        Span(f"{len(ended)} of {len(outcomes)} {done}", "good" if len(ended) == len(outcomes) else "warn"), took
    )
    others = [one for one in outcomes if one.status not in good]
    named = sorted(others, key=lambda one: one.path)[:MOST_NAMED]
    broad = max((len(one.path) for one in named), default=0)
    lines = [head]
    for one in named:
        lines.append(line(Span(clean(one.path).ljust(broad), "bold"), "  ", Span(clean(one.status), "bad")))
        reason = clean(one.reason)
        if broad + len(one.status) + len(reason) + 4 <= width:
            lines[-1] += line("  ", reason)
        else:
            lines += wrap(reason, width, first="  ", rest="  ")
    if len(others) > MOST_NAMED:
        lines.append(line(Span(f"and {len(others) - MOST_NAMED} more; --json names all", "dim")))
    return lines


def read_wish(level: str | None, for_: str | None, within: str) -> Wish:
    """Read what was typed; no level is a release. Trouble."""
    try:
        return Wish(
            None if level is None else arguments.level_pct(level),
            None if for_ is None else arguments.any_duration_s(for_, "--for"),
            arguments.any_duration_s(within, "--within"),
        )
    except ValueError as error:
        raise Trouble(str(error), MISUSED) from None


def _chooser(group: Group, plan: Plan) -> Callable[[str], bool]:
    tests: list[Callable[[str], bool]] = []
    if group.pattern is not None:
        pattern = group.pattern
        tests.append(lambda path: fnmatchcase(path, pattern))
    if group.street is not None:
        areas = [area for area in plan.areas if group.street in {area.id, area.title}]
        if not areas:
            known = ", ".join(area.id for area in plan.areas) or "none; name the fleet's file with --fleet"
            raise Trouble(f"--street: expected a street of the fleet's file ({known}); found {group.street!r}", MISUSED)
        tests.append(areas[0].has)
    if group.listed is not None:
        listed = _named(group)
        tests.append(lambda path: path in listed)
    if not tests:
        raise Trouble("name the lamps: --lamps 'demo/*/lum-*', --street or --list", MISUSED)
    return lambda path: all(test(path) for test in tests)


def _nodes(group: Group, plan: Plan) -> list[tuple[str, str]]:
    """Return the nodes that the group lies in, if they are known by name; else none."""
    patterns = [group.pattern] if group.pattern is not None else sorted(_named(group))
    if not patterns:
        patterns = [one for area in plan.areas if group.street in {area.id, area.title} for one in area.lamps]
    places = sorted({tuple(pattern.split("/")[:2]) for pattern in patterns})
    if any(len(place) != 2 or set("".join(place)) & set("*?[") for place in places):
        return []
    return [(place[0], place[1]) for place in places]


def _named(group: Group) -> set[str]:
    """Return the devices of a list, a line each."""
    if group.listed is None:
        return set()
    try:
        text = group.listed.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble(f"--list: {group.listed}: {getattr(error, 'strerror', None) or error}", MISUSED) from None
    found = set()
    for number, row in enumerate(text.splitlines(), 1):
        path = row.partition("#")[0].strip()
        if path and path.count("/") != 2:
            raise Trouble(f"{group.listed}:{number}: expected GROUP/NODE/DEVICE, found {path!r}", MISUSED)
        found |= {path} - {""}
    return found


def _lamps(nodes: Sequence[Node]) -> list[str]:
    """Return the devices that can be dimmed."""
    return sorted(
        f"{node.path}/{name}"
        for node in nodes
        for name, device in node.devices.items()
        if name and names.RELEASE in device.values
    )


def _target(path: str, wish: Wish) -> Target:
    group, node, device = path.split("/")
    if wish.level_pct is None:
        order = Order(device, names.RELEASE, True, _id())
    else:
        order = Order(device, names.DIMMING, wish.level_pct, _id(), wish.for_s)
    return Target(group, node, order)


def _id() -> str:
    return f"fleet-{secrets.token_hex(4)}"


def _row_line(outcome: Outcome) -> Line:
    tone: Tone = "good" if outcome.status == "verified" else "bad"
    reason = f": {clean(outcome.reason)}" if outcome.reason else ""
    return line(Span(clean(outcome.status), tone), f"  after {fmt.delay(outcome.after_s)}{reason}")


def progress_of(*, as_json: bool) -> Callable[[int, int], None]:
    """Return what shows how far it is, on a terminal."""
    if as_json or not sys.stderr.isatty():
        return lambda _done, _all: None

    def show(done: int, all_: int) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"\r{done} of {all_}\x1b[K" if done < all_ else "\r\x1b[K")
            sys.stderr.flush()

    return show
