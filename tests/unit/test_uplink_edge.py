"""One session of the edge node: births, data, deaths, history, and one sequence number over all. Read by Google's protobuf."""

from __future__ import annotations

from agent.image import Image
from agent.journal.records import Entry, Report
from agent.uplink import names, table, topics
from agent.uplink.edge import EdgeNode, Message, Past, Stamp, will
from agent.uplink.reports import Pace, Reporter
from agent.uplink.topics import Topics
from commanded_street import points
from drivers.points import Quality, Reading
from sparkplug_peer import parse
from sparkplug_protobuf import Payload as Raw

OWN = Topics("albertslund", "pole-7")
WALL_MS = 1_795_552_200_000


class Session:
    """A node with three lamps, a meter, a radar and a door, all of them read."""

    def __init__(self, *, strict: bool = False) -> None:
        self.image = Image(points())
        self.now_s = 1000.0
        self.table = table.build(self.image)
        self.reporter = Reporter(self.image, self.table, Pace(0.0, 900.0, 1), self.now_s)
        self.edge = EdgeNode(OWN, self.table, self.reporter, bd_seq=7, strict=strict)
        for lamp in ("lum-01", "lum-02", "lum-03"):
            self.put(f"{lamp}/lamp/dimming_level", 10.0)
            self.put(f"{lamp}/lamp/control_rung", "schedule")
        self.put("meter-1/meter/active_power", 104.4)
        self.put("radar-01/presence/state", False)
        self.put("radar-01/illuminance/value", 0.5)
        self.put("door-1/contact/state", False)

    def put(self, key: str, value: float | bool | str | None, quality: Quality = Quality.GOOD) -> None:
        self.image.put(key, Reading(value, quality, "" if quality is Quality.GOOD else "silent", self.now_s))

    def stamp(self) -> Stamp:
        return Stamp(self.now_s, WALL_MS + round((self.now_s - 1000.0) * 1000))

    def data(self) -> list[Message]:
        """What is due, as the uplink sends it: life and death first."""
        reports = self.reporter.take(self.now_s)
        changes = self.edge.changes(self.stamp()) if self.reporter.turned() else []
        return changes + self.edge.data([(0, each) for each in reports if each.device in self.edge.born], self.stamp())


def kinds(messages: list[Message]) -> list[tuple[str, str]]:
    heard = [topics.read(message.topic) for message in messages]
    return [(one.type, one.device) for one in heard if one is not None]


def values(message: Message) -> dict[str, object]:
    return {metric.name: metric.value for metric in parse(message.payload).metrics}


def test_the_will_is_the_death_and_carries_nothing_but_bdseq() -> None:
    message = will(OWN, 7)
    assert message.topic == "spBv1.0/albertslund/NDEATH/pole-7"
    payload = parse(message.payload)
    assert [(m.name, m.datatype, m.value) for m in payload.metrics] == [("bdSeq", 4, 7)]
    assert payload.seq is None


def test_births_come_in_order_and_tell_all() -> None:
    session = Session()
    births = session.edge.births(session.stamp())
    devices = ["door-1", "lum-01", "lum-02", "lum-03", "meter-1", "radar-01"]
    assert kinds(births) == [("NBIRTH", ""), *(("DBIRTH", device) for device in devices)]
    payloads = [parse(message.payload) for message in births]
    assert [payload.seq for payload in payloads] == list(range(7))
    node = {metric.name: metric for metric in payloads[0].metrics}
    assert (node["bdSeq"].datatype, node["bdSeq"].value) == (4, 7)
    assert (node["Node Control/Rebirth"].datatype, node["Node Control/Rebirth"].value) == (11, False)
    lamp = {metric.name: metric for metric in payloads[4].metrics}
    assert set(lamp) == {
        "lamp/dimming_level", "lamp/commanded_level", "lamp/sent_level", "lamp/control_rung",
        "lamp/control_holder", "lamp/control_until", "lamp/quality",
        "command/id", "command/for_s", "command/not_after", "command/issuer", "command/counter", "command/signature",
        "command/release", "command/last_id", "command/last_status", "command/last_reason",
    }  # fmt: skip
    assert (lamp["lamp/dimming_level"].datatype, lamp["lamp/dimming_level"].value) == (9, 10.0)
    assert lamp["lamp/dimming_level"].properties == {"engUnit": "%"}
    assert lamp["lamp/sent_level"].value is None
    assert lamp["lamp/sent_level"].properties == {"Quality": 0, "engUnit": "%"}
    assert all(metric.timestamp is not None for payload in payloads for metric in payload.metrics)
    assert "presence/state" not in values(births[-1])
    assert values(births[-1])["presence/counter"] == 0
    assert {name for name in values(births[-1]) if name.startswith("command/")} == {
        "command/last_id", "command/last_status", "command/last_reason",
    }  # fmt: skip


