"""`gadelys config`: a file is checked before it is used."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from agent.cli import format as fmt
from agent.cli import terminal
from agent.cli.trouble import MISUSED
from agent.config import ConfigError, load_file


def check(path: Path, *, as_json: bool) -> int:
    """Read a configuration as the agent would, touching no device; 2 if it has mistakes."""
    try:
        config = load_file(path)
    except ConfigError as error:
        if as_json:
            mistakes = [{**msgspec.structs.asdict(mistake), "message": str(mistake)} for mistake in error.mistakes]
            terminal.show_json(msgspec.json.encode({"ok": False, "mistakes": mistakes}))
        else:
            sys.stderr.write(f"{error}\n{path}: {fmt.count(len(error.mistakes), 'mistake')}; it is not used\n")
        return MISUSED
    if as_json:
        terminal.show_json(msgspec.json.encode({"ok": True, "mistakes": []}))
    else:
        parts = (
            fmt.count(len(config.buses), "bus"),
            fmt.count(len(config.units), "unit"),
            fmt.count(len(config.devices), "device"),
        )
        terminal.show_text(f"{path}: ok ({config.controller.id}: {', '.join(parts)})")
    return 0
