"""Lamps that break behind their dimmers on the running street: from the meter's registers to a name in an alarm, and back."""

from __future__ import annotations

import subprocess
from pathlib import Path

import msgspec

from agent.services.lamp_power import PowerCurve
from agent.services.street_health import Kept
from running_street import Json, Street, script, settled

AGES_S = 60.0


def learned() -> Kept:
    """What an agent keeps that has seen such lamps for an evening."""
    curve = PowerCurve()
    for level_pct in (0.0, 10.0, 25.0, 50.0, 75.0, 100.0):
        regressor = [0.0] * len(curve.shares)
        curve.add(regressor, level_pct, 60.0)
        for _ in range(5):
            curve.learn(regressor, 0.0, 1.0)
    for _ in range(30):
        curve.judge(60.0, 0.0)
    return Kept(curve=curve.kept())


def calm(street: Street) -> None:
    """Hold all lamps at 10 %, so that nobody who walks by moves them."""
    for lamp in street.lamps():
        street.call("lamp.dim", lamp=lamp, level_pct=10, for_s=3600)
    street.until("all are calm", lambda _: all(lamp["confirmed_pct"] == 10 for lamp in street.lamps().values()))
    rest(street, 9)


def rest(street: Street, seconds: float) -> None:
    """Let the street's time pass."""
    begin_s: float = street.eye.receive()["state"]["t_s"]
    street.until(f"{seconds} s", lambda state: state["t_s"] >= begin_s + seconds, AGES_S)


def alarms(street: Street) -> dict[str, Json]:
    return {alarm["key"]: alarm for alarm in street.call("alarms.list")["result"]}


def dim(street: Street, lamp: str, level_pct: float) -> None:
    """Dim a lamp by hand, and leave the meter the time to see what comes of it."""
    street.call("lamp.dim", lamp=lamp, level_pct=level_pct, for_s=3600)
    rest(street, 11)


def test_the_meter_names_a_dead_lamp_and_says_when_it_is_mended(street: Street) -> None:
    (street.folder / "lamps.json").write_bytes(msgspec.json.encode(learned()))
    street.start_agent()
    street.until("all is read back", lambda _: settled(street.status()))
    calm(street)
    dim(street, "lum-05", 100)
    assert abs(street.lamps()["lum-05"]["observed_pct"] - 100) < 5
    street.do(do="lamp_breaks", lamp="lum-05", how="dead")
    rest(street, 8)
    dim(street, "lum-05", 10)
    dim(street, "lum-05", 100)
    street.until("the alarm", lambda _: "lum-05/lamp/lamp_failure" in alarms(street), AGES_S)
    assert {key for key in alarms(street) if "lum-" in key} == {"lum-05/lamp/lamp_failure"}
    assert street.lamps()["lum-05"]["observed_pct"] == 0
    assert street.lamps()["lum-05"]["confirmed_pct"] == 100
    command = [script("gadelys"), "alarms", "--socket", str(street.folder / "api.sock")]
    shown = subprocess.run(command, check=False, capture_output=True, text=True, timeout=20)
    assert shown.returncode == 1
    assert "lamp failure  lum-05" in shown.stdout
    street.do(do="lamps_mended")
    for level_pct in (10, 100, 10, 100):
        dim(street, "lum-05", level_pct)
    street.until("all is well", lambda _: alarms(street) == {}, AGES_S)
    shown = subprocess.run(command, check=False, capture_output=True, text=True, timeout=20)
    assert (shown.returncode, shown.stdout) == (0, "no alarms\n")


def test_a_lamp_that_goes_on_and_off_by_itself_is_named(street: Street) -> None:
    (street.folder / "lamps.json").write_bytes(msgspec.json.encode(learned()))
    street.start_agent()
    street.until("all is read back", lambda _: settled(street.status()))
    calm(street)
    dim(street, "lum-09", 100)
    street.do(do="lamp_breaks", lamp="lum-09", how="cycling")
    street.until("the alarm", lambda _: "lum-09/lamp/cycling_failure" in alarms(street), 120.0)
    assert "on and off 4 times in 60 s, unasked" in alarms(street)["lum-09/lamp/cycling_failure"]["text"]


def test_a_lamp_that_burns_by_day_is_told_until_it_goes_off(tmp_path: Path) -> None:
    street = Street(tmp_path, street_time="2026-11-20T12:30+01:00")
    try:
        street.start_agent()
        street.until("all is read back", lambda _: settled(street.status()))
        street.call("lamp.dim", lamp="lum-03", level_pct=50, for_s=3600)
        street.until("the alarm", lambda _: "lum-03/lamp/day_burner" in alarms(street), AGES_S)
        (alarm,) = alarms(street).values()
        assert alarm["text"] == "lit for more than 20 s by day: commanded 50 %, reads back 50 %"
        street.call("lamp.release", lamp="lum-03")
        street.until("it is over", lambda _: alarms(street) == {}, AGES_S)
    finally:
        street.close()
