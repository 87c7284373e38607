"""Report by exception, in virtual time: what is told at once, what at a slow beat, what never."""

from __future__ import annotations

import pytest

from agent.image import Image
from agent.uplink import names, table
from agent.uplink.reports import Pace, Reporter
from commanded_street import points
from drivers.points import Quality, Reading

LEVEL = "lum-01/lamp/dimming_level"
RUNG = "lum-01/lamp/control_rung"
RADAR = "radar-01/presence/state"
LUX = "radar-01/illuminance/value"
DOOR = "door-1/contact/state"


class Reported:
    """An image whose reporter is asked by hand; `wakes` counts how often something was due at once."""

    def __init__(self, level_every_s: float = 60.0) -> None:
        self.image = Image(points())
        self.now_s = 1000.0
        self.reporter = Reporter(self.image, table.build(self.image), Pace(level_every_s, 900.0, 1), self.now_s)
        self.wakes = 0
        self.reporter.wake = self._woken
        for key, value in ((RUNG, "schedule"), (LEVEL, 10.0), (RADAR, False), (LUX, 1.0), (DOOR, False)):
            self.put(key, value)
        self.now_s += 1.0
        self.told()
        self.wakes = 0

    def put(
        self, key: str, value: float | bool | str | None, quality: Quality = Quality.GOOD, reason: str = ""
    ) -> None:
        self.image.put(key, Reading(value, quality, reason, self.now_s))

    def told(self) -> dict[str, object]:
        return {f"{r.device}/{r.metric}": r.value for r in self.reporter.take(self.now_s)}

    def _woken(self) -> None:
        self.wakes += 1


@pytest.fixture
def street() -> Reported:
    return Reported()


def test_a_lamp_that_answers_for_the_first_time_is_told_to_live_at_once() -> None:
    image = Image(points())
    reporter = Reporter(image, table.build(image), Pace(60.0, 900.0, 1), 1000.0)
    reporter.take(1000.0)
    assert not reporter.alive("lum-01")
    image.put(LEVEL, Reading(10.0, Quality.GOOD, "", 1000.1))
    assert LEVEL in [f"{report.device}/{report.metric}" for report in reporter.take(1000.1)]
    assert reporter.alive("lum-01")
    assert reporter.turned()


def test_a_contact_is_told_at_once_and_once(street: Reported) -> None:
    street.put(DOOR, True)
    assert street.wakes == 1
    assert street.told() == {DOOR: True}
    street.put(DOOR, True)
    assert street.told() == {}


def test_movements_do_not_go_up_but_their_number_does(street: Reported) -> None:
    for _ in range(3):
        street.put(RADAR, True)
        street.put(RADAR, False)
    assert (street.wakes, street.told()) == (0, {})
    assert street.reporter.next_s() <= street.now_s + 900.0
    street.now_s += 900.0
    told = street.told()
    assert told["radar-01/presence/counter"] == 3
    assert RADAR not in told


def test_what_presence_moves_is_told_at_a_slow_beat(street: Reported) -> None:
    for level in (40.0, 100.0, 60.0):
        street.put(LEVEL, level)
    assert (street.wakes, street.told()) == (0, {})
    street.now_s += 60.0
    assert street.told()[LEVEL] == 60.0


def test_the_beat_does_not_tell_when_somebody_walked_by(street: Reported) -> None:
    street.now_s += 7.0
    street.put(RUNG, "adaptive")  # control puts it once: its time is that of the movement
    street.put(LEVEL, 100.0)
    street.now_s += 53.0
    reports = {report.metric: report for report in street.reporter.take(street.now_s)}
    assert reports["lamp/control_rung"].value == "adaptive"
    assert {reports["lamp/control_rung"].mono_s, reports["lamp/dimming_level"].mono_s} == {street.now_s}


def test_who_asks_for_births_learns_no_more_than_at_the_beat(street: Reported) -> None:
    street.now_s += 60.0
    beat_s = street.now_s
    street.put(LEVEL, 11.0)
    street.told()
    street.now_s += 7.0
    street.put(RUNG, "adaptive")
    street.put(LEVEL, 100.0)
    born = {spec.name: reading for spec, reading in street.reporter.born("lum-01", street.now_s)}
    assert (born["lamp/dimming_level"].value, born["lamp/dimming_level"].mono_s) == (11.0, beat_s)
    assert born["lamp/control_rung"].value == "schedule"
    street.now_s += 53.0
    told = street.told()
    assert (told[LEVEL], told[RUNG]) == (100.0, "adaptive")
    street.put(RUNG, "operator")
    street.put(LEVEL, 55.0)
    born = {spec.name: reading for spec, reading in street.reporter.born("lum-01", street.now_s)}
    assert (born["lamp/dimming_level"].value, born["lamp/control_rung"].value) == (55.0, "operator")


