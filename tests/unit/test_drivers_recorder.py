"""The flight recorder: what it keeps, what it says, and that a dump replays to what it tells."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bus.recorder import ENTRIES, Entry, Mark, Recorder, dump, read_dump
from drivers.bus.records import Link, RtuBus
from drivers.bus.rtu_port import RtuPort
from drivers.errors import NoAnswer, WireError
from drivers.modbus import pdu
from dump_replay import Replay
from rtu_faults import FAULTS, FaultyUnits
from truthful_units import TruthfulUnits
from virtual_wire import VirtualWire

TIMEOUT_S = 0.1
LINK = Link(19200, "none", 2)

DUMP = """\
# gadelys bus dump 1
# bus lamps at /dev/ttyUSB0, 19200 8N2; 0 is 2026-11-25T04:10:00.123456Z
0.000000 > 0B 03 00 5A 00 04 64 B1
0.012345 < 0B 03 08 00 00 00 00 00 00 00 00 C6 D7
0.112345 ! unit 11: no answer within 100 ms
"""


def test_a_dump_reads_as_it_is_written() -> None:
    recorder = Recorder()
    recorder.note(1000.0, ">", bytes.fromhex("0B 03 00 5A 00 04 64 B1"))
    recorder.note(1000.012345, "<", bytes.fromhex("0B 03 08 00 00"))
    recorder.note(1000.013345, "<", bytes.fromhex("00 00 00 00 00 00 C6 D7"))
    recorder.note(1000.112345, "!", b"unit 11: no answer within 100 ms")
    wall_s = 1795579800.123456 - 1000.0
    assert recorder.text("lamps at /dev/ttyUSB0, 19200 8N2", wall_s) == DUMP
    assert [entry.data for entry in read_dump(DUMP)] == [entry.data for entry in recorder.entries()]


def test_the_ring_keeps_the_last_and_pieces_that_are_apart_stay_apart() -> None:
    recorder = Recorder()
    for number in range(ENTRIES + 50):
        recorder.note(number * 0.005, "<", bytes([number & 0xFF]))
    assert len(recorder.entries()) == ENTRIES
    assert recorder.entries()[0].data == bytes([50])
    for _ in range(600):
        recorder.note(100.0, "<", b"\x55")
    assert max(len(entry.data) for entry in recorder.entries()) == 256


MARKS: st.SearchStrategy[Mark] = st.sampled_from(["<", ">"])
WORDS = st.lists(st.text("abc :,", min_size=1), min_size=1).map(lambda words: " ".join(" ".join(words).split()))


@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.one_of(st.tuples(MARKS, st.binary(min_size=1)), WORDS)), max_size=20)
)
def test_any_entries_come_back_from_their_text(drawn: list[tuple[int, tuple[Mark, bytes] | str]]) -> None:
    entries = [
        Entry(micros / 1e6, "!", (what or "?").encode()) if isinstance(what, str) else Entry(micros / 1e6, *what)
        for micros, what in sorted(drawn, key=lambda pair: pair[0])
    ]
    back = read_dump(dump(entries, "b at c", 0.0))
    zero_s = entries[0].mono_s if entries else 0.0
    assert [(entry.mark, entry.data) for entry in back] == [(entry.mark, entry.data) for entry in entries]
    assert [entry.mono_s for entry in back] == pytest.approx([entry.mono_s - zero_s for entry in entries], abs=1e-6)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: expected"),
        ("# something else\n", "line 1: expected"),
        (DUMP + "0.2 > 01\n", "line 6: expected seconds"),
        (DUMP + "0.200000 ? 01\n", "line 6: expected seconds"),
        (DUMP + "0.200000 > 0\n", "line 6: expected bytes"),
    ],
)
def test_what_is_no_dump_is_told_by_its_line(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_dump(text)


@given(st.text())
def test_any_text_is_a_dump_or_a_value_error(text: str) -> None:
    for tried in (text, DUMP + text):
        with contextlib.suppress(ValueError):
            assert len(read_dump(tried)) <= len(tried.splitlines())


def test_a_dump_of_a_late_answer_replays_to_what_it_tells() -> None:
    """Taken from a line whose unit answers one read of register 7 after 0.35 s, and is then asked for register 8."""
    replay = Replay(
        (Path(__file__).parents[1] / "data" / "late_answer.dump").read_text(encoding="utf-8"), LINK, TIMEOUT_S
    )
    assert replay.run() == ["unit 1: no answer within 100 ms", "unit 1: no answer within 100 ms", "08 03", "09 04"]
    assert replay.told() == replay.outcomes[:2]
    assert replay.port.counts.late_frames == 2


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_port_recorded_replays_to_the_same_outcomes(fault: str) -> None:
    faulty = FaultyUnits(TruthfulUnits(1), (fault,), TIMEOUT_S, seed=3, share=0.5)
    port = RtuPort(RtuBus(id="b", port=Path("virtual"), link=LINK, timeout_s=TIMEOUT_S), VirtualWire(faulty, LINK))
    port.open()
    outcomes = []
    for address in range(12):
        try:
            outcomes.append(port.exchange(pdu.read(1, 3, address, 1), TIMEOUT_S).data.hex(" "))
        except WireError as error:
            outcomes.append(f"unit 1: {error}")
    replay = Replay(port.recorder.text("b at virtual", 0.0), LINK, TIMEOUT_S)
    assert replay.run() == outcomes


def test_a_dead_line_still_tells() -> None:
    port = RtuPort(
        RtuBus(id="b", port=Path("virtual"), link=LINK, timeout_s=TIMEOUT_S), VirtualWire(lambda *_: [], LINK)
    )
    port.open()
    with pytest.raises(NoAnswer):
        port.exchange(pdu.read(1, 3, 0, 1), TIMEOUT_S)
    assert [entry.mark for entry in port.recorder.entries()] == [">", "!"]
