"""What a host learns from births, and what it finds missing."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

import sparkplug_protobuf
from agent.fleet import hearing
from agent.fleet.hearing import Hearing, Message, Stray, Told, chosen
from agent.fleet.proof import Following
from agent.uplink.payload import DataType, Metric, Payload, Property, encode
from agent.uplink.topics import MessageType, Topics

STREET = Topics("demo", "street-1")
LEVEL = Metric("lamp/dimming_level", 55.0, DataType.FLOAT)


def say(
    ears: Hearing, kind: MessageType, device: str, *metrics: Metric, seq: int | None = None, **more: bool
) -> Message:
    message = ears.hear(STREET.of(kind, device), encode(Payload(metrics, 1000, seq)), **more)
    assert isinstance(message, Message)
    return message


def with_unit(unit: str) -> Metric:
    return Metric("lamp/dimming_level", 10.0, DataType.FLOAT, properties=(Property("engUnit", DataType.STRING, unit),))


def test_units_are_those_of_the_birth() -> None:
    ears = Hearing()
    assert say(ears, "DDATA", "lum-03", LEVEL).metrics[0].unit == ""
    assert say(ears, "DBIRTH", "lum-03", with_unit("%")).metrics[0].unit == "%"
    assert say(ears, "DDATA", "lum-03", LEVEL).metrics[0] == Told("lamp/dimming_level", 55.0, "%")
    assert say(ears, "DCMD", "lum-03", LEVEL).metrics[0].unit == "%"
    assert say(ears, "DDATA", "lum-04", LEVEL).metrics[0].unit == ""
    say(ears, "DBIRTH", "lum-03", with_unit("W"))
    assert say(ears, "DDATA", "lum-03", LEVEL).metrics[0].unit == "W"


def test_quality_and_history_are_properties() -> None:
    def of(quality: int) -> str:
        properties = (Property("Quality", DataType.INT32, quality),)
        return (
            say(Hearing(), "DDATA", "x", Metric("a/b", None, DataType.FLOAT, properties=properties)).metrics[0].quality
        )

    assert [of(0), of(192), of(500), of(7)] == ["bad", "good", "stale", "quality 7"]
    past = Metric("a/b", 1, DataType.INT64, 500, True, (Property("journal", DataType.INT64, 17),))
    told = say(Hearing(), "DDATA", "x", past).metrics[0]
    assert (told.historical, told.time_ms, told.number) == (True, 500, 17)


def test_datatypes_are_those_of_the_birth_where_data_does_not_say_them() -> None:
    """Sparkplug's own wish, which our node does not follow: -5 and 2 ** 64 - 5 are the same bytes."""
    ears = Hearing()
    bare = sparkplug_protobuf.Payload(timestamp=1, seq=1)
    bare.metrics.add(name="a/count", long_value=2**64 - 5)
    for told in (2**64 - 5, -5):
        message = ears.hear(STREET.of("DDATA", "x"), bare.SerializeToString())
        assert isinstance(message, Message)
        assert message.metrics[0].value == told
        say(ears, "DBIRTH", "x", Metric("a/count", 1, DataType.INT64))


def test_what_is_no_plain_value_is_told_as_not_readable() -> None:
    strange = sparkplug_protobuf.Payload(timestamp=1, seq=1)
    strange.metrics.add(name="a/table", datatype=16, bytes_value=b"1")
    message = Hearing().hear(STREET.of("DDATA", "x"), strange.SerializeToString())
    assert isinstance(message, Message)
    assert message.metrics[0].value is None
    assert message.metrics[0].quality.startswith("not readable (")


def test_a_gap_in_seq_is_counted_and_a_birth_begins_anew() -> None:
    ears = Hearing()
    assert say(ears, "DDATA", "a", seq=12).missing == 0
    assert say(ears, "NDATA", "", seq=13).missing == 0
    gap = say(ears, "DDATA", "b", seq=18)
    assert (gap.before, gap.seq, gap.missing) == (13, 18, 4)
    assert say(ears, "DDATA", "b", seq=18).missing == -1
    say(ears, "DCMD", "b", seq=99)
    say(ears, "NDEATH", "", seq=98)
    assert say(ears, "DDATA", "b", seq=97, retained=True).missing == 0
    assert say(ears, "DDEATH", "b", seq=19).missing == 0
    assert say(ears, "NBIRTH", "", seq=0).missing == 0
    assert say(ears, "DBIRTH", "a", seq=1).missing == 0


def test_seq_wraps_round() -> None:
    ears = Hearing()
    say(ears, "DDATA", "a", seq=255)
    assert say(ears, "DDATA", "a", seq=0).missing == 0
    say(ears, "DDATA", "a", seq=254)
    assert say(ears, "DDATA", "a", seq=1).missing == 2


def test_what_cannot_be_read_is_a_message_and_no_gap() -> None:
    ears = Hearing()
    say(ears, "DDATA", "a", seq=1)
    bad = ears.hear(STREET.of("DDATA", "a"), b"\xff\xff\xff")
    assert isinstance(bad, Message)
    assert bad.problem
    assert say(ears, "DDATA", "a", seq=3).missing == 0


def test_what_is_retained_teaches_nothing() -> None:
    ears = Hearing()
    assert say(ears, "DBIRTH", "lum-03", with_unit("%"), retained=True).retained
    assert say(ears, "DDATA", "lum-03", LEVEL).metrics[0].unit == ""


