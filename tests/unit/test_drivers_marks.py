"""What a unit is, by the marks of profiles and by what can be read of it."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bus.port import Answer
from drivers.errors import BadAnswer, NoAnswer, Refused, WireError
from drivers.modbus.marks import Fits, fault, fitting
from drivers.modbus.products import probe_of
from drivers.modbus.questions import Probe
from drivers.profile import Identify, Profile, load_profile, parse_profile, shipped_names

SHIPPED = [load_profile(name) for name in shipped_names()]
REFUSED = Refused("exception 2: illegal data address", 2)

Registers = Mapping[tuple[int, int], int]  # by function and address


def profile(name: str, marks: str = "", first: int = 0, last: int = 0, link: str = "[link]\nbaud = 9600\n") -> Profile:
    """Return a meter with two points and the marks that are said."""
    return parse_profile(
        name,
        f'title = "t"\nsource = "s"\nkinds = ["meter"]\npoll_s = 1\nidentify = [{marks}]\n'
        f'points = [{{point = "a/b", title = "c", space = "holding", address = {first}, type = "u16"}},'
        f'{{point = "a/c", title = "c", space = "input", address = {last}, type = "u16"}}]\n{link}',
    )


def asked(profiles: list[Profile], registers: Registers, otherwise: WireError = REFUSED) -> tuple[Fits, list[Probe]]:
    """Ask a unit that has these registers."""
    steps, probes = fitting(profiles), []
    try:
        probe = next(steps)
        while True:
            probes.append(probe)
            places = [(probe.function, address) for address in range(probe.address, probe.address + probe.count)]
            there = all(place in registers for place in places)
            data = struct.pack(f">{probe.count}H", *(registers[place] for place in places)) if there else b""
            probe = steps.send(Answer(data, 0.01) if there else otherwise)
    except StopIteration as end:
        fits: Fits = end.value
        return fits, probes


EQUAL = '{space = "holding", address = 9, equals = 4711}'
RANGES = '{space = "holding", address = 0, low = 0, high = 5}, {space = "input", address = 0, low = 0, high = 5}'
BEYOND = '{space = "holding", address = 99, equals = 1}'  # which no unit here has
REFUSES = '{space = "holding", address = 50, refuses = true}'


def names(fits: Fits) -> tuple[list[str], list[str]]:
    return [one.name for one in fits.sure], [one.name for one in fits.perhaps]


@pytest.mark.parametrize("otherwise", [REFUSED, NoAnswer("no answer")])
def test_what_has_a_value_of_its_own_goes_before_what_is_within_ranges(otherwise: WireError) -> None:
    unit = {(3, 0): 3, (4, 0): 0, (3, 9): 4711}
    other = profile("other", EQUAL.replace("4711", "1"))
    profiles = [profile("ranges", RANGES), profile("equal", EQUAL), other, profile("beyond", BEYOND)]
    assert names(asked(profiles, unit, otherwise)[0]) == (["equal", "ranges"], [])


def test_one_range_alone_is_no_more_than_perhaps() -> None:
    one = profile("one", '{space = "holding", address = 0, low = 0, high = 5}')
    assert names(asked([one, profile("beyond", BEYOND)], {(3, 0): 3, (4, 0): 0})[0]) == ([], ["one"])


def test_nothing_but_nought_proves_no_range() -> None:
    fits, _ = asked([profile("ranges", RANGES), profile("beyond", BEYOND)], {(3, 0): 0, (4, 0): 0})
    assert names(fits) == ([], ["ranges"])


def test_a_unit_that_refuses_the_first_point_is_not_of_it() -> None:
    fits, _ = asked([profile("equal", EQUAL, first=1)], {(3, 0): 3, (4, 0): 0, (3, 9): 4711})
    assert names(fits) == ([], [])


def test_a_profile_without_marks_fits_perhaps_where_its_points_can_be_read() -> None:
    unit = {(3, 7): 3, (4, 8): 0}
    profiles = [profile("it", first=7, last=8), profile("first", first=7, last=9), profile("last", first=8, last=8)]
    assert names(asked(profiles, unit)[0]) == ([], ["it"])
    assert names(asked([profile("generic", first=7, last=8, link=""), *profiles], unit)[0]) == ([], ["it"])


def test_a_unit_that_lets_itself_be_read_everywhere_fits_by_a_value_alone() -> None:
    everywhere = {(function, address): 3 for function in (3, 4) for address in range(60)}
    profiles = [profile("ranges", RANGES), profile("plain"), profile("refuses", REFUSES)]
    assert names(asked(profiles, everywhere)[0]) == ([], [])
    everywhere[3, 9] = 4711
    assert names(asked([*profiles, profile("equal", EQUAL)], everywhere)[0]) == (["equal"], [])


def test_what_must_be_refused_and_is_not_rules_out() -> None:
    marks = f"{EQUAL}, {REFUSES}"
    unit = {(3, 0): 3, (4, 0): 0, (3, 9): 4711}
    assert names(asked([profile("it", marks)], unit)[0]) == (["it"], [])
    assert names(asked([profile("it", marks)], {**unit, (3, 50): 0})[0]) == ([], [])


def test_each_question_is_asked_once() -> None:
    for otherwise in (REFUSED, NoAnswer(""), BadAnswer("", "crc")):
        _, probes = asked(SHIPPED, {}, otherwise)
        assert len(probes) == len(set(probes))
    everywhere = {(function, address): 0 for function in (3, 4) for address in range(65536)}
    _, probes = asked(SHIPPED, everywhere)
    assert len(probes) == len(set(probes))


SEVEN = Identify(space="holding", address=9, equals=7)
SMALL = Identify(space="input", address=9, type="s16", low=-5, high=5)
NAME = Identify(space="input", address=9, type="text", words=2, equals="AB")
ON = Identify(space="coil", address=9, type="bool", equals=True)
NOTHING = Identify(space="holding", address=9, refuses=True)


@pytest.mark.parametrize(
    ("mark", "outcome", "says"),
    [
        (SEVEN, Answer(b"\0\7", 0.0), ""),
        (SEVEN, Answer(b"\0\x08", 0.0), "holding 9 should be 7, and reads 8"),
        (SEVEN, REFUSED, "holding 9 should be 7, and is refused"),
        (SEVEN, NoAnswer("silent"), "holding 9 should be 7, and brings: silent"),
        (SMALL, Answer(b"\xff\xfb", 0.0), ""),
        (SMALL, Answer(b"\xff\xfa", 0.0), "input 9 should be from -5 to 5, and reads -6"),
        (NAME, Answer(b"AB\0\0", 0.0), ""),
        (NAME, Answer(b"\xff\xfe\0\1", 0.0), "input 9 should be 'AB', and is not"),
        (ON, Answer(b"\1", 0.0), ""),
        (ON, Answer(b"\0", 0.0), "coil 9 should be True, and reads False"),
        (NOTHING, REFUSED, ""),
        (NOTHING, NoAnswer(""), ""),
        (NOTHING, Answer(b"\0\1", 0.0), "holding 9 should be refused, and reads 00 01"),
    ],
)
def test_how_an_answer_contradicts_a_mark(mark: Identify, outcome: Answer | WireError, says: str) -> None:
    assert fault(mark, outcome).startswith(says)
    assert bool(fault(mark, outcome)) == bool(says)


MARKS = [mark for one in SHIPPED for mark in one.identify]


@given(st.sampled_from(MARKS), st.data())
def test_any_bytes_are_a_mark_or_a_reason(mark: Identify, data: st.DataObject) -> None:
    probe = probe_of(mark)
    size = 1 if probe.function in {1, 2} else 2 * probe.count
    told = fault(mark, Answer(data.draw(st.binary(min_size=size, max_size=size)), 0.0))
    assert told == "" or told.startswith(f"{mark.space} {mark.address} should be ")
