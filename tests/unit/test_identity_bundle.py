"""What is carried between board and authority: read back as it was written, and any bytes are refused in words."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.identity.bundle import LONGEST_BYTES, Bundle, How, Kind, read, write
from agent.identity.refusal import Refusal

NAMES = st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)
DER = st.binary(max_size=300)
KINDS: list[tuple[Kind, How, int]] = [
    ("request", "code", 1),
    ("request", "renewal", 2),
    ("answer", "code", 2),
    ("answer", "renewal", 2),
]


@st.composite
def bundles(draw: st.DrawFn) -> Bundle:
    kind, how, count = draw(st.sampled_from(KINDS))
    proof = draw(st.from_regex(r"[A-Za-z0-9+/]{0,96}={0,2}", fullmatch=True))
    return Bundle(kind, draw(NAMES), draw(NAMES), how, proof, tuple(draw(DER) for _ in range(count)))


@given(bundles(), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\n \n"]))
def test_it_is_read_back(bundle: Bundle, ending: str, after: str) -> None:
    text = (write(bundle) + after).replace("\n", ending)
    assert read(text.encode(), bundle.kind) == bundle


@given(st.binary(max_size=500), st.sampled_from(["request", "answer"]))
def test_any_bytes(raw: bytes, kind: Kind) -> None:
    with pytest.raises(Refusal, match=r"^expected a file that `gadelys .*found"):
        read(raw, kind)


@given(bundles(), st.integers(0, 10_000), st.binary(min_size=1, max_size=3))
def test_a_damaged_one(bundle: Bundle, place: int, damage: bytes) -> None:
    raw = write(bundle).encode()
    at = place % len(raw)
    with contextlib.suppress(Refusal):
        read(raw[:at] + damage + raw[at + len(damage) :], bundle.kind)


def test_the_other_kind_is_named() -> None:
    raw = write(Bundle("answer", "g", "pole-7", "code", "00", (b"a", b"b"))).encode()
    with pytest.raises(Refusal, match=r"enrol request` has written, found the answer of g/pole-7"):
        read(raw, "request")


@pytest.mark.parametrize(
    "more", ["-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n", "proof = code 00\n", "x"]
)
def test_nothing_is_skipped(more: str) -> None:
    with pytest.raises(Refusal, match="damaged"):
        read((write(Bundle("request", "g", "n", "code", "00", (b"a",))) + more).encode(), "request")


def test_it_is_bounded() -> None:
    with pytest.raises(Refusal, match="more than"):
        read(b"x" * (LONGEST_BYTES + 1), "answer")
