"""docs/privacy.md: each of its statements names tests, and they are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
ROWS = [row for row in re.findall(r"^\| (?!what|---)(.+) \|$", PAGE, re.MULTILINE) if not row.startswith("---")]
PROOFS = re.findall(r"`([a-z]+/test_\w+\.py): (test_\w+)`", PAGE)


@pytest.mark.parametrize("row", ROWS, ids=[row.partition(" | ")[0][:40] for row in ROWS])
def test_every_statement_names_a_proof(row: str) -> None:
    assert re.search(r"`[a-z]+/test_\w+\.py: test_\w+`$", row)


@pytest.mark.parametrize(("file", "name"), PROOFS)
def test_the_proof_is_there(file: str, name: str) -> None:
    text = (ROOT / "tests" / file).read_text(encoding="utf-8")
    assert re.search(rf"^(async )?def {name}\(", text, re.MULTILINE)
