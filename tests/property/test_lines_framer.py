"""Frames and lines out of any stream: nothing raised, nothing kept for ever, what is sound is found."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from drivers.lines.framer import Framer, TextLines
from drivers.lines.instrument import Counts
from toy_instrument import Form, frame

VALUES = st.lists(st.integers(0, 0xA0), max_size=20)
NOISE = st.binary(max_size=12).map(lambda data: data.replace(b"\xab", b"\x00"))


def fed(stream: bytes, cuts: list[int]) -> tuple[list[bytes], Counts]:
    counts = Counts()
    framer = Framer(Form(), counts)
    frames: list[bytes] = []
    places = sorted({cut % (len(stream) + 1) for cut in cuts} | {0, len(stream)})
    for begin, end in pairwise(places):
        frames += framer.feed(stream[begin:end])
        assert len(framer._rest) < Form.longest
    return frames, counts


@given(VALUES, st.lists(NOISE, min_size=21, max_size=21), st.lists(st.integers(0, 500), max_size=30))
def test_whole_frames_are_found_in_any_pieces_and_between_any_noise(
    values: list[int], noise: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(between + frame(value) for value, between in zip(values, noise, strict=False))
    frames, counts = fed(stream, cuts)
    assert frames == [frame(value) for value in values]
    assert counts.frames == len(values)
    assert counts.stray_bytes == len(stream) - 4 * len(values)


@given(VALUES, st.data())
def test_a_fault_costs_one_frame(values: list[int], data: st.DataObject) -> None:
    values = [1, 2, *values, 3]
    whole = b"".join(map(frame, values))
    at = data.draw(st.integers(0, len(whole) - 1))
    hurt = data.draw(
        st.sampled_from([whole[:at] + whole[at + 1 :], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]])
    )
    frames, _ = fed(hurt, [])
    kept = [frame(value) for place, value in enumerate(values) if place != at // 4]
    missing = [one for one in kept if one not in frames]
    assert not missing


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=30))
def test_any_bytes_in_any_pieces_give_the_same_frames(stream: bytes, cuts: list[int]) -> None:
    frames, counts = fed(stream, cuts)
    again, as_one = fed(stream, [])
    assert frames == again
    assert (counts.frames, counts.bad_frames, counts.stray_bytes) == (
        as_one.frames,
        as_one.bad_frames,
        as_one.stray_bytes,
    )


TEXT = st.lists(st.binary(min_size=1, max_size=20).filter(lambda line: not set(line) & set(b"\r\n")), max_size=10)


@given(TEXT, st.sampled_from([b"\r", b"\n", b"\r\n"]), st.integers(1, 7))
def test_lines_in_any_pieces(lines: list[bytes], end: bytes, size: int) -> None:
    counts = Counts()
    reader = TextLines(10, counts)
    stream = b"".join(line + end for line in lines)
    got = [line for at in range(0, len(stream), size) for line in reader.feed(stream[at : at + size])]
    assert got == [line for line in lines if len(line) <= 10]
    assert counts.stray_bytes == sum(len(line) for line in lines if len(line) > 10)


def test_a_line_that_never_ends_is_not_kept() -> None:
    reader = TextLines(10, Counts())
    for _ in range(100):
        assert reader.feed(b"x" * 100) == []
        assert len(reader._rest) <= 10
    assert reader.feed(b"\nok\n") == [b"ok"]


def test_after_clear_half_a_line_is_none() -> None:
    reader = TextLines(10, Counts())
    reader.feed(b"ab")
    reader.clear()
    assert reader.feed(b"cd\nef\n") == [b"ef"]
