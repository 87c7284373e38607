"""Reading configurations in tests: the real reader, with profiles as the shipped ones are said to be."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from agent.config.errors import ConfigError
from agent.config.read import read
from agent.config.records import Config
from agent.config.table import Ledger
from drivers.toml_lines import key_lines

ROOT = Path(__file__).resolve().parents[2]
POLE = (ROOT / "docs" / "pole.toml").read_text(encoding="utf-8")


class Facts(NamedTuple):
    """What the reader must know of a profile."""

    kinds: Sequence[str]
    channels: int
    poll_s: float
    safety: object | None


PROFILES = {
    "wb-mao4": Facts(("luminaire",), 4, 1.0, "yes"),
    "waveshare-ao8-b": Facts(("luminaire",), 8, 1.0, None),
    "eastron-sdm230": Facts(("meter",), 0, 5.0, None),
    "jxct-illuminance": Facts(("lux",), 0, 5.0, None),
    "mtdx62-mb": Facts(("presence",), 0, 0.5, None),
}


class World:
    """Five profiles, and two time zones."""

    def profile(self, name: str) -> Facts:
        return PROFILES[name]

    def profile_names(self) -> Sequence[str]:
        return tuple(PROFILES)

    def is_time_zone(self, name: str) -> bool:
        return name in {"Europe/Copenhagen", "Pacific/Auckland"}


def read_text(document: str) -> Config:
    """Read a document as a file of that text would be. ConfigError; TOMLDecodeError if it is not TOML."""
    path = Path("/etc/gadelys/pole.toml")
    ledger = Ledger(key_lines(document))
    config = read(path, tomllib.loads(document), ledger, World())
    if ledger.mistakes:
        raise ConfigError(path, ledger.mistakes)
    return config
