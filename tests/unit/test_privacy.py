"""What of people is kept, and for how long: docs/privacy.md names these tests."""

from __future__ import annotations

import gc

import msgspec
import pytest
from structlog.testing import capture_logs

from agent.image import Image
from agent.services.tracks import Track
from agent.uplink import names
from agent.uplink.mirror import Mirror
from drivers.points import Point, PointType, Quality, Reading
from followed_street import HEADS, FollowedStreet
from uplinked_street import UplinkedStreet

WALKS, DRIVES = 1.4, 50 / 3.6


def remembered() -> int:
    """How many tracks there are anywhere in memory."""
    gc.collect()
    return sum(isinstance(thing, Track) for thing in gc.get_objects())


@pytest.mark.parametrize(("speed", "within_s"), [(WALKS, 150.0), (-WALKS, 150.0), (DRIVES, 30.0), (-DRIVES, 30.0)])
def test_whoever_has_left_is_forgotten(speed: float, within_s: float) -> None:
    before = remembered()
    street = FollowedStreet(HEADS)
    street.add(-30.0 if speed > 0 else 630.0, speed)
    street.run(315.0 / abs(speed))
    assert remembered() > before
    street.run(315.0 / abs(speed) + within_s)
    assert not street.users()
    assert remembered() == before


def test_of_readings_the_latest_alone_is_kept() -> None:
    image = Image([Point(key="radar-01/presence/distance", type=PointType.FLOAT, unit="m")])
    for metre in range(500):
        image.put("radar-01/presence/distance", Reading(123456.0 + metre, Quality.GOOD, "", 1.0 + metre))
    gc.collect()
    kept = [thing for thing in gc.get_referents(image._cells["radar-01/presence/distance"]) if type(thing) is Reading]
    assert [reading.value for reading in kept] == [123955.0]


def test_a_passage_is_in_no_log() -> None:
    with capture_logs() as logs:
        street = FollowedStreet(HEADS)
        street.add(-30.0, DRIVES)
        street.add(630.0, -WALKS)
        street.run(500.0)
    assert not logs


class Watched(UplinkedStreet):
    """A street with a radar before which people come and go."""

    def somebody(self, times: int) -> None:
        for present in (True, False) * times:
            self.image.put("radar-01/presence/state", Reading(present, Quality.GOOD, "", self.clock.now_s))

    def quarter(self) -> None:
        self.clock.now_s += 900.0
        self.push()


@pytest.fixture
def street() -> Watched:
    made = Watched(presence_at_least=5)
    made.image.put("radar-01/presence/state", Reading(False, Quality.GOOD, "", made.clock.now_s))
    return made


def test_few_are_told_by_no_message(street: Watched) -> None:
    """Not by data, nor by births that somebody asks for."""
    street.connect()
    street.somebody(4)
    street.quarter()
    street.connect()
    told = [values[names.COUNTER] for _, _, values in street.session.take() if names.COUNTER in values]
    assert set(told) == {0}
    street.somebody(5)
    street.quarter()
    told = [values[names.COUNTER] for _, _, values in street.session.take() if names.COUNTER in values]
    assert told == [9]


def test_few_are_told_by_no_mirror(street: Watched) -> None:
    street.connect()
    uplink = street.uplink
    mirror = Mirror(uplink._topics, uplink._table, uplink._reporter, street.clock.now_s)
    street.somebody(4)
    street.quarter()
    told = presence(mirror, street)
    assert (set(told), told[names.COUNTER]) == ({names.COUNTER, "presence/quality"}, 0)
    street.somebody(5)
    street.quarter()
    assert presence(mirror, street)[names.COUNTER] == 9


def presence(mirror: Mirror, street: Watched) -> dict[str, object]:
    """What the mirror tells of the radar's presence."""
    said = [each.payload for each in mirror.due(street.uplink.stamp()) if each.topic.endswith("/radar-01")]
    (state,) = map(msgspec.json.decode, said)
    return {name: value for name, value in state["values"].items() if name.startswith("presence/")}


def test_while_there_is_no_broker_only_counts_are_kept(street: Watched) -> None:
    street.connect()
    street.disconnect()
    street.somebody(7)
    street.quarter()
    of_people = [(metric, value) for _, metric, value in street.kept if metric.startswith(("presence/", "vehicles/"))]
    assert [kept for kept in of_people if kept[0] != "presence/quality"] == [(names.COUNTER, 7)]
