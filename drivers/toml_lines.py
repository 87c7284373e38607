"""Which line of a TOML document each key stands on: tomllib does not tell. Pure.

For documents that tomllib has accepted; it need not find errors, only keys.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from itertools import count

KeyPath = tuple[str, ...]
Lines = Mapping[KeyPath, int]

_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\])*"|\'[^\']*\'',
    re.DOTALL,
)
_PLAIN = re.compile(r"[^\s,\]}#\[{\"'=][^,\]}#\n]*")


def key_lines(document: str) -> Lines:
    """Return the line (from 1) on which each key path of the document is first named."""
    return _Reader(document).read()


class _Reader:
    def __init__(self, document: str) -> None:
        self._text = document
        self._at = 0
        self._lines: dict[KeyPath, int] = {}
        self._elements: dict[KeyPath, count[int]] = {}

    def read(self) -> Lines:
        table: KeyPath = ()
        while self._skip(_BLANK) < len(self._text):
            if self._text.startswith("[[", self._at):
                self._at += 2
                table = self._element(self._key(()))
                self._at = self._text.index("]]", self._at) + 2
            elif self._text[self._at] == "[":
                self._at += 1
                table = self._key(())
                self._at = self._text.index("]", self._at) + 1
            else:
                self._pair(table)
        return self._lines

    def _pair(self, table: KeyPath) -> None:
        path = self._key(table)
        self._at = self._text.index("=", self._at) + 1
        self._value(path)

    def _key(self, table: KeyPath) -> KeyPath:
        """Read a dotted key; an array of tables in its way means its last element."""
        path = table
        while True:
            self._skip(_SPACE)
            path = (*path, self._part())
            self._lines.setdefault(path, self._text.count("\n", 0, self._at) + 1)
            self._skip(_SPACE)
            if not self._text.startswith(".", self._at):
                return path
            self._at += 1
            if path in self._elements:
                path = max((p for p in self._lines if p[:-1] == path), key=lambda p: int(p[-1]))

    def _part(self) -> str:
        if match := _BARE.match(self._text, self._at):
            self._at = match.end()
            return match[0]
        quoted = self._string()
        unquoted: str = tomllib.loads(f"key = {quoted}")["key"]
        return unquoted

    def _element(self, path: KeyPath) -> KeyPath:
        number = next(self._elements.setdefault(path, count()))
        element = (*path, str(number))
        self._lines.setdefault(element, self._text.count("\n", 0, self._at) + 1)
        return element

    def _value(self, path: KeyPath) -> None:
        self._skip(_SPACE)
        first = self._text[self._at]
        if first in "\"'":
            self._string()
        elif first == "[":
            self._at += 1
            for number in count():
                if self._text[self._skip(_BLANK)] == "]":
                    break
                self._value((*path, str(number)))
                if self._text[self._skip(_BLANK)] == ",":
                    self._at += 1
            self._at += 1
        elif first == "{":
            self._at += 1
            while self._text[self._skip(_BLANK)] != "}":
                self._pair(path)
                if self._text[self._skip(_BLANK)] == ",":
                    self._at += 1
            self._at += 1
        elif match := _PLAIN.match(self._text, self._at):
            self._at = match.end()

    def _string(self) -> str:
        match = _STRING.match(self._text, self._at)
        if match is None:
            raise ValueError(f"no string at offset {self._at}")
        self._at = match.end()
        return match[0]

    def _skip(self, what: re.Pattern[str]) -> int:
        match = what.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
        return self._at
