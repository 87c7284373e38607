"""Two workers share the tests: those with real lines and processes run one after the other on one of them, all else on both."""

from __future__ import annotations

from pathlib import Path

import pytest

REAL = {"wire", "system"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep together what waits for real time, so that no two of them are late because of each other."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        if item.path.relative_to(Path(__file__).parent).parts[0] in REAL:
            item.add_marker(pytest.mark.xdist_group("real"))
