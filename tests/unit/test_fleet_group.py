"""One command to many lamps: few at a time, each to its proof."""

from __future__ import annotations

from agent.cli.fleet.dim import summary
from agent.cli.text import plain
from agent.fleet.group import MOST_OF_NODE, GroupCommand, Target
from agent.fleet.hearing import Hearing, Message
from agent.fleet.proof import Order
from agent.uplink.payload import DataType, Metric, Payload, encode
from agent.uplink.topics import Topics


def targets(node: str, count: int) -> list[Target]:
    return [Target("g", node, Order(f"l{n:02}", "lamp/dimming_level", 40.0, f"{node}-{n}", 60)) for n in range(count)]


def answer(group: GroupCommand, target: Target, status: str, now_s: float, *, by_node: bool = False) -> None:
    texts = {"command/last_id": target.order.id, "command/last_status": status, "command/last_reason": f"it {status}"}
    metrics = tuple(Metric(name, text, DataType.STRING) for name, text in texts.items())
    device = "" if by_node else target.order.device
    topic = Topics(target.group, target.node).of("DDATA" if device else "NDATA", device)
    message = Hearing().hear(topic, encode(Payload(metrics, 1, 1)))
    assert isinstance(message, Message)
    group.see(message, now_s)


def test_a_node_is_asked_for_few_at_a_time() -> None:
    group = GroupCommand([*targets("n", 20), *targets("m", 3)], 20.0)
    first = group.due(0.0)
    assert sum(one.node == "n" for one in first) == MOST_OF_NODE
    assert sum(one.node == "m" for one in first) == 3
    assert group.due(0.1) == []
    answer(group, first[0], "accepted", 0.2)
    assert group.due(0.2) == []
    answer(group, first[0], "verified", 1.5)
    assert len(group.due(1.6)) == 1
    (done,) = group.outcomes
    assert (done.path, done.status, done.after_s) == ("g/n/l00", "verified", 1.5)


def test_each_ends_as_it_was_told_or_with_what_is_missing() -> None:
    group = GroupCommand(targets("n", 5), 20.0)
    sent = group.due(0.0)
    answer(group, sent[0], "verified", 1.0)
    answer(group, sent[1], "rejected", 1.0)
    answer(group, sent[2], "accepted", 1.0)
    answer(group, sent[3], "expired", 1.0, by_node=True)
    assert (group.due(19.9), group.done) == ([], False)
    assert (group.due(20.0), group.done) == ([], True)
    ended = {one.path[-3:]: (one.status, one.reason) for one in group.outcomes}
    assert ended == {
        "l00": ("verified", "it verified"),
        "l01": ("rejected", "it rejected"),
        "l02": ("no proof", "it accepted"),
        "l03": ("expired", "it expired"),
        "l04": ("no answer", "is its controller connected?"),
    }
    page = [plain(one) for one in summary(group.outcomes, 120)]
    assert page[0] == "1 of 5 verified, the last after 1.0 s"
    assert page[1:3] == ["g/n/l01  rejected  it rejected", "g/n/l02  no proof  it accepted"]
    assert [row.split()[0] for row in page[1:]] == ["g/n/l01", "g/n/l02", "g/n/l03", "g/n/l04"]
    narrow = [plain(one) for one in summary(group.outcomes, 30)]
    assert narrow[-2:] == ["g/n/l04  no answer", "  is its controller connected?"]


def test_a_word_about_another_command_is_none() -> None:
    group = GroupCommand(targets("n", 1), 20.0)
    (sent,) = group.due(0.0)
    other = Target("g", "n", Order(sent.order.device, "lamp/dimming_level", 1.0, "someone-else"))
    answer(group, other, "verified", 1.0)
    assert group.outcomes == []


def test_all_of_a_large_group_get_their_turn() -> None:
    group = GroupCommand([one for n in range(60) for one in targets(f"n{n}", 12)], 20.0)
    now_s = 0.0
    while not group.done:
        for target in group.due(now_s):
            answer(group, target, "verified", now_s)
        now_s += 1.0
        assert now_s < 60
    assert len({one.path for one in group.outcomes}) == 720
