"""What a scan's options ask for: unit ids and speeds. Pure; ValueError says what was expected and found."""

from __future__ import annotations

import re
from typing import get_args

import msgspec

from drivers.bus.records import Link, Parity
from drivers.modbus.questions import ITSELF, LIKELY, UNITS

SLOWEST_BAUD, FASTEST_BAUD = 1200, 256000
_BAUDS = tuple(dict.fromkeys(link.baud for link in LIKELY))
_PARITY: dict[str, Parity] = {parity: parity for parity in get_args(Parity)}
_LETTERS: dict[str, Parity] = {parity[0].upper(): parity for parity in get_args(Parity)}
_USUAL: tuple[Parity, ...] = ("none", "even")
_FORMATS: tuple[tuple[Parity, int], ...] = (("none", 1), ("even", 1), ("odd", 1), ("none", 2))
_RANGE = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?", re.ASCII)


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """The words of the command line; none = not said."""

    baud: str | None = None
    parity: str | None = None
    every: bool = False
    units: str | None = None
    fast: bool = False


def unit_ids(text: str | None, *, over_tcp: bool) -> tuple[int, ...]:
    """Read ids such as `1-20,31`, upwards and each once; all that there are if nothing was said."""
    if text is None:
        return (*UNITS, ITSELF) if over_tcp else tuple(UNITS)
    ids: set[int] = set()
    for part in text.split(","):
        match = _RANGE.fullmatch(part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        asked = range(first, last + 1)
        allowed = asked and all(unit in UNITS or (over_tcp and unit == ITSELF) for unit in asked)
        if not allowed:
            most = "1 to 247, or 255" if over_tcp else "1 to 247"
            raise ValueError(f"--units: expected ids from {most}, such as 1-20,31; found {part.strip()!r}")
        ids.update(asked)
    return tuple(sorted(ids))


def links(typed: Typed, own: Link | None, *, live: bool) -> tuple[Link | None, ...]:
    """Return the speeds to ask at, the line's own first; `live`: nothing but that, unless others are asked for.

    The line's own speed stands alone if it is none: over TCP there is no other.
    """
    bauds, parities = _bauds(typed.baud), _parities(typed.parity)
    if typed.every and (bauds or parities):
        raise ValueError("--all: expected it alone: it is every speed and parity")
    if own is None:
        if typed.every or bauds or parities:
            raise ValueError(
                "--baud, --parity, --all: expected a serial line; this one has no speed that is known here"
            )
        return (None,)
    if typed.every:
        fitting = [Link(baud, parity, stop_bits) for baud in _BAUDS for parity, stop_bits in _FORMATS]
    elif bauds or parities:
        fitting = [Link(baud, parity) for baud in bauds or _BAUDS for parity in parities or _USUAL]
    else:
        return (own,) if live else (own, *(link for link in LIKELY if link != own))
    return tuple(dict.fromkeys([own, *fitting] if own in fitting else fitting))


def _bauds(text: str | None) -> tuple[int, ...]:
    if text is None:
        return ()
    bauds = []
    for part in text.split(","):
        word = part.strip()
        baud = int(word) if re.fullmatch(r"\d{1,6}", word, re.ASCII) else 0
        if not SLOWEST_BAUD <= baud <= FASTEST_BAUD:
            raise ValueError(
                f"--baud: expected numbers from {SLOWEST_BAUD} to {FASTEST_BAUD}, such as 9600,19200; found {word!r}"
            )
        bauds.append(baud)
    return tuple(bauds)


def _parities(text: str | None) -> tuple[Parity, ...]:
    if text is None:
        return ()
    return tuple(parity(part.strip(), "--parity") for part in text.split(","))


def parity(word: str, option: str) -> Parity:
    """Read one parity."""
    if word not in _PARITY:
        raise ValueError(f"{option}: expected {', '.join(_PARITY)}; found {word!r}")
    return _PARITY[word]


def speed(text: str, option: str) -> Link:
    """Read a speed such as `9600` or `19200-8N2`."""
    match = re.fullmatch(r"(\d{1,6})(?:[ -]8([NEO])([12]))?", text.strip(), re.ASCII)
    baud = int(match[1]) if match else 0
    if match is None or not SLOWEST_BAUD <= baud <= FASTEST_BAUD:
        raise ValueError(f"{option}: expected a speed such as 9600 or 19200-8N2; found {text!r}")
    return Link(baud, _LETTERS[match[2] or "N"], int(match[3] or 1))
