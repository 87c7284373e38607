"""Ultrasonic heads and particulate counters, on the simulator's frames: any bytes do no harm, a fault costs one reading."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.lines import load_model
from drivers.lines.instrument import Fact, Language
from drivers.points import Quality
from firmware_sim.instruments import INSTRUMENTS
from firmware_sim.instruments.a02 import report
from firmware_sim.instruments.pms5003 import packed as pms_packed
from firmware_sim.instruments.sds011 import packed as sds_packed
from firmware_sim.instruments.urm import packed as urm_packed
from wired_instrument import settings

NAMES = ("a02", "pms5003", "sds011", "sen0754", "urm")
WORD = st.integers(0, 0xFFFF)
TENTHS = st.integers(0, 9999).map(lambda tenths: tenths.to_bytes(2, "little"))
FRAMES = {
    "a02": st.integers(0, 10_000).map(report),
    "sen0754": (st.integers(0, 10_000) | st.sampled_from([0xFFFD, 0xFFFE])).map(report),
    "pms5003": st.sampled_from([9, 13, 17]).flatmap(lambda n: st.lists(WORD, min_size=n, max_size=n).map(pms_packed)),
    "sds011": st.builds(lambda two, ten, number: sds_packed(0xC0, two + ten, number), TENTHS, TENTHS, WORD),
    "urm": WORD.map(lambda value: urm_packed(0x11, 2, value.to_bytes(2, "big"))),
}
HEADS = {"a02": b"\xff", "sen0754": b"\xff", "pms5003": b"\x42", "sds011": b"\xaa", "urm": b"\x55"}
ONE = {"pms5003": "air/pm1", "sds011": "air/pm2_5"}
BOUNDS = {"distance/sensor_value": (0.031, 10.0), "temperature/sensor_value": (-40.0, 85.0)}
APART_S = 1.0  # between two frames; an ultrasonic head pauses for 0.1 s at least


def one_of(name: str) -> str:
    return ONE.get(name, "distance/sensor_value")


def drawn(data: st.DataObject, name: str, least: int) -> list[bytes]:
    """Frames of one instrument; all of a particulate counter's are of one length."""
    if name == "pms5003":
        words = data.draw(st.sampled_from([9, 13, 17]))
        frame = st.lists(WORD, min_size=words, max_size=words).map(pms_packed)
    else:
        frame = FRAMES[name]
    return data.draw(st.lists(frame, min_size=least, max_size=8))


def awake(name: str) -> Language:
    """A reader that has been told to wake its instrument, or has asked it."""
    model = load_model(name)
    language = model.build(settings(model, {"period_min": 0} if name in {"pms5003", "sds011"} else {}))
    language.opened(0.0)
    language.due(0.0)
    return language


def readings(name: str, pieces: list[bytes]) -> list[Fact]:
    """What is said of one resource by pieces that come one after the other; a head that is asked is asked before each."""
    language = awake(name)
    facts: list[Fact] = []
    now_s = 0.0
    for piece in pieces:
        facts += [fact for fact in language.feed(piece, now_s) if fact.resource == one_of(name)]
        now_s += APART_S
        while name == "urm" and language.due(now_s)[4:5] != b"\x02":
            language.feed(urm_packed(0x11, 3, b"\x00\xc8"), now_s)
            now_s += APART_S
    return facts


def without_reason(facts: list[Fact]) -> list[object]:
    """Values, or the reason why there is none; whether it has spun up is of the time and not of the frame."""
    return [fact.reason if fact.value is None else fact.value for fact in facts]


