"""What comes down: each kind of command that must change nothing changes nothing, and says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agent.uplink.commands import Bounds
from heard_commands import LAMP, MIRROR, NODE, WALL_MS, HeardCommands
from sparkplug_peer import build

FLOAT, INT64, STRING, BOOLEAN, DATETIME = 9, 4, 12, 11, 13
LEVEL, ID = ("lamp/dimming_level", FLOAT, 55.0), ("command/id", STRING, "a1")
FRESH = build([LEVEL, ID], timestamp=WALL_MS)
Told = list[tuple[str, str, str]]

REFUSED: list[tuple[str, Callable[[HeardCommands], Told], str, str, str]] = [
    ("retained", lambda node: node.say(LAMP, FRESH, retained=True), "lum-03", "rejected", "not retained"),
    ("retained, for the node", lambda node: node.say(NODE, FRESH, retained=True), "", "rejected", "not retained"),
    ("old", lambda node: node.ask(LAMP, LEVEL, ID, age_s=31), "lum-03", "expired", "31 s old"),
    ("ahead", lambda node: node.ask(LAMP, LEVEL, ID, age_s=-31), "lum-03", "rejected", "31 s ahead"),
    ("after its not-after",
     lambda node: node.ask(LAMP, LEVEL, ID, ("command/not_after", DATETIME, WALL_MS - 1)), "lum-03", "expired", "after"),
    ("malformed", lambda node: node.say(LAMP, b"\x12\xff"), "lum-03", "rejected", "not a Sparkplug payload"),
    ("malformed, for the node", lambda node: node.say(NODE, b"\x00"), "", "rejected", "not a Sparkplug payload"),
    ("empty", lambda node: node.say(LAMP, build([], timestamp=WALL_MS)), "lum-03", "rejected", "expected either"),
    ("empty, for the node", lambda node: node.say(NODE, build([], timestamp=WALL_MS)), "", "rejected", "found 0"),
    ("no bytes at all", lambda node: node.say(NODE, b""), "", "rejected", "timestamp"),
    ("without a time", lambda node: node.say(LAMP, build([LEVEL], timestamp=None)), "lum-03", "rejected", "timestamp"),
    ("of no device", lambda node: node.ask(LAMP.replace("lum-03", "lum-99"), LEVEL, ID), "", "rejected", "'lum-99'"),
    ("of a device that is no lamp",
     lambda node: node.ask(LAMP.replace("lum-03", "meter-1"), LEVEL, ID), "meter-1", "rejected", "'meter-1'"),
    ("unknown", lambda node: node.ask(LAMP, ("lamp/colour", FLOAT, 5.0), ID), "lum-03", "rejected", "'lamp/colour'"),
    ("unknown, for the node", lambda node: node.ask(NODE, ("agent/shell", STRING, "ls"), ID), "", "rejected", "agent/shell"),
    ("beyond its range",
     lambda node: node.ask(LAMP, ("lamp/dimming_level", FLOAT, 101.0), ID), "lum-03", "rejected", "0 to 100"),
    ("too long", lambda node: node.ask(LAMP, LEVEL, ("command/for_s", INT64, 86401)), "lum-03", "rejected", "1 to 86400"),
    ("of a wrong type", lambda node: node.ask(LAMP, ("lamp/dimming_level", STRING, "55"), ID), "lum-03", "rejected", "FLOAT"),
    ("two things at once",
     lambda node: node.ask(NODE, ("agent/bundle", BOOLEAN, True), ("agent/log_level", STRING, "debug")), "", "rejected", "of"),
    ("a lamp's command for the node", lambda node: node.ask(NODE, LEVEL, ID), "", "rejected", "'lamp/dimming_level'"),
    ("a level of no log", lambda node: node.ask(NODE, ("agent/log_level", STRING, "loud"), ID), "", "rejected", "'loud'"),
    ("a log level for ever",
     lambda node: node.ask(NODE, ("agent/log_level", STRING, "debug"), ("command/for_s", INT64, 86401)), "", "rejected", "864"),
    ("not asking", lambda node: node.ask(NODE, ("agent/bundle", BOOLEAN, False), ID), "", "rejected", "expected true"),
    ("unsigned", lambda node: node.ask(NODE, ("agent/restart", BOOLEAN, True), ID), "", "rejected", "expected a signed"),
    ("unsigned configuration",
     lambda node: node.ask(NODE, ("agent/configuration", STRING, "x = 1"), ID), "", "rejected", "expected a signed"),
    ("signed by nobody",
     lambda node: node.ask(LAMP, LEVEL, ID, ("command/signature", STRING, "AA==")), "lum-03", "rejected", "command/issuer"),
    ("plain nonsense", lambda node: node.say(MIRROR, b"{"), "", "rejected", "expected such as"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("ask", "device", "status", "says"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_it_changes_nothing_and_says_so(
    ask: Callable[[HeardCommands], Told], device: str, status: str, says: str
) -> None:
    node = HeardCommands()
    told = ask(node)
    assert [(who, what) for who, what, _ in told] == [(device, status)]
    assert says in told[0][2]
    assert (node.held(), node.ward.done, node.rebirths) == ([], [], 0)
    assert node.street.commands.refused == 1
    assert node.street.orders.changes == []


def test_a_replay_is_answered_with_what_became_of_it_and_changes_nothing() -> None:
    node = HeardCommands()
    assert node.say(LAMP, FRESH) == [("lum-03", "accepted", "in force for 3600 s")]
    assert node.ask(LAMP, ("command/release", BOOLEAN, True), ("command/id", STRING, "a2"))[0][:2] == (
        "lum-03",
        "superseded",
    )
    node.now_ms += 60_000  # it would be too old by now
    again = node.say(LAMP, FRESH)
    assert again == [("lum-03", "superseded", "by the release a2; it came again and changed nothing")]
    assert node.held() == []


def test_a_replay_after_a_kill_changes_nothing() -> None:
    node = HeardCommands()
    node.say(LAMP, FRESH)
    node.street.orders = node.street.orders.restarted()
    started = HeardCommands()
    started.street.orders.ledger.load(node.street.orders.ledger.all(), {})
    assert started.say(LAMP, FRESH)[0][1:] == ("accepted", "in force for 3600 s; it came again and changed nothing")
    assert started.held() == []


def test_an_id_is_for_one_command() -> None:
    node = HeardCommands()
    node.say(LAMP, FRESH)
    told = node.ask(LAMP, ("lamp/dimming_level", FLOAT, 20.0), ID)
    assert told[0][1:] == ("rejected", "expected an id of its own: it was used for another command before")
    assert node.held() == ["2 operator 55"]


def test_two_without_a_name_in_one_millisecond_are_two() -> None:
    node = HeardCommands()
    node.ask(LAMP, LEVEL)
    node.ask(LAMP, ("lamp/dimming_level", FLOAT, 20.0))
    assert node.held() == ["2 operator 20"]


def test_it_is_on_the_disk_before_it_is_in_force() -> None:
    node = HeardCommands()
    node.street.orders.hold = True
    assert node.say(LAMP, FRESH) == []
    assert node.held() == []
    assert node.say(LAMP, FRESH) == [], "who asks again is not told sooner"
    node.street.orders.let_go()
    assert node.held() == ["2 operator 55"]
    assert [answer.status for answer in node.street.answers] == ["accepted", "accepted"]
    assert node.street.answers[1].reason.endswith("it came again and changed nothing")


def test_where_nothing_can_be_kept_a_lamp_follows_and_it_is_said() -> None:
    node = HeardCommands()
    node.street.orders.fault = "No space left on device"
    assert node.say(LAMP, FRESH)[0][2].endswith("a restart forgets it: it cannot be kept (No space left on device)")
    assert node.held() == ["2 operator 55"]


def test_too_frequent_ones_are_refused_until_some_time_has_passed() -> None:
    node = HeardCommands(bounds=Bounds(3600.0, at_once=3, a_second=1.0))
    told = [node.ask(LAMP, ("lamp/dimming_level", FLOAT, float(n)), ("command/id", STRING, f"n{n}")) for n in range(5)]
    assert [stages[-1][1] for stages in told] == ["accepted"] * 3 + ["rejected"] * 2
    assert told[3][0][2] == "too frequent: expected at most 3 commands at once and then 1 a second"
    assert node.held() == ["2 operator 2"]
    node.street.now_s += 1.0
    assert node.ask(LAMP, ("lamp/dimming_level", FLOAT, 9.0), ("command/id", STRING, "n3"))[-1][1] == "accepted"


def test_without_a_trusted_clock_age_is_not_judged() -> None:
    node = HeardCommands()
    node.trusted = False
    assert node.ask(LAMP, LEVEL, ID, age_s=1e6)[0][1] == "accepted"


def test_where_lamps_must_be_signed_plain_json_is_refused() -> None:
    node = HeardCommands(signed=("lamp",))
    told = node.say(MIRROR, b'{"point": "lum-03/lamp/dimming_level", "value": 55}')
    assert "expected a signed command" in told[0][2]
    assert node.held() == []


def test_a_rebirth_needs_no_envelope() -> None:
    node = HeardCommands()
    assert node.ask(NODE, ("Node Control/Rebirth", BOOLEAN, True)) == []
    assert node.rebirths == 1
