"""`gadelys bus dump` and `gadelys instrument dump`: what a flight recorder holds."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from agent.cli import format as fmt
from agent.cli import terminal
from agent.cli.client import Client
from agent.cli.trouble import REFUSED, Trouble
from agent.local.bus_records import Dump


def dump(given: Path | None, what: Literal["bus", "instrument"], name: str, out: Path | None, *, as_json: bool) -> int:
    """Print the text, or write it to a file and say so. Trouble if there is no such one, or no such file can be."""
    with Client(given) as client:
        result = client.call(f"{what}.dump", **{what: name})
    text = msgspec.json.decode(result, type=Dump).text
    if out is not None:
        _write(out, text)
    if as_json:
        terminal.show_json(result)
    elif out is None:
        terminal.write(text)
    else:
        entries = sum(not row.startswith("#") for row in text.splitlines())
        terminal.show_text(f"{out}: {fmt.number(entries)} frames and notes of {name}")
    return 0


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Trouble(f"{out}: {(error.strerror or str(error)).lower()}", REFUSED) from None
