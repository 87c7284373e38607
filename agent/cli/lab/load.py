"""From what was typed to a scenario: a shipped one by its name, or a file, with the files that it names."""

from __future__ import annotations

import gzip
import os
import zlib
from functools import cache
from pathlib import Path

import agent.lab
from agent.cli.trouble import MISUSED, Trouble
from agent.config import ConfigError
from agent.config.file import load_document
from agent.lab.files import UnreadableError
from agent.lab.read import read
from agent.lab.records import Scenario
from drivers.toml_words import did_you_mean

FOLDER = Path(agent.lab.__file__).parent / "scenarios"
DATA = "GADELYS_DATA"
LONGEST_FILE_BYTES = 64 << 20


def shipped_names() -> tuple[str, ...]:
    """Return the names of the scenarios that are shipped."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def load(scenario: str, seed: int | None = None) -> Scenario:
    """Read a scenario, by name or from a file. Trouble with all its mistakes."""
    names = shipped_names()
    path = FOLDER / f"{scenario}.toml" if scenario in names else Path(scenario)
    if scenario not in names and not path.suffix and not path.exists():
        expected = f"{', '.join(names)}, or a TOML file{did_you_mean(scenario, names)}"
        raise Trouble(f"SCENARIO: expected {expected}; found {scenario!r}", MISUSED)
    try:
        return load_file(path, seed)
    except ConfigError as error:
        raise Trouble(str(error), MISUSED) from None


def load_file(path: Path, seed: int | None = None) -> Scenario:
    """Read a scenario from a file. ConfigError with all its mistakes, each with its line."""
    values, ledger = load_document(path, "a scenario", "docs/lab.md")
    scenario = read(path.stem, values, ledger, FilesBeside(path.absolute().parent), seed)
    if ledger.mistakes:
        raise ConfigError(path, ledger.mistakes)
    return scenario


class FilesBeside:
    """The files that a scenario names: from its folder, or from the folder of measured data that $GADELYS_DATA names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def text(self, name: str) -> str:
        """Return a file's text, unpacked if its name ends in .gz. UnreadableError."""
        if name.startswith(f"${DATA}/"):
            data = os.environ.get(DATA)
            if not data:
                raise UnreadableError(f"{name}: {DATA} is not set; it names the folder of measured data")
            name = name.replace(f"${DATA}", data, 1)
        return _text(self._folder / name)


@cache
def _text(path: Path) -> str:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            raw = file.read(LONGEST_FILE_BYTES + 1)
    except (OSError, EOFError, zlib.error, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnreadableError(f"{path}: {reason}") from None
    if len(raw) > LONGEST_FILE_BYTES:
        raise UnreadableError(f"{path}: more than {LONGEST_FILE_BYTES >> 20} MiB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{path}: expected UTF-8, found the byte 0x{raw[error.start]:02x}") from None
