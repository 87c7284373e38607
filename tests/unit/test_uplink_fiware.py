"""The mirror in FIWARE's words: a lamp and the meter that measures it alone are one entity."""

from __future__ import annotations

from typing import Any

import msgspec

from agent.image import Image
from agent.uplink import table
from agent.uplink.edge import Stamp
from agent.uplink.fiware import Entities
from agent.uplink.mirror import Mirror
from agent.uplink.reports import Pace, Reporter
from agent.uplink.topics import Topics
from drivers.points import Point, PointType, Quality, Reading
from uplinked_street import UplinkedStreet


class Albertslund:
    """Where the tests are."""

    group, id, latitude_deg, longitude_deg = "albertslund", "pole-7", 55.6561, 12.3683


class Metered(UplinkedStreet):
    """A street whose meter measures lum-03 alone."""

    def __init__(self) -> None:
        super().__init__(level_every_s=1.0)
        self.put("lum-03/lamp/dimming_level", 40.0)
        self.connect()
        node, meters = self.uplink, {"lum-03": "meter-1"}
        entities = Entities(Albertslund(), meters)
        self.mirror = Mirror(node._topics, node._table, node._reporter, self.clock.now_s, entities)
        self.states()

    def states(self) -> dict[str, Any]:
        """What the mirror tells now, by device."""
        self.clock.now_s += 2.0
        self.push()
        told = self.mirror.due(self.uplink.stamp())
        return {each.topic.rpartition("/")[2]: msgspec.json.decode(each.payload) for each in told}


def test_a_lamp_tells_what_its_meter_measures() -> None:
    street = Metered()
    street.put("meter-1/meter/active_power", 31.5)
    street.push()
    street.mirror.changed(["meter-1"])
    told = street.states()
    assert told["lum-03"]["type"] == "Streetlight"
    assert told["lum-03"]["powerConsumption"] == 31.5
    assert told["meter-1"]["values"]["meter/active_power"] == 31.5


def test_of_a_meter_that_is_dead_a_lamp_tells_nothing() -> None:
    street = Metered()
    street.put("meter-1/meter/active_power", None, "no answer")
    street.mirror.changed(["meter-1"])
    told = street.states()
    assert set(told) == {"lum-03", "meter-1"}
    assert told["lum-03"]["illuminanceLevel"] == 0.4
    assert "powerConsumption" not in told["lum-03"]


def test_nobody_who_leaves_says_that_bays_are_free() -> None:
    image = Image([Point(key="bay-1/parking/occupancy", type=PointType.BOOL)])
    metrics = table.build(image)
    reporter = Reporter(image, metrics, Pace(0.0, 900.0, 5), 0.0)
    mirror = Mirror(Topics("albertslund", "pole-7"), metrics, reporter, 0.0, Entities(Albertslund(), {}))
    image.put("bay-1/parking/occupancy", Reading(False, Quality.GOOD, "", 1.0))
    reporter.take(1.0)
    stamp = Stamp(2.0, 1_795_552_200_000)
    there, gone = mirror.due(stamp)[-1], mirror.farewell(stamp)[-1]
    assert there.topic == gone.topic == "gadelys/albertslund/pole-7/state/parking:all"
    assert msgspec.json.decode(there.payload)["availableSpotNumber"] == 1
    assert "availableSpotNumber" not in msgspec.json.decode(gone.payload)
