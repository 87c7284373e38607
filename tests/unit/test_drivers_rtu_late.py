"""Late answers on a line in virtual time: none is taken for the next one, whatever the unit can be asked."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, repeat

import pytest

from drivers.bus.rtu_port import RtuPort
from drivers.errors import BadAnswer, NoAnswer, WireError
from drivers.modbus import pdu
from rtu_line import sealed
from truthful_units import TruthfulUnits
from virtual_port import READ, READ_ONE, TIMEOUT_S, WRITE, functions, opened
from virtual_wire import Coming


class SlowUnit:
    """A truthful unit whose first answers take it long; `answers` says whether a frame is answered at all."""

    def __init__(self, *slow_s: float, answers: Callable[[bytes], bool] = lambda _: True) -> None:
        self.units = TruthfulUnits(1)
        self.slow_s = list(slow_s)
        self.answers = answers

    def __call__(self, frame: bytes, now_s: float) -> list[Coming]:
        answer = self.units.answer(frame)
        if answer is None or not self.answers(frame):
            return []
        return [(self.units.after(1, now_s, self.slow_s.pop(0) if self.slow_s else 0.004), answer)]


def reads_truly(port: RtuPort, unit: SlowUnit, request: pdu.Request, times: int) -> int:
    """Return how often a request was answered; fail if with something that is not so."""
    answered = 0
    for _ in range(times):
        try:
            data = port.exchange(request, TIMEOUT_S).data
        except WireError:
            continue
        assert data == unit.units.words(1, request.pdu[2], len(data) // 2)
        answered += 1
    return answered


@pytest.mark.parametrize("registers", [b"\x00\x01", b"\x00\x01\x00\x02"], ids=["one register", "one or two"])
def test_late_answers_of_a_unit_that_answers_no_fence_are_not_taken_for_the_next(registers: bytes) -> None:
    """Two late answers, by up to thirteen time-outs, of a unit that answers nothing else: no fence."""
    for first_ms in range(90, 1300, 40):
        for second_ms in (4, *range(95, 500, 60)):
            unit = SlowUnit(
                first_ms / 1000, second_ms / 1000, answers=lambda frame: frame[1] == 3 and frame[4:6] in registers
            )
            port, _ = opened(unit)
            assert reads_truly(port, unit, READ_ONE, 14) >= 1


@pytest.mark.parametrize(
    "slow_s", [[0.15], [0.31], [0.15] * 3, [0.39, 0.21, 0.21], [0.09, 0.11, 0.19, 0.29, 0.09, 0.5]], ids=str
)
@pytest.mark.parametrize(
    "answers",
    [
        lambda _: True,
        lambda frame: frame[1] == 3,
        lambda frame: frame[1] == 3 and frame[4:6] == b"\x00\x01",
    ],
    ids=["answers all", "one function", "one register"],
)
def test_late_answers_of_the_same_shape_are_never_taken_for_the_next(
    slow_s: list[float], answers: Callable[[bytes], bool]
) -> None:
    unit = SlowUnit(*slow_s, answers=answers)
    port, _ = opened(unit)
    assert reads_truly(port, unit, READ_ONE, 50) >= 50 - 2 * len(slow_s) - 4
    assert port.counts.late_frames >= 1


def test_a_late_answer_that_was_seen_needs_no_fence() -> None:
    unit = SlowUnit(0.15)
    port, wire = opened(unit)
    assert reads_truly(port, unit, READ, 2) == 1
    assert port.counts.late_frames == 1
    assert functions(wire) == [3, 3]


def test_a_request_of_another_shape_is_a_fence_itself() -> None:
    unit = SlowUnit(0.39)
    port, wire = opened(unit)
    with pytest.raises(NoAnswer):
        port.exchange(READ, TIMEOUT_S)
    unit.units._free_s.clear()  # the late one will not come after all
    port.exchange(READ_ONE, TIMEOUT_S)
    port.exchange(READ, TIMEOUT_S)
    assert len(wire.frames) == 3


def test_a_fence_is_a_read_that_the_unit_is_known_to_answer() -> None:
    silent = [False]
    unit = SlowUnit(answers=lambda _: not silent[0])
    port, wire = opened(unit)
    port.exchange(pdu.read(1, 4, 77, 3), TIMEOUT_S)
    port.exchange(READ, TIMEOUT_S)
    silent[0] = True
    with pytest.raises(NoAnswer):
        port.exchange(READ, TIMEOUT_S)
    silent[0] = False
    port.exchange(READ, TIMEOUT_S)
    assert [frame[1:6] for _, frame in wire.frames[-2:]] == [
        bytes.fromhex("04 004D 0003"),
        bytes.fromhex("03 0000 0002"),
    ]


def test_a_write_is_fenced_by_a_read_and_never_sent_twice() -> None:
    luck = iter([False, True])
    unit = SlowUnit(answers=lambda frame: frame[1] != 6 or next(luck))
    port, wire = opened(unit)
    port.exchange(READ, TIMEOUT_S)
    wire.frames.clear()
    with pytest.raises(NoAnswer):
        port.exchange(WRITE, TIMEOUT_S)
    port.exchange(WRITE, TIMEOUT_S)
    assert functions(wire) == [6, 3, 6]


def test_a_write_to_a_unit_that_answers_no_reads_waits_for_silence() -> None:
    """Each call sends the write at the most once."""
    luck = chain([False], repeat(True))
    unit = SlowUnit(answers=lambda frame: frame[1] == 6 and next(luck))
    port, wire = opened(unit)
    outcomes = []
    for _ in range(6):
        before = functions(wire).count(6)
        try:
            port.exchange(WRITE, TIMEOUT_S)
            outcomes.append("answer")
        except NoAnswer:
            outcomes.append("none")
        assert functions(wire).count(6) <= before + 1
    assert outcomes[-1] == "answer"


def test_an_exception_that_an_earlier_request_may_have_caused_refuses_nothing() -> None:
    exception = sealed(b"\x01\x83\x02")
    units = TruthfulUnits(1)
    coming = [[(0.16, exception)]]
    port, _ = opened(lambda frame, now_s: coming.pop() if coming else units(frame, now_s))
    with pytest.raises(NoAnswer):
        port.exchange(READ, TIMEOUT_S)
    port._line.trusted = True  # as if the line had been silent for long enough
    coming.append([(0.02, exception)])
    with pytest.raises(BadAnswer, match="earlier request"):
        port.exchange(READ_ONE, TIMEOUT_S)


def test_a_second_answer_makes_the_next_one_be_proved() -> None:
    units = TruthfulUnits(1)
    twice = [True]

    def script(frame: bytes, now_s: float) -> list[Coming]:
        coming = units(frame, now_s)
        return [*coming, (0.006, coming[0][1])] if twice[0] else coming

    port, wire = opened(script)
    port.exchange(READ, TIMEOUT_S)
    twice[0] = False
    port.exchange(READ, TIMEOUT_S)
    assert len(wire.frames) == 3
    assert port.counts.late_frames == 1


def test_what_an_exchange_teaches_of_latency_shortens_the_drain() -> None:
    port, wire = opened(TruthfulUnits(1, latency_s=0.012))
    answer = port.exchange(READ, TIMEOUT_S)
    assert 0.012 <= answer.latency_s <= 0.02
    with pytest.raises(NoAnswer):
        port.exchange(pdu.read(9, 3, 0, 1), TIMEOUT_S)
    began_s = wire.time_s
    port.exchange(READ, TIMEOUT_S)
    asked_s = wire.frames[-1][0]
    assert answer.latency_s <= asked_s - began_s <= answer.latency_s + 0.001
