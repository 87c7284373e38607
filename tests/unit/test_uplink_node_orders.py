"""Commands to the node: once each, over restarts too; a configuration's trial told in its stages."""

from __future__ import annotations

import pytest

from agent.config import CommandRules
from agent.orders.ward import Trial
from agent.uplink.downlink import Moment
from heard_commands import NODE, WALL_MS, HeardCommands, Message
from sparkplug_peer import build

STRING, BOOLEAN, INT64 = 12, 11, 4
ID = ("command/id", STRING, "n1")


@pytest.fixture
def node() -> HeardCommands:
    return HeardCommands(signed=())


def test_a_restart_is_told_when_it_is_over(node: HeardCommands) -> None:
    assert node.ask(NODE, ("agent/restart", BOOLEAN, True), ID) == [("", "accepted", "stops in order and starts again")]
    assert node.ward.done == [("restart",)]
    assert "came again" in node.ask(NODE, ("agent/restart", BOOLEAN, True), ID)[0][2]
    assert node.ward.done == [("restart",)]
    after = HeardCommands(signed=())
    after.street.orders.ledger.load(node.street.orders.ledger.all(), {})
    after.node._finish_restarts()
    assert [(answer.id, answer.status, answer.reason) for answer in after.street.answers] == [
        ("n1", "verified", "has started again")
    ]
    after.street.answers.clear()
    assert after.ask(NODE, ("agent/restart", BOOLEAN, True), ID)[0][1:] == (
        "verified",
        "has started again; it came again and changed nothing",
    )
    assert after.ward.done == []


def test_what_might_happen_twice_is_refused_where_nothing_can_be_kept(node: HeardCommands) -> None:
    node.street.orders.fault = "Read-only file system"
    told = node.ask(NODE, ("agent/restart", BOOLEAN, True), ID)
    assert told[0][1] == "rejected"
    assert "might be carried out twice: Read-only file system" in told[0][2]
    assert node.ward.done == []


def test_the_log_level_is_for_a_while(node: HeardCommands) -> None:
    told = node.ask(NODE, ("agent/log_level", STRING, "debug"), ("command/for_s", INT64, 600), ID)
    assert told == [("", "verified", "logs debug for 600 s")]
    node.ask(NODE, ("agent/log_level", STRING, "warning"))
    assert node.ward.done == [("log_level", "debug", 600.0), ("log_level", "warning", 3600.0)]


def test_a_bundle_says_where_it_is(node: HeardCommands) -> None:
    told = node.ask(NODE, ("agent/bundle", BOOLEAN, True), ID)
    assert [told[0][1], told[1][1:]] == ["accepted", ("verified", "/there")]


@pytest.mark.parametrize(("name", "value", "text"), [("configuration", "x = 1", "x = 1"), ("reload", True, None)])
def test_a_configuration_on_trial(node: HeardCommands, name: str, value: str | bool, text: str | None) -> None:
    command = (f"agent/{name}", STRING if isinstance(value, str) else BOOLEAN, value)
    told = node.ask(NODE, command, ID)
    assert [(status, reason) for _, status, reason in told] == [
        ("accepted", "is being validated"), ("accepted", "is valid")
    ]  # fmt: skip
    assert node.ward.done == [("configure", "n1", text)]
    node.ward.trial = Trial("n1", "on trial", "in place")
    node.node.look()
    node.node.look()
    other = node.ask(NODE, command, ("command/id", STRING, "n2"))
    assert [answer[1:] for answer in other] == [
        ("written", "in place"),
        ("rejected", "expected no other configuration while one is on trial (command n1)"),
    ]
    node.ward.trial = Trial("n1", "passed", "all is well")
    node.node.look()
    assert [(answer.status, answer.reason) for answer in node.street.answers] == [("verified", "all is well")]
    assert node.ward.done[-1] == ("settled",)


def test_one_that_came_back_by_itself_is_rejected_also_by_an_agent_that_has_forgotten_it(node: HeardCommands) -> None:
    node.ward.trial = Trial("n1", "rolled back", "rolled back: no unit answers")
    node.node.look()
    assert [(answer.id, answer.status, answer.reason) for answer in node.street.answers] == [
        ("n1", "rejected", "rolled back: no unit answers")
    ]


def test_one_that_is_no_good_or_in_force_already(node: HeardCommands) -> None:
    node.ward.refuses = "line 3: base_pct: expected a number"
    assert node.ask(NODE, ("agent/configuration", STRING, "x = 1"), ID)[-1][1:] == ("rejected", node.ward.refuses)
    node.ward.refuses, node.ward.in_force = "", True
    told = node.ask(NODE, ("agent/configuration", STRING, "x = 2"), ("command/id", STRING, "n2"))
    assert told[-1][1] == "verified"


def test_the_text_is_told_with_its_digest_and_not_too_often(node: HeardCommands) -> None:
    def collect(name: str) -> tuple[str, str]:
        node.downlink.take(
            Message(NODE, build([("agent/collect", BOOLEAN, True), ("command/id", STRING, name)], timestamp=WALL_MS)),
            Moment(node.street.now_s, WALL_MS, trusted=True),
        )
        answer = node.street.answers.pop()
        return str(answer.status), answer.text or answer.reason

    assert [collect(name) for name in "abc"] == [("verified", "x = 0\n")] * 3
    assert collect("d") == ("rejected", "too frequent: expected at most 3 texts at once and then one every 20 s")
    assert "came again" in collect("a")[1]
    node.street.now_s += 20.0
    assert collect("e")[0] == "verified"
    node.street.now_s += 20.0
    node.ward.text = "#" * 32_769
    assert collect("f") == ("rejected", "expected a configuration of at most 32768 bytes, this one has 32769")
    node.ward.text = ""
    assert "this one has none" in collect("g")[1]


def test_unless_said_only_who_signs_gets_the_text() -> None:
    told = HeardCommands(signed=tuple(CommandRules().signed)).ask(NODE, ("agent/collect", BOOLEAN, True), ID)
    assert (told[0][1], "signed" in told[0][2]) == ("rejected", True)
