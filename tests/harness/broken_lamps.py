"""The running street while lamps break: who holds them, what the meter has taught, what alarms say."""

from __future__ import annotations

import re
import subprocess

import msgspec

from agent.services.lamp_power import PowerCurve
from agent.services.street_health import Kept
from running_street import Json, Street, script, settled

AGES_S = 60.0


def begin(street: Street, **options: float) -> None:
    """Start an agent that has seen such lamps for an evening; `options` are of [monitoring]. Lamps fall at once."""
    text = street.config.read_text(encoding="utf-8").replace("[lighting]\n", "[lighting]\nfade_down_s = 0.5\n", 1)
    for key, value in options.items():
        text, count = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value:g}", text)
        assert count == 1
    street.config.write_text(text, encoding="utf-8")
    (street.folder / "lamps.json").write_bytes(msgspec.json.encode(_learned()))
    street.start_agent()
    street.until("all is read back", lambda _: settled(street.status()))


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


def dim(street: Street, lamp: str, level_pct: float) -> None:
    """Dim a lamp by hand, and leave the meter the time to see what comes of it."""
    street.call("lamp.dim", lamp=lamp, level_pct=level_pct, for_s=3600)
    street.until("it is read back", lambda _: abs(street.lamps()[lamp]["confirmed_pct"] - level_pct) < 1)
    rest(street, 10)


def alarms(street: Street) -> dict[str, Json]:
    """Return what is raised, by the alarm's point."""
    return {alarm["key"]: alarm for alarm in street.call("alarms.list")["result"]}


def shown(street: Street) -> tuple[int, str]:
    """Return the exit code of `gadelys alarms`, and what it says."""
    command = [script("gadelys"), "alarms", "--socket", str(street.folder / "api.sock")]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=20)
    return done.returncode, done.stdout


def break_and_name(street: Street, lamp: str) -> None:
    """A lamp dies behind its dimmer; the meter that all share names it."""
    calm(street)
    dim(street, lamp, 100)
    assert abs(street.lamps()[lamp]["observed_pct"] - 100) < 5
    street.do(do="lamp_breaks", lamp=lamp, how="dead")
    rest(street, 8)
    dim(street, lamp, 10)
    street.call("lamp.dim", lamp=lamp, level_pct=100, for_s=3600)
    street.until("the alarm", lambda _: f"{lamp}/lamp/lamp_failure" in alarms(street), AGES_S)


def _learned() -> Kept:
    curve = PowerCurve()
    for level_pct in (0.0, 10.0, 25.0, 50.0, 75.0, 100.0):
        regressor = [0.0] * len(curve.shares)
        curve.add(regressor, level_pct, 60.0)
        for _ in range(5):
            curve.learn(regressor, 0.0, 1.0)
    for _ in range(30):
        curve.judge(60.0, 0.0)
    return Kept(curve=curve.kept())
