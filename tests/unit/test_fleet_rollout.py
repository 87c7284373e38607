"""Configurations in stages: what fails halts, who is away follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.cli.fleet.apply import read_files
from agent.cli.trouble import Trouble
from agent.fleet.group import Outcome
from agent.fleet.hearing import Hearing, Message
from agent.fleet.rollout import Desired, Reconciler, Rollout, place_of
from agent.fleet.store import Store
from agent.uplink.payload import DataType, Metric, Payload, encode
from agent.uplink.topics import Topics
from told_fleet import POLE, Told


def wanted(*nodes: str, text: str = "x", rollout: str = "r") -> list[Desired]:
    return [Desired("demo", node, text, rollout) for node in nodes]


def outcome(one: Desired, status: str) -> Outcome:
    return Outcome(one.path, status, "", 1.0)


def born(told: Told, node: str, digest: str, bd_seq: int = 0) -> None:
    told.say(
        "NBIRTH", node, "",
        Metric("bdSeq", bd_seq, DataType.INT64), Metric("configuration/digest", digest, DataType.STRING),
    )  # fmt: skip


def answer(reconciler: Reconciler, node: str, id_: str, status: str, now_s: float) -> None:
    texts = {"command/last_id": id_, "command/last_status": status, "command/last_reason": "because"}
    metrics = tuple(Metric(name, text, DataType.STRING) for name, text in texts.items())
    message = Hearing().hear(Topics("demo", node).of("NDATA"), encode(Payload(metrics, 1, 1)))
    assert isinstance(message, Message)
    reconciler.see(message, now_s)


def test_a_canary_then_stages() -> None:
    rollout = Rollout(wanted(*"abcdef"), canary=1, size=3)
    stages = []
    while stage := rollout.next():
        stages.append("".join(one.node for one in stage))
        rollout.ended([outcome(one, "verified") for one in stage])
    assert (stages, rollout.halted, rollout.rest) == (["a", "bcd", "ef"], False, [])


@pytest.mark.parametrize("status", ["rejected", "no proof", "no answer", "expired", "superseded"])
def test_nothing_follows_a_stage_that_failed(status: str) -> None:
    rollout = Rollout(wanted(*"abcdef"), canary=1, size=3)
    rollout.ended([outcome(one, "verified") for one in rollout.next()])
    second = rollout.next()
    rollout.ended([outcome(second[0], "verified"), outcome(second[1], status), outcome(second[2], "verified")])
    assert rollout.next() == []
    assert (rollout.halted, [one.node for one in rollout.rest]) == (True, ["e", "f"])


def test_who_has_it_already_is_left_alone() -> None:
    told = Told()
    (one,) = wanted("a")
    nodes = told.session.nodes
    assert place_of(one, nodes) == "away"
    born(told, "a", "other")
    assert place_of(one, nodes) == "due"
    born(told, "a", one.digest, bd_seq=1)
    assert place_of(one, nodes) == "same"
    told.die("a", bd_seq=1)
    assert place_of(one, nodes) == "away"


def test_who_comes_back_gets_what_it_shall_have_one_after_the_other() -> None:
    told, reconciler = Told(), Reconciler(300.0)
    one, other = wanted("a", "b")
    nodes = told.session.nodes
    reconciler.want([one, other])
    assert reconciler.due(nodes, 0.0) == []
    born(told, "a", "old")
    born(told, "b", "old")
    (target,) = reconciler.due(nodes, 1.0)
    assert (target.node, target.order.value) == ("a", "x")
    assert reconciler.due(nodes, 2.0) == []
    answer(reconciler, "a", target.order.id, "written", 3.0)
    assert reconciler.ended(nodes) == []
    answer(reconciler, "a", target.order.id, "verified", 130.0)
    assert [(done.node, ended.status) for done, ended in reconciler.ended(nodes)] == [("a", "verified")]
    (target,) = reconciler.due(nodes, 131.0)
    assert target.node == "b"


def test_a_refusal_halts_all_that_came_with_it_and_no_others() -> None:
    told, reconciler = Told(), Reconciler(300.0)
    reconciler.want([*wanted("a", "b"), *wanted("c", rollout="another")])
    for node in "abc":
        born(told, node, "old")
    nodes = told.session.nodes
    (target,) = reconciler.due(nodes, 0.0)
    answer(reconciler, "a", target.order.id, "rejected", 1.0)
    ended = {done.node: outcome.status for done, outcome in reconciler.ended(nodes)}
    assert ended == {"a": "rejected", "b": "halted"}
    (target,) = reconciler.due(nodes, 2.0)
    assert target.node == "c"


def test_silence_is_tried_again_at_the_next_connection_with_the_same_id() -> None:
    told, reconciler = Told(), Reconciler(300.0)
    reconciler.want(wanted("a"))
    nodes = told.session.nodes
    born(told, "a", "old", bd_seq=1)
    (first,) = reconciler.due(nodes, 0.0)
    assert reconciler.due(nodes, 300.0) == []
    assert reconciler.ended(nodes) == []
    assert reconciler.due(nodes, 301.0) == []
    born(told, "a", "old", bd_seq=2)
    (second,) = reconciler.due(nodes, 302.0)
    assert first.order.id == second.order.id


def test_what_a_node_has_by_other_means_is_settled() -> None:
    told, reconciler = Told(), Reconciler(300.0)
    (one,) = wanted("a")
    reconciler.want([one])
    born(told, "a", one.digest)
    nodes = told.session.nodes
    assert reconciler.due(nodes, 0.0) == []
    assert [ended.status for _, ended in reconciler.ended(nodes)] == ["verified"]


def test_a_wish_is_kept_and_a_newer_one_is_not_settled_by_the_old(tmp_path: Path) -> None:
    store = Store(tmp_path / "f.db", make=True)
    (old,), (new,) = wanted("a", text="old"), wanted("a", text="new", rollout="s")
    store.desire(old)
    store.desire(new)
    store.settle(old)
    assert store.desired() == [new]
    store.settle(new)
    assert store.desired() == []
    store.close()


def test_files_are_checked_and_say_whose_they_are(tmp_path: Path) -> None:
    paths = []
    for id_ in ("a", "b"):
        paths.append(tmp_path / f"{id_}.toml")
        paths[-1].write_text(POLE.format(id=id_))
    assert [one.path for one in read_files(paths)] == ["demo/a", "demo/b"]
    (tmp_path / "c.toml").write_text(POLE.format(id="a"))
    (tmp_path / "d.toml").write_text(POLE.format(id="d").replace("55.0", "155.0"))
    (tmp_path / "e.toml").write_text(POLE.format(id="e").partition("[uplink]")[0])
    with pytest.raises(Trouble) as trouble:
        read_files([*paths, tmp_path / "c.toml", tmp_path / "d.toml", tmp_path / "e.toml"])
    said = str(trouble.value).splitlines()
    assert "c.toml: controller.id: expected a node of its own, found demo/a a second time" in said[0]
    assert "d.toml:4: controller.latitude: expected a number from -90 to 90, found 155.0" in said[1]
    assert "e.toml: uplink: expected [uplink], found nothing" in said[2]


def test_what_was_made_of_another_text_is_not_sent_to_who_was_away() -> None:
    told, reconciler = Told(), Reconciler(300.0)
    wanted_ = [Desired("demo", node, "new", "r", "base") for node in "ab"]
    reconciler.want(wanted_)
    nodes = told.session.nodes
    born(told, "a", "by hand")
    assert (place_of(wanted_[0], nodes), reconciler.due(nodes, 0.0)) == ("changed", [])
    assert [(done.node, ended.status) for done, ended in reconciler.ended(nodes)] == [("a", "refused")]
    born(told, "b", "base")
    (target,) = reconciler.due(nodes, 1.0)
    assert target.node == "b"
