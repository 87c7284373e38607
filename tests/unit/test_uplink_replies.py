"""Where answers to commands of the mirror go besides: each to whoever asked, and to nobody else."""

from __future__ import annotations

import pytest

from agent.uplink.commands import Answer
from agent.uplink.names import CommandStatus
from agent.uplink.replies import LONGEST_CORRELATION, MOST_OPEN, Replies, Reply
from agent.uplink.topics import Topics

COMMAND = "gadelys/albertslund/pole-7/command"


class Asked:
    """A command as it comes in."""

    def __init__(
        self, response_topic: str, correlation: bytes | None = b"1", *, topic: str = COMMAND, payload: bytes = b""
    ) -> None:
        self.response_topic = response_topic
        self.correlation = correlation
        self.topic = topic
        self.payload = payload


class Desk:
    """Commands that are asked for and answered."""

    def __init__(self) -> None:
        self.replies = Replies(Topics("albertslund", "pole-7"))

    def ask(self, name: str, where: str, *answers: Answer) -> list[Reply | None]:
        """Let a command for lum-01 come in, and be answered before the next one."""
        payload = b'{"point": "lum-01/lamp/dimming_level", "value": 5, "id": "%s"}' % name.encode()
        assert not self.replies.arrives(Asked(where, payload=payload if name else b"rubbish"), 0)
        told = [self.replies.addressed(answer) for answer in answers]
        self.replies.arrived()
        return told

    def then(self, name: str, stage: CommandStatus) -> Reply | None:
        return self.replies.addressed(told(name, stage))


def told(name: str, stage: CommandStatus, device: str = "lum-01", *, refusal: bool = False) -> Answer:
    return Answer(device, name, stage, "", refusal=refusal)


A, B = Reply("reply/a", b"1"), Reply("reply/b", b"1")


def test_every_stage_goes_to_whoever_asked_and_none_after_the_last() -> None:
    desk = Desk()
    assert desk.ask("a1", "reply/a", told("a1", "accepted")) == [A]
    assert desk.then("a1", "written") == A
    assert desk.then("a1", "verified") == A
    assert desk.then("a1", "verified") is None


def test_an_answer_may_come_after_other_commands() -> None:
    desk = Desk()
    desk.ask("a1", "reply/a")
    desk.ask("b1", "reply/b")
    assert desk.then("a1", "accepted") == A
    assert desk.then("b1", "rejected") == B
    assert desk.then("a1", "verified") == A


def test_a_refusal_is_answered_and_forgotten() -> None:
    desk = Desk()
    assert desk.ask("", "reply/a", told("", "rejected", "", refusal=True)) == [A]
    assert desk.ask("", "reply/b", told("", "rejected", "", refusal=True)) == [B]
    assert desk.ask("a1", "reply/a", told("a1", "rejected", "", refusal=True)) == [A]
    assert desk.replies.addressed(told("", "rejected", "", refusal=True)) is None
    assert desk.then("a1", "verified") is None


def test_who_supersedes_does_not_hear_the_end_of_the_command_before() -> None:
    desk = Desk()
    desk.ask("a1", "reply/a", told("a1", "accepted"))
    assert desk.ask("b1", "reply/b", told("a1", "superseded"), told("b1", "accepted")) == [A, B]
    assert desk.ask("c1", "", told("b1", "superseded"), told("c1", "accepted")) == [B, None]


def test_a_name_that_is_used_again_belongs_to_who_used_it_last() -> None:
    desk = Desk()
    desk.ask("a1", "reply/a", told("a1", "accepted"))
    assert desk.ask("a1", "reply/b", told("a1", "superseded"), told("a1", "accepted")) == [A, B]
    assert desk.then("a1", "verified") == B


def test_who_does_not_ask_gets_nothing() -> None:
    desk = Desk()
    desk.ask("a1", "reply/a", told("a1", "accepted"))
    assert desk.ask("a1", "", told("a1", "superseded"), told("a1", "accepted")) == [A, None]
    assert desk.then("a1", "verified") is None


def test_a_sparkplug_command_has_no_reply() -> None:
    desk = Desk()
    assert not desk.replies.arrives(Asked("reply/a", topic="spBv1.0/albertslund/DCMD/pole-7/lum-01"), 0)
    assert desk.replies.addressed(told("a1", "rejected", refusal=True)) is None
    assert desk.then("a1", "accepted") is None


def test_open_replies_are_bounded() -> None:
    desk = Desk()
    for number in range(MOST_OPEN + 1):
        desk.ask(f"a{number}", "reply/a")
    assert desk.then("a0", "verified") is None
    assert desk.then("a1", "verified") == A


@pytest.mark.parametrize(
    "where",
    ["spBv1.0/albertslund/NDEATH/pole-7", "gadelys/albertslund/pole-7/state/node", "gadelys/x/y/command", "$SYS/x",
     "reply/+", "reply/#", "reply/\0", "x" * 257],
)  # fmt: skip
def test_nobody_lets_the_node_speak_in_another_ones_name(where: str) -> None:
    desk = Desk()
    assert "response topic: expected" in desk.replies.arrives(Asked(where), 0)
    assert desk.then("a1", "accepted") is None


def test_a_topic_below_the_results_will_do() -> None:
    assert not Desk().replies.arrives(Asked("gadelys/albertslund/pole-7/result/ann"), 0)


def test_correlation_data_are_bounded() -> None:
    said = Desk().replies.arrives(Asked("reply/a", bytes(LONGEST_CORRELATION + 1)), 0)
    assert said == "correlation data: expected at most 256 bytes"
