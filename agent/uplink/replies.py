"""Where the answers to commands of the mirror are wanted besides: MQTT 5's response topic and correlation data. Pure."""

from __future__ import annotations

from typing import Protocol

import msgspec

from agent.uplink.names import ENDED
from agent.uplink.topics import NAMESPACE, Topics
from agent.uplink.wishes import Unwanted, from_line, read_line

MOST_OPEN = 64  # commands whose proof is to come; beyond them the oldest is answered on the mirror's own topic alone
LONGEST_TOPIC = 256
LONGEST_CORRELATION = 256  # bytes


class Asking(Protocol):
    """A message from the broker that may say where its answer is wanted."""

    @property
    def topic(self) -> str: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def response_topic(self) -> str: ...
    @property
    def correlation(self) -> bytes | None: ...


class Stage(Protocol):
    """What has become of a command."""

    @property
    def device(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def refusal(self) -> bool: ...


class Reply(msgspec.Struct, frozen=True):
    """Where an answer goes, and what it bears so that whoever asked knows it."""

    topic: str
    correlation: bytes | None


class Replies:
    """Remembers where each command's answers are wanted. `arrives` before a message is carried out, `arrived` after it.

    A command is known by its device and id, since what becomes of it may be told long after it came. A refusal may be told of
    no device, so one that is told before `arrived` is of what arrives.
    """

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self._open: dict[tuple[str, str], Reply] = {}
        self._arriving: tuple[tuple[str, str], Reply | None] | None = None
        self._before: Reply | None = None  # of a command of the same name

    def arrives(self, message: Asking, wall_ms: int) -> str:
        """Take that a message is about to be carried out; return why nobody can be answered there, "" if somebody can."""
        self.arrived()
        if message.topic != self._topics.mirror_command:
            return ""
        fault = self._fault(message.response_topic, message.correlation)
        if fault:
            return fault
        reply = Reply(message.response_topic, message.correlation) if message.response_topic else None
        key = _name(message.payload, wall_ms)
        self._arriving, self._before = (key, reply), self._open.pop(key, None)
        if reply is not None:
            while len(self._open) >= MOST_OPEN:
                del self._open[next(iter(self._open))]
            self._open[key] = reply
        return ""

    def arrived(self) -> None:
        """Take that it was carried out or refused."""
        self._arriving = self._before = None

    def addressed(self, answer: Stage) -> Reply | None:
        """Return where this answer is wanted besides; none if nowhere."""
        key = answer.device, answer.id
        if self._arriving is not None:
            if answer.refusal:
                arriving, reply = self._arriving
                self._open.pop(arriving, None)
                return reply
            if answer.status == "superseded" and key == self._arriving[0]:
                return self._before
        return self._open.pop(key, None) if answer.status in ENDED else self._open.get(key)

    def _fault(self, topic: str, correlation: bytes | None) -> str:
        own = f"{self._topics.mirror_result}/"
        if len(topic) > LONGEST_TOPIC or set(topic) & set("+#\0"):
            return f"response topic: expected one of at most {LONGEST_TOPIC} characters, without + and #"
        # Whoever may command could else let this node speak as others do.
        if topic.startswith(("$", f"{NAMESPACE}/")) or (topic.startswith("gadelys/") and not topic.startswith(own)):
            return f"response topic: expected one of your own, or one under {own}"
        if correlation is not None and len(correlation) > LONGEST_CORRELATION:
            return f"correlation data: expected at most {LONGEST_CORRELATION} bytes"
        return ""


def _name(payload: bytes, wall_ms: int) -> tuple[str, str]:
    """Return what a command of the mirror will be known by: its device and id, as far as they can be read."""
    try:
        device, wish = from_line(read_line(payload), wall_ms)
    except Unwanted as unwanted:
        return "", unwanted.id
    return device, wish.id