def test_nodes_do_not_mix() -> None:
    ears = Hearing()
    other = Topics("demo", "street-2")
    say(ears, "DDATA", "a", seq=1)
    message = ears.hear(other.of("DDATA", "a"), encode(Payload((), 1, 9)))
    assert isinstance(message, Message)
    assert message.missing == 0
    assert say(ears, "DDATA", "a", seq=2).missing == 0


def test_memory_is_bounded() -> None:
    ears = Hearing()
    for n in range(hearing.MOST_DEVICES + 2):
        node = Topics("demo", f"n{n}")
        ears.hear(node.of("NBIRTH"), encode(Payload((with_unit("%"),), 1, 0)))
    assert len(ears._births) == len(ears._seqs) == hearing.MOST_DEVICES


def test_a_pattern_chooses() -> None:
    ears = Hearing()
    both = say(ears, "DDATA", "lum-03", LEVEL, Metric("lamp/control_rung", "schedule", DataType.STRING))
    assert chosen(both, "*") == both
    kept = chosen(both, "lum-*/lamp/dimming_level")
    assert kept is not None
    assert [told.name for told in kept.metrics] == ["lamp/dimming_level"]
    assert chosen(both, "lum-04/*") is None
    command = say(ears, "DCMD", "lum-03", LEVEL, Metric("command/id", "a", DataType.STRING))
    assert chosen(command, "*/lamp/*") == command
    assert chosen(command, "lum-04/*") is None
    gap = chosen(msgspec.structs.replace(both, missing=3), "lum-04/*")
    assert gap is not None
    assert gap.metrics == ()
    death = say(ears, "DDEATH", "lum-03")
    assert chosen(death, "lum-04/*") == death


@given(
    topic=st.sampled_from([STREET.of("DDATA", "a"), STREET.of("NBIRTH"), "spBv1.0/demo/OTHER/street-1"]) | st.text(),
    raw=st.binary(max_size=200),
)
def test_any_bytes_on_any_topic_are_heard(topic: str, raw: bytes) -> None:
    message = Hearing().hear(topic, raw)
    assert isinstance(message, Stray) == (topic not in {STREET.of("DDATA", "a"), STREET.of("NBIRTH")})


def result(status: str, id_: str | None = "c1", reason: str = "") -> list[Metric]:
    ids = [] if id_ is None else [Metric("command/last_id", id_, DataType.STRING)]
    words = {"command/last_status": status, "command/last_reason": reason}
    return ids + [Metric(name, text, DataType.STRING) for name, text in words.items()]


def followed(following: Following, message: Message) -> list[tuple[str, str]]:
    return [(said.status, said.reason) for said in following.see(message)]


def test_a_command_is_followed_by_its_id() -> None:
    ears, following = Hearing(), Following("c1")

    def see(kind: MessageType, device: str, *metrics: Metric, **more: bool) -> list[tuple[str, str]]:
        return followed(following, say(ears, kind, device, *metrics, **more))

    assert see("DDATA", "a", LEVEL) == []
    assert see("DDATA", "a", *result("rejected", "c0")) == []
    assert see("DDATA", "a", *result("accepted")) == [("accepted", "")]
    assert see("DBIRTH", "a", *result("accepted")) == [], "said again, as a birth does"
    assert see("DDATA", "b", *result("verified", "c2")) == []
    assert see("DDATA", "a", *result("written", None)) == [("written", "")], "an id that did not change"
    assert see("DDATA", "a", *result("written", reason="no proof yet")) == [("written", "no proof yet")]
    assert see("DDATA", "a", *result("verified"), retained=True) == []
    assert see("DDATA", "a", *result("verified", None, "55 %")) == [("verified", "55 %")]


def test_one_message_may_hold_several_stages() -> None:
    stages = [
        *result("superseded", "c0"),
        *result("accepted"),
        *result("written"),
        *reversed(result("verified", reason="x")),
    ]
    message = say(Hearing(), "DDATA", "a", *stages)
    assert followed(Following("c1"), message) == [("accepted", ""), ("written", ""), ("verified", "x")]
    assert followed(Following("c0"), message) == [("superseded", "")]


def test_the_node_may_answer_for_a_device_that_it_has_not() -> None:
    said = say(Hearing(), "NDATA", "", *result("rejected", reason="there is no lum-99"))
    assert followed(Following("c1"), said) == [("rejected", "there is no lum-99")]


def test_after_another_command_the_device_speaks_of_that() -> None:
    ears, following = Hearing(), Following("c1")
    assert followed(following, say(ears, "DDATA", "a", *result("accepted"))) == [("accepted", "")]
    assert followed(following, say(ears, "DDATA", "a", *result("accepted", "c2"))) == []
    assert followed(following, say(ears, "DDATA", "a", *result("verified", None))) == []


def test_units_that_are_known_before_the_birth() -> None:
    hearing = Hearing({"lum-03/lamp/dimming_level": "%"})
    metric = Metric("lamp/dimming_level", 55.0, DataType.FLOAT)
    message = hearing.hear(STREET.of("DDATA", "lum-03"), encode(Payload((metric,), 1, 5)))
    assert isinstance(message, Message)
    assert [(told.value, told.unit) for told in message.metrics] == [(55.0, "%")]
