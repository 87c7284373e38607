"""What a scan's options ask for."""

from __future__ import annotations

import pytest

from agent.cli.bus.wanted import Typed, links, unit_ids
from drivers.bus.records import Link
from drivers.modbus.questions import LIKELY

OWN = Link(19200, "none", 2)


def test_all_ids_that_there_are() -> None:
    assert unit_ids(None, over_tcp=False) == tuple(range(1, 248))
    assert unit_ids(None, over_tcp=True) == (*range(1, 248), 255)


def test_ids_and_ranges_each_once() -> None:
    assert unit_ids("31, 1-3,2,247", over_tcp=False) == (1, 2, 3, 31, 247)
    assert unit_ids("255", over_tcp=True) == (255,)


@pytest.mark.parametrize("text", ["", "0", "248", "255", "5-", "-5", "9-8", "1,,2", "x", "1-248", "1000", "²"])
def test_what_is_no_id(text: str) -> None:
    with pytest.raises(ValueError, match="--units: expected ids from 1 to 247, such as 1-20,31; found "):
        unit_ids(text, over_tcp=False)
    if text != "255":
        with pytest.raises(ValueError, match="or 255"):
            unit_ids(text, over_tcp=True)


def test_the_own_speed_comes_first_and_stands_alone_on_a_live_line() -> None:
    assert links(Typed(), OWN, live=True) == (OWN,)
    assert links(Typed(), OWN, live=False)[:2] == (OWN, Link(9600))
    assert set(links(Typed(), OWN, live=False)) == set(LIKELY)
    assert len(links(Typed(), Link(250000), live=False)) == len(LIKELY) + 1


def test_speeds_and_parities() -> None:
    assert links(Typed(baud="9600,19200"), OWN, live=True) == (
        Link(9600),
        Link(9600, "even"),
        Link(19200),
        Link(19200, "even"),
    )
    assert links(Typed(baud="9600", parity="odd"), OWN, live=False) == (Link(9600, "odd"),)
    assert links(Typed(parity="even"), OWN, live=False)[:2] == (Link(9600, "even"), Link(19200, "even"))
    assert links(Typed(baud="9600,19200", parity="none"), Link(19200), live=False) == (Link(19200), Link(9600))
    every = links(Typed(every=True), OWN, live=True)
    assert every[0] == OWN
    assert len(every) == len(set(every)) == 4 * len({link.baud for link in LIKELY})


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (Typed(baud="fast"), "--baud: expected numbers from 1200 to 256000, such as 9600,19200; found 'fast'"),
        (Typed(baud="9600,"), "--baud: .* found ''"),
        (Typed(baud="300"), "--baud: .* found '300'"),
        (Typed(parity="mark"), "--parity: expected none, even, odd; found 'mark'"),
        (Typed(every=True, baud="9600"), "--all: expected it alone"),
    ],
)
def test_speeds_that_there_are_not(typed: Typed, says: str) -> None:
    for own in (OWN, None):
        with pytest.raises(ValueError, match=says):
            links(typed, own, live=False)


@pytest.mark.parametrize("typed", [Typed(baud="9600"), Typed(parity="even"), Typed(every=True)])
def test_no_speed_over_tcp(typed: Typed) -> None:
    with pytest.raises(ValueError, match="expected a serial line"):
        links(typed, None, live=False)
    assert links(Typed(), None, live=True) == (None,)
