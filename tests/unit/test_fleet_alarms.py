"""Forty alarms of one cause are one, and keep their name."""

from __future__ import annotations

from agent.fleet.alarms import HOLD_MS, Alarm, Book, alarms, faults
from agent.fleet.faults import ALARM_METRICS, CONTROLLER, KINDS
from agent.fleet.plan import Area, Plan, Pole
from agent.fleet.work import work_orders
from agent.services.lamp_health import CYCLING, DAY_BURNER, FAILURE
from agent.uplink.payload import DataType, Metric
from told_fleet import Told

FAILED = Metric("lamp/lamp_failure", True, DataType.BOOLEAN)
PLAN = Plan(
    areas=(Area("a", "Abels Alle", ("demo/a*/lum-*",), "", None),),
    poles={"demo/a1/lum-01": Pole("AA-01", "55.1, 12.2", "LED 60 W")},
)


def found(told: Told) -> list[Alarm]:
    return alarms(faults(told.session.nodes.values(), PLAN.area_of))


def test_a_lamp_that_fails_is_an_alarm_and_a_way_to_go() -> None:
    told = Told()
    told.born("a1", "lum-01", "lum-02")
    assert found(told) == []
    told.say("DDATA", "a1", "lum-01", FAILED)
    (alarm,) = found(told)
    assert (alarm.what, alarm.severity, alarm.area) == ("lamp failure", "alarm", "demo/a1")
    (order,) = work_orders([alarm], PLAN)
    assert (order.street, order.pole, order.position) == ("Abels Alle", "AA-01", "55.1, 12.2")
    assert order.part == "luminaire: fuse, driver, control pair (LED 60 W)"
    assert "fuse in the mast" in order.instruction


def test_forty_lamps_of_one_dead_controller_are_one() -> None:
    told = Told()
    told.born("a1", *(f"lum-{n:02}" for n in range(40)))
    for n in range(40):
        told.say("DDATA", "a1", f"lum-{n:02}", FAILED)
        told.say("DDEATH", "a1", f"lum-{n:02}")
    told.die("a1")
    (alarm,) = found(told)
    assert (alarm.what, alarm.members) == ("controller gone", ("demo/a1",))


def test_forty_controllers_of_one_dead_cabinet_are_one() -> None:
    told = Told()
    for n in range(40):
        told.born(f"a{n}", "lum-01")
    told.born("b1")
    for n in range(40):
        told.now_ms += 1000
        told.die(f"a{n}")
    told.die("b1")
    cabinet, other = found(told)
    assert (cabinet.what, len(cabinet.members), cabinet.area) == ("controllers gone together", 40, "Abels Alle")
    assert (other.what, other.members) == ("controller gone", ("demo/b1",))
    assert cabinet.named == "demo/a0, demo/a1, demo/a2 and 37 more"
    order, _ = work_orders([cabinet, other], PLAN)
    assert (order.street, order.part) == ("Abels Alle", "cabinet: supply, or network")


def test_two_at_once_are_two_and_three_on_different_days_are_three() -> None:
    told = Told()
    for n in range(3):
        told.born(f"a{n}")
    told.die("a0")
    told.die("a1")
    assert [alarm.what for alarm in found(told)] == ["controller gone"] * 2
    told.now_ms += 86_400_000
    told.die("a2")
    assert [alarm.what for alarm in found(told)] == ["controller gone"] * 3


def test_a_line_of_silent_devices_is_one() -> None:
    told = Told()
    told.born("a1", "lum-01", "lum-02", "lum-03")
    for n in range(1, 4):
        told.say("DDEATH", "a1", f"lum-{n:02}")
    assert [alarm.what for alarm in found(told)] == ["devices silent together"]


def test_an_alarm_is_told_when_it_has_stood_and_keeps_its_name() -> None:
    told = Told()
    for n in range(4):
        told.born(f"a{n}")
    book = Book()
    start_ms = told.now_ms
    told.die("a0")
    assert book.step(found(told), start_ms + HOLD_MS[CONTROLLER] - 1) == []
    (raised,) = book.step(found(told), start_ms + HOLD_MS[CONTROLLER])
    assert (raised.event, raised.alarm.members) == ("raised", ("demo/a0",))
    told.now_ms = start_ms + HOLD_MS[CONTROLLER] + 1000
    told.die("a1")
    told.die("a2")
    (grown,) = book.step(found(told), told.now_ms)
    assert (grown.event, grown.alarm.id, len(grown.alarm.members)) == ("changed", raised.alarm.id, 3)
    told.born("a0", bd_seq=1)
    told.die("a3")
    (shrunk,) = book.step(found(told), told.now_ms)
    assert (shrunk.event, shrunk.alarm.id) == ("changed", raised.alarm.id)
    for n in range(1, 4):
        told.born(f"a{n}", bd_seq=1)
    (cleared,) = book.step(found(told), told.now_ms)
    assert (cleared.event, cleared.alarm.id) == ("cleared", raised.alarm.id)
    assert book.step(found(told), told.now_ms) == []


def test_a_controller_that_only_connects_again_is_no_alarm() -> None:
    told = Told()
    told.born("a1")
    book = Book()
    told.die("a1")
    assert book.step(found(told), told.now_ms + 30_000) == []
    told.born("a1", bd_seq=1)
    assert book.step(found(told), told.now_ms + 600_000) == []


def test_all_alarms_of_controllers_are_known_here() -> None:
    assert {FAILURE, DAY_BURNER, CYCLING} <= ALARM_METRICS
    assert all(kind.what and kind.part and kind.instruction for kind in KINDS.values())
