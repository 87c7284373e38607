"""What an instrument says, as readings: deadbands, rates, quality at once."""

from __future__ import annotations

from drivers.lines.instrument import Fact, Model, PointRow, bad
from drivers.lines.telling import Teller
from drivers.points import PointType, Quality, Reading
from toy_instrument import TOY, build

FAR = Fact("distance/sensor_value", 1.0)


class Told:
    def __init__(self, model: Model = TOY) -> None:
        self.last: dict[str, Reading] = {}
        self.teller = Teller(model, [("distance", "bin-1"), ("air", "sky")], 1.0, self.last.__setitem__)

    def say(self, value: float | None, now_s: float) -> Reading:
        fact = bad("distance/sensor_value", "nothing there") if value is None else Fact("distance/sensor_value", value)
        self.teller.tell([fact], now_s)
        return self.last["bin-1/distance/sensor_value"]


def test_only_points_of_devices_that_are_carried() -> None:
    told = Told()
    assert [point.key for point in told.teller.points] == ["bin-1/distance/sensor_value"]
    assert told.teller.points[0].max_age_s == 1.0
    told.teller.tell([Fact("presence/state", True)], 0.0)
    assert not told.last


def test_a_small_change_is_the_same_value_and_younger() -> None:
    told = Told()
    assert told.say(1.0, 0.0).value == 1.0
    assert told.say(1.015, 1.0) == Reading(1.0, Quality.GOOD, "", 1.0)
    assert told.say(1.021, 2.0) == Reading(1.021, Quality.GOOD, "", 2.0)  # from what was told, not from what was last


def test_quality_is_told_at_once_and_what_follows_is_new() -> None:
    told = Told()
    told.say(1.0, 0.0)
    assert told.say(None, 0.1) == Reading(None, Quality.BAD, "nothing there", 0.1)
    assert told.say(1.001, 0.2).value == 1.001


def test_a_rate_holds_changes_back_but_never_the_last_word() -> None:
    row = PointRow(kind="distance", resource="distance/sensor_value", type=PointType.FLOAT, title="d", every_s=1.0)
    told = Told(Model(name="x", title="x", source="x", baud=9600, points=(row,), silent_after_s=1.0, build=build))
    assert told.say(1.0, 0.0).value == 1.0
    assert [told.say(1.0 + tenth, tenth / 10).value for tenth in range(1, 10)] == [1.0] * 9
    assert told.say(7.0, 1.0).value == 7.0
    assert told.say(None, 1.1).value is None


def test_a_lost_link_is_no_value_anywhere() -> None:
    told = Told()
    told.say(1.0, 0.0)
    told.teller.lost("unplugged", 3.0)
    assert told.last == {"bin-1/distance/sensor_value": Reading(None, Quality.BAD, "unplugged", 3.0)}
