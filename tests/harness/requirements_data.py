"""Data, deaths of devices, history, qualities, commands, names. Sparkplug 3.0, chapters 1 and 4 to 6."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from edge_record import Said, numbered
from edge_run import DOOR, GROUP, NODE
from requirements import Runs, requires

COMMANDS = "operational-behavior-data-commands-"
DATA = ("NDATA", "DDATA")
ROUNDED_MS = 3  # wall and monotonic clock are read one after the other, and times are rounded


@requires(
    "payloads-sequence-num-always-included", "payloads-sequence-num-incrementing", "payloads-ndata-seq",
    "payloads-ndata-seq-inc", "topics-ndata-seq-num", "payloads-ddata-seq", "payloads-ddata-seq-inc",
    "topics-ddata-seq-num", "payloads-ddeath-seq", "payloads-ddeath-seq-inc", "payloads-ddeath-seq-number",
    "topics-ddeath-seq-num",
)  # fmt: skip
def one_number_over_all_messages_of_a_node(runs: Runs) -> None:
    """Over 256 of them, of each kind."""
    longest = max(runs.everyday.sessions(), key=len)
    assert len(longest) > 300
    assert {said.kind for said in longest} == {"NBIRTH", "DBIRTH", "NDATA", "DDATA", "DDEATH"}
    for run in runs.all:
        for session in run.sessions():
            numbered(session)


@requires("topics-ndata-topic", "topics-ddata-topic", "topics-ddeath-topic")
def the_topics_of_data_and_deaths(runs: Runs) -> None:
    for said in _told(runs, *DATA, "DDEATH"):
        device = f"/{said.device}" if said.kind.startswith("D") else ""
        assert said.topic == f"spBv1.0/{GROUP}/{said.kind}/{NODE}{device}"


@requires(
    "topics-ndata-mqtt", "topics-ddata-mqtt", "topics-ddeath-mqtt", "payloads-ndata-qos", "payloads-ndata-retain",
    "payloads-ddata-qos", "payloads-ddata-retain",
)  # fmt: skip
def data_and_deaths_have_qos_0_and_are_not_retained(runs: Runs) -> None:
    assert {(said.qos, said.retain) for said in _told(runs, *DATA, "DDEATH")} == {(0, False)}


@requires(
    "topics-ndata-timestamp", "topics-ddata-timestamp", "payloads-ndata-timestamp", "payloads-ddata-timestamp",
    "payloads-ddeath-timestamp",
)  # fmt: skip
def data_and_deaths_have_the_time_of_their_sending(runs: Runs) -> None:
    began_ms: Any = runs.everyday.facts["began_ms"]
    for said in _told(runs, *DATA, "DDEATH"):
        assert (said.payload.timestamp or 0) >= began_ms


@requires("payloads-name-birth-data-requirement", "payloads-metric-timestamp-in-UTC")
def each_metric_has_a_time_that_is_not_ahead_of_its_message(runs: Runs) -> None:
    for said in _told(runs, *DATA, "NBIRTH", "DBIRTH"):
        for metric in said.payload.metrics:
            assert metric.timestamp is not None
            assert 0 < metric.timestamp <= (said.payload.timestamp or 0) + 1


@requires("topics-ndata-payload", "topics-ddata-payload")
def data_have_what_has_changed(runs: Runs) -> None:
    told = {said.device: said for said in reversed(runs.everyday.said("DDATA", after="live"))}
    assert told["door-1"].value("contact/state") is True
    assert told["lum-01"].value("lamp/commanded_level") == 55.0
    assert told["meter-1"].value("meter/active_power") == 99.0
    node = [metric for said in runs.everyday.said("NDATA", after="burst over") for metric in said.payload.metrics]
    assert next(metric.value for metric in node if metric.name == "command/last_status") == "rejected"


@requires(
    "principles-rbe-recommended", "operational-behavior-data-publish-nbirth-change",
    "operational-behavior-data-publish-dbirth-change",
)  # fmt: skip
def what_does_not_change_is_not_told(runs: Runs) -> None:
    last: dict[tuple[str, str], object] = {}
    for said in max(runs.everyday.sessions(), key=len):
        birth = said.kind in {"NBIRTH", "DBIRTH"}
        for metric in said.payload.metrics:
            key, now = (said.device, metric.name), (metric.value, metric.properties.get("Quality"))
            answer = metric.name.startswith("command/last_")  # told again, or an answer would be missed
            assert birth or answer or last[key] != now, (key, now)
            last[key] = now


@requires("payloads-ndata-order", "payloads-ddata-order")
def data_come_after_the_birth_of_what_they_are_of(runs: Runs) -> None:
    for run in runs.all:
        for session in run.sessions():
            born: set[str] = set()
            for said in session:
                if said.kind in {"NBIRTH", "DBIRTH"}:
                    born.add(said.device)
                elif said.kind == "DDEATH":
                    born.remove(said.device)
                elif said.kind in DATA:
                    assert said.device in born


@requires("operational-behavior-data-publish-nbirth-order", "operational-behavior-data-publish-dbirth-order")
def live_data_are_in_the_order_of_their_times(runs: Runs) -> None:
    for run in runs.all:
        for session in run.sessions():
            latest: dict[tuple[str, str], int] = {}
            for said in session:
                for metric in said.payload.metrics:
                    if said.kind in DATA and not metric.historical:
                        key = said.device, metric.name
                        assert latest.get(key, 0) - ROUNDED_MS <= (metric.timestamp or 0), (key, metric, latest[key])
                        latest[key] = metric.timestamp or 0


@requires("payloads-metric-datatype-not-req")
def strict_data_have_no_datatypes_and_compatible_data_have_them(runs: Runs) -> None:
    strict = [metric for said in runs.strict.said(*DATA) for metric in said.raw.metrics]  # type: ignore[attr-defined]
    assert len(strict) > 3
    assert not any(metric.HasField("datatype") for metric in strict)
    for said in (*runs.everyday.said(*DATA), *runs.strict.said("NBIRTH", "DBIRTH")):
        assert all(metric.HasField("datatype") for metric in said.raw.metrics)  # type: ignore[attr-defined]


@requires("own-value-field")
def strict_data_stand_in_the_fields_of_their_births(runs: Runs) -> None:
    """One of ours: without a datatype the field must say it."""
    level = [metric for said in runs.strict.said("DDATA") for metric in said.raw.metrics  # type: ignore[attr-defined]
             if metric.name == "lamp/commanded_level"]  # fmt: skip
    assert {metric.WhichOneof("value") for metric in level} == {"float_value"}


@requires(
    "payloads-alias-uniqueness", "payloads-alias-birth-requirement", "payloads-alias-data-cmd-requirement",
    "payloads-name-requirement",
)  # fmt: skip
def there_are_names_and_no_aliases(runs: Runs) -> None:
    for said in _told(runs, *DATA, "NBIRTH", "DBIRTH", "NDEATH"):
        for metric in said.raw.metrics:  # type: ignore[attr-defined]
            assert metric.name
            assert not metric.HasField("alias")


@requires("payloads-propertyset-quality-value-type", "payloads-propertyset-quality-value-value")
def qualities_are_int32_of_three_values(runs: Runs) -> None:
    seen = set()
    for said in _told(runs, *DATA, "NBIRTH", "DBIRTH"):
        for metric in said.raw.metrics:  # type: ignore[attr-defined]
            for key, value in zip(metric.properties.keys, metric.properties.values, strict=True):
                if key == "Quality":
                    assert value.type == 3
                    seen.add(value.int_value)
    assert seen == {0, 500}  # good is left out


@requires(
    "payloads-propertyset-keys-array-size", "payloads-propertyset-values-array-size",
    "payloads-metric-propertyvalue-type-type", "payloads-metric-propertyvalue-type-value",
    "payloads-metric-propertyvalue-type-req",
)  # fmt: skip
def properties_have_a_typed_value_each(runs: Runs) -> None:
    count = 0
    for said in _told(runs, *DATA, "NBIRTH", "DBIRTH"):
        for metric in said.raw.metrics:  # type: ignore[attr-defined]
            assert len(metric.properties.keys) == len(metric.properties.values)
            assert all(1 <= value.type <= 34 for value in metric.properties.values)
            count += len(metric.properties.keys)
    assert count


@requires("own-history")
def what_happened_meanwhile_comes_as_history_with_its_own_time(runs: Runs) -> None:
    """One of ours: what is_historical is for."""
    for run in (runs.everyday, runs.strict):
        back = run.said("NBIRTH", after="cut")[0]
        late = run.history(DOOR, after="cut")
        assert [metric.value for metric in late] == [True, False, True]
        times = [metric.timestamp or 0 for metric in late]
        assert times == sorted(times)
        assert times[-1] < (back.payload.timestamp or 0)
        numbers = [metric.properties["journal"] for metric in late]
        assert len(set(numbers)) == len(numbers)


@requires("operational-behavior-device-ddeath")
def a_lost_device_is_told_dead_and_born_again(runs: Runs) -> None:
    dead = runs.everyday.said(after="dead", before="alive")
    assert [(said.kind, said.device, said.payload.metrics) for said in dead] == [("DDEATH", "lum-02", [])]
    alive = runs.everyday.said(after="alive", before="rebirth")[0]
    assert (alive.kind, alive.device, alive.value("lamp/dimming_level")) == ("DBIRTH", "lum-02", 20.0)


@requires(
    "topics-ncmd-topic", "topics-ncmd-mqtt", "topics-ncmd-timestamp", "topics-ncmd-payload", "payloads-ncmd-timestamp",
    "payloads-ncmd-seq", "payloads-ncmd-qos", "payloads-ncmd-retain", f"{COMMANDS}ncmd-verb",
    f"{COMMANDS}ncmd-rebirth-verb", f"{COMMANDS}ncmd-rebirth-name", f"{COMMANDS}ncmd-rebirth-value",
    f"{COMMANDS}ncmd-metric-name", f"{COMMANDS}ncmd-metric-value",
)  # fmt: skip
def our_host_commands_a_node_as_it_should(runs: Runs) -> None:
    said = runs.everyday.said("NCMD", up=False, after="rebirth", before="command")[0]
    _as_a_command(said)
    assert said.topic == f"spBv1.0/{GROUP}/NCMD/{NODE}"
    assert [(one.name, one.datatype, one.value) for one in said.payload.metrics] == [("Node Control/Rebirth", 11, True)]


@requires(
    "topics-dcmd-topic", "topics-dcmd-mqtt", "topics-dcmd-timestamp", "topics-dcmd-payload", "payloads-dcmd-timestamp",
    "payloads-dcmd-seq", "payloads-dcmd-qos", "payloads-dcmd-retain", f"{COMMANDS}dcmd-verb",
    f"{COMMANDS}dcmd-metric-name", f"{COMMANDS}dcmd-metric-value",
)  # fmt: skip
def our_host_commands_a_device_as_it_should(runs: Runs) -> None:
    said = runs.everyday.said("DCMD", up=False)[0]
    _as_a_command(said)
    assert said.topic == f"spBv1.0/{GROUP}/DCMD/{NODE}/lum-01"
    assert (said.value("lamp/dimming_level"), said.value("command/id")) == (40.0, "c1")
    answer = runs.everyday.said("DDATA", after="command")[0]
    assert (answer.value("command/last_id"), answer.value("command/last_status")) == ("c1", "accepted")


@requires(
    "topic-structure-namespace-valid-group-id", "topic-structure-namespace-valid-edge-node-id",
    "topic-structure-namespace-valid-device-id", "intro-group-id-chars", "intro-edge-node-id-chars",
    "intro-device-id-chars", "topic-structure-namespace-a",
)  # fmt: skip
def topics_have_no_wildcards(runs: Runs) -> None:
    for said in _told(runs):
        assert re.fullmatch(r"spBv1\.0/[^+/#]+/[ND][A-Z]+/[^+/#]+(/[^+/#]+)?", said.topic)


@requires("topic-structure-namespace-unique-device-id", "case-sensitivity-sparkplug-ids")
def devices_differ_by_more_than_their_case(runs: Runs) -> None:
    _unlike({said.device for said in runs.everyday.said("DBIRTH")})


@requires("case-sensitivity-metric-names")
def metrics_of_a_device_differ_by_more_than_their_case(runs: Runs) -> None:
    for said in _told(runs, "NBIRTH", "DBIRTH"):
        _unlike([metric.name for metric in said.payload.metrics])


@requires("topic-structure-namespace-unique-edge-node-descriptor", "payloads-nbirth-edge-node-descriptor")
def the_broker_lets_one_node_of_a_name_be(runs: Runs) -> None:
    """The client id is the descriptor, so a second one takes the connection over instead of speaking beside the first."""
    assert {connect.client_id for run in runs.all for connect in run.connects()} == {f"{GROUP}/{NODE}"}


def _told(runs: Runs, *kinds: str) -> list[Said]:
    return [said for run in runs.all for said in run.said(*kinds)]


def _as_a_command(said: Said) -> None:
    assert (said.qos, said.retain, said.payload.seq) == (0, False, None)
    assert said.payload.timestamp


def _unlike(names: Collection[str]) -> None:
    assert names
    assert len({name.lower() for name in names}) == len(names)
