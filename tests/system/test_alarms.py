"""Lamps that break on the running street: from the meter's registers to a name in an alarm. `./dev soak` has more of it."""

from __future__ import annotations

from pathlib import Path

from broken_lamps import AGES_S, alarms, begin, break_and_name, shown
from running_street import Street


def test_the_meter_names_a_dead_lamp(street: Street) -> None:
    begin(street, failure_after_s=5)
    break_and_name(street, "lum-05")
    assert {key for key in alarms(street) if "lum-" in key} == {"lum-05/lamp/lamp_failure"}
    assert street.lamps()["lum-05"]["observed_pct"] == 0
    assert street.lamps()["lum-05"]["confirmed_pct"] == 100
    code, text = shown(street)
    assert code == 1
    assert "lamp failure  lum-05" in text


def test_a_lamp_that_burns_by_day_is_told_until_it_goes_off(tmp_path: Path) -> None:
    street = Street(tmp_path, street_time="2026-11-20T12:30+01:00")
    try:
        begin(street, day_burner_s=5, clear_after_s=2)
        street.call("lamp.dim", lamp="lum-03", level_pct=50, for_s=3600)
        street.until("the alarm", lambda _: "lum-03/lamp/day_burner" in alarms(street), AGES_S)
        (alarm,) = alarms(street).values()
        assert alarm["text"] == "lit for more than 5 s by day: commanded 50 %, reads back 50 %"
        street.call("lamp.release", lamp="lum-03")
        street.until("it is over", lambda _: alarms(street) == {}, AGES_S)
    finally:
        street.close()
