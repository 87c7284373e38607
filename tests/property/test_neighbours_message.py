"""Messages between neighbours: what is written is read, what is not one is refused, nothing raises."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.neighbours import message as wire
from agent.neighbours.message import Message, Seal, Told, decode, encode

SIGNED = Seal(b"x" * 32, "albertslund")
UNSIGNED = Seal(None, "albertslund")
NAMES = st.text("abcXYZ019._-", min_size=1, max_size=64)
WORDS = st.integers(0, (1 << 64) - 1)
TIMES = st.integers(0, wire.MOST_MS - 1)
TOLD = st.builds(
    Told,
    user=st.integers(0, (1 << 32) - 1),
    kind=st.sampled_from(("vehicle", "pedestrian", "unknown")),
    position_cm=st.integers(-wire.MOST_CM, wire.MOST_CM),
    velocity_cm_per_s=st.integers(-wire.MOST_CM_PER_S, wire.MOST_CM_PER_S),
    spread_cm=st.integers(0, wire.MOST_SPREAD_CM),
    confidence_pct=st.integers(0, 100),
    for_ms=st.integers(0, wire.MOST_FOR_MS),
    hops=st.integers(0, wire.MOST_HOPS),
)
MESSAGES = st.builds(
    Message,
    sender=NAMES,
    to=NAMES,
    epoch=WORDS,
    nonce=WORDS,
    echo=WORDS,
    sequence=st.integers(0, (1 << 32) - 1),
    sent_ms=TIMES,
    heard_ms=TIMES,
    held_ms=st.integers(0, wire.UNKNOWN_MS),
    blind=st.booleans(),
    users=st.lists(TOLD, max_size=wire.MOST_USERS).map(tuple),
)
ONE = Message("pole-7", "pole-8", 1, 2, 3, 4, 5, 6, 7, False, (Told(1, "vehicle", 9000, 1390, 100, 90, 3000, 0),))


@given(MESSAGES, st.sampled_from((SIGNED, UNSIGNED)))
def test_what_is_written_is_read(message: Message, seal: Seal) -> None:
    data = encode(message, seal)
    assert len(data) <= wire.LONGEST_BYTES
    opened = decode(data, seal)
    assert opened is not None
    assert opened.message == message
    assert opened.genuine


@given(MESSAGES, st.integers(0))
def test_one_wrong_bit_is_never_genuine(message: Message, where: int) -> None:
    data = bytearray(encode(message, SIGNED))
    where %= len(data) * 8
    data[where // 8] ^= 1 << where % 8
    opened = decode(bytes(data), SIGNED)
    assert opened is None or not opened.genuine


@given(MESSAGES, st.integers(0))
def test_half_a_message_is_none(message: Message, length: int) -> None:
    data = encode(message, UNSIGNED)
    assert decode(data[: length % len(data)], UNSIGNED) is None
    assert decode(data + b"\0", UNSIGNED) is None


@given(st.binary(max_size=600))
@example(b"")
@example(bytes((1, 0)))
@example(bytes((1, 0, 255)))
def test_any_bytes_are_a_message_or_nothing(data: bytes) -> None:
    opened = decode(data, UNSIGNED)
    assert opened is None or encode(opened.message, UNSIGNED) == data


def test_what_is_out_of_bounds_is_nothing() -> None:
    """Bytes that are right but for a value: chance would hardly find them."""
    data = bytearray(encode(ONE, UNSIGNED))
    user = len(data) - 17
    for at, value in ((user + 4, b"\3"), (user + 5, b"\x7f"), (user + 9, b"\x7f"), (user + 11, b"\xff"),
                      (user + 13, b"\x65"), (user + 14, b"\xff"), (user + 16, b"\x09"), (0, b"\2"), (1, b"\4")):  # fmt: skip
        wrong = data[:at] + value + data[at + 1 :]
        assert decode(bytes(wrong), UNSIGNED) is None, at
    assert decode(bytes(data), UNSIGNED) is not None


def test_what_is_out_of_bounds_is_not_written() -> None:
    dice = random.Random(1)
    for field, value in (
        ("position_cm", 10**8),
        ("confidence_pct", 101),
        ("hops", 9),
        ("for_ms", 6000),
        ("spread_cm", -1),
    ):
        fields = {name: getattr(ONE.users[0], name) for name in Told.__struct_fields__}
        user = Told(**{**fields, field: value})
        message = Message("a", "b", dice.getrandbits(64), 1, 1, 1, 1, 1, 1, False, (user,))
        with pytest.raises(ValueError, match="out of bounds"):
            encode(message, SIGNED)


def test_a_seal_is_of_one_group_and_one_secret() -> None:
    data = encode(ONE, SIGNED)
    for other in (Seal(b"x" * 32, "ishoj"), Seal(b"y" * 32, "albertslund"), UNSIGNED):
        opened = decode(data, other)
        assert opened is not None
        assert not opened.genuine
    bare = decode(encode(ONE, UNSIGNED), SIGNED)
    assert bare is not None
    assert not bare.genuine


def test_one_vehicle_fits_into_100_bytes() -> None:
    assert len(encode(ONE, SIGNED)) <= 100
