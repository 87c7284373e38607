"""Lamps that break and are mended on the running street, and one that goes on and off by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from broken_lamps import AGES_S, alarms, begin, break_and_name, calm, dim, shown
from running_street import Street


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    street = Street(tmp_path)
    try:
        begin(street)
        yield street
    finally:
        street.close()


def test_a_dead_lamp_is_named_until_it_is_mended(street: Street) -> None:
    break_and_name(street, "lum-05")
    street.do(do="lamps_mended")
    for level_pct in (10, 100, 10, 100):
        dim(street, "lum-05", level_pct)
    street.until("all is well", lambda _: alarms(street) == {}, AGES_S)
    assert shown(street) == (0, "no alarms\n")


def test_a_lamp_that_goes_on_and_off_by_itself_is_named(street: Street) -> None:
    calm(street)
    dim(street, "lum-09", 100)
    street.do(do="lamp_breaks", lamp="lum-09", how="cycling")
    street.until("the alarm", lambda _: "lum-09/lamp/cycling_failure" in alarms(street), 120.0)
    assert "on and off 4 times in 60 s, unasked" in alarms(street)["lum-09/lamp/cycling_failure"]["text"]