def test_data_are_one_message_a_device_with_names_and_types() -> None:
    session = Session()
    session.edge.births(session.stamp())
    session.data()
    session.now_s += 2.0
    session.put("lum-01/lamp/dimming_level", 55.0)
    session.put("door-1/contact/state", True)
    session.put("lum-01/lamp/control_rung", "operator")
    messages = session.data()
    assert kinds(messages) == [("DDATA", "lum-01"), ("DDATA", "door-1")]
    first = parse(messages[0].payload)
    assert [(m.name, m.datatype, m.value) for m in first.metrics] == [
        ("lamp/dimming_level", 9, 55.0),
        ("lamp/control_rung", 12, "operator"),
    ]
    assert first.metrics[0].timestamp == WALL_MS + 2000
    assert not first.metrics[0].historical


def test_strict_data_leave_out_the_datatypes_of_the_births_and_stand_in_their_fields() -> None:
    """Also a whole number that is a Float, which alone would be taken for an Int64."""
    session = Session(strict=True)
    births = [parse(message.payload) for message in session.edge.births(session.stamp())]
    assert all(metric.datatype for payload in births for metric in payload.metrics)
    session.data()
    session.now_s += 2.0
    session.put("lum-01/lamp/dimming_level", 55)
    session.put("lum-02/lamp/control_rung", None)
    session.put("door-1/contact/state", True)
    live = session.data()
    past = session.edge.history([entry(1, "lum-01")], session.stamp()).messages
    metrics = [metric for message in live + past for metric in Raw.FromString(message.payload).metrics]
    assert [metric.name for metric in metrics if metric.HasField("datatype")] == []
    assert [metric.WhichOneof("value") for metric in metrics if metric.name == "lamp/dimming_level"] == [
        "float_value"
    ] * 2
    assert [metric.is_null for metric in metrics if metric.name == "lamp/control_rung"] == [True]
    assert [metric.boolean_value for metric in metrics if metric.name == "contact/state"] == [True]


def test_one_sequence_number_over_all_that_wraps() -> None:
    session = Session()
    seqs = [parse(message.payload).seq for message in session.edge.births(session.stamp())]
    session.data()
    for number in range(300):
        session.now_s += 1.0
        session.put("door-1/contact/state", number % 2 == 0)
        seqs += [parse(message.payload).seq for message in session.data()]
    assert len(seqs) > 300
    assert seqs == [number % 256 for number in range(len(seqs))]


def test_a_device_dies_and_comes_back() -> None:
    session = Session()
    session.edge.births(session.stamp())
    session.data()
    session.put("meter-1/meter/active_power", None, Quality.BAD)
    assert kinds(session.data()) == [("DDEATH", "meter-1")]
    session.put("meter-1/meter/active_power", None, Quality.BAD)
    assert session.data() == []
    session.put("meter-1/meter/active_power", 99.0)
    messages = session.data()
    assert kinds(messages)[0] == ("DBIRTH", "meter-1")
    assert values(messages[0])["meter/active_power"] == 99.0


def test_a_rebirth_has_the_same_bdseq_and_begins_anew() -> None:
    session = Session()
    first = session.edge.births(session.stamp())
    again = session.edge.births(session.stamp())
    assert kinds(again) == kinds(first)
    assert values(again[0])["bdSeq"] == values(first[0])["bdSeq"] == 7
    assert parse(again[0].payload).seq == 0


def entry(number: int, device: str, wall_ms: int | None = WALL_MS, *, this_boot: bool = True) -> Entry:
    return Entry(number, Report(device, "lamp/dimming_level", 9, float(number), 192, 995.0, wall_ms), this_boot)


def test_history_says_that_it_is_and_carries_its_numbers() -> None:
    session = Session()
    session.edge.births(session.stamp())
    past = session.edge.history([entry(1, "lum-01"), entry(2, "lum-01"), entry(3, "lum-02")], session.stamp())
    assert (kinds(past.messages), past.done, past.untold) == ([("DDATA", "lum-01"), ("DDATA", "lum-02")], [1, 2, 3], [])
    metrics = parse(past.messages[0].payload).metrics
    assert all(metric.historical for metric in metrics)
    assert [metric.properties[names.NUMBER_PROPERTY] for metric in metrics] == [1, 2]
    assert metrics[0].timestamp == WALL_MS


