"""Reading scenarios in tests: the real reader, with files as they are said to be."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from agent.cli.lab.load import FOLDER
from agent.config.errors import ConfigError
from agent.config.table import Ledger
from agent.lab.files import UnreadableError
from agent.lab.read import read
from agent.lab.records import Scenario
from drivers.toml_lines import key_lines

SHORT = """\
title = "A short street"

[night]
begin = "22:00"
end = "23:00"

[street]
lamps = 5
spacing_m = 30

[users.people]
kind = "pedestrian"
per_hour = [2]
"""


class Texts:
    """Files by their names."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def text(self, name: str) -> str:
        if name not in self._texts:
            raise UnreadableError(f"{name}: no such file or directory")
        return self._texts[name]


def read_scenario(document: str, files: Mapping[str, str] | None = None, seed: int | None = None) -> Scenario:
    """Read a document as a file of that text would be. ConfigError; TOMLDecodeError if it is not TOML."""
    ledger = Ledger(key_lines(document))
    scenario = read("tried", tomllib.loads(document), ledger, Texts(files or {}), seed)
    if ledger.mistakes:
        raise ConfigError(Path("tried.toml"), ledger.mistakes)
    return scenario


@cache
def shipped(name: str) -> Scenario:
    """Return a shipped scenario."""
    document = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    ledger = Ledger(key_lines(document))
    scenario = read(name, tomllib.loads(document), ledger, Texts({}))
    assert not ledger.mistakes
    return scenario
