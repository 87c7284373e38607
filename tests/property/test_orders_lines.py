"""The file of orders: whatever is in it, what is believed was written so, and all that is sound is read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.orders.ledger import Seen
from agent.orders.lines import Line, State, encode, read, whole
from agent.orders.overrides import KeptLease, Noted

texts = st.text(max_size=20)
levels = st.floats(0.0, 100.0)
seen = st.builds(Seen, texts, texts, texts, texts, texts)
leases = st.builds(KeptLease, texts, texts, texts, levels, levels, texts)
noted = st.builds(Noted, texts, levels, st.none() | st.integers(0, 2**53))
states = st.builds(
    State, noted, st.lists(leases, max_size=3), st.dictionaries(texts, st.integers(0, 2**63 - 1), max_size=3)
)
lines = st.lists(st.builds(Line, st.lists(seen, max_size=3), states), min_size=1, max_size=5)
ROOM = bytes(100)


@given(st.binary(max_size=300), lines)
def test_bytes_that_nobody_wrote_are_never_believed(rubbish: bytes, written: list[Line]) -> None:
    assert read(rubbish).state is None
    found = read(b"".join(map(encode, written)) + rubbish)
    assert (found.state, found.seen) == (written[-1].state, [one for line in written for one in line.seen])


@given(lines, st.data())
def test_a_file_that_is_cut_off_says_what_was_ended(written: list[Line], data: st.DataObject) -> None:
    raw = b"".join(map(encode, written))
    cut = data.draw(st.integers(len(encode(written[0])), len(raw)))
    ended = [line for n, line in enumerate(written) if len(b"".join(map(encode, written[: n + 1]))) <= cut]
    found = read(raw[:cut] + ROOM)
    assert (found.state, found.damaged) == (ended[-1].state, 0)
    assert found.end == len(b"".join(map(encode, ended)))


@given(lines)
def test_a_line_of_which_only_its_end_is_missing_is_not_taken(written: list[Line]) -> None:
    """The next one is written where it began, and not glued to it."""
    raw = b"".join(map(encode, written))
    before = read(raw[:-1] + ROOM)
    assert before.end == len(b"".join(map(encode, written[:-1])))
    again = read(raw[: before.end] + encode(written[0]) + ROOM)
    assert (again.state, again.damaged) == (written[0].state, 0)


@given(lines, st.data())
def test_a_byte_that_has_changed_costs_its_line(written: list[Line], data: st.DataObject) -> None:
    raw = bytearray(b"".join(map(encode, written)) + ROOM)
    place = data.draw(st.integers(0, len(raw) - len(ROOM) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    found = read(bytes(raw))
    harmed = next(n for n in range(len(written)) if place < len(b"".join(map(encode, written[: n + 1]))))
    left = [line for n, line in enumerate(written) if n != harmed]
    if raw.count(b"\n") == len(written):  # the end of its line is what it was
        assert found.seen == [one for line in left for one in line.seen]
        assert found.state == (left[-1].state if left else None)
        assert found.damaged == (harmed < len(written) - 1 or not left)


@given(st.lists(seen, max_size=70), states)
def test_a_file_that_is_made_anew_says_the_same(commands: list[Seen], state: State) -> None:
    found = read(whole(commands, state) + ROOM)
    assert (found.seen, found.state, found.damaged) == (commands, state, 0)
