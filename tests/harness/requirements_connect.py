"""Connecting, the will, the primary host, several brokers, the death of the node. Sparkplug 3.0, chapters 3 to 6."""

from __future__ import annotations

import json

import mqtt_wire as wire
from edge_record import EdgeRecord, Said
from edge_run import GROUP, NODE
from requirements import Runs, requires
from sparkplug_peer import parse

FLOW = "message-flow-edge-node-birth-publish-"
SERVERS = "operational-behavior-primary-application-state-with-multiple-servers-"
TERMINATION = "operational-behavior-edge-node-termination-host-"
_SESSION_EXPIRY = 0x11


@requires("principles-persistence-clean-session-311", "principles-persistence-clean-session-50")
def a_clean_session_that_ends_with_the_connection(runs: Runs) -> None:
    for run in runs.all:
        assert run.connects()
        for connect in run.connects():
            assert connect.level == (5 if runs.version == "5" else 4)
            assert connect.clean
            assert connect.properties.get(_SESSION_EXPIRY, 0) == 0


@requires(
    f"{FLOW}will-message", f"{FLOW}will-message-topic", f"{FLOW}will-message-qos", f"{FLOW}will-message-will-retained",
    "payloads-ndeath-will-message", "payloads-ndeath-will-message-qos", "payloads-ndeath-will-message-retain",
    "topics-ndeath-topic",
)  # fmt: skip
def the_will_is_an_ndeath(runs: Runs) -> None:
    for run in runs.all:
        for connect in run.connects():
            assert connect.will is not None
            assert connect.will.topic == f"spBv1.0/{GROUP}/NDEATH/{NODE}"
            assert (connect.will.qos, connect.will.retain) == (1, False)


@requires(
    f"{FLOW}will-message-payload", f"{FLOW}will-message-payload-bdSeq", "topics-ndeath-payload", "topics-ndeath-seq",
    "payloads-ndeath-seq", "payloads-ndeath-bdseq",
)  # fmt: skip
def an_ndeath_is_its_bdseq_and_nothing_else(runs: Runs) -> None:
    for run in runs.all:
        wills = [connect.will.payload for connect in run.connects() if connect.will is not None]
        for raw in wills + [said.bytes for said in run.said("NDEATH")]:
            death = parse(raw)
            assert [(metric.name, metric.datatype) for metric in death.metrics] == [("bdSeq", 4)]
            assert 0 <= death.metrics[0].value <= 255
            assert death.seq is None
        for said in run.said("NDEATH"):
            assert said.value("bdSeq") == run.will_bd_seq(said.connection)


@requires("topics-nbirth-bdseq-increment")
def each_connect_counts_from_nought_over_restarts_and_after_255_again(runs: Runs) -> None:
    numbers = [runs.everyday.will_bd_seq(n) for n in range(len(runs.everyday.connects()))]
    stopped = len([each for each in runs.everyday.said("NDEATH", up=True) if each.place < runs.everyday.marks["wrap"]])
    assert stopped == 2  # the second start is among these
    wrap = numbers.index(255)
    assert numbers[:wrap] == list(range(wrap))
    assert numbers[wrap:] == [255, *range(len(numbers) - wrap - 1)]
    assert len(numbers) > wrap + 1
    for run in (runs.strict, runs.hosted):
        following = [run.will_bd_seq(n) for n in range(len(run.connects()))]
        assert following == list(range(following[0], following[0] + len(following)))


@requires("message-flow-edge-node-ncmd-subscribe", "message-flow-device-dcmd-subscribe")
def commands_are_subscribed_to_before_the_births(runs: Runs) -> None:
    wanted = {f"spBv1.0/{GROUP}/NCMD/{NODE}", f"spBv1.0/{GROUP}/DCMD/{NODE}/+"}
    for run in runs.all:
        for birth in run.said("NBIRTH"):
            asked = {
                one
                for each in run.of(wire.SUBSCRIBE)
                if each.connection == birth.connection and run.record.passed.index(each) < birth.place
                for one in wire.read_subscribe(each.packet.body, each.level)[1]
            }
            assert {(topic, 1) for topic in wanted} <= asked


