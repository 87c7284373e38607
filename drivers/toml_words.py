"""Words for messages about TOML documents: a value as it stands there, the known word that was meant. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LONGEST_SHOWN = 60


def shown(value: object) -> str:
    """Return a value as it would stand in TOML, cut to a readable length."""
    if isinstance(value, str):
        text = f'"{value}"'
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, int) and value.bit_length() > 256:
        text = "a number of many digits"
    elif isinstance(value, dict):
        text = "a table"
    elif isinstance(value, list):
        text = "a list"
    else:
        text = str(value)
    if not text.isprintable():
        text = text.encode("unicode_escape").decode("ascii")
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def did_you_mean(value: object, known: Iterable[str]) -> str:
    """Return a hint at the known word that is nearest, or nothing."""
    near = difflib.get_close_matches(value, list(known), 1) if isinstance(value, str) else []
    return f" (did you mean {near[0]}?)" if near else ""
