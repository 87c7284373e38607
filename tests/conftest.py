"""Three workers share the tests: one has those with real lines, one those with processes, and all else is beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

REAL = {"wire", "system"}
RECORDED = {"test_sparkplug_conformance.py"}  # what is recorded once for all tests of a file is recorded by one worker


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep together what waits for real time, so that not all of it is late because of each other."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        kind = item.path.relative_to(Path(__file__).parent).parts[0]
        if kind in REAL:
            item.add_marker(pytest.mark.xdist_group(kind))
        elif item.path.name in RECORDED:
            item.add_marker(pytest.mark.xdist_group(item.path.name))
