"""The reader of instruments: each on a serial port of its own, with the options of its model. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.config.records import Instrument
from agent.config.table import Table
from drivers.lines import MODELS, load_model
from drivers.lines.instrument import Model, Option, Setting
from drivers.toml_words import did_you_mean


def read_instrument(table: Table, folder: Path) -> Instrument:
    """Read one instrument; its port, if relative, is looked up from `folder`."""
    says = "the model of an instrument, see `gadelys instrument list`"
    name = table.text("model", says)
    if table.sound("model") and name not in MODELS:
        table.wrong("model", says + did_you_mean(name, MODELS))
    model = load_model(name) if table.sound("model") else None
    port = folder / table.text("port", "a path")
    baud = table.whole("baud", 1200, 921600) if "baud" in table else None
    if model is None:
        table.leave()  # its options cannot be known
        return Instrument(id=table.path[-1], model=name, port=port, baud=baud, options=(), kinds=())
    if baud is not None and table.sound("baud") and baud not in {model.baud, *model.bauds}:
        known = ", ".join(str(rate) for rate in sorted({model.baud, *model.bauds}))
        table.wrong("baud", f"one that a {model.name} can be set to: {known}")
    options = tuple((option.name, _setting(table, option)) for option in model.options)
    return Instrument(id=table.path[-1], model=name, port=port, baud=baud, options=options, kinds=_kinds(model))


def _kinds(model: Model) -> tuple[str, ...]:
    return tuple(model.kinds)


def _setting(table: Table, option: Option) -> Setting:
    default: Any = option.default
    if isinstance(default, bool):
        return table.flag(option.name, default=default)
    if isinstance(default, str):
        return str(table.choice(option.name, option.words, default))
    if isinstance(default, int):
        return table.whole(option.name, int(option.low), int(option.high), default)
    return table.number(option.name, option.low, option.high, default)
