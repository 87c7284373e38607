"""Where the answers to commands of the mirror are wanted besides: MQTT 5's response topic and correlation data. Pure."""

from __future__ import annotations

from typing import Protocol

import msgspec

from agent.uplink.names import ENDED
from agent.uplink.topics import NAMESPACE, Topics

MOST_OPEN = 64  # commands whose proof is to come; beyond them the oldest is answered on the mirror's own topic alone
LONGEST_TOPIC = 256
LONGEST_CORRELATION = 256  # bytes


class Asking(Protocol):
    """A message from the broker that may say where its answer is wanted."""

    @property
    def topic(self) -> str: ...
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


class Reply(msgspec.Struct, frozen=True):
    """Where an answer goes, and what it bears so that whoever asked knows it."""

    topic: str
    correlation: bytes | None


class Replies:
    """Remembers where each command's answers are wanted. `arrives` before a message is carried out, `arrived` after it."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self._open: dict[tuple[str, str], Reply] = {}
        self._arriving: Reply | None = None

    def arrives(self, message: Asking) -> str:
        """Take that a message is about to be carried out; return why nobody can be answered there, "" if somebody can."""
        self._arriving = None
        if message.topic != self._topics.mirror_command or not message.response_topic:
            return ""
        fault = self._fault(message.response_topic, message.correlation)
        if not fault:
            self._arriving = Reply(message.response_topic, message.correlation)
        return fault

    def arrived(self) -> None:
        """Take that it was carried out or refused."""
        self._arriving = None

    def addressed(self, answer: Stage) -> Reply | None:
        """Return where this answer is wanted besides; none if nowhere."""
        key, ended = (answer.device, answer.id), answer.status in ENDED
        reply = self._arriving
        if reply is None or answer.status == "superseded":  # which is told of a command that came before
            return self._open.pop(key, None) if ended else self._open.get(key)
        self._open.pop(key, None)
        if not ended:
            while len(self._open) >= MOST_OPEN:
                del self._open[next(iter(self._open))]
            self._open[key] = reply
        return reply

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
