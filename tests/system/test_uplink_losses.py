"""Agents that are killed again and again behind a slow line: what was accepted comes to the platform, once by its key.

A short run of what tests/soak does at length.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mosquitto import PROGRAM
from uplink_campaign import kills

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="mosquitto is not installed: apt install mosquitto")


def test_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    verdict = kills(tmp_path, 8, 4, longest_s=1.2)
    assert verdict.well, verdict
    assert verdict.accepted > 100
    assert verdict.repeated > 0, "something came twice, and its key told so"
