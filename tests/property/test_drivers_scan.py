"""The scan against lines of any kind: whoever answers is found, whoever does not is not, nobody is asked in vain."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from drivers.bus.port import Answer
from drivers.bus.records import Link
from drivers.errors import BadAnswer, NoAnswer, Refused
from drivers.modbus.questions import ANYBODY, LIKELY, UNITS, Known, Probe, Question, Wanted, questions
from drivers.modbus.scan import Scan

Outcome = Answer | NoAnswer | BadAnswer | Refused
SPECIAL = Probe(3, 0x0015)
DATA = b"\x00\x07"


class Box(msgspec.Struct, frozen=True):
    """A unit on a line: what it answers to, how soon, and with an exception or with data."""

    link: Link
    unit: int
    answers: frozenset[tuple[int, int]]  # function, address
    latency_s: float
    refuses: bool

    def hears(self, question: Question) -> bool:
        head = (question.request.function, int.from_bytes(question.request.pdu[1:3], "big"))
        return question.link == self.link and question.unit == self.unit and head in self.answers


_STEPS = itertools.count()


def now() -> float:
    """Return a time that goes on by 70 ms."""
    return next(_STEPS) * 0.07


ANY_BOX = st.builds(
    Box,
    link=st.sampled_from(LIKELY[:6]),
    unit=st.integers(1, 30),
    answers=st.frozensets(st.sampled_from([(3, 0), (4, 0), (1, 0), (3, 0x15), (4, 7)])),
    latency_s=st.floats(0.001, 0.5),
    refuses=st.booleans(),
)
ANY_LINE = st.lists(ANY_BOX, max_size=12, unique_by=lambda box: (box.link.baud, box.unit))
ANY_WANTED = st.builds(
    Wanted,
    links=st.lists(st.sampled_from(LIKELY[:6]), min_size=1, max_size=4, unique=True).map(tuple),
    units=st.lists(st.integers(1, 30), min_size=1, max_size=30, unique=True).map(tuple),
    known=st.lists(
        st.builds(Known, unit=st.integers(1, 30), link=st.sampled_from(LIKELY), probe=st.just(SPECIAL)), max_size=3
    ).map(tuple),
    fast=st.booleans(),
)


def answer(line: list[Box], question: Question) -> Outcome:
    """Answer as the line does; two boxes at once are a noise."""
    heard = [box for box in line if box.hears(question) and box.latency_s <= question.wait_s]
    if not heard:
        return NoAnswer("no answer")
    if len(heard) > 1:
        return BadAnswer("CRC of 7 bytes is wrong", "crc")
    return Refused("exception 2", 2) if heard[0].refuses else Answer(DATA, heard[0].latency_s)


def asked(scan: Scan, line: list[Box]) -> Iterator[Question]:
    while (question := scan.next(now())) is not None:
        yield question
        scan.heard(question, answer(line, question))


@given(ANY_LINE, ANY_WANTED)
def test_who_answers_a_question_is_found_and_nobody_else(line: list[Box], wanted: Wanted) -> None:
    scan = Scan(wanted)
    list(asked(scan, line))
    all_questions = list(questions(wanted))
    there = {
        (box.link, box.unit)
        for box in line
        for question in all_questions
        if box.hears(question) and box.latency_s <= question.wait_s
    }
    assert {(found.link, found.unit) for found in scan.found} == there
    assert not scan.hints
    assert scan.left_s < 1e-6


@given(ANY_LINE, ANY_WANTED)
def test_nobody_is_asked_the_same_twice_or_after_it_was_found(line: list[Box], wanted: Wanted) -> None:
    scan = Scan(wanted)
    seen = set()
    for question in asked(scan, line):
        assert question not in seen
        assert (question.link, question.unit) not in {(found.link, found.unit) for found in scan.found}
        assert question.link in wanted.links
        assert question.unit in wanted.units
        seen.add(question)
    assert scan.asked == len(seen)


@given(ANY_WANTED)
def test_everybody_is_asked_and_the_own_speed_comes_first(wanted: Wanted) -> None:
    order = list(questions(wanted))
    for link in wanted.links:
        assert {question.unit for question in order if question.link == link} == set(wanted.units)
    first_of_others = next((at for at, question in enumerate(order) if question.link != wanted.links[0]), len(order))
    assert {question.unit for question in order[:first_of_others]} == set(wanted.units)


@given(st.data(), ANY_WANTED)
def test_whatever_comes_it_ends_and_believes_only_answers(data: st.DataObject, wanted: Wanted) -> None:
    outcomes: st.SearchStrategy[Outcome] = st.sampled_from(
        [NoAnswer(""), BadAnswer("", "crc"), BadAnswer("", "unit"), Refused("", 11), Refused("", 2), Answer(DATA, 0.01)]
    )
    scan, there = Scan(wanted), set()
    most = 3 * sum(1 for _ in questions(wanted)) + 100
    for _ in range(most):
        question = scan.next(now())
        if question is None:
            break
        outcome: Outcome = data.draw(outcomes) if data.draw(st.booleans()) else NoAnswer("")
        found = scan.heard(question, outcome)
        assert (found is not None) == (
            isinstance(outcome, Answer) or (isinstance(outcome, Refused) and outcome.code == 2)
        )
        if found is not None:
            there.add((found.link, found.unit))
    assert scan.next(now()) is None
    assert {(found.link, found.unit) for found in scan.found} == there
    for hint in scan.hints:
        assert (hint.link, hint.unit) not in there


def test_a_question_that_a_late_answer_to_another_could_answer_waits_while_there_are_others() -> None:
    known = tuple(Known(1, Link(9600), Probe(3, address)) for address in range(100, 120))
    scan = Scan(Wanted(links=(Link(9600),), units=tuple(UNITS), known=known))
    asked_s: dict[object, float] = {}
    time_s, early = 0.0, []
    while (question := scan.next(time_s)) is not None:
        early += [question] if time_s - asked_s.get(question.shape, -100.0) < 10 else []
        asked_s[question.shape] = time_s
        time_s += question.silent_s
        scan.heard(question, NoAnswer(""))
    assert scan.asked == 3 * len(UNITS) + len(known)
    assert len(early) < len(known)


def test_a_speed_that_the_port_cannot_do_is_left_with_a_hint() -> None:
    scan = Scan(Wanted(links=(Link(250000), Link(9600)), units=(1, 2)))
    question = scan.next(0.0)
    assert question is not None
    scan.cannot(question, "/dev/ttyUSB0: does not take 250000 8N1")
    while (question := scan.next(now())) is not None:
        assert question.link == Link(9600)
        scan.heard(question, NoAnswer(""))
    assert [(hint.link, hint.unit, hint.asked) for hint in scan.hints] == [(Link(250000), None, False)]


def test_two_units_on_one_address_are_a_hint_and_no_unit() -> None:
    line = [Box(Link(9600), 7, frozenset({(3, 0)}), 0.01, refuses=False)] * 2
    scan = Scan(Wanted(links=(Link(9600),), units=tuple(UNITS)))
    list(asked(scan, line))
    assert not scan.found
    assert [(hint.link, hint.unit) for hint in scan.hints] == [(Link(9600), 7)]


def test_a_slow_unit_whose_answer_came_to_another_is_asked_again() -> None:
    """Unit 7 answers after 150 ms: its answer falls into the question to unit 8."""
    scan = Scan(Wanted(links=(Link(9600),), units=(6, 7, 8), fast=True))
    while (question := scan.next(now())) is not None:
        if question.unit == 7 and question.wait_s > 0.15:
            scan.heard(question, Answer(DATA, 0.15))
        elif question.unit == 8 and question.wait_s < 0.15:
            scan.heard(question, BadAnswer("expected an answer of unit 8, unit 7 answered", "unit"))
        else:
            scan.heard(question, NoAnswer(""))
    assert [found.unit for found in scan.found] == [7]
    assert not scan.hints


def test_a_speed_at_which_the_line_babbles_is_left_with_one_hint() -> None:
    scan = Scan(Wanted(links=(Link(9600), Link(19200)), units=tuple(UNITS)))
    while (question := scan.next(now())) is not None:
        noisy = question.link == Link(9600)
        scan.heard(question, BadAnswer("noise", "noise") if noisy else NoAnswer(""))
    assert [(hint.link, hint.unit) for hint in scan.hints] == [(Link(9600), None)]
    assert scan.asked < 3 * len(UNITS)


def test_a_tcp_device_that_does_not_look_at_the_id_is_one() -> None:
    scan = Scan(Wanted(links=(None,), units=(*UNITS, 255)))
    while (question := scan.next(now())) is not None:
        scan.heard(question, Answer(DATA, 0.001))
    assert [found.unit for found in scan.found] == [1]
    assert [hint.unit for hint in scan.hints] == [None]
    assert scan.asked == 4


def test_a_gateway_that_says_that_nobody_is_there_is_believed() -> None:
    scan = Scan(Wanted(links=(None,), units=(*UNITS, 255)))
    while (question := scan.next(now())) is not None:
        scan.heard(question, Answer(DATA, 0.001) if question.unit < 10 else Refused("exception 11", 11))
    assert [found.unit for found in scan.found] == list(range(1, 10))
    assert ANYBODY[0].of(1) == scan.found[0].request
