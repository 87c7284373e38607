"""Births: order, topics, metrics, bdSeq, the rebirth. Sparkplug 3.0, chapters 4 to 6."""

from __future__ import annotations

from typing import Any

import mqtt_wire as wire
from edge_record import Said, numbered
from edge_run import GROUP, LIVE, NODE
from requirements import Runs, requires

FLOW = "message-flow-edge-node-birth-publish-"
DEVICE = "message-flow-device-birth-publish-"
COMMANDS = "operational-behavior-data-commands-"
HOUR_MS = 3_600_000


@requires("principles-birth-certificates-order", f"{FLOW}connect")
def the_nbirth_is_the_first_message_of_a_session(runs: Runs) -> None:
    for run in runs.all:
        for session in run.sessions():
            assert session[0].kind == "NBIRTH"
            answers = [each for each in run.of(wire.CONNACK, up=False) if each.connection == session[0].connection]
            assert run.record.passed.index(answers[0]) < session[0].place


@requires("topics-nbirth-topic", f"{FLOW}nbirth-topic")
def the_topic_of_an_nbirth(runs: Runs) -> None:
    assert {said.topic for run in runs.all for said in run.said("NBIRTH")} == {f"spBv1.0/{GROUP}/NBIRTH/{NODE}"}


@requires("topics-dbirth-topic", f"{DEVICE}dbirth-topic", f"{DEVICE}dbirth-match-edge-node-topic")
def the_topic_of_a_dbirth(runs: Runs) -> None:
    for run in runs.all:
        for said in run.said("DBIRTH"):
            assert said.topic == f"spBv1.0/{GROUP}/DBIRTH/{NODE}/{said.device}"
            assert said.device in LIVE


@requires(
    "topics-nbirth-mqtt", "payloads-nbirth-qos", "payloads-nbirth-retain", f"{FLOW}nbirth-qos", f"{FLOW}nbirth-retained",
    "topics-dbirth-mqtt", "payloads-dbirth-qos", "payloads-dbirth-retain", f"{DEVICE}dbirth-qos", f"{DEVICE}dbirth-retained",
)  # fmt: skip
def births_have_qos_0_and_are_not_retained(runs: Runs) -> None:
    assert {(said.qos, said.retain) for run in runs.all for said in run.said("NBIRTH", "DBIRTH")} == {(0, False)}


@requires(
    "topics-nbirth-seq-num", "payloads-nbirth-seq", f"{FLOW}nbirth-payload-seq", "payloads-sequence-num-zero-nbirth"
)
def an_nbirth_is_number_nought(runs: Runs) -> None:
    assert {said.payload.seq for run in runs.all for said in run.said("NBIRTH")} == {0}


@requires("topics-dbirth-seq", "payloads-dbirth-seq", "payloads-dbirth-seq-inc", f"{DEVICE}dbirth-payload-seq")
def a_dbirth_has_the_next_number(runs: Runs) -> None:
    for run in runs.all:
        for session in run.sessions():
            assert any(said.kind == "DBIRTH" for said in session)
            numbered(session)


@requires(
    "topics-nbirth-timestamp", "payloads-nbirth-timestamp", "topics-dbirth-timestamp", "payloads-dbirth-timestamp",
    "payloads-timestamp-in-UTC",
)  # fmt: skip
def births_have_the_time_of_now_in_utc_milliseconds(runs: Runs) -> None:
    began_ms: Any = runs.everyday.facts["began_ms"]
    for run in runs.all:
        for said in run.said("NBIRTH", "DBIRTH"):
            assert began_ms <= (said.payload.timestamp or 0) < began_ms + HOUR_MS


@requires(f"{FLOW}nbirth-payload", f"{DEVICE}dbirth-payload")
def births_are_sparkplug_payloads(runs: Runs) -> None:
    assert all(said.payload.metrics for run in runs.all for said in run.said("NBIRTH", "DBIRTH"))


@requires(f"{DEVICE}nbirth-wait", "payloads-dbirth-order")
def all_dbirths_follow_the_nbirth_at_once(runs: Runs) -> None:
    for run in runs.all:
        for session in run.sessions():
            kinds = [said.kind for said in session[: len(LIVE) + 1]]
            assert kinds == ["NBIRTH", *["DBIRTH"] * len(LIVE)]
            assert {said.device for said in session[1 : len(LIVE) + 1]} == set(LIVE)


