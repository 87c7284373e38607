"""Alarms in virtual time: raised, held, cleared; what is not known does neither."""

from __future__ import annotations

from agent.services.alarms import Alarm, AlarmBook, KeptAlarm, Kind, Terms, Watch

TERMS = Terms(raise_after_s=30.0, clear_after_s=10.0)
KIND = Kind("lamp failure", "alarm", TERMS)


def run(watch: Watch, met: bool | None, from_s: float, seconds: int) -> list[float]:
    """Step once a second; return when the watch had news."""
    return [from_s + second for second in range(1, seconds + 1) if watch.step(met, from_s + second)]


def known() -> Watch:
    watch = Watch(TERMS)
    assert watch.step(False, 0.0)  # that it is not raised is news once
    return watch


def test_it_is_raised_after_its_time_and_cleared_after_the_other() -> None:
    watch = known()
    assert run(watch, True, 0.0, 40) == [30.0]
    assert watch.raised
    assert run(watch, False, 40.0, 20) == [50.0]
    assert not watch.raised


def test_a_condition_that_flaps_flaps_no_alarm() -> None:
    watch = known()
    for begin in range(0, 1000, 40):
        assert run(watch, True, begin, 29) == []
        assert run(watch, False, begin + 29, 11) == []
    run(watch, True, 1000.0, 30)
    for begin in range(1030, 2000, 40):
        assert run(watch, False, begin, 9) == []
        assert run(watch, True, begin + 9, 31) == []
    assert watch.raised


def test_what_is_not_known_neither_raises_nor_clears_and_stops_the_time() -> None:
    watch = known()
    run(watch, True, 0.0, 20)
    assert run(watch, None, 20.0, 1000) == []
    assert not watch.raised
    assert run(watch, True, 1020.0, 10) == [1030.0]
    assert run(watch, None, 1030.0, 1000) == []
    assert watch.raised


def test_a_pause_counts_for_ten_seconds() -> None:
    watch = known()
    assert [watch.step(True, now_s) for now_s in (1.0, 1000.0, 2000.0, 2008.0, 2009.0)] == [False] * 4 + [True]


def test_time_that_stands_or_goes_back_counts_as_none() -> None:
    watch = known()
    for _ in range(100):
        watch.step(True, 5.0)
        watch.step(True, -4.0)
    assert not watch.raised


def test_nothing_is_known_until_something_is() -> None:
    watch = Watch(TERMS)
    assert run(watch, None, 0.0, 100) == []
    assert not watch.known
    assert watch.step(False, 200.0)
    assert watch.known


def test_one_that_was_raised_before_a_restart_stays_until_its_condition_is_known_to_be_gone() -> None:
    book = AlarmBook({"l/lamp/lamp_failure": KeptAlarm("draws 0 W", "2026-11-20T20:30:00.000Z")})
    watch = book.watch("l/lamp/lamp_failure", KIND, 100.0)
    assert watch.raised
    assert book.alarms() == [
        Alarm("l/lamp/lamp_failure", "lamp failure", "alarm", "draws 0 W", 100.0, "2026-11-20T20:30:00.000Z")
    ]
    assert run(watch, None, 100.0, 1000) == []
    assert run(watch, False, 1100.0, 11) != []
    assert not watch.raised


def test_alarms_come_before_warnings_and_the_oldest_first() -> None:
    book = AlarmBook({})
    for key, severity, since_s in (("c", "warning", 1.0), ("b", "alarm", 3.0), ("a", "alarm", 2.0)):
        book.raise_(Alarm(key, "", severity, "", since_s, ""))  # type: ignore[arg-type]
    assert [alarm.key for alarm in book.alarms()] == ["a", "b", "c"]
    book.clear("a")
    book.clear("a")
    assert set(book.kept()) == {"b", "c"}
