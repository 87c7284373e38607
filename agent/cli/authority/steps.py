"""`gadelys authority`: the city's steps, with words for people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import msgspec

from agent.cli import format as fmt
from agent.cli import terminal
from agent.cli.enrol.steps import local_day, put, tried
from agent.cli.text import Column, Span, table
from agent.cli.trouble import MISUSED, Trouble
from agent.identity import authority as city
from agent.identity import files
from agent.identity.bundle import LONGEST_BYTES, read
from agent.identity.register import NAME, Issued, Role
from agent.identity.signing import AUTHORITY_DAYS

_SHORTEST = 12


class Where(msgspec.Struct, frozen=True):
    """An authority's folder, and the file whose first line opens its key; none: it is asked for."""

    folder: Path
    secret: Path | None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate for a broker or a platform."""

    name: str
    role: Role
    group: str
    addresses: tuple[str, ...]
    days: int


def init(folder: Path, name: str, secret: Path | None, *, unlocked: bool) -> int:
    """Make an authority."""
    if not name.strip() or not name.isprintable() or len(name) > 40:
        raise Trouble(f"--city: expected a name of 1 to 40 letters, found {name!r}", MISUSED)
    passphrase = "" if unlocked else _new_passphrase(secret)
    tried(lambda: city.init(folder, name, _now(), passphrase))
    terminal.show_text(f"{folder}: an authority for {name}, for {fmt.count(AUTHORITY_DAYS // 365, 'year')}")
    return 0


def invite(where: Where, group: str, node: str, days: int, *, as_json: bool) -> int:
    """Print a code."""
    _check("NODE", node)
    _check("--group", group)
    made = _opened(where, needed=False)
    shown, invitation = tried(lambda: made.invite(group, node, timedelta(days=days)))
    if as_json:
        said = {"code": shown, "group": group, "node": node, "until": invitation.until}
        terminal.show_json(msgspec.json.encode(said))
    else:
        terminal.show_text(f"{shown}   for {group}/{node}, once, until {local_day(invitation.until)}")
    return 0


def sign(where: Where, request: Path, days: int, out: Path | None) -> int:
    """Answer a request."""
    asked = tried(lambda: read(files.read(request, LONGEST_BYTES), "request"))
    made = _opened(where)
    signed = tried(lambda: made.sign(asked, days))
    path = out or request.with_suffix(".answer")
    put(path, signed.answer)
    terminal.show_text(f"{path}: for {asked.group}/{asked.node}; carry it back: gadelys enrol install {path.name}")
    if signed.replaced:
        held = fmt.count(len(signed.replaced), "certificate")
        terminal.show_text(f"a new board stands there: {held} of the old one revoked")
    if signed.replaced or signed.acl_changed:
        _carry(made)
    return 0


def issue(where: Where, wanted: Wanted) -> int:
    """Make what a broker or a platform needs."""
    for option, word in (("NAME", wanted.name), ("--group", wanted.group)):
        _check(option, word)
    for address in wanted.addresses:
        if not all(char.isalnum() or char in ".:-" for char in address):
            raise Trouble(f"--address: expected a host's name or address, found {address!r}", MISUSED)
    made = _opened(where)
    carried = tried(lambda: made.issue(wanted.group, wanted.role, wanted.name, wanted.addresses, wanted.days))
    terminal.show_text(f"{carried}: carry it to that machine, then remove key.pem here")
    return 0


def revoke(where: Where, name: str, reason: str) -> int:
    """Revoke what a name holds."""
    made = _opened(where)
    held = tried(lambda: made.revoke(name, reason))
    terminal.show_text(f"{fmt.count(len(held), 'certificate')} of {held[0].group}/{held[0].name} revoked")
    _carry(made)
    return 0


def list_(folder: Path, *, everything: bool, as_json: bool) -> int:
    """List what was signed."""
    now = _now()
    made = tried(lambda: city.Authority(folder, now))
    issued = tried(made.issued)
    shown = sorted((one for one in issued if everything or one.holds(now)), key=lambda one: one.expires)
    if as_json:
        terminal.show_json(msgspec.json.encode(shown))
        return 0
    columns = [
        Column("name"),
        Column("group"),
        Column("role"),
        Column("until"),
        Column("state"),
        Column("number", spare=1),
    ]
    rows: list[list[Span | str]] = [
        [one.name, one.group, one.role, local_day(one.expires), _state(one, now), one.serial] for one in shown
    ]
    terminal.show(table(columns, rows, terminal.width()))
    return 0


def _state(one: Issued, now: datetime) -> Span:
    if one.revoked is not None:
        return Span(f"revoked {local_day(one.revoked)}", "bad")
    left = one.expires - now
    return (
        Span("holds", "good") if left > timedelta(days=30) else Span("ends soon" if one.holds(now) else "ended", "warn")
    )


def _carry(made: city.Authority) -> None:
    brokers = [path.parent for path in sorted((made.folder / "carry").glob("*/gadelys.conf"))]
    for folder in brokers or [made.folder]:
        terminal.show_text(f"carry to the broker, then restart it: {folder / 'crl.pem'}, {folder / 'acl'}")


def _opened(where: Where, *, needed: bool = True) -> city.Authority:
    """Return the authority, its key opened where it is needed and locked."""
    folder, secret, passphrase = where.folder, where.secret, ""
    if needed and (folder / "ca.key").exists() and tried(lambda: city.locked(folder)):
        passphrase = _line(secret) if secret else click.prompt("passphrase", hide_input=True, err=True)
    return tried(lambda: city.Authority(folder, _now(), passphrase))


def _new_passphrase(secret: Path | None) -> str:
    passphrase = (
        _line(secret) if secret else click.prompt("new passphrase", hide_input=True, confirmation_prompt=True, err=True)
    )
    if len(passphrase) < _SHORTEST:
        raise Trouble(f"expected a passphrase of {_SHORTEST} characters or more, or --unlocked", MISUSED)
    return str(passphrase)


def _line(path: Path) -> str:
    lines = tried(lambda: files.read(path, 1024)).decode(errors="replace").splitlines()
    return lines[0] if lines else ""


def _check(option: str, name: str) -> None:
    if not NAME.fullmatch(name) or not name.strip("."):
        raise Trouble(f"{option}: expected 1 to 64 of A-Z a-z 0-9 . _ -, found {name!r}", MISUSED)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the time of the person who signs