@requires("topics-nbirth-metric-reqs", "operational-behavior-data-publish-nbirth")
def an_nbirth_has_all_that_the_node_ever_tells(runs: Runs) -> None:
    _all_is_declared(runs, "NBIRTH", "NDATA", "NCMD")


@requires("topics-dbirth-metric-reqs", "operational-behavior-data-publish-dbirth")
def a_dbirth_has_all_that_the_device_ever_tells(runs: Runs) -> None:
    _all_is_declared(runs, "DBIRTH", "DDATA", "DCMD")


@requires(
    "topics-nbirth-metrics", "topics-dbirth-metrics", "operational-behavior-data-publish-nbirth-values",
    "operational-behavior-data-publish-dbirth-values", "payloads-metric-datatype-req", "payloads-metric-datatype-value",
    "payloads-metric-datatype-value-type",
)  # fmt: skip
def metrics_of_births_have_name_datatype_and_a_value_or_null(runs: Runs) -> None:
    for said in _births(runs):
        for metric in said.raw.metrics:  # type: ignore[attr-defined]
            assert metric.name
            assert 1 <= metric.datatype <= 34
            assert metric.is_null is (metric.WhichOneof("value") is None)


@requires("topics-nbirth-bdseq-included", "payloads-nbirth-bdseq")
def an_nbirth_has_a_bdseq(runs: Runs) -> None:
    for run in runs.all:
        for said in run.said("NBIRTH"):
            assert [metric.datatype for metric in said.payload.metrics if metric.name == "bdSeq"] == [4]


@requires("topics-nbirth-bdseq-matching", "payloads-nbirth-bdseq-repeat", f"{FLOW}nbirth-payload-bdSeq")
def its_bdseq_is_the_wills(runs: Runs) -> None:
    for run in runs.all:
        for said in run.said("NBIRTH"):
            assert said.value("bdSeq") == run.will_bd_seq(said.connection)


@requires(
    "topics-nbirth-rebirth-metric", "payloads-nbirth-rebirth-req", f"{COMMANDS}rebirth-name",
    f"{COMMANDS}rebirth-datatype", f"{COMMANDS}rebirth-value", f"{COMMANDS}rebirth-name-aliases",
)  # fmt: skip
def an_nbirth_has_the_rebirth_control(runs: Runs) -> None:
    for run in runs.all:
        for said in run.said("NBIRTH"):
            found = [metric for metric in said.raw.metrics if metric.name == "Node Control/Rebirth"]  # type: ignore[attr-defined]
            assert [(one.datatype, one.boolean_value, one.alias) for one in found] == [(11, False, 0)]


@requires(f"{COMMANDS}rebirth-action-1", f"{COMMANDS}rebirth-action-2")
def a_rebirth_comes_at_once_and_whole(runs: Runs) -> None:
    said = runs.everyday.said(after="rebirth", before="burst")
    assert [one.kind for one in said[: len(LIVE) + 1]] == ["NBIRTH", *["DBIRTH"] * len(LIVE)]
    asked = runs.everyday.said("NCMD", up=False, after="rebirth")[0]
    assert said[0].at_s - asked.at_s < 0.5


@requires(f"{COMMANDS}rebirth-action-3")
def a_rebirth_keeps_the_bdseq(runs: Runs) -> None:
    reborn = runs.everyday.said("NBIRTH", after="rebirth", before="cut")
    assert {said.value("bdSeq") for said in reborn} == {0}


@requires("own-rebirth-rate")
def one_rebirth_answers_a_burst(runs: Runs) -> None:
    """One of ours: a host that asks again and again silences nobody."""
    asked = runs.everyday.said("NCMD", up=False, after="burst", before="burst over")
    assert len(asked) >= 20
    assert len(runs.everyday.said("NBIRTH", after="burst", before="cut")) == 1


def _births(runs: Runs) -> list[Said]:
    return [said for run in runs.all for said in run.said("NBIRTH", "DBIRTH")]


def _all_is_declared(runs: Runs, birth: str, data: str, command: str) -> None:
    for run in runs.all:
        declared: dict[str, set[str]] = {}
        for said in run.said(birth):
            names = {metric.name for metric in said.payload.metrics}
            assert names == declared.setdefault(said.device, names), "births of one device differ"
        for said in run.said(data):
            assert {metric.name for metric in said.payload.metrics} <= declared[said.device]
        for said in run.said(command, up=False):
            if said.place < run.marks["burst over"]:
                assert {metric.name for metric in said.payload.metrics} <= declared[said.device]
