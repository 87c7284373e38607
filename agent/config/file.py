"""From a path to a configuration: reads the file, the profiles and the time zones. The edge of this package."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent.config.errors import ConfigError, Mistake
from agent.config.read import ProfileFacts, read
from agent.config.records import Config
from agent.config.table import Ledger
from drivers.profile import load_profile, own_folder, profile_names
from drivers.toml_lines import key_lines

LONGEST_FILE_BYTES = 1 << 20


def load_file(path: Path) -> Config:
    """Read a configuration. ConfigError with all mistakes, each with its line; nothing is half used."""
    path = path.absolute()
    values, ledger = load_document(path, "a configuration", "docs/pole.toml")
    config = read(path, values, ledger, _World(own_folder(path)))
    if ledger.mistakes:
        raise ConfigError(path, ledger.mistakes)
    return config


def load_document(path: Path, what: str, page: str) -> tuple[dict[str, Any], Ledger]:
    """Read a TOML file of any kind; `what` it is and the `page` that explains it are for messages. ConfigError."""
    document = _document(path, what, page)
    try:
        values = tomllib.loads(document)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(path, [_syntax(document, str(error))]) from None
    except RecursionError:
        raise ConfigError(path, [Mistake(None, "", what, "brackets nested without end")]) from None
    except ValueError:  # more digits than Python reads
        raise ConfigError(path, [Mistake(None, "", "numbers of some digits", "one of thousands")]) from None
    if not values:
        raise ConfigError(path, [Mistake(None, "", f"{what} (see {page})", "nothing but comments")])
    return values, Ledger(key_lines(document))


def _document(path: Path, what: str, page: str) -> str:
    def refuse(expected: str, found: str) -> ConfigError:
        return ConfigError(path, [Mistake(None, "", expected, found)])

    try:
        with path.open("rb") as file:
            raw = file.read(LONGEST_FILE_BYTES + 1)
    except OSError as error:
        raise refuse(f"{what} file that can be read", error.strerror or str(error)) from None
    if len(raw) > LONGEST_FILE_BYTES:
        raise refuse(f"at most {LONGEST_FILE_BYTES} bytes", "more")
    if not raw.strip():
        raise refuse(f"{what} (see {page})", "an empty file")
    try:
        return raw.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(path, [Mistake(line, "", "text in UTF-8", f"the byte 0x{raw[error.start]:02x}")]) from None


def _syntax(document: str, message: str) -> Mistake:
    """Turn tomllib's message, which ends in its place, into ours."""
    what, _, place = message.partition(" (at ")
    line = document.count("\n") + 1
    if place.startswith("line "):
        line = int(place.removeprefix("line ").split(",")[0])
    return Mistake(line, "", "TOML", what[:1].lower() + what[1:])


class _World:
    """Profiles that are shipped or one's own, time zones that the system or tzdata knows."""

    def __init__(self, profiles: Path) -> None:
        self._profiles = profiles

    def profile(self, name: str) -> ProfileFacts:
        return load_profile(name, self._profiles)

    def profile_names(self) -> Sequence[str]:
        return profile_names(self._profiles)

    def is_time_zone(self, name: str) -> bool:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return False
        return True
