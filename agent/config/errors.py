"""What is wrong with a configuration, and where."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec


class Mistake(msgspec.Struct, frozen=True):
    """One mistake: the line (none if it is the file's as a whole), the key, what was expected and what was found."""

    line: int | None
    key: str
    expected: str
    found: str

    def __str__(self) -> str:
        place = f"{self.key}: " if self.key else ""
        return f"{place}expected {self.expected}, found {self.found}"


class ConfigError(Exception):
    """A configuration that is not used: all of its mistakes, in the order of their lines."""

    def __init__(self, path: Path, mistakes: Sequence[Mistake]) -> None:
        self.path = path
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.line or 0))
        super().__init__("\n".join(self._line(mistake) for mistake in self.mistakes))

    def _line(self, mistake: Mistake) -> str:
        return f"{self.path}:{mistake.line}: {mistake}" if mistake.line else f"{self.path}: {mistake}"
