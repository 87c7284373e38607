"""A webhook is called until it takes what it is told, once an event and in order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from agent.cli.fleet.hook import body_of, hook, post, tell
from agent.cli.fleet.source import Asked
from agent.cli.trouble import Trouble
from agent.cli.uplink.place import Wanted
from agent.fleet.alarms import Alarm, Event
from agent.fleet.hooking import LONGEST_PAUSE_S, MOST_REFUSALS, Verdict, next_pause_s, verdict
from agent.fleet.store import Batch, Store
from webhook import Webhook

URL = "http://a/"
ALARM = Alarm("lamp:1", "lamp/lamp_failure", "lamp failure", "alarm", "g/n", 1000, ("g/n/lum-01",))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "f.db", make=True)
    made.told(URL)
    made.write(Batch(events=[Event("raised", 1000, ALARM), Event("cleared", 2000, ALARM)]))
    yield made
    made.close()


class Ear:
    """Answers what it is told to, and keeps what was sent and how long was waited."""

    def __init__(self, *answers: int | str) -> None:
        self._answers = list(answers)
        self.sent: list[tuple[int, str]] = []
        self.waited: list[float] = []

    def send(self, body: bytes) -> int | str:
        said = json.loads(body)
        self.sent.append((said["number"], said["event"]))
        return self._answers.pop(0)

    def wait(self, pause_s: float) -> bool:
        self.waited.append(pause_s)
        return not self._answers


def test_an_event_is_told_once_and_in_order(store: Store) -> None:
    ear = Ear(200, 204)
    tell(store, URL, ear.send, ear.wait)
    assert ear.sent == [(1, "raised"), (2, "cleared")]
    assert store.told(URL) == 2
    again = Ear()
    tell(store, URL, again.send, again.wait)
    assert again.sent == []


def test_who_does_not_answer_is_called_again_later_and_later(store: Store) -> None:
    ear = Ear("connection refused", 503, 429, 200, 200)
    tell(store, URL, ear.send, ear.wait)
    assert [number for number, _ in ear.sent] == [1, 1, 1, 1, 2]
    assert ear.waited == [1.0, 2.0, 4.0, 1.0]


def test_an_end_in_the_midst_loses_nothing(store: Store) -> None:
    ear = Ear("connection refused")
    tell(store, URL, ear.send, ear.wait)
    assert store.told(URL) == 0


def test_what_is_refused_for_good_holds_nobody_up(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    ear = Ear(*[400] * MOST_REFUSALS, 200)
    tell(store, URL, ear.send, ear.wait)
    assert [number for number, _ in ear.sent] == [1] * MOST_REFUSALS + [2]
    assert "event 1: 400 after 8 tries; it is left out" in capsys.readouterr().err


def test_verdicts() -> None:
    assert [verdict(answer, 1) for answer in (200, 299)] == [Verdict.TAKEN] * 2
    assert [verdict(answer, 99) for answer in ("timed out", 500, 503, 429, 408)] == [Verdict.AGAIN] * 5
    assert [verdict(302, MOST_REFUSALS), verdict(404, MOST_REFUSALS - 1)] == [Verdict.LEFT, Verdict.AGAIN]
    assert next_pause_s(LONGEST_PAUSE_S) == LONGEST_PAUSE_S


def test_what_is_posted_is_json_that_says_all() -> None:
    with Webhook() as ear:
        assert post(urlsplit(f"{ear.url}?key=1"), body_of(7, Event("raised", 1000, ALARM))) == 200
    ((path, said),) = ear.heard
    assert path == "/alarms?key=1"
    assert said == {
        "number": 7,
        "event": "raised",
        "time": "1970-01-01T00:00:01Z",
        "alarm": {
            "id": "lamp:1",
            "what": "lamp failure",
            "severity": "alarm",
            "at": "g/n",
            "since": "1970-01-01T00:00:01Z",
            "of": ["g/n/lum-01"],
        },
    }
    assert post(urlsplit(ear.url), b"{}") == "connection refused"


@pytest.mark.parametrize("url", ["", "alarms", "ftp://a/", "http://", "http://a:x/", "http://a/\r\nb", "http://ä/"])
def test_what_is_no_url_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="URL: expected http://HOST/PATH"):
        hook(Asked(Wanted(), None, tmp_path / "f.db"), url, 1.0)
