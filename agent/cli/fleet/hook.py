"""`gadelys fleet hook`: tells a URL the events of the store, in order, each until it was taken."""

from __future__ import annotations

import contextlib
import http.client
import signal
import sys
import threading
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

import msgspec

from agent.cli.fleet.pages import alarm_record, stamp
from agent.cli.fleet.source import Asked, opened, store_of
from agent.cli.trouble import MISUSED, REFUSED, Trouble
from agent.fleet.alarms import Event
from agent.fleet.hooking import FIRST_PAUSE_S, Verdict, next_pause_s, verdict
from agent.fleet.store import Store, StoreFault

ANSWER_WITHIN_S = 10.0
LOOK_S = 1.0
AT_ONCE = 100


def hook(asked: Asked, url: str, seconds: float | None) -> int:
    """Tell events until SIGTERM, Ctrl-C or so many seconds; 0 then. Trouble for a URL that is none."""
    parts = _parts(url)
    path = store_of(asked)
    if path is None:
        raise Trouble("name the store of `gadelys fleet serve` with --store", MISUSED)
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    if seconds is not None:
        timer = threading.Timer(seconds, end.set)
        timer.daemon = True
        timer.start()
    with contextlib.closing(opened(path)) as store:
        try:
            tell(store, url, lambda body: post(parts, body), end.wait)
        except StoreFault as fault:
            raise Trouble(str(fault), REFUSED) from None
    return 0


def tell(store: Store, url: str, send: Callable[[bytes], int | str], wait: Callable[[float], bool]) -> None:
    """Send what is new, in order, until `wait` says that it is the end. One that is refused for good is left, and said."""
    told, pause_s, tries = store.told(url), FIRST_PAUSE_S, 0
    while True:
        for number, event in store.events(told, AT_ONCE):
            while True:
                answer = send(body_of(number, event))
                tries += 1
                judged = verdict(answer, tries)
                if judged is not Verdict.AGAIN:
                    break
                _say(f"event {number}: {answer}; again in {pause_s:g} s")
                if wait(pause_s):
                    return
                pause_s = next_pause_s(pause_s)
            if judged is Verdict.LEFT:
                _say(f"event {number}: {answer} after {tries} tries; it is left out")
            told, pause_s, tries = number, FIRST_PAUSE_S, 0
            store.tell(url, number)
        if wait(LOOK_S):
            return


def body_of(number: int, event: Event) -> bytes:
    """Return what is posted. `number` is the key by which whoever hears it twice drops the second."""
    said = {"number": number, "event": event.event, "time": stamp(event.at_ms), "alarm": alarm_record(event.alarm)}
    return msgspec.json.encode(said | ({"late": True} if event.late else {}))


def post(parts: SplitResult, body: bytes) -> int | str:
    """Return the status of the answer, or why there is none."""
    made = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = made(parts.hostname or "", parts.port, timeout=ANSWER_WITHIN_S)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, body, {"Content-Type": "application/json", "User-Agent": "gadelys"})
        answer = connection.getresponse()
        answer.read(1 << 16)
    except (OSError, http.client.HTTPException) as error:
        return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
    finally:
        connection.close()
    return answer.status


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or not url.isascii() or set(url) & set(" \r\n\t"):
        raise Trouble(f"URL: expected http://HOST/PATH or https://HOST/PATH; found {url!r}", MISUSED)
    return parts


def _say(text: str) -> None:
    sys.stderr.write(f"gadelys: {text}\n")
    sys.stderr.flush()
