"""What `gadelys instrument list` and `show` print, and how they end."""

from __future__ import annotations

import msgspec

from agent.cli import terminal
from agent.cli.instrument.models import model_named
from agent.cli.instrument.sheet import COLUMNS, as_data, cells, sheet
from agent.cli.text import table
from drivers.lines import MODELS, load_model


def list_(*, as_json: bool) -> int:
    """List all models."""
    models = [load_model(name) for name in MODELS]
    if as_json:
        terminal.show_json(msgspec.json.encode([as_data(model) for model in models]))
    else:
        terminal.show(table(COLUMNS, [cells(model) for model in models], terminal.width()))
    return 0


def show(name: str, *, as_json: bool) -> int:
    """Show one model."""
    model = model_named(name)
    if as_json:
        terminal.show_json(msgspec.json.encode(as_data(model)))
    else:
        terminal.show(sheet(model, terminal.width()))
    return 0
