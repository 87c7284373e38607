"""Streets for the tests of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from running_street import Street, lit_street, settled


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    """A street with nobody at the controls yet."""
    street = Street(tmp_path)
    try:
        yield street
    finally:
        street.close()


@pytest.fixture
def lit(street: Street) -> Street:
    """A street whose agent has read all back."""
    street.start_agent()
    street.until("all units answer and all lamps are read back", lambda _: settled(street.status()))
    return street


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    """One lit street for all tests of a module that leave it as they found it."""
    with lit_street(tmp_path_factory.mktemp("street")) as street:
        yield street
