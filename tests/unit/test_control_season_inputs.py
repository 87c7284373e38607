"""What the season asks of the image: the photocell's readings, and passages by what sensors say."""

from __future__ import annotations

from agent.control.classes import Volume
from agent.control.photocell import Photocell
from agent.control.season_inputs import Counter, SeasonInputs
from agent.control.traffic import Road, Traffic
from agent.image import Image
from drivers.points import Point, PointType, Quality, Reading

LUX, RADAR, VEHICLES = "lux-1/illuminance/sensor_value", "r1/presence/state", "road-1/vehicles/count"


class Rig:
    """An image with a light sensor, a presence sensor and a vehicle radar; a step a second."""

    def __init__(self, counter: str) -> None:
        self.image = Image(
            [
                Point(key=LUX, type=PointType.FLOAT, unit="lx", max_age_s=10.0),
                Point(key=RADAR, type=PointType.BOOL, max_age_s=2.0),
                Point(key=VEHICLES, type=PointType.INT, max_age_s=2.0),
            ]
        )
        self.cell = Photocell()
        self.traffic = Traffic(Road(600.0, "two-lane"))
        self.inputs = SeasonInputs(self.image, photocell=(LUX, self.cell), traffic=(Counter(counter), self.traffic))
        self.now_s = 1000.0

    def run(self, seconds: int, lux: float | None = None, seen: bool | int | None = None) -> None:
        for _ in range(seconds):
            self.now_s += 1.0
            if lux is not None:
                self.image.put(LUX, Reading(lux + self.now_s % 2, Quality.GOOD, "", self.now_s))
            if seen is not None:
                key = RADAR if isinstance(seen, bool) else VEHICLES
                self.image.put(key, Reading(seen, Quality.GOOD, "", self.now_s))
            self.inputs.step(self.now_s, None)

    def night(self) -> bool | None:
        return self.cell.night

    def volume(self) -> Volume | None:
        return self.traffic.volume

    @property
    def counted(self) -> int:
        return self.traffic._count


def test_the_photocell_hears_the_light_sensor_and_its_silence() -> None:
    rig = Rig(RADAR)
    rig.run(5)
    assert (rig.night(), rig.cell.fault) == (None, "not read yet")
    rig.run(60, lux=3.0)
    assert (rig.night(), rig.cell.fault) == (True, "")
    rig.run(15)
    assert rig.night() is None
    assert rig.cell.fault
    rig.image.put(LUX, Reading(None, Quality.BAD, "the unit says error", rig.now_s))
    rig.inputs.step(rig.now_s, None)
    assert rig.cell.fault == "the unit says error"


def test_what_was_only_not_read_yet_is_no_fault_once_it_is_read() -> None:
    rig = Rig(RADAR)
    rig.run(5)
    assert (rig.cell.fault, rig.traffic.fault) == ("not read yet", "r1 is not read yet")
    rig.inputs.lamps_changed(rig.now_s)  # lamps are never still on a busy street: the cell is not listened to
    rig.run(2, lux=3.0, seen=False)
    assert (rig.cell.fault, rig.traffic.fault) == ("", "")


def test_the_same_reading_is_heard_once() -> None:
    rig = Rig(RADAR)
    rig.image.put(LUX, Reading(3.0, Quality.GOOD, "", rig.now_s))
    for _ in range(500):
        rig.inputs.step(rig.now_s, None)
    assert rig.night() is None


def test_a_lamp_that_changes_is_told_to_the_photocell() -> None:
    rig = Rig(RADAR)
    rig.run(60, lux=3.0)
    rig.inputs.lamps_changed(rig.now_s)
    heard_s = rig.cell.heard_s
    rig.run(30, lux=3.0)
    assert rig.cell.heard_s == heard_s


def test_whom_a_presence_sensor_begins_to_see_passes_and_whom_it_goes_on_seeing_may_be_several() -> None:
    rig = Rig(RADAR)
    rig.run(2, seen=False)
    for _ in range(5):
        rig.run(4, seen=True)
        rig.run(2, seen=False)
    assert rig.counted == 5
    rig.run(21, seen=True)  # one, and one more after each 5 s
    assert rig.counted == 10


def test_a_radar_counts_those_that_come_into_view() -> None:
    rig = Rig(VEHICLES)
    for seen in (0, 1, 1, 2, 1, 3, 0, 0, 1):
        rig.run(1, seen=seen)
    assert rig.counted == 1 + 1 + 2 + 1


def test_a_counter_that_goes_silent_is_a_fault_of_counting() -> None:
    rig = Rig(VEHICLES)
    rig.run(1300, seen=0)
    assert rig.volume() is Volume.LOW
    rig.run(5)
    assert rig.volume() is None
    assert rig.traffic.fault.startswith("road-1 is ")


def test_a_counter_gone_mad_is_high_traffic() -> None:
    rig = Rig(VEHICLES)
    rig.run(1300, seen=0)
    rig.run(1, seen=100_000)
    assert rig.volume() is Volume.HIGH
