"""Single exchanges on a line in virtual time: what is said of what came, what is asked aside, what the line learns."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, repeat
from pathlib import Path
from random import Random

import pytest

from drivers.bus.records import Link, RtuBus, RtuTcpBus
from drivers.bus.rtu_port import TURNAROUND_S, RtuPort
from drivers.errors import BadAnswer, LinkLost, NoAnswer, Refused, WireError
from drivers.modbus import pdu, rtu
from rtu_faults import FAULTS
from rtu_line import sealed
from truthful_units import TruthfulUnits
from virtual_wire import Coming, Script, VirtualWire

TIMEOUT_S = 0.1
LINK = Link(19200, "none", 2)
SPEC = RtuBus(id="b", port=Path("virtual"), link=LINK, timeout_s=TIMEOUT_S)
READ = pdu.read(1, 3, 0, 2)
READ_ONE = pdu.read(1, 3, 0, 1)
WRITE = pdu.write_register(1, 5, 7)


def opened(script: Script, *, echo: bool = False, link: Link | None = LINK) -> tuple[RtuPort, VirtualWire]:
    wire = VirtualWire(script, link, echo=echo)
    port = RtuPort(SPEC, wire)
    port.open()
    return port, wire


def functions(wire: VirtualWire) -> list[int]:
    return [frame[1] for _, frame in wire.frames]


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("truncated", "length"),
        ("wrong_unit", "unit"),
        ("wrong_function", "function"),
        ("wrong_length", "length"),
        ("bad_crc", "crc|length"),
        ("collision", "crc|length"),
        ("noise_alone", "noise|length|crc"),
        ("other_speed", "noise"),
    ],
)
def test_what_came_instead_is_named(fault: str, cause: str) -> None:
    for seed in range(20):
        units, chance = TruthfulUnits(1), Random(seed)

        def script(frame: bytes, now_s: float, units: TruthfulUnits = units, chance: Random = chance) -> list[Coming]:
            right = units.answer(frame)
            return [] if right is None else FAULTS[fault](right, chance, TIMEOUT_S)

        port, _ = opened(script)
        with pytest.raises(BadAnswer) as caught:
            port.exchange(READ, TIMEOUT_S)
        assert caught.value.cause in cause.split("|")


@pytest.mark.parametrize("request_", [WRITE, pdu.write_registers(1, 5, [7, 8]), pdu.write_coils(1, 5, [True, False])])
def test_a_wrong_echo_of_a_write_is_no_acknowledgement(request_: pdu.Request) -> None:
    units = TruthfulUnits(1)

    def script(frame: bytes, now_s: float) -> list[Coming]:
        wrong = sealed(frame[:5] + bytes([frame[5] ^ 1]))
        return [(0.004, wrong)] if frame[1] > 4 else units(frame, now_s)

    port, _ = opened(script)
    with pytest.raises(BadAnswer, match="expected the echo") as caught:
        port.exchange(request_, TIMEOUT_S)
    assert caught.value.cause == "echo"


def test_a_dead_unit_is_silent_even_where_others_talk() -> None:
    port, wire = opened(lambda frame, now_s: [(0.01, sealed(bytes([9, 4, 2, 0, 1]))), (0.02, sealed(b"\x00\x06\x00\x00\x00\x01"))])
    with pytest.raises(NoAnswer, match="within 100 ms"):
        port.exchange(READ, TIMEOUT_S)
    assert port.counts.foreign_frames == 2
    assert port.counts.stray_bytes == 0


# ---- Echo ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("echo", [False, True])
@pytest.mark.parametrize("teacher", [READ, pdu.write_registers(1, 5, [7]), pdu.write_coils(1, 5, [True])])
def test_an_echo_is_learned_from_what_cannot_be_its_own_answer(teacher: pdu.Request, echo: bool) -> None:
    port, wire = opened(TruthfulUnits(1), echo=echo)
    assert port.counts.echo is None
    port.exchange(teacher, TIMEOUT_S)
    assert port.counts.echo is echo
    port.exchange(WRITE, TIMEOUT_S)
    assert functions(wire) == [teacher.function, 6]


MIRRORS = [
    WRITE,
    pdu.write_coil(1, 5, on=True),
    pdu.read(1, 1, 0x0300, 20),  # the byte count of its answer stands where its address begins
]


@pytest.mark.parametrize("request_", MIRRORS)
@pytest.mark.parametrize("alive", [False, True])
@pytest.mark.parametrize("echo", [False, True])
@pytest.mark.parametrize("learned", [False, True])
def test_no_echo_confirms_a_request_that_looks_like_its_answer(
    request_: pdu.Request, echo: bool, alive: bool, learned: bool
) -> None:
    assert rtu.mirrors(request_)
    port, wire = opened(TruthfulUnits(*([1, 2] if alive else [2])), echo=echo)
    if learned:
        port.exchange(pdu.read(2, 3, 0, 1), TIMEOUT_S)
        assert port.counts.echo is echo
    if alive:
        port.exchange(request_, TIMEOUT_S)
        assert port.counts.echo is echo
    else:
        with pytest.raises(NoAnswer):
            port.exchange(request_, TIMEOUT_S)
    probe = [1 if request_.function in {1, 5} else 3]
    assert functions(wire) == ([3] if learned else probe) + [request_.function]


@pytest.mark.parametrize("before", [False, True])
def test_an_echo_that_appears_or_goes_is_noticed(before: bool) -> None:
    port, wire = opened(TruthfulUnits(1), echo=before)
    port.exchange(READ, TIMEOUT_S)
    wire.echo = not before
    port.exchange(READ, TIMEOUT_S)
    assert port.counts.echo is not before
    port.exchange(WRITE, TIMEOUT_S)


def test_an_echo_that_has_gone_makes_no_write_believed_nor_lost_for_ever() -> None:
    port, wire = opened(TruthfulUnits(1), echo=True)
    port.exchange(READ, TIMEOUT_S)
    wire.echo = False
    with pytest.raises(NoAnswer):  # one copy came: nobody knows whose
        port.exchange(WRITE, TIMEOUT_S)
    port.exchange(WRITE, TIMEOUT_S)
    assert port.counts.echo is False


def test_a_port_that_is_opened_again_may_have_another_adapter() -> None:
    port, _ = opened(TruthfulUnits(1), echo=True)
    port.exchange(READ, TIMEOUT_S)
    port.close()
    port.open()
    assert port.counts.echo is None


# ---- Late answers ----------------------------------------------------------------------------------------------------


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
def test_however_late_answers_are_they_are_not_taken_for_the_next(registers: bytes) -> None:
    """Two late answers of a unit that knows one function, by every so many milliseconds."""
    for first_ms in range(90, 1300, 40):
        for second_ms in (4, *range(95, 500, 60)):
            unit = SlowUnit(
                first_ms / 1000, second_ms / 1000, answers=lambda frame: frame[1] == 3 and frame[4:6] in registers
            )
            port, _ = opened(unit)
            assert reads_truly(port, unit, READ_ONE, 14) >= 1


@pytest.mark.parametrize("slow_s", [[0.15], [0.31], [0.15] * 3, [0.39, 0.21, 0.21], [0.09, 0.11, 0.19, 0.29, 0.09, 0.5]], ids=str)
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
    assert [frame[1:6] for _, frame in wire.frames[-2:]] == [bytes.fromhex("04 004D 0003"), bytes.fromhex("03 0000 0002")]


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
        return coming + [(0.006, coming[0][1])] if twice[0] else coming

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


# ---- Silence, noise, broadcast, another speed ------------------------------------------------------------------------


@pytest.mark.parametrize("baud", [2400, 19200, 115200])
def test_the_silence_between_frames_is_kept_and_no_more(baud: int) -> None:
    link = Link(baud, "even", 1)
    units = TruthfulUnits(1)
    ended_s: list[float] = []

    def script(frame: bytes, now_s: float) -> list[Coming]:
        coming = units(frame, now_s)
        ended_s.append(now_s + coming[0][0] + len(coming[0][1]) * link.char_s)
        return coming

    port, wire = opened(script, link=link)
    for _ in range(5):
        port.exchange(READ, TIMEOUT_S)
    gaps_s = [asked_s - end_s for end_s, (asked_s, _) in zip(ended_s, wire.frames[1:], strict=False)]
    assert gaps_s == pytest.approx([link.silence_s] * 4, abs=1e-6)


def test_babble_is_told_in_bounded_time_and_few_reads() -> None:
    chance = Random(1)
    port, wire = opened(TruthfulUnits(1), link=Link(115200))
    port.exchange(READ, TIMEOUT_S)
    wire.handing.way = "bytes"
    wire.come(wire.time_s, chance.randbytes(60_000))
    for _ in range(3):
        began_s, reads = wire.time_s, wire.reads
        with pytest.raises(BadAnswer) as caught:
            port.exchange(READ, TIMEOUT_S)
        assert caught.value.cause in {"noise", "crc", "length"}
        assert wire.time_s - began_s < 1.5
        assert wire.reads - reads < 400 * (wire.time_s - began_s) + 10


def test_a_glitch_after_each_answer_costs_no_more_than_the_silence() -> None:
    units = TruthfulUnits(1)
    port, wire = opened(lambda frame, now_s: [(after_s, told + b"\x00") for after_s, told in units(frame, now_s)])
    port.exchange(READ, TIMEOUT_S)
    began_s = wire.time_s
    for _ in range(10):
        port.exchange(READ, TIMEOUT_S)
    assert wire.time_s - began_s < 10 * (0.004 + (8 + 10) * LINK.char_s + 2 * LINK.silence_s)
    assert port.counts.stray_bytes >= 10


@pytest.mark.parametrize("echo", [False, True])
def test_a_broadcast_awaits_no_answer_but_gives_the_units_time(echo: bool) -> None:
    units = TruthfulUnits(1)
    port, wire = opened(units, echo=echo)
    began_s = wire.time_s
    answer = port.exchange(pdu.write_register(0, 5, 7), TIMEOUT_S)
    assert (answer.data, answer.latency_s) == (b"", 0.0)
    assert units.done == [rtu.frame(pdu.write_register(0, 5, 7))]
    assert wire.time_s - began_s <= TIMEOUT_S + LINK.silence_s  # the wait after opening
    sent_s = wire.time_s
    port.exchange(READ, TIMEOUT_S)
    assert wire.frames[-1][0] - sent_s >= TURNAROUND_S
    assert port.counts.echo is echo


def test_another_speed_is_for_one_exchange() -> None:
    units = TruthfulUnits(1)
    port, wire = opened(units)
    port.exchange(READ, TIMEOUT_S)
    slow = Link(2400, "even", 1)
    port.exchange(READ, TIMEOUT_S, slow)
    assert wire.links == [slow, LINK]
    with pytest.raises(NoAnswer):
        port.exchange(pdu.read(9, 3, 0, 1), TIMEOUT_S, slow)
    assert wire.links == [slow, LINK] * 2
    port.exchange(READ, TIMEOUT_S, LINK)
    assert wire.links == [slow, LINK] * 2
    told = port.recorder.text("b at virtual", 0.0)
    assert "! at 2400 8E1" in told
    assert "! at 19200 8N2 again" in told


def test_a_device_server_has_no_other_speed() -> None:
    port = RtuPort(RtuTcpBus(id="b", host="localhost", port=1, timeout_s=1.0))
    with pytest.raises(LinkLost, match="not connected"):
        port.exchange(READ, TIMEOUT_S)


def test_refusals_and_answers_of_any_length() -> None:
    units = TruthfulUnits(1)
    units.refuses[7] = 2
    names = bytes.fromhex("01 2B 0E 01 01 00 00 02 00 02 41 42 01 01 43")

    def script(frame: bytes, now_s: float) -> list[Coming]:
        if frame[1] == 43:
            return [(0.004, sealed(names))]
        return [(0.004, sealed(b"\x01\x11\x03\x07\xff\x2a"))] if frame[1] == 17 else units(frame, now_s)

    port, _ = opened(script)
    with pytest.raises(Refused, match="illegal data address"):
        port.exchange(pdu.read(1, 3, 7, 1), TIMEOUT_S)
    assert port.exchange(pdu.device_id(1), TIMEOUT_S).data == names[2:]
    assert port.exchange(pdu.server_id(1), TIMEOUT_S).data == b"\x07\xff\x2a"
    assert port.counts.stray_bytes == 0


def test_a_wire_that_is_gone() -> None:
    port, wire = opened(TruthfulUnits(1))
    wire.gone = True
    with pytest.raises(LinkLost):
        port.exchange(READ, TIMEOUT_S)
    assert "! unit 1: virtual: gone" in port.recorder.text("b", 0.0)