def test_a_lamp_in_hand_is_told_at_once_and_also_its_release(street: Reported) -> None:
    street.put(RUNG, "operator")
    street.put(LEVEL, 55.0)
    assert street.wakes == 2
    assert street.told() == {RUNG: "operator", LEVEL: 55.0}
    street.put(RUNG, "schedule")
    assert street.told() == {RUNG: "schedule"}


def test_a_pace_of_nought_tells_all_at_once() -> None:
    street = Reported(level_every_s=0.0)
    street.put(LEVEL, 40.0)
    assert street.wakes == 1
    assert street.told() == {LEVEL: 40.0}


def test_within_the_deadband_nothing_is_told() -> None:
    street = Reported(level_every_s=0.0)
    street.put(LUX, 1.4)
    assert street.told() == {}
    street.put(LUX, 1.5)
    assert street.told() == {LUX: 1.5}


def test_a_lux_head_sees_the_lamps_and_so_is_told_at_the_beat(street: Reported) -> None:
    street.put(LUX, 12.0)
    assert (street.wakes, street.told()) == (0, {})
    street.now_s += 60.0
    assert street.told()[LUX] == 12.0


def test_a_bad_quality_is_told_at_once_with_the_reason(street: Reported) -> None:
    street.reporter.turned()
    street.put(LEVEL, None, Quality.BAD, "no answer within 100 ms")
    assert street.wakes == 1
    reports = {report.metric: report for report in street.reporter.take(street.now_s)}
    assert (reports["lamp/dimming_level"].value, reports["lamp/dimming_level"].quality) == (None, 0)
    assert reports["lamp/quality"].value == "bad: no answer within 100 ms"
    assert street.reporter.turned()
    assert not street.reporter.turned()
    assert not street.reporter.alive("lum-01")
    street.put(LEVEL, 10.0)
    assert street.told() == {LEVEL: 10.0, "lum-01/lamp/quality": "good"}
    assert street.reporter.alive("lum-01")


def test_a_value_that_goes_stale_is_told_without_an_event(street: Reported) -> None:
    street.now_s += 10.0
    reports = {f"{r.device}/{r.metric}": r for r in street.reporter.take(street.now_s)}
    assert (reports[LUX].value, reports[LUX].quality) == (1.0, 500)
    assert reports["radar-01/illuminance/quality"].value == "stale"
    assert reports["radar-01/presence/quality"].value == "stale"


def test_what_was_stale_and_is_read_again_as_before_is_good_again(street: Reported) -> None:
    street.now_s += 10.0
    assert street.told()["radar-01/illuminance/quality"] == "stale"
    street.now_s += 5.0
    street.put(LUX, 1.0)
    street.put(RADAR, False)
    reports = {f"{r.device}/{r.metric}": r for r in street.reporter.take(street.now_s)}
    assert (reports[LUX].value, reports[LUX].quality) == (1.0, 192)
    assert reports["radar-01/illuminance/quality"].value == "good"
    assert reports["radar-01/presence/quality"].value == "good"


def test_the_time_of_a_report_is_that_of_the_reading(street: Reported) -> None:
    street.put(DOOR, True)
    before_s = street.now_s
    street.now_s += 3.0
    (report,) = street.reporter.take(street.now_s)
    assert report.mono_s == before_s


def test_a_birth_tells_what_would_have_been_told(street: Reported) -> None:
    street.put(DOOR, True)
    ((spec, reading),) = street.reporter.born("door-1", street.now_s)
    assert (spec.name, reading.value) == ("contact/state", True)
    assert street.reporter.own("door-1", "contact/quality") == "good"
    assert street.told() == {}


def test_own_metrics(street: Reported) -> None:
    street.reporter.set("", names.WAITING, 5, street.now_s)
    street.reporter.set("", names.WAITING, 5, street.now_s)
    street.reporter.tell("lum-01", names.LAST_STATUS, "accepted", street.now_s)
    street.reporter.tell("lum-01", names.LAST_STATUS, "accepted", street.now_s)
    assert [(r.metric, r.value) for r in street.reporter.take(street.now_s)] == [
        (names.WAITING, 5),
        (names.LAST_STATUS, "accepted"),
        (names.LAST_STATUS, "accepted"),
    ]


def test_who_is_closed_hears_nothing_more(street: Reported) -> None:
    street.reporter.close()
    street.put(DOOR, True)
    assert street.told() == {}
