"""Single exchanges on a line in virtual time: what is said of what came, what is asked aside, what the line learns."""

from __future__ import annotations

from random import Random

import pytest

from drivers.bus.records import Link, RtuTcpBus
from drivers.bus.rtu_port import TURNAROUND_S, RtuPort
from drivers.errors import BadAnswer, LinkLost, NoAnswer, Refused
from drivers.modbus import pdu, rtu
from rtu_faults import FAULTS
from rtu_line import sealed
from truthful_units import TruthfulUnits
from virtual_port import LINK, READ, TIMEOUT_S, WRITE, functions, opened
from virtual_wire import Coming


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
    others = [(0.01, sealed(bytes([9, 4, 2, 0, 1]))), (0.02, sealed(b"\x00\x06\x00\x00\x00\x01"))]
    port, _ = opened(lambda _frame, _now_s: others)
    with pytest.raises(NoAnswer, match="within 100 ms"):
        port.exchange(READ, TIMEOUT_S)
    assert port.counts.foreign_frames == 2
    assert port.counts.stray_bytes == 0


# ---- Echo ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("echo", [False, True])
@pytest.mark.parametrize("teacher", [READ, pdu.write_registers(1, 5, [7]), pdu.write_coils(1, 5, [True])])
def test_an_echo_is_learned_from_what_cannot_be_its_own_answer(teacher: pdu.Request, echo: bool) -> None:
    port, wire = opened(TruthfulUnits(1), echo=echo)
    before = port.counts.echo
    port.exchange(teacher, TIMEOUT_S)
    assert (before, port.counts.echo) == (None, echo)
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
