"""`gadelys lab run`: plays the schemes one after the other, with a bar on a terminal."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import msgspec

from agent.cli import terminal
from agent.cli.lab.load import load
from agent.cli.lab.page import Played, page_of
from agent.cli.lab.pages import table_of
from agent.cli.lab.pictures import pictures_of, zoom_step
from agent.cli.trouble import MISUSED, REFUSED, Trouble
from agent.lab.play import Account, Play
from agent.lab.records import Scenario
from agent.lab.schemes import SCHEMES
from agent.lab.scores import scores
from drivers.toml_words import did_you_mean

_FASTEST_S = 0.1  # between two drawings
_CLEAR = "\r\x1b[K"


def run(  # noqa: PLR0913 - the options' names
    name: str, schemes: str | None, page: Path | None, zoom: str | None, seed: int | None, *, as_json: bool
) -> int:
    """Play them, print the figures, write the page."""
    wanted = _wanted(schemes)
    scenario = load(name, seed)
    zoomed = zoom_step(scenario, zoom)
    if page is not None:
        _writable(page)
    played = _play(scenario, wanted, zoomed, shown=sys.stderr.isatty() and not as_json, draws=page is not None)
    accounts = {scheme: played[scheme].account for scheme in wanted}
    found = scores(scenario.name, accounts, played["conventional"].account)
    if page is not None:
        _write(page, page_of(scenario, {scheme: played[scheme] for scheme in wanted}, found))
    if as_json:
        terminal.show_json(msgspec.json.encode(found))
    else:
        terminal.show(table_of(scenario, accounts, found, terminal.width()))
        if page is not None:
            terminal.show_text(f"page: {page}")
    return 0


def _wanted(schemes: str | None) -> list[str]:
    if schemes is None:
        return list(SCHEMES)
    wanted = [name.strip() for name in schemes.split(",") if name.strip()]
    for name in wanted:
        if name not in SCHEMES:
            expected = f"one of {', '.join(SCHEMES)}{did_you_mean(name, SCHEMES)}"
            raise Trouble(f"--schemes: expected {expected}; found {name!r}", MISUSED)
    if not wanted:
        raise Trouble("--schemes: expected a name, or several with commas between; found none", MISUSED)
    return list(dict.fromkeys(wanted))


def _play(scenario: Scenario, wanted: list[str], zoomed: int, *, shown: bool, draws: bool) -> dict[str, Played]:
    """Play what was asked for, and conventional, which all is held against."""
    names = [*wanted, *({"conventional"} - set(wanted))]
    bar, played = Bar(len(names), shown=shown), {}
    for name in names:
        bar.begin(name)
        pictures = pictures_of(scenario, zoomed) if draws else ()
        account: Account = Play(scenario, pictures).run(SCHEMES[name](scenario), bar.part)
        played[name] = Played(account, pictures)
    bar.end()
    return played


class Bar:
    """How far a run is, in the last line of the terminal."""

    def __init__(self, parts: int, *, shown: bool) -> None:
        self._parts = parts
        self._done = -1
        self._name = ""
        self._shown = shown
        self._drawn_s = 0.0
        self._blocks = terminal.unicode()

    def begin(self, name: str) -> None:
        """Begin the next part."""
        self._done += 1
        self._name = name
        self.part(0.0)

    def part(self, share: float) -> None:
        """So much of this part is done, 0 to 1."""
        now_s = time.monotonic()
        if self._shown and now_s >= self._drawn_s + _FASTEST_S:
            self._drawn_s = now_s
            width = min(terminal.width() - 30, 40)
            full = round((self._done + share) / self._parts * width)
            done, left = ("█", "░") if self._blocks else ("#", ".")
            sys.stderr.write(f"{_CLEAR}{done * full}{left * (width - full)} {self._name}")
            sys.stderr.flush()

    def end(self) -> None:
        """Nothing more comes."""
        if self._shown:
            sys.stderr.write(_CLEAR)


def _writable(page: Path) -> None:
    """Refuse before the work what cannot be written after it."""
    if page.is_dir() or not page.absolute().parent.is_dir():
        raise Trouble(f"--page: expected a file in a folder that is there; found {page}", MISUSED)


def _write(page: Path, text: str) -> None:
    try:
        page.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Trouble(f"{page}: {(error.strerror or str(error)).lower()}", REFUSED) from None