@requires(f"{SERVERS}single-server")
def one_connection_at_a_time(runs: Runs) -> None:
    for run in runs.all:
        assert run.record.most_open == 1


@requires(f"{SERVERS}state-subs")
def the_primary_hosts_state_is_subscribed_to_on_each_server(runs: Runs) -> None:
    for number in range(len(runs.hosted.connects())):
        filters = [
            one
            for each in runs.hosted.of(wire.SUBSCRIBE)
            if each.connection == number
            for one in wire.read_subscribe(each.packet.body, each.level)[1]
        ]
        assert ("spBv1.0/STATE/scada", 1) in filters


@requires(
    f"{FLOW}phid-wait", f"{FLOW}phid-wait-id", f"{FLOW}phid-wait-online",
    "operational-behavior-edge-node-birth-sequence-wait",
)  # fmt: skip
def nothing_is_born_before_the_right_host_says_true(runs: Runs) -> None:
    """Heard before: another host that is online, this one offline, and a text instead of true."""
    assert runs.hosted.said(before="online") == []
    first, states = runs.hosted.said("NBIRTH")[0], _states(runs.hosted)
    assert [payload for place, payload in states if place < first.place][-1] == {"online": True, "timestamp": 1500}


@requires(f"{FLOW}phid-wait-timestamp", f"{TERMINATION}offline-timestamp")
def an_older_state_is_not_heeded(runs: Runs) -> None:
    old, offline = runs.hosted.marks["old"], runs.hosted.marks["offline"]
    heard = [payload for place, payload in _states(runs.hosted) if old <= place < offline]
    assert heard == [{"online": False, "timestamp": 1499}]
    assert runs.hosted.said("NDEATH", after="old", before="offline") == []


@requires(f"{FLOW}phid-offline", f"{TERMINATION}offline")
def an_offline_host_ends_the_session_by_ndeath_and_disconnect(runs: Runs) -> None:
    birth = runs.hosted.said("NBIRTH", before="offline")[-1]
    death = runs.hosted.said("NDEATH", after="offline")[0]
    assert death.connection == birth.connection
    _then_a_disconnect(runs.hosted, death)


@requires(f"{TERMINATION}offline-reconnect", f"{SERVERS}walk")
def the_next_server_is_gone_to(runs: Runs) -> None:
    """Also from one where the host is offline to begin with."""
    relays = [each.relay for each in runs.hosted.of(wire.CONNECT)]
    assert relays[:3] == ["0", "1", "0"]
    births = runs.hosted.said("NBIRTH")
    assert [runs.hosted.record.passed[said.place].relay for said in births] == ["1", "0"]


@requires(
    "operational-behavior-edge-node-intentional-disconnect-ndeath",
    "operational-behavior-edge-node-intentional-disconnect-packet",
    "payloads-ndeath-will-message-publisher",
    "payloads-ndeath-will-message-publisher-disconnect-mqtt311",
    "payloads-ndeath-will-message-publisher-disconnect-mqtt50",
)
def an_intended_stop_says_ndeath_and_disconnects(runs: Runs) -> None:
    for run in runs.all:
        death = run.said()[-1]
        assert death.kind == "NDEATH"
        _then_a_disconnect(run, death)


@requires("own-lost-node")
def a_lost_node_is_told_dead_by_the_broker(runs: Runs) -> None:
    """One of ours: what its will is for."""
    cut = runs.everyday.said(before="cut")[-1].connection
    assert runs.everyday.will_bd_seq(cut) in runs.everyday.facts["deaths"]  # type: ignore[operator]


def _then_a_disconnect(run: EdgeRecord, death: Said) -> None:
    left = [
        each.packet for each in run.record.passed[death.place + 1 :] if each.connection == death.connection and each.up
    ]
    assert [packet.type for packet in left] == [wire.DISCONNECT]
    assert left[0].body[:1] == (b"\x04" if run.v5 else b"")


def _states(run: EdgeRecord) -> list[tuple[int, object]]:
    found = []
    for place, each in enumerate(run.record.passed):
        publish = None if each.up else each.publish
        if publish is not None and publish.topic == "spBv1.0/STATE/scada":
            found.append((place, json.loads(publish.payload)))
    return found