def test_the_past_of_a_dead_device_is_told_between_a_birth_and_a_death() -> None:
    session = Session()
    session.put("lum-01/lamp/dimming_level", None, Quality.BAD)
    born = len(session.edge.births(session.stamp()))
    past = session.edge.history([entry(1, "lum-01")], session.stamp())
    assert kinds(past.messages) == [("DBIRTH", "lum-01"), ("DDATA", "lum-01"), ("DDEATH", "lum-01")]
    assert [parse(message.payload).seq for message in past.messages] == [born, born + 1, born + 2]
    session.put("lum-01/lamp/dimming_level", 10.0)
    assert kinds(session.data())[0] == ("DBIRTH", "lum-01")


def test_what_had_no_trusted_time_is_stamped_afterwards_and_what_nobody_can_date_is_counted() -> None:
    session = Session()
    session.edge.births(session.stamp())
    entries = [entry(1, "lum-01", None), entry(2, "lum-01", None, this_boot=False), entry(3, "lum-99")]
    past = session.edge.history(entries, session.stamp())
    assert (kinds(past.messages), past.done, past.untold) == ([("DDATA", "lum-01")], [1], [2, 3])
    assert [metric.timestamp for metric in parse(past.messages[0].payload).metrics] == [WALL_MS - 5000]


def test_what_is_of_this_boot_gets_its_time_once_the_clock_is_trusted() -> None:
    session = Session()
    session.edge.births(session.stamp())
    kept = Entry(1, Report("lum-01", "lamp/dimming_level", 9, 1.0, 192, 995.0, None))
    assert session.edge.history([kept], Stamp(1000.0, WALL_MS, trusted=False)) == Past([], [], [], [])
    (message,) = session.edge.history([kept], Stamp(1000.0, WALL_MS)).messages
    assert parse(message.payload).metrics[0].timestamp == WALL_MS - 5000


def test_live_data_carry_the_numbers_under_which_they_would_be_kept() -> None:
    session = Session()
    session.edge.births(session.stamp())
    reports = [Report(device, "lamp/x", 9, 1.0, 192, 1.0, None) for device in ("lum-01", "lum-02", "lum-01")]
    messages = session.edge.data(list(enumerate(reports, 41)), session.stamp())
    told = [[m.properties[names.NUMBER_PROPERTY] for m in parse(message.payload).metrics] for message in messages]
    assert told == [[41, 43], [42]]
    (message,) = session.edge.data([(0, reports[0])], session.stamp())
    assert parse(message.payload).metrics[0].properties == {}, "without a journal they have none"


def test_what_no_payload_knows_is_told_apart() -> None:
    """A newer version has kept it."""
    session = Session()
    session.edge.births(session.stamp())
    strange = Entry(2, Report("lum-01", "lamp/x", 77, 1.0, 192, 1.0, WALL_MS))
    past = session.edge.history([entry(1, "lum-01"), strange], session.stamp())
    assert (past.done, past.untold, past.unfit) == ([1], [], [2])


def test_much_goes_up_in_several_messages() -> None:
    session = Session()
    session.edge.births(session.stamp())
    reports = [Report("lum-01", "lamp/dimming_level", 9, float(n % 100), 192, 1000.0, None) for n in range(250)]
    messages = session.edge.data([(0, each) for each in reports], session.stamp())
    assert [len(parse(message.payload).metrics) for message in messages] == [100, 100, 50]


def test_a_value_that_fits_into_no_payload_is_told_as_bad_and_silences_nobody() -> None:
    """A meter's float32 in kWh, told in Wh: a wild register is beyond the 32 bits of a Float."""
    session = Session()
    session.edge.births(session.stamp())
    session.data()
    session.put("meter-1/meter/active_power", 3.4e41)
    session.put("door-1/contact/state", True)
    messages = session.data()
    assert kinds(messages) == [("DDATA", "meter-1"), ("DDATA", "door-1")]
    (power,) = parse(messages[0].payload).metrics
    assert (power.value, power.properties) == (None, {"Quality": 0})
    births = session.edge.births(session.stamp())
    assert values(births[5])["meter/active_power"] is None
    kept = Entry(1, Report("meter-1", "meter/active_power", 9, 3.4e41, 192, 5.0, WALL_MS))
    messages = session.edge.history([kept, entry(2, "lum-01")], session.stamp()).messages
    (power,) = parse(messages[0].payload).metrics
    assert (power.value, power.properties) == (None, {"Quality": 0, names.NUMBER_PROPERTY: 1})
    assert kinds(messages) == [("DDATA", "meter-1"), ("DDATA", "lum-01")]
