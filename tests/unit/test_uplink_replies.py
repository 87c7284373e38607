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

    def __init__(self, response_topic: str, correlation: bytes | None = b"1", topic: str = COMMAND) -> None:
        self.response_topic = response_topic
        self.correlation = correlation
        self.topic = topic


class Desk:
    """Commands that are asked for and answered."""

    def __init__(self) -> None:
        self.replies = Replies(Topics("albertslund", "pole-7"))

    def ask(self, name: str, where: str, *stages: CommandStatus, device: str = "lum-01") -> list[Reply | None]:
        assert not self.replies.arrives(Asked(where))
        told = [self.replies.addressed(Answer(device, name, stage, "")) for stage in stages]
        self.replies.arrived()
        return told

    def then(self, name: str, stage: CommandStatus, device: str = "lum-01") -> Reply | None:
        return self.replies.addressed(Answer(device, name, stage, ""))


A, B = Reply("reply/a", b"1"), Reply("reply/b", b"1")


def test_every_stage_goes_to_whoever_asked_and_none_after_the_last() -> None:
    desk = Desk()
    assert desk.ask("a1", "reply/a", "accepted") == [A]
    assert desk.then("a1", "written") == A
    assert desk.then("a1", "verified") == A
    assert desk.then("a1", "verified") is None


def test_a_refusal_is_answered_and_forgotten() -> None:
    desk = Desk()
    assert desk.ask("", "reply/a", "rejected", device="") == [A]
    assert desk.ask("", "reply/b", "rejected", device="") == [B]
    assert desk.then("", "rejected", device="") is None


def test_who_supersedes_does_not_hear_the_end_of_the_command_before() -> None:
    desk = Desk()
    desk.ask("a1", "reply/a", "accepted")
    assert desk.ask("b1", "reply/b", "superseded") == [None]  # of a command that nobody asked for by the mirror
    assert desk.replies.addressed(Answer("lum-01", "a1", "superseded", "")) == A


def test_a_name_that_is_used_again_belongs_to_who_used_it_last() -> None:
    desk = Desk()
    desk.ask("a1", "reply/a", "accepted")
    assert desk.ask("a1", "reply/b", "superseded", "accepted") == [A, B]
    assert desk.then("a1", "verified") == B


def test_who_does_not_ask_gets_nothing() -> None:
    desk = Desk()
    assert desk.ask("a1", "", "accepted") == [None]
    assert desk.then("a1", "verified") is None


def test_a_sparkplug_command_has_no_reply() -> None:
    desk = Desk()
    assert not desk.replies.arrives(Asked("reply/a", topic="spBv1.0/albertslund/DCMD/pole-7/lum-01"))
    assert desk.then("a1", "accepted") is None


def test_open_replies_are_bounded() -> None:
    desk = Desk()
    for number in range(MOST_OPEN + 1):
        desk.ask(f"a{number}", "reply/a", "accepted")
    assert desk.then("a0", "verified") is None
    assert desk.then("a1", "verified") == A


@pytest.mark.parametrize(
    "where",
    ["spBv1.0/albertslund/NDEATH/pole-7", "gadelys/albertslund/pole-7/state/node", "gadelys/x/y/command", "$SYS/x",
     "reply/+", "reply/#", "reply/\0", "x" * 257],
)  # fmt: skip
def test_nobody_lets_the_node_speak_in_another_ones_name(where: str) -> None:
    desk = Desk()
    assert "response topic: expected" in desk.replies.arrives(Asked(where))
    assert desk.then("a1", "accepted") is None


def test_a_topic_below_the_results_will_do() -> None:
    assert not Desk().replies.arrives(Asked("gadelys/albertslund/pole-7/result/ann"))


def test_correlation_data_are_bounded() -> None:
    said = Desk().replies.arrives(Asked("reply/a", bytes(LONGEST_CORRELATION + 1)))
    assert said == "correlation data: expected at most 256 bytes"
