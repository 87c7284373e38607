"""Reading a table option by option: each read states type, bounds, default; what nobody read is a mistake. Pure."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any, TypeGuard, TypeVar

from agent.config.errors import Mistake
from drivers.toml_lines import KeyPath, Lines
from drivers.toml_words import did_you_mean, shown

T = TypeVar("T")

REQUIRED: Any = object()
_MISSING: Any = object()  # a required option that is not there, and has been noted

_MOST = sys.float_info.max
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ID_SAYS = "1 to 64 of A-Z a-z 0-9 . _ -"


class Ledger:
    """The mistakes of one file, and the lines of its keys."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.mistakes: list[Mistake] = []

    def wrong(self, path: KeyPath, expected: str, found: str) -> None:
        """Note a mistake at a key; a key that is missing stands at the line of its table."""
        place = path
        while place and place not in self._lines:
            place = place[:-1]
        self.mistakes.append(Mistake(self._lines.get(place), ".".join(path), expected, found))


class Table:
    """One table of the file. A read returns the value or, after noting the mistake, something harmless of its type."""

    def __init__(self, ledger: Ledger, path: KeyPath, values: object) -> None:
        self._ledger = ledger
        self.path = path
        self._asked: set[str] = set()
        self._wrong: set[str] = set()
        if isinstance(values, dict):
            self._values = values
        else:
            ledger.wrong(path, "a table", shown(values))
            self._values = {}

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def has(self, *keys: str) -> bool:
        """Return whether one of some options is there that are read only then; messages name them either way."""
        self._asked.update(keys)
        return any(key in self._values for key in keys)

    def wrong(self, key: str, expected: str, found: str | None = None) -> None:
        """Note a mistake at an option."""
        self._wrong.add(key)
        self._ledger.wrong((*self.path, key), expected, shown(self._values.get(key)) if found is None else found)

    def wrong_at(self, path: KeyPath, expected: str, found: str) -> None:
        """Note a mistake at a table below this one."""
        self._ledger.wrong((*self.path, *path), expected, found)

    def sound(self, key: str) -> bool:
        """Return whether an option is there and nothing was wrong with it so far."""
        return key in self._values and key not in self._wrong

    def number(self, key: str, low: float, high: float, default: float = REQUIRED) -> float:
        """Read a finite number; whole ones are numbers too."""
        value = self._take(key, default, f"a number from {low:g} to {high:g}")
        if not _within(value, low, high):
            return self._refuse(key, f"a number from {low:g} to {high:g}", value, low)
        return float(value)

    def numbers(self, key: str, low: float, high: float, default: Sequence[float] = REQUIRED) -> tuple[float, ...]:
        """Read a list of finite numbers, one at least."""
        says = f"a list of numbers from {low:g} to {high:g}"
        values = self._take(key, default, says)
        if not isinstance(values, list | tuple) or not values or not all(_within(value, low, high) for value in values):
            return self._refuse(key, says, values, (low,))
        return tuple(float(value) for value in values)

    def pairs(self, key: str, low: float, high: float, says: str = "") -> tuple[tuple[float, float], ...]:
        """Read a list of pairs of finite numbers, two at least; `says` is what it is, for the message."""
        says = says or f"a list of two or more pairs of numbers from {low:g} to {high:g}"
        value = self._take(key, REQUIRED, says)
        if not isinstance(value, list) or len(value) < 2 or not all(_is_pair(pair, low, high) for pair in value):
            return self._refuse(key, says, value, ((low, low), (low, high)))
        return tuple((float(x), float(y)) for x, y in value)

    def whole(self, key: str, low: int, high: int, default: int = REQUIRED) -> int:
        """Read a whole number."""
        value = self._take(key, default, f"a whole number from {low} to {high}")
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            return self._refuse(key, f"a whole number from {low} to {high}", value, low)
        return value

    def choice(self, key: str, choices: Sequence[str], default: str = REQUIRED) -> Any:
        """Read one of a few words."""
        says = " or ".join(f'"{choice}"' for choice in choices)
        value = self._take(key, default, says)
        return value if value in choices else self._refuse(key, says + did_you_mean(value, choices), value, choices[0])

    def flag(self, key: str, *, default: bool = REQUIRED) -> bool:
        """Read true or false."""
        value = self._take(key, default, "true or false")
        return value if isinstance(value, bool) else self._refuse(key, "true or false", value, False)

    def text(self, key: str, says: str, default: str = REQUIRED) -> str:
        """Read a string that is not empty; `says` is what it is, for the message."""
        value = self._take(key, default, says)
        return value if isinstance(value, str) and value else self._refuse(key, says, value, "")

    def words(self, key: str, says: str) -> list[str]:
        """Read a string or a list of strings that may be left out; `says` is what they are, for the message."""
        value = self._take(key, [], says)
        words = [value] if isinstance(value, str) else value
        if (
            not isinstance(words, list)
            or (key in self._values and not words)
            or not all(isinstance(word, str) for word in words)
        ):
            return self._refuse(key, says, value, [])
        return words

    def name(self, key: str) -> str:
        """Read an identifier."""
        value = self._take(key, REQUIRED, _ID_SAYS)
        if not isinstance(value, str) or not _ID.fullmatch(value):
            return self._refuse(key, _ID_SAYS, value, "")
        return value

    def tables(self, key: str) -> dict[str, Table]:
        """Read a table of named tables; names are identifiers, unique also when case does not count."""
        self._asked.add(key)
        values = self._values.get(key, {})
        if not isinstance(values, dict):
            self.wrong(key, f"tables [{key}.NAME]")
            return {}
        tables: dict[str, Table] = {}
        seen: dict[str, str] = {}
        for name, table in values.items():
            path = (*self.path, key, name)
            if not _ID.fullmatch(name):
                self._ledger.wrong(path, f"a name of {_ID_SAYS}", shown(name))
            elif name.lower() in seen:
                self._ledger.wrong(
                    path, f'a name that differs from "{seen[name.lower()]}" in more than case', shown(name)
                )
            else:
                seen[name.lower()] = name
                tables[name] = Table(self._ledger, path, table)
        return tables

    def table(self, key: str) -> Table:
        """Read a table that may be left out; a missing one is an empty one."""
        self._asked.add(key)
        return Table(self._ledger, (*self.path, key), self._values.get(key, {}))

    def needless(self, key: str, why: str) -> None:
        """Note an option that is not for this case."""
        if key in self._values:
            self._asked.add(key)
            self.wrong(key, f"no such option {why}")

    def leave(self) -> None:
        """Let the options that nobody read be: it cannot be said what they may be."""
        self._asked.update(self._values)

    def finish(self) -> None:
        """Note the options that nobody read."""
        for key in self._values:
            if key not in self._asked:
                known = sorted(self._asked)
                expected = f"one of {', '.join(known)}{did_you_mean(key, known)}" if known else "nothing here"
                self._ledger.wrong((*self.path, key), expected, "an unknown option")

    def _take(self, key: str, default: object, expected: str) -> object:
        self._asked.add(key)
        if key in self._values:
            return self._values[key]
        if default is REQUIRED:
            self._ledger.wrong((*self.path, key), expected, "nothing")
            return _MISSING
        return default

    def _refuse(self, key: str, expected: str, value: object, harmless: T) -> T:
        if value is not _MISSING:
            self.wrong(key, expected, shown(value))
        return harmless


def _is_number(value: object) -> TypeGuard[float]:
    """Whether something is a finite number; whole ones are numbers too."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -_MOST <= value <= _MOST


def _within(value: object, low: float, high: float) -> TypeGuard[float]:
    return _is_number(value) and low <= value <= high


def _is_pair(value: object, low: float, high: float) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(_within(number, low, high) for number in value)