def cut(stream: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({place % (len(stream) + 1) for place in cuts} | {0, len(stream)})
    return [stream[begin:end] for begin, end in pairwise(places)]


@pytest.mark.parametrize("name", NAMES)
@given(pieces=st.lists(st.tuples(st.binary(max_size=60), st.floats(0, 50)), max_size=12), data=st.data())
def test_any_bytes_at_any_time_do_no_harm(name: str, pieces: list[tuple[bytes, float]], data: st.DataObject) -> None:
    language = awake(name)
    now_s = 0.0
    for piece, pause_s in pieces:
        now_s += pause_s
        stream = piece + data.draw(FRAMES[name]) + piece
        for fact in language.feed(stream, now_s):
            assert (fact.value is None) is (fact.quality is Quality.BAD)
            assert bool(fact.reason) is (fact.quality is not Quality.GOOD)
            low, high = BOUNDS.get(fact.resource, (0, 700_000))
            assert fact.value is None or low <= float(fact.value) <= high
        sent = language.due(now_s)
        assert len(sent) in {0, 6, 7, 19}
        assert language.due(now_s) == b"" or name in {"pms5003", "sds011"}  # these may be told, and asked, at once
    assert language.counts.stray_bytes <= sum(2 * len(piece) + 40 for piece, _ in pieces)


@pytest.mark.parametrize("name", NAMES)
@given(stream=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200), max_size=20))
def test_pieces_make_no_difference(name: str, stream: bytes, cuts: list[int]) -> None:
    whole, pieces = awake(name), awake(name)
    at_once = list(whole.feed(stream, 0.0))
    assert [fact for piece in cut(stream, cuts) for fact in pieces.feed(piece, 0.0)] == at_once
    counts = whole.counts
    assert (pieces.counts.frames, pieces.counts.bad_frames, pieces.counts.stray_bytes) == (
        counts.frames,
        counts.bad_frames,
        counts.stray_bytes,
    )


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_frames_between_noise_are_found_in_any_pieces(name: str, data: st.DataObject) -> None:
    frames = drawn(data, name, 1)
    noise = st.binary(max_size=12).map(lambda some: some.replace(HEADS[name], b""))
    clean = without_reason(readings(name, frames))
    assert len(clean) == len(frames)
    facts: list[Fact] = []
    language = awake(name)
    now_s = 0.0
    for frame in frames:
        stream = data.draw(noise) + frame
        for piece in cut(stream, data.draw(st.lists(st.integers(0, 60), max_size=6))):
            facts += [fact for fact in language.feed(piece, now_s) if fact.resource == one_of(name)]
        now_s += APART_S
        while name == "urm" and language.due(now_s)[4:5] != b"\x02":
            language.feed(urm_packed(0x11, 3, b"\x00\xc8"), now_s)
            now_s += APART_S
    assert without_reason(facts) == clean


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_a_fault_in_a_frame_costs_that_frame(name: str, data: st.DataObject) -> None:
    """One wrong bit, a byte lost, the end or the beginning lost, or two frames of which nothing but halves are left."""
    frames = drawn(data, name, 2)
    hurt = data.draw(st.integers(0, len(frames) - 1))
    frame = frames[hurt]
    at, bit = data.draw(st.integers(0, len(frame) - 1)), data.draw(st.integers(0, 7))
    spoilt = data.draw(
        st.sampled_from(
            [
                frame[:at] + bytes([frame[at] ^ 1 << bit]) + frame[at + 1 :],
                frame[:at] + frame[at + 1 :],
                frame[:at],
                frame[at + 1 :],
            ]
        )
    )
    clean = without_reason(readings(name, frames))
    found = without_reason(readings(name, [*frames[:hurt], spoilt, *frames[hurt + 1 :]]))
    without = clean[:hurt] + clean[hurt + 1 :]
    assert found in (without, clean)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_noise_between_frames_costs_one_at_most(name: str, data: st.DataObject) -> None:
    frames = drawn(data, name, 2)
    at = data.draw(st.integers(0, len(frames) - 1))
    noise = data.draw(st.binary(max_size=60))
    clean = without_reason(readings(name, frames))
    found = without_reason(readings(name, [*frames[:at], noise + frames[at], *frames[at + 1 :]]))
    assert sum((Counter(clean) - Counter(found)).values()) <= 1


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_frames_that_come_together_are_all_found(name: str, data: st.DataObject) -> None:
    """As after a pause of the reader's; a head that is asked once has answered once."""
    frames = drawn(data, name, 2)
    found = without_reason(readings(name, [b"".join(frames)]))
    assert found == without_reason(readings(name, frames[:1] if name == "urm" else frames))


ORDERS = st.lists(st.tuples(st.floats(0, 100), st.binary(max_size=40)), max_size=20)


@pytest.mark.parametrize("name", NAMES)
@given(orders=ORDERS, pieces=st.integers(1, 19))
def test_a_simulated_one_takes_any_bytes(name: str, orders: list[tuple[float, bytes]], pieces: int) -> None:
    """And after them it still does what its reader says."""
    instrument = INSTRUMENTS[name]()
    now_s = 0.0
    for pause_s, order in orders:
        now_s += pause_s
        instrument.arrived(order, now_s)
        for _ in range(1000):
            if instrument.next_s() > now_s:
                break
            instrument.due(now_s)
        assert instrument.next_s() > now_s
    model = load_model(name)
    reader = model.build(settings(model, {}))
    reader.opened(now_s)
    if asked := reader.due(now_s):
        instrument.arrived(bytes(64), now_s)  # what was begun is over
        for at in range(0, len(asked), pieces):
            instrument.arrived(asked[at : at + pieces], now_s)
    end_s = now_s + 40
    frames = 0
    while instrument.next_s() <= end_s:
        now_s = max(now_s, instrument.next_s())
        reader.feed(instrument.due(now_s), now_s)
        frames = reader.counts.frames
    assert frames >= 1
