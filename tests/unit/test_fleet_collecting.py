"""Texts of many nodes: few at a time, and none that is not what its digest says."""

from __future__ import annotations

from agent.fleet.collecting import MOST_AT_ONCE, Collecting, digest
from agent.fleet.hearing import Hearing, Message
from agent.uplink.payload import DataType, Metric, Payload, encode
from agent.uplink.topics import Topics


def say(collecting: Collecting, node: str, *told: tuple[str, str | None], historical: bool = False) -> None:
    metrics = tuple(Metric(name, value, DataType.STRING, 1, historical) for name, value in told)
    message = Hearing().hear(Topics("g", node).of("NDATA"), encode(Payload(metrics, 1, 1)))
    assert isinstance(message, Message)
    collecting.see(message)
    collecting.group.see(message, 1.0)


def answer(status: str, reason: str) -> list[tuple[str, str | None]]:
    return [("command/last_id", "c"), ("command/last_status", status), ("command/last_reason", reason)]


def text(value: str) -> list[tuple[str, str | None]]:
    return [("configuration/text", value), ("configuration/text", None)]


def test_what_comes_is_held_against_its_digest() -> None:
    collecting = Collecting([("g", node) for node in "abcde"], "c", 20.0)
    assert len(collecting.group.due(0.0)) == 5
    say(collecting, "a", *text("x = 1\n"), *answer("verified", digest("x = 1\n")))
    say(collecting, "b", *text("x = 1\n"), *answer("verified", digest("x = 2\n")))
    say(collecting, "c", *answer("verified", digest("x = 1\n")))
    say(collecting, "d", *answer("rejected", "expected a signed command"))
    say(collecting, "stranger", *text("x = 1\n"))
    assert collecting.take() == [(("g", "a"), "x = 1\n")]
    collecting.group.due(30.0)
    assert collecting.take() == []
    ended = {one.path: (one.status, one.reason) for one in collecting.outcomes}
    assert {path: status for path, (status, _) in ended.items()} == {
        "g/a": "collected", "g/b": "no text", "g/c": "no text", "g/d": "rejected", "g/e": "no answer",
    }  # fmt: skip
    assert ended["g/b"][1] == "what came is not what its digest says: ask again"


def test_a_text_of_the_past_is_none() -> None:
    collecting = Collecting([("g", "a")], "c", 20.0)
    collecting.group.due(0.0)
    say(collecting, "a", *text("x = 1\n"), historical=True)
    say(collecting, "a", *answer("verified", digest("x = 1\n")))
    assert (collecting.take(), collecting.outcomes[0].status) == ([], "no text")


def test_few_are_asked_at_once() -> None:
    collecting = Collecting([("g", str(node)) for node in range(100)], "c", 20.0)
    assert len(collecting.group.due(0.0)) == MOST_AT_ONCE
