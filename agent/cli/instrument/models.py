"""Models and their options as people name them. Pure; Trouble says what was expected."""

from __future__ import annotations

import math
from collections.abc import Sequence

from agent.cli.instrument.sheet import expected
from agent.cli.trouble import MISUSED, Trouble
from drivers.lines import MODELS, load_model
from drivers.lines.instrument import Model, Option, Setting
from drivers.toml_words import did_you_mean

_FLAGS = {"true": True, "false": False}


def model_named(name: str) -> Model:
    """Return a model."""
    if name not in MODELS:
        hint = did_you_mean(name, MODELS)
        raise Trouble(f"no model is named {name!r}{hint}; see `gadelys instrument list`", MISUSED)
    return load_model(name)


def settings_of(model: Model, words: Sequence[str]) -> dict[str, Setting]:
    """Return all options of a model, those in `OPTION=VALUE` words as they say."""
    options = {option.name: option for option in model.options}
    settings = {name: option.default for name, option in options.items()}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or name not in options:
            known = f"one of {', '.join(options)}" if options else f"nothing: {model.name} has no options"
            raise Trouble(
                f"--set: expected OPTION=VALUE, {known}{did_you_mean(name, options) if equals else ''}; found {word!r}",
                MISUSED,
            )
        settings[name] = _setting(options[name], text)
    return settings


def _setting(option: Option, text: str) -> Setting:
    value: Setting | None = None
    if isinstance(option.default, bool):
        value = _FLAGS.get(text)
    elif isinstance(option.default, str):
        value = text if text in option.words else None
    else:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        value = number if option.low <= number <= option.high else None
        if value is not None and isinstance(option.default, int):
            value = int(number) if number.is_integer() else None
    if value is None:
        raise Trouble(f"--set {option.name}: expected {expected(option)}; found {text!r}", MISUSED)
    return value
