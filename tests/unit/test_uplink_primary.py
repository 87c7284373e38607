"""The primary host's STATE: what is believed, and that any bytes are heeded or counted."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.uplink.primary import PrimaryHost


def state(online: object, timestamp: object) -> bytes:
    return json.dumps({"online": online, "timestamp": timestamp, "more": "is passed over"}).encode()


def test_its_topic_bears_its_id() -> None:
    assert PrimaryHost("scada").topic == "spBv1.0/STATE/scada"


def test_nothing_is_known_before_it_has_said_anything() -> None:
    assert PrimaryHost("scada").online is None


def test_the_latest_counts_and_the_same_time_is_as_good() -> None:
    host = PrimaryHost("scada")
    for online, timestamp, then in ((True, 100, True), (False, 99, True), (False, 100, False), (True, 100, True)):
        host.take(state(online, timestamp))
        assert host.online is then


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"ONLINE", b"OFFLINE", b"{}", b'{"online": false}', b'{"timestamp": 1}', b"\xff\xfe", b"[" * 16_000,
        state("false", 200), state(0, 200), state(None, 200), state(False, "200"), state(False, 200.5),
        state(False, True), state(False, 10**40), b'{"online": false, "timestamp": 200',
    ],
    ids=lambda payload: repr(payload)[:24],
)  # fmt: skip
def test_what_is_no_state_is_counted_and_changes_nothing(payload: bytes) -> None:
    host = PrimaryHost("scada")
    host.take(state(True, 100))
    host.take(payload)
    assert (host.online, host.refused) == (True, 1)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1))
def test_what_holds_is_what_was_said_last_of_those_that_did_not_go_back(states: list[tuple[bool, int]]) -> None:
    host = PrimaryHost("scada")
    for online, timestamp in states:
        host.take(state(online, timestamp))
    newest = max(timestamp for _, timestamp in states)
    assert host.online is [online for online, timestamp in states if timestamp == newest][-1]


@given(st.binary(max_size=64))
def test_any_bytes(payload: bytes) -> None:
    host = PrimaryHost("scada")
    host.take(payload)
    assert (host.online is None) is (host.refused == 1)
