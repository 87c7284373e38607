"""Counts that were kept: used where they are what was kept, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agent.pins import kept_counts


def test_counts_that_were_kept_are_used(tmp_path: Path) -> None:
    kept = tmp_path / "pulses.json"
    assert kept_counts(kept) == {}
    kept.write_bytes(b'{"supply":12,"rain":3}')
    assert kept_counts(kept) == {"supply": 12, "rain": 3}


@pytest.mark.parametrize(
    "torn",
    [
        b"",
        b'{"supply":12,"ra',
        b"[1, 2]",
        b'{"supply":"12"}',
        b'{"supply":-1}',
        b'{"supply":1e3}',
        b"\xff\xfe",
        b"0",
        b'{"supply":1' + 400 * b"0" + b"}",
    ],
)
def test_what_is_torn_or_foreign_is_told_and_not_used(tmp_path: Path, torn: bytes) -> None:
    kept = tmp_path / "pulses.json"
    kept.write_bytes(torn)
    with capture_logs() as logs:
        assert kept_counts(kept) == {}
    assert [entry["event"] for entry in logs] == ["pulses_lost"]
