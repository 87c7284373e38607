"""The authority's list as openssl keeps it, names that are unique, and the ACL."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent.identity.refusal import Refusal
from agent.identity.register import acl, check_free, holding, read_index

NOW = datetime(2026, 11, 25, tzinfo=UTC)
INDEX = (
    "V\t281124133358Z\t\t4259\tunknown\t/O=city/OU=broker/CN=broker.example\n"
    "R\t281124133358Z\t261101000000Z,keyCompromise\t49A2\tunknown\t/O=g/OU=node/CN=pole-7\n"
    "V\t20601124133358Z\t\t1068\tunknown\t/O=g/OU=node/CN=pole-7\n"
    "V\t261124133358Z\t\t1069\tunknown\t/O=g/OU=node/CN=pole-8\n"
)


def test_what_openssl_writes() -> None:
    broker, revoked, pole, ended = read_index(INDEX)
    assert (broker.group, broker.role, broker.name, broker.serial) == ("city", "broker", "broker.example", "4259")
    assert (revoked.revoked, revoked.reason) == (datetime(2026, 11, 1, tzinfo=UTC), "keyCompromise")
    assert pole.expires == datetime(2060, 11, 24, 13, 33, 58, tzinfo=UTC)
    assert [one.holds(NOW) for one in (broker, revoked, pole, ended)] == [True, False, True, False]
    assert holding(read_index(INDEX), "POLE-7", NOW) == [pole]


@pytest.mark.parametrize(
    "line", ["x", "V\t2811\t\t42\tunknown\t/O=g/OU=node/CN=n", "V\t281124133358Z\t\t42\tunknown\t/CN=n"]
)
def test_another_line_is_named(line: str) -> None:
    with pytest.raises(Refusal, match=r"index\.txt:5"):
        read_index(INDEX + line + "\n")


@pytest.mark.parametrize(
    ("group", "role", "name", "free"),
    [
        ("g", "node", "pole-7", True),
        ("h", "node", "pole-7", False),
        ("g", "node", "Pole-7", False),
        ("g", "platform", "pole-7", False),
        ("h", "node", "pole-8", True),
        ("h", "node", "pole-9", True),
    ],
)
def test_names_are_unique_in_a_city(group: str, role: str, name: str, free: bool) -> None:
    issued = read_index(INDEX)
    if free:
        check_free(issued, group, "node", name, NOW)
        return
    with pytest.raises(Refusal, match=r"is taken: node pole-7 of g has it"):
        check_free(issued, group, "platform" if role == "platform" else "node", name, NOW)


def test_the_acl_names_own_topics_only() -> None:
    lines = [line for line in acl(["g", "h"], ["platform"]).splitlines() if line.startswith("pattern")]
    assert len(lines) == 1 + 2 * 12
    assert all("/%u" in line for line in lines if "STATE" not in line)
    assert {line.split("/")[1] for line in lines if "STATE" not in line} == {"g", "h"}
    assert not any("readwrite" in line or "#" in line for line in lines)
