"""Where the commands look: at the store that `serve` keeps, or for some seconds at the broker. And the fleet's file."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from agent.cli.lab.load import FilesBeside
from agent.cli.trouble import MISUSED, REFUSED, Trouble
from agent.cli.uplink.host import Host, joined, rebirth
from agent.cli.uplink.place import ANY, Place, Wanted, find
from agent.config import ConfigError
from agent.config.file import load_document
from agent.fleet.alarms import Alarm, alarms, faults
from agent.fleet.hearing import Hearing, Message
from agent.fleet.plan import Plan, read_plan
from agent.fleet.records import Node
from agent.fleet.session import MOST_DEVICES, Session
from agent.fleet.store import CONNECTED, SERVED, Store, StoreFault

PLAN, STORE = Path("/etc/gadelys/fleet.toml"), Path("/var/lib/gadelys/fleet.db")
STORE_VARIABLE = "GADELYS_FLEET_STORE"
STEP_S = 0.1
QUIET_MS = 500  # births follow each other at once
REMEMBERED = 64 * MOST_DEVICES  # devices whose births give units to what follows
LATE_MS = 60_000  # `serve` writes every 5 s


class Asked(msgspec.Struct, frozen=True):
    """What the options say."""

    wanted: Wanted
    plan: Path | None
    store: Path | None


class Picture(msgspec.Struct, frozen=True):
    """The fleet at a time. `remark`: what is to be known of this picture, "" if nothing."""

    at_ms: int
    nodes: list[Node]
    alarms: list[Alarm]
    remark: str


def now_ms() -> int:
    """Return the time of this machine."""
    return int(datetime.now(UTC).timestamp() * 1000)  # noqa: TID251 - a host has no other clock


def load_plan(path: Path | None) -> Plan:
    """Read the fleet's file; the one of the system, if there is one, where none is named. Trouble with all its mistakes."""
    if path is None and not PLAN.exists():
        return Plan()
    path = path or PLAN
    try:
        values, ledger = load_document(path, "a fleet", "docs/fleet.md")
        plan = read_plan(values, ledger, FilesBeside(path.absolute().parent), _is_time_zone)
    except ConfigError as error:
        raise Trouble(str(error), MISUSED) from None
    if ledger.mistakes:
        raise Trouble(str(ConfigError(path, ledger.mistakes)), MISUSED)
    return plan


def store_of(asked: Asked) -> Path | None:
    """Return the store to look into; none where the broker is to be looked at."""
    if asked.store is not None or asked.wanted.host is not None:
        return asked.store
    named = os.environ.get(STORE_VARIABLE)
    if named:
        return Path(named)
    return STORE if STORE.exists() else None


def opened(path: Path, *, make: bool = False) -> Store:
    """Open a store. Trouble if it cannot be used."""
    try:
        return Store(path, make=make)
    except StoreFault as fault:
        raise Trouble(str(fault), REFUSED) from None


def place_of(wanted: Wanted) -> Place:
    """Return the broker, for all nodes unless one is named."""
    return msgspec.structs.replace(find(wanted), group=wanted.group or ANY, node=wanted.node or ANY)


def picture(asked: Asked, plan: Plan, seconds: float, only: Sequence[tuple[str, str]] = ()) -> Picture:
    """Return the fleet as the store has it, or as the broker tells it within so many seconds. Trouble.

    `only`: if no other nodes (group, name) are of interest, it is over when they have told all of theirs.
    """
    path = store_of(asked)
    if path is None:
        return asyncio.run(_look(place_of(asked.wanted), plan, seconds, only))
    with contextlib.closing(opened(path)) as store:
        return stored(store)


def stored(store: Store) -> Picture:
    """Return the fleet as the store has it. Trouble."""
    try:
        facts, at_ms = store.facts(), now_ms()
        served_ms = facts.get(SERVED, 0)
        remark = ""
        if at_ms - served_ms > LATE_MS:
            remark = "`gadelys fleet serve` does not run: this is old"
        elif not facts.get(CONNECTED):
            remark = "`gadelys fleet serve` has no connection to the broker: this is old"
        return Picture(served_ms if remark else at_ms, store.nodes(), store.alarms(), remark)
    except StoreFault as fault:
        raise Trouble(str(fault), REFUSED) from None


async def _look(place: Place, plan: Plan, seconds: float, only: Sequence[tuple[str, str]]) -> Picture:
    session = Session()
    for group, name in only:
        session.want(group, name)
    async with joined(place) as host:
        hearing = asyncio.create_task(hear(host, session, plan))
        try:
            async with asyncio.timeout(seconds):
                while not hearing.done() and not _is_whole(session, only):
                    await asyncio.wait([hearing], timeout=STEP_S)
            if hearing.done():
                hearing.result()
        except TimeoutError:
            pass
        finally:
            hearing.cancel()
    return pictured(session, plan)


def _is_whole(session: Session, only: Sequence[tuple[str, str]]) -> bool:
    """Whether all that are of interest are born, and none of their devices was for a moment."""
    nodes = [session.nodes[key] for key in only]
    births = [device.since_ms for node in nodes for device in node.devices.values()]
    return bool(births) and all(node.state == "online" for node in nodes) and now_ms() - max(births) > QUIET_MS


async def hear(host: Host, session: Session, plan: Plan) -> None:
    """Take in what nodes say, and ask those for their births that are known by name or by a word. Without an end."""
    for group, name in plan.nodes():
        session.want(group, name)
    asking = asyncio.create_task(ask(host, session))
    try:
        async for message in host.messages(Hearing(most=REMEMBERED)):
            if isinstance(message, Message):
                session.hear(message, now_ms())
    finally:
        asking.cancel()


async def ask(host: Host, session: Session) -> None:
    """Ask for births that are wanted, without an end."""
    while True:
        for group, name in session.rebirths(asyncio.get_running_loop().time()):
            await host.command(group, name, "", rebirth())
        await asyncio.sleep(0.2)


def pictured(session: Session, plan: Plan) -> Picture:
    """Return what a session knows."""
    nodes = list(session.nodes.values())
    return Picture(now_ms(), nodes, alarms(faults(nodes, plan.area_of)), "")


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
