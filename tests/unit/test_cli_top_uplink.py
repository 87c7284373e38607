"""The uplink in the live view: what is said of it, and what of it is news."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import canned_street
from agent.cli.text import length, plain
from agent.cli.top import plain as log
from agent.cli.top import state
from agent.cli.top.draw import draw
from agent.cli.top.lane import Look
from agent.cli.top.state import Moment, Picture
from agent.cli.top.street import Broker
from agent.cli.top.uplink import header, short
from agent.local.records import UplinkState
from canned_agent import status, uplink
from canned_street import street

START = datetime(2026, 11, 24, 20, 30, tzinfo=UTC)
LOOK = Look(shades=True, blocks=True)
ONLINE = uplink()
AWAY = uplink(state="waiting", last_error="connection refused", journal_waiting=312)
LATE = uplink(journal_waiting=100, unproven=40)


def at(s: float) -> Moment:
    return Moment(START + timedelta(seconds=s), s)


def heard(*words: UplinkState | None, **changes: Any) -> Picture:
    """An agent whose uplink is first online, then, a second apart, so."""
    picture = state.agent_said(Picture(at(0), street_wanted=True), status(uplink=ONLINE), at(0))
    for s, word in enumerate(words, 1):
        picture = state.agent_said(picture, status(uplink=word, **changes), at(s))
    return picture


def told(picture: Picture) -> list[str]:
    return [event.text for event in picture.events]


@pytest.mark.parametrize(
    ("uplink", "text", "brief"),
    [
        (ONLINE, "online to 127.0.0.1:40123, 1 204 sent, all proven 0.8 s ago", "online, 1 204 sent"),
        (
            uplink(unproven=3),
            "online to 127.0.0.1:40123, 1 204 sent, all but 3 proven 0.8 s ago",
            "online, 1 204 sent",
        ),
        (LATE, "online to 127.0.0.1:40123, 1 204 sent, backlog 100", "online, 1 204 sent, 100 to deliver"),
        (
            uplink(sent=1, proof_age_s=None),
            "online to 127.0.0.1:40123, 1 sent, nothing proven yet",
            "online, 1 sent",
        ),
        (AWAY, "waiting (connection refused), 312 reports kept", "waiting, 312 kept"),
        (
            uplink(state="connecting", journal_waiting=1),
            "connecting for 127.0.0.1:40123, 1 report kept",
            "connecting, 1 kept",
        ),
    ],
)
def test_how_it_is(uplink: UplinkState, text: str, brief: str) -> None:
    assert plain(header(uplink)) == f"uplink {text}"
    assert short(uplink) == f"uplink {brief}"


def test_the_broker_goes_and_comes_back_and_the_backlog_is_delivered() -> None:
    words = [AWAY] * 9 + [LATE, uplink(journal_waiting=1), uplink(unproven=40), ONLINE, uplink(unproven=2)]
    picture = heard(*words)
    assert told(picture) == [
        "the broker is gone: reports are kept",
        "the broker is back after 9.0 s: 312 reports to deliver",
        "backlog delivered",
    ]
    assert [event.at.second for event in picture.events] == [1, 10, 12]


def test_a_broker_that_was_away_before_we_looked() -> None:
    first = state.agent_said(Picture(at(0)), status(uplink=AWAY), at(0))
    second = state.agent_said(first, status(uplink=ONLINE), at(1))
    assert told(second) == ["the broker is there: 312 reports to deliver", "backlog delivered"]


def test_nothing_kept_is_nothing_delivered() -> None:
    assert told(heard(uplink(state="waiting"), ONLINE)) == [
        "the broker is gone: reports are kept",
        "the broker is back after 1.0 s: 0 reports to deliver",
    ]


def test_the_way_between_waiting_and_connecting_is_no_news() -> None:
    trying = uplink(state="connecting", journal_waiting=301)
    assert told(heard(AWAY, trying, AWAY, trying)) == ["the broker is gone: reports are kept"]


@pytest.mark.parametrize(
    ("word", "event"),
    [
        (uplink(commands_refused=3, last_refusal="lum-03: too old"), "a command was refused: lum-03: too old"),
        (uplink(journal_fault="disk full"), "the journal fails: disk full"),
        (uplink(journal_dropped=1000), "the journal is full: 1 000 reports dropped"),
        (uplink(journal_quarantined=2), "no broker takes 2 reports: put aside"),
    ],
)
def test_troubles_are_told_once(word: UplinkState, event: str) -> None:
    assert told(heard(word, word)) == [event]


def test_a_journal_that_works_again() -> None:
    assert told(heard(uplink(journal_fault="disk full"), ONLINE))[-1] == "the journal works again"


def test_another_agent_has_its_own_uplink() -> None:
    assert told(heard(AWAY, pid=5)) == ["the agent was started again (pid 5)"]
    assert told(heard(None)) == []
    gone = state.agent_gone(heard(AWAY), at(5))
    back = state.agent_said(gone, status(pid=5, uplink=uplink(state="connecting", journal_waiting=2)), at(9))
    online = state.agent_said(back, status(pid=5, uplink=uplink(journal_waiting=1)), at(10))
    delivered = state.agent_said(online, status(pid=5, uplink=ONLINE), at(11))
    assert told(delivered)[-2:] == ["the broker is there: 2 reports to deliver", "backlog delivered"]


def seen(picture: Picture, width: int = 80, height: int = 24) -> list[str]:
    return [plain(one).rstrip() for one in draw(picture, width, height, LOOK)]


def full(broker: Broker | None, *words: UplinkState) -> Picture:
    return state.street_said(heard(*words), street(broker=broker), at(20))


def test_it_has_a_line_of_the_header() -> None:
    assert seen(full(None))[3] == "uplink online to 127.0.0.1:40123, 1 204 sent, all proven 0.8 s ago"
    assert seen(full(None, AWAY))[3] == "uplink waiting (connection refused), 312 reports kept"
    assert seen(state.agent_gone(full(None), at(21)))[3] == "uplink gone with the agent"
    without = state.agent_said(Picture(at(0)), status(), at(0))
    assert not any("uplink" in one for one in seen(without))


def test_the_keys_know_whether_the_broker_is_up_and_fit_80_columns() -> None:
    keys = "p person  v vehicle  s sensor dies  b broker {}  k kill agent  d door  q quit"
    assert seen(full(Broker(40123, up=True)))[-1] == keys.format("away")
    assert seen(full(Broker(40123, up=False)))[-1] == keys.format("back")
    assert "broker" not in seen(full(None))[-1]
    dead = street(broker=Broker(40123, up=True), sensors=(canned_street.sensor(1, alive=False),))
    last = seen(state.street_said(heard(), dead, at(20)))[-1]
    assert last == keys.format("away").replace("sensor dies", "sensors back")
    assert len(last) == 80


@pytest.mark.parametrize("height", [1, 10, 20, 24, 40])
@pytest.mark.parametrize("width", [20, 60, 80, 120])
def test_any_size_holds_it(width: int, height: int) -> None:
    for words in ([], [AWAY], [AWAY, LATE]):
        picture = state.captioned(full(Broker(40123, up=True), *words), "A sensor dies. " * 5)
        lines = draw(picture, width, height, LOOK)
        assert len(lines) <= height
        assert all(length(one) <= width for one in lines)


def test_at_80_by_24_there_is_room_for_a_caption_and_what_happens() -> None:
    picture = state.captioned(full(Broker(40123, up=True), AWAY, LATE, ONLINE), "The broker is back.")
    lines = seen(picture)
    assert lines[4] == "The broker is back."
    assert [one[10:] for one in lines[-5:-1]] == [*told(picture), ""]
    assert len(lines) == 24


def test_the_log_has_it_too() -> None:
    assert " | uplink online, 1 204 sent | " in log.now(full(None))
    assert " | uplink waiting, 312 kept | " in log.now(full(None, AWAY))
    assert "uplink" not in log.now(state.agent_gone(full(None), at(21)))
