"""Ten thousand signed commands of which something was changed: none is believed."""

from __future__ import annotations

from pathlib import Path

from mutated_envelopes import mutated, seed_of
from signed_commands import Signer

COUNT = 10_000


def test_none_is_believed(tmp_path: Path) -> None:
    assert mutated(Signer(tmp_path), COUNT, seed_of(20261125)) == 0
