"""What the uplink says, in words and as JSON."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cli.text import length, plain
from agent.cli.uplink import words
from agent.cli.uplink.records import moment, record
from agent.fleet.hearing import Message, Stray, Told
from agent.uplink import topics

NOW = datetime(2026, 11, 24, 20, 30, 5, tzinfo=UTC)
ZONE = "Europe/Copenhagen"
NOW_MS = int(NOW.timestamp() * 1000)


def told(message: Message | Stray, width: int = words.ENDLESS) -> list[str]:
    return [plain(line) for line in words.lines(message, NOW, ZONE, width)]


def message(kind: topics.MessageType, device: str, *metrics: Told, **more: object) -> Message:
    return msgspec.structs.replace(Message(kind, "demo", "street-1", device, metrics=metrics), **more)


LEVEL = Told("lamp/dimming_level", 55.0, "%")


def test_a_node_is_born() -> None:
    metrics = (Told("bdSeq", 3), Told("agent/version", "0.1.0"), Told("journal/waiting", 17), Told("x", None))
    assert told(message("NBIRTH", "", *metrics)) == [
        "21:30:05  NBIRTH  street-1           bdSeq 3, 4 metrics, agent 0.1.0, 17 reports waiting in the journal"
    ]


def test_a_device_is_born_with_what_it_knows() -> None:
    metrics = (
        msgspec.structs.replace(LEVEL, value=10.0),
        Told("lamp/observed_level", None, "%"),
        Told("lamp/quality", "good"),
        Told("lamp/control_rung", "schedule"),
        Told("meter/active_power", None, "W", "bad"),
        Told("meter/quality", "bad: no answer"),
        Told("door/state", True),
        Told("gate/state", False),
        Told("command/id", None),
        Told("command/release", False),
    )
    assert told(message("DBIRTH", "lum-03", *metrics)) == [
        (
            "21:30:05  DBIRTH  lum-03             dimming_level 10 %, control_rung schedule, active_power - bad, "
            "quality bad: no answer, door/state yes, gate/state no, 1 without a value"
        )
    ]


def test_a_birth_is_one_line_however_narrow() -> None:
    metrics = [Told(f"lamp/level_{n}", 10.0, "%") for n in range(20)]
    (line,) = told(message("DBIRTH", "lum-03", *metrics), 80)
    assert len(line) == 80
    assert line.endswith("…")


def test_data_has_units_and_quality() -> None:
    metrics = (LEVEL, Told("lux-1/value", None, "lx", "stale"), Told("meter/power", 3, "W", "quality 7"))
    assert told(message("DDATA", "lum-03", *metrics)) == [
        "21:30:05  DDATA   lum-03             lamp/dimming_level 55 %, lux-1/value - stale, meter/power 3 W quality 7"
    ]


def test_history_has_its_own_time() -> None:
    past = msgspec.structs.replace(LEVEL, historical=True, time_ms=NOW_MS - 85_000, number=17)
    older = msgspec.structs.replace(past, time_ms=NOW_MS - 86_400_000, number=None)
    timeless = msgspec.structs.replace(past, time_ms=1 << 62, number=None)
    assert told(message("DDATA", "lum-03", past, older, timeless)) == [
        (
            "21:30:05  DDATA   lum-03             lamp/dimming_level 55 % (of 21:28:40, journal 17), "
            "lamp/dimming_level 55 % (of 23 Nov 2026 21:30:05), lamp/dimming_level 55 % (of an unknown time)"
        )
    ]


def test_data_that_does_not_fit_goes_on_below() -> None:
    lines = told(message("DDATA", "lum-03", *(msgspec.structs.replace(LEVEL, value=float(n)) for n in range(3))), 80)
    assert lines == [
        "21:30:05  DDATA   lum-03             lamp/dimming_level 0 %,",
        "                                     lamp/dimming_level 1 %,",
        "                                     lamp/dimming_level 2 %",
    ]


def test_a_phrase_that_is_longer_than_a_line_is_broken_at_words() -> None:
    reason = "the level is out of range: expected 0 to 100 per cent of full light, found 101 per cent"
    metrics = (
        Told("command/last_id", "a1"),
        Told("command/last_status", "rejected"),
        Told("command/last_reason", reason),
    )
    lines = told(message("DDATA", "lum-03", *metrics), 80)
    assert len(lines) == 3
    assert " ".join(" ".join(lines).split()).endswith(f"command a1 rejected: {reason}")


def test_commands() -> None:
    envelope = (Told("command/id", "cli-7f3a"), Told("command/for_s", 600), Told("command/not_after", NOW_MS + 60_000))
    assert told(message("DCMD", "lum-03", LEVEL, *envelope)) == [
        "21:30:05  DCMD    lum-03             lamp/dimming_level 55 % for 10 min, not after 21:31:05 (id cli-7f3a)"
    ]
    for metric, text in [
        (Told("command/release", True), "release"),
        (Told("command/release", False), "command/release no"),
        (Told("lamp/dimming_level", None), "lamp/dimming_level null"),
        (Told("lamp/dimming_level", math.nan), "lamp/dimming_level nan"),
    ]:
        assert told(message("DCMD", "lum-03", metric))[0].endswith(f"lum-03             {text}")
    assert told(message("DCMD", "lum-03"))[0].endswith(" nothing")
    assert told(message("NCMD", "", Told("Node Control/Rebirth", True)))[0].endswith(
        "street-1           asks for all births"
    )


def test_what_became_of_a_command_is_one_phrase() -> None:
    result = (
        Told("command/last_id", "cli-1a"),
        Told("command/last_status", "verified"),
        Told("command/last_reason", "the lamp reads back 55 %"),
    )
    assert told(message("DDATA", "lum-03", LEVEL, *result))[0].endswith(
        "lamp/dimming_level 55 %, command cli-1a verified: the lamp reads back 55 %"
    )
    accepted = (result[0], Told("command/last_status", "accepted"), Told("command/last_reason", ""))
    assert told(message("DDATA", "lum-03", *accepted))[0].endswith("  command cli-1a accepted")
    superseded = (Told("command/last_id", "a0"), Told("command/last_status", "superseded"))
    assert told(message("DDATA", "lum-03", *superseded, *result))[0].endswith(
        "  command a0 superseded, command cli-1a verified: the lamp reads back 55 %"
    )
    assert told(message("NDATA", "", result[2]))[0].endswith("  command: the lamp reads back 55 %")


def test_deaths() -> None:
    assert told(message("NDEATH", "", Told("bdSeq", 3))) == ["21:30:05  NDEATH  street-1           bdSeq 3"]
    assert told(message("DDEATH", "lum-03"))[0].endswith("lum-03             its node no longer hears it")


def test_what_is_missing_is_a_line_of_its_own() -> None:
    lines = told(message("DDATA", "lum-03", LEVEL, seq=17, before=12, missing=4))
    assert lines[0] == "21:30:05  !       lum-03             seq 17 follows 12: 4 messages missing"
    assert len(lines) == 2
    assert told(message("DDATA", "lum-03", seq=17, before=12, missing=4)) == lines[:1]
    assert len(told(message("DDEATH", "lum-03", seq=17, before=12, missing=4))) == 2
    assert told(message("DDATA", "lum-03", LEVEL, seq=17, before=17, missing=-1))[0].endswith("seq 17 comes again")


def test_rubbish_is_told_and_obeyed_by_no_terminal() -> None:
    nasty = "a\x1b[2Jb\n\u202ec"
    assert told(message("DDATA", "lum-03", problem="field 2 is cut short"))[0].endswith(
        "cannot be read: field 2 is cut short"
    )
    assert told(Stray(f"spBv1.0/demo/{nasty}/street-1", 12)) == [
        "21:30:05  ?       -                  spBv1.0/demo/a�[2Jb��c/street-1: no topic of Sparkplug, 12 bytes ignored"
    ]
    for one in (
        message("DDATA", nasty, Told(nasty, nasty, nasty)),
        message("DDATA", "x", problem=nasty),
        message("DCMD", nasty, Told(nasty, nasty), Told("command/id", nasty)),
        message("NBIRTH", "", Told("agent/version", nasty)),
        message("DDATA", "x", Told("command/last_status", nasty), Told("command/last_reason", nasty)),
    ):
        assert "".join(told(one)).isprintable()
    assert told(message("DDATA", "x", Told("b", b"12"), Told("s", "")))[0].endswith('b 2 bytes, s ""')
    assert told(message("DDATA", "x", retained=True))[0].endswith("retained by the broker, not sent now, no metrics")


def test_a_record_has_all_of_it() -> None:
    metrics = (
        msgspec.structs.replace(LEVEL, historical=True, time_ms=NOW_MS - 1, number=17),
        Told("x", math.nan),
    )
    shown = json.loads(
        msgspec.json.encode(
            record(message("DDATA", "lum-03", *metrics, seq=7, before=4, missing=2, time_ms=NOW_MS), NOW)
        )
    )
    metrics_shown = shown.pop("metrics")
    assert shown == {
        "heard": "2026-11-24T20:30:05.000Z",
        "type": "DDATA",
        "group": "demo",
        "node": "street-1",
        "device": "lum-03",
        "time": "2026-11-24T20:30:05.000Z",
        "seq": 7,
        "missing": 2,
        "repeated": False,
        "retained": False,
        "problem": "",
    }
    assert metrics_shown[0] == {
        "name": "lamp/dimming_level",
        "value": 55.0,
        "unit": "%",
        "quality": "good",
        "historical": True,
        "time": "2026-11-24T20:30:04.999Z",
        "journal": 17,
    }
    assert metrics_shown[1]["value"] == "nan"
    assert record(Stray("a/b", 3), NOW)["topic"] == "a/b"


@pytest.mark.parametrize(
    ("time_ms", "then"),
    [(None, None), (0, datetime(1970, 1, 1, tzinfo=UTC)), (NOW_MS, NOW), (-1, None), ((1 << 64) - 1, None)],
)
def test_times_of_messages(time_ms: int | None, then: datetime | None) -> None:
    assert moment(time_ms) == then


SPOKEN = st.none() | st.booleans() | st.integers(-(1 << 63), 1 << 64) | st.floats() | st.text() | st.binary()
TOLD = st.builds(
    Told,
    st.text(max_size=40) | st.sampled_from(["bdSeq", "command/last_status", "command/for_s", "command/not_after"]),
    SPOKEN,
    st.text(max_size=5),
    st.sampled_from(["good", "bad", "stale"]),
    st.booleans(),
    st.none() | st.integers(0, (1 << 64) - 1),
    st.none() | st.integers(),
)
MESSAGES = st.builds(
    Message,
    st.sampled_from(["NBIRTH", "NDEATH", "NDATA", "NCMD", "DBIRTH", "DDEATH", "DDATA", "DCMD"]),
    st.text(max_size=20),
    st.text(max_size=20),
    st.text(max_size=20),
    st.booleans(),
    st.none() | st.integers(0, (1 << 64) - 1),
    st.none() | st.integers(0, 255),
    st.none() | st.integers(0, 255),
    st.integers(-1, 254),
    st.lists(TOLD, max_size=6).map(tuple),
    st.just("") | st.text(max_size=200),
)


@given(message=MESSAGES, width=st.integers(40, 200), whole=st.booleans(), ahead_s=st.integers(0, 10**9))
def test_whatever_is_said_fits_and_is_harmless(message: Message, width: int, whole: bool, ahead_s: int) -> None:
    heard = NOW + timedelta(seconds=ahead_s)
    for line in words.lines(message, heard, ZONE, width, whole=whole):
        assert length(line) <= width
        assert plain(line).isprintable()
    assert msgspec.json.encode(record(message, heard))
