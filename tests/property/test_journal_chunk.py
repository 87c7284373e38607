"""What a row holds: any reports come back as they were; any changed bit is seen."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.journal.chunk import Chunk, Damaged, State, pack, pack_state, unpack, unpack_state
from agent.journal.records import Report
from journal_reports import report

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
    | st.sampled_from([-0.0, 0.0, 1e308, -1e308, 5e-324, 1, 1.0, True, -(2**63), 2**63 - 1, "", "\0", "gadelys 🏮"])
)
reports = st.builds(
    Report,
    texts,
    texts,
    st.integers(0, 34),
    values,
    st.sampled_from([192, 0, 500]),
    st.integers(-(10**9), 10**13).map(lambda ms: ms / 1000),
    st.none() | st.integers(-(10**14), 10**14),
)


@st.composite
def chunks(draw: st.DrawFn) -> Chunk:
    kept = draw(st.lists(reports, min_size=1, max_size=20))
    numbers = sorted(draw(st.sets(st.integers(1, 2**62), min_size=len(kept), max_size=len(kept))))
    return Chunk(numbers[-1] + draw(st.integers(0, 5)), draw(texts), tuple(numbers), tuple(kept))


def exactly(chunk: Chunk) -> list[object]:
    """Return what `==` would not tell apart: True from 1, 1 from 1.0, 0.0 from -0.0."""
    return [
        (type(r.value), math.copysign(1, r.value) if isinstance(r.value, float) else 0, r.mono_s.hex())
        for r in chunk.reports
    ]


@given(chunks())
def test_what_was_packed_comes_back_as_it_was(chunk: Chunk) -> None:
    back = unpack(pack(chunk))
    assert back == chunk
    assert exactly(back) == exactly(chunk)


@given(st.binary(max_size=300))
def test_random_bytes_are_damaged(body: bytes) -> None:
    with pytest.raises(Damaged):
        unpack(body)


@given(chunks(), st.data())
def test_a_changed_bit_is_seen(chunk: Chunk, data: st.DataObject) -> None:
    body = bytearray(pack(chunk))
    bit = data.draw(st.integers(0, 8 * len(body) - 1))
    body[bit // 8] ^= 1 << bit % 8
    try:
        assert unpack(bytes(body)) == chunk, (
            "a few bits of zlib's head mean nothing; no other may change and be believed"
        )
    except Damaged:
        return


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1), st.data())
def test_a_changed_bit_of_the_state_is_seen(last: int, waiting: int, data: st.DataObject) -> None:
    state = State("0123456789abcdef", 255, last, waiting, 7)
    body = bytearray(pack_state(state))
    assert unpack_state(bytes(body)) == state
    bit = data.draw(st.integers(0, 8 * len(body) - 1))
    body[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Damaged):
        unpack_state(bytes(body))


def test_times_are_kept_to_the_millisecond() -> None:
    kept = unpack(pack(Chunk(1, "b", (1,), (report(mono_s=12.3456),)))).reports[0]
    assert kept.mono_s == pytest.approx(12.346, abs=1e-9)


@pytest.mark.parametrize(
    "wrong",
    [
        report(math.nan),
        report(math.inf),
        report(-math.inf),
        report(2**64),
        report(-(2**63) - 1),
        report("\ud800"),
        report(mono_s=math.nan),
        report(mono_s=math.inf),
        report(mono_s=1e308),
        report(wall_ms=2**70),
    ],
)
def test_what_cannot_be_kept_is_refused(wrong: Report) -> None:
    with pytest.raises(ValueError, match=r"cannot be kept|surrogates"):
        pack(Chunk(2, "b", (1, 2), (report(), wrong)))
