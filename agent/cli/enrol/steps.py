"""`gadelys enrol`: the board's steps, with words for people."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from agent.cli import terminal
from agent.cli.trouble import MISUSED, REFUSED, Trouble
from agent.clock import RELEASED, SystemClock
from agent.config import Config, ConfigError, load_file
from agent.identity import der, enrolment, files
from agent.identity.bundle import LONGEST_BYTES
from agent.identity.refusal import Refusal
from agent.identity.standing import Now, judge

_Made = TypeVar("_Made")


def request(config: Path, typed: str, out: Path | None) -> int:
    """Make the first request, or one for a board that lost its identity."""
    board = _board(_config(config))
    return _written(board, out, tried(lambda: enrolment.request(board, typed)))


def renew(config: Path, out: Path | None) -> int:
    """Make a request by the identity that holds."""
    board = _board(_config(config))
    return _written(board, out, tried(lambda: enrolment.renew(board)))


def install(answer: Path, config: Path) -> int:
    """Take an answer into use."""
    read = _config(config)
    board, now = _board(read), _now(read)
    raw = tried(lambda: files.read(answer, LONGEST_BYTES))
    made = tried(lambda: enrolment.install(board, raw, now.utc if now.trusted else None))
    terminal.show_text(
        f"{board.identity}: {board.name}, until {made.not_after.date().isoformat()}; used at the next connection"
    )
    return 0


def show(config: Path, *, as_json: bool) -> int:
    """Show the certificate; 1 if there is none that holds."""
    read = _config(config)
    board, now = _board(read), _now(read)
    try:
        own = der.first(files.read(board.identity, LONGEST_BYTES))
    except der.NoCertificate as error:
        raise Trouble(f"{board.identity}: expected a certificate (PEM), {error}", REFUSED) from None
    except Refusal as error:
        raise Trouble(f"{error}; make a request: gadelys enrol request", REFUSED) from None
    judged = judge(own, now, read.uplink.tls.warn_days if read.uplink and read.uplink.tls else 0)
    pending = board.key.is_file()
    if as_json:
        facts = msgspec.structs.asdict(own) | {"serial": own.number, "pending": pending}
        terminal.show_json(msgspec.json.encode(facts | msgspec.structs.asdict(judged)))
    else:
        terminal.show_text(f"{own.organisation}/{own.name}: {judged.says} (number {own.number}, {board.identity})")
        if pending:
            terminal.show_text("a request is open: gadelys enrol install ANSWER")
    return REFUSED if judged.standing in {"ended", "early"} else 0


def tried(step: Callable[[], _Made]) -> _Made:
    """Take a step; what it refuses is trouble of the command's."""
    try:
        return step()
    except Refusal as refusal:
        raise Trouble(str(refusal), REFUSED) from None


def put(path: Path, text: str) -> None:
    """Write what is to be carried. Trouble if that fails."""
    try:
        path.write_text(text, encoding="ascii")
    except OSError as error:
        raise Trouble(f"{path}: {(error.strerror or str(error)).lower()}", REFUSED) from None


def _written(board: enrolment.Board, out: Path | None, text: str) -> int:
    path = out or Path(f"{board.node}.request")
    put(path, text)
    terminal.show_text(f"{path}: carry it to the authority, which runs: gadelys authority sign {path.name}")
    terminal.show_text("then, here: gadelys enrol install ANSWER")
    return 0


def _config(path: Path) -> Config:
    try:
        return load_file(path)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        raise Trouble(f"{path}: it has mistakes, so nothing was done", MISUSED) from None


def _board(config: Config) -> enrolment.Board:
    tls = config.uplink.tls if config.uplink is not None else None
    if tls is None:
        raise Trouble(f"{config.path}: expected a table [uplink.tls], found none", REFUSED)
    if tls.key is not None and tls.key != tls.certificate:
        raise Trouble(
            f"{config.path}: expected [uplink.tls] without key: certificate and key go into one file", REFUSED
        )
    return enrolment.Board(config.controller.group, config.controller.id, tls.certificate, tls.ca)


def _now(config: Config) -> Now:
    """Return the time, as far as this board knows it without its agent."""
    wall = SystemClock(config.controller.clock).wall()
    trusted: bool = wall.trusted and config.controller.clock != "gnss"
    return Now(wall.utc if trusted else RELEASED, trusted)


def local_day(moment: datetime) -> str:
    """Return a moment's day on this machine's calendar."""
    return moment.astimezone().date().isoformat()
