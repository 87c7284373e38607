"""The one-time code and what it seals."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.identity import code
from agent.identity.refusal import Refusal

ENTROPY = st.binary(min_size=code.ENTROPY_BYTES, max_size=code.ENTROPY_BYTES)
KEY = bytes(32)


@given(ENTROPY, st.sampled_from(["", " ", "-", "\t"]))
def test_it_is_read_however_it_is_typed(entropy: bytes, between: str) -> None:
    shown = code.made_of(entropy)
    assert len(shown) == 14
    whole = code.read(shown)
    assert code.read(between.join(shown.lower())) == whole
    assert code.read(shown.replace("0", "O").replace("1", "l")) == whole


def test_codes_of_other_chance_differ() -> None:
    assert len({code.made_of(number.to_bytes(7, "big")) for number in range(2000)}) == 2000
    assert len({code.made_of(bytes((number, 0, 0, 0, 0, 0, 0)))[:-1] for number in range(128)}) >= 64


def test_most_typing_errors_are_found() -> None:
    found = tried = 0
    for number in range(0, 1 << 55, 1 << 50):
        whole = code.read(code.made_of(number.to_bytes(7, "big")))
        for place in range(12):
            wrong = whole[:place] + ("7" if whole[place] != "7" else "8") + whole[place + 1 :]
            tried += 1
            try:
                code.read(wrong)
            except Refusal:
                found += 1
    assert found / tried > 0.93


@given(st.text(max_size=40))
def test_any_text(typed: str) -> None:
    with contextlib.suppress(Refusal):
        assert len(code.read(typed)) == 12


def test_a_key_is_of_one_code_and_one_node() -> None:
    one = code.stretched("0" * 12, "g", "pole-7")
    assert len(one) == 32
    assert one == code.stretched("0" * 12, "g", "pole-7")
    others = {code.stretched("0" * 11 + "1", "g", "pole-7"), code.stretched("0" * 12, "g", "pole-8")}
    assert one not in others
    assert len(others) == 2


@pytest.mark.parametrize(
    ("what", "group", "node", "ders"),
    [
        ("answer", "g", "n", (b"a", b"b")),
        ("request", "h", "n", (b"a", b"b")),
        ("request", "g", "m", (b"a", b"b")),
        ("request", "g", "n", (b"ab", b"")),
        ("request", "g", "n", (b"ab",)),
        ("request", "g", "n", (b"a", b"c")),
    ],
)
def test_a_seal_is_of_all_that_is_said(what: str, group: str, node: str, ders: tuple[bytes, ...]) -> None:
    seal = code.seal(KEY, "request", "g", "n", b"a", b"b")
    other = code.seal(KEY, "answer" if what == "answer" else "request", group, node, *ders)
    assert code.is_sealed(seal, code.seal(KEY, "request", "g", "n", b"a", b"b"))
    assert not code.is_sealed(seal, other)
    assert not code.is_sealed("", other)
