"""The whole way: bytes on an RS-485 line, readings, control, dim commands; and what happens when something fails."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from running_street import Json, Lines, Street, script, settled

MAO4 = {"lum-01", "lum-02", "lum-03", "lum-04", "lum-05", "lum-06"}


def safe_mode_lights(street: Street, state: Json) -> bool:
    """Whether just the lamps with device-side safety are in safe mode, and lit."""
    held = {lamp for lamp, output in street.outputs(state).items() if output == "safe mode"}
    return held == MAO4 and all(street.levels(state)[lamp] > 99 for lamp in held)


def test_lamps_are_commanded_confirmed_and_say_who_won(lit: Street) -> None:
    status = lit.status()
    assert status["kernel"] == "compiled"
    assert status["night"] is True
    assert {lamp["id"] for lamp in status["lamps"] if lamp["device_safety"]} == MAO4
    assert all(lamp["winner"] in {"schedule", "floor", "adaptive"} for lamp in status["lamps"])
    verified = {unit["id"]: unit["safety_verified"] for unit in status["units"] if unit["device_safety"]}
    assert verified
    assert all(verified.values())


def test_what_the_lux_head_the_meter_and_the_radars_say(lit: Street) -> None:
    lit.until("the meter was read", lambda _: lit.status()["power_w"] is not None)
    keys = {point["key"]: point for point in lit.call("points.list")["result"]}
    assert keys["meter-1/meter/active_power"]["unit"] == "W"
    assert 225 < keys["meter-1/meter/voltage"]["value"] < 235
    assert {f"radar-{n:02}/presence/state" for n in range(1, 12)} | {
        "pir-1/presence/state",
        "door-1/contact/state",
    } <= set(keys)


def test_something_passes_every_sensor_within_the_first_half_minute(lit: Street) -> None:
    lit.until(
        "somebody at every sensor, in the first 30 s of the street",
        lambda state: state["t_s"] <= 30.0 and len(state["passed"]) == 12 and all(state["passed"].values()),
        patience_s=40.0,
    )


def test_a_technician_dims_and_releases(lit: Street) -> None:
    answer = lit.call("lamp.dim", lamp="lum-03", level_pct=40, for_s=600)["result"]
    assert (answer["commanded_pct"], answer["winner"], answer["holder"]) == (40, "technician", "cli")
    assert answer["remaining_s"] == pytest.approx(600, abs=1)
    lit.until("lum-03 gives 40 %", lambda state: abs(lit.levels(state)["lum-03"] - 40) < 2)
    lit.until("lum-03 is confirmed at 40 %", lambda _: abs(lit.lamps()["lum-03"]["confirmed_pct"] - 40) < 2)
    assert lit.call("lamp.release", lamp="lum-03")["result"]["winner"] != "technician"


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"lamp": "lum-03", "level_pct": 101}, "level_pct"),
        ({"lamp": "lum-03", "level_pct": -1}, "level_pct"),
        ({"lamp": "lum-03", "level_pct": None}, "level_pct"),
        ({"lamp": "lum-03", "level_pct": "40"}, "level_pct"),
        ({"lamp": "lum-03", "level_pct": True}, "level_pct"),
        ({"lamp": "lum-03"}, "level_pct"),
        ({"lamp": "lum-99", "level_pct": 40}, "lum-99"),
        ({"lamp": 3, "level_pct": 40}, "lamp"),
        ({"lamp": "lum-03", "level_pct": 40, "for_s": 0}, "for_s"),
        ({"lamp": "lum-03", "level_pct": 40, "for_s": 50000}, "for_s"),
        ({"lamp": "lum-03", "level_pct": 40, "colour": "red"}, "colour"),
    ],
)
def test_bad_demands_are_refused_with_their_reason(shared: Street, params: dict[str, object], named: str) -> None:
    answer = shared.call("lamp.dim", **params)
    assert named in answer["error"]["message"]
    assert shared.lamps()["lum-03"]["winner"] != "technician"


@pytest.mark.parametrize(
    "line",
    [
        b'{"jsonrpc": "2.0", "id": 1, "method": "lamp.dim", "params": {"lamp": "lum-03", "level_pct": NaN}}\n',
        b"\xff\xfe\n",
        b"\n",
    ],
)
def test_rubbish_is_answered_and_the_connection_lives_on(shared: Street, line: bytes) -> None:
    with contextlib.closing(Lines(shared.folder / "api.sock")) as lines:
        lines.send_raw(line)
        assert lines.receive()["error"]["code"] == -32700
        lines.send({"jsonrpc": "2.0", "id": 2, "method": "status"})
        assert lines.receive()["result"]["lamps"]


def test_a_line_without_end_is_refused(shared: Street) -> None:
    with contextlib.closing(Lines(shared.folder / "api.sock")) as lines:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            lines.send_raw(b"x" * 200_000)
        with contextlib.suppress(ConnectionError):
            assert "65536" in lines.receive()["error"]["message"]
    assert shared.status()["lamps"]


def test_watching_points(shared: Street) -> None:
    with contextlib.closing(Lines(shared.folder / "api.sock")) as lines:
        lines.send(
            {"jsonrpc": "2.0", "id": 1, "method": "points.subscribe", "params": {"pattern": "lum-0*/lamp/*_level"}}
        )
        result = lines.receive()["result"]
        assert len(result["points"]) == 9 * 4
        shared.call("lamp.dim", lamp="lum-02", level_pct=70, for_s=60)
        seen: set[str] = set()
        while "lum-02/lamp/dimming_level" not in seen:
            message = lines.receive()
            assert message["method"] == "points.changed"
            seen |= {
                point["key"] for point in message["params"]["points"] if point["value"] == pytest.approx(70, abs=2)
            }
    shared.call("lamp.release", lamp="lum-02")


def test_a_dead_sensor_is_lit_at_the_class_level(lit: Street) -> None:
    lit.do(do="sensor_dies", sensor="radar-08")
    lit.until("lum-08 at the class level", lambda state: lit.levels(state)["lum-08"] > 99)
    lit.until(
        "said so", lambda _: next(s for s in lit.status()["sensors"] if s["id"] == "radar-08")["quality"] != "good"
    )
    assert lit.lamps()["lum-08"]["winner"] == "adaptive"
    lit.do(do="sensor_back")
    lit.until(
        "radar-08 is believed again",
        lambda _: next(s for s in lit.status()["sensors"] if s["id"] == "radar-08")["quality"] == "good",
        patience_s=30.0,
    )


@pytest.mark.parametrize("line", ["lamps", "field"])
def test_a_pulled_line_recovers_without_a_hand(lit: Street, line: str) -> None:
    lit.do(do="pull", line=line)
    lit.until(
        "the line is known to be down", lambda _: {b["id"]: b["state"] for b in lit.status()["buses"]}[line] == "down"
    )
    if line == "lamps":
        lit.until("device-side safety lights its lamps", lambda state: safe_mode_lights(lit, state))
    lit.do(do="plug", line=line)
    lit.until("all is well again", lambda _: settled(lit.status()), patience_s=40.0)


def test_killed_and_started_again(lit: Street) -> None:
    lit.end_agent(signal.SIGKILL)
    lit.until("device-side safety lights its lamps", lambda state: safe_mode_lights(lit, state))
    lit.start_agent()
    lit.until("all is well again", lambda _: settled(lit.status()))
    lit.until("lamps are commanded again", lambda state: all(lamp["output"] == "commanded" for lamp in state["lamps"]))


def test_safe_lights_what_has_no_device_side_safety(lit: Street) -> None:
    lit.end_agent(signal.SIGKILL)
    command = [script("gadelys"), "safe", "--config", str(lit.config), "--street-time", "2026-11-20T21:30+01:00"]
    assert subprocess.run(command, check=False, timeout=10).returncode == 0
    lit.until(
        "all lamps are lit",
        lambda state: safe_mode_lights(lit, state) and all(level > 99 for level in lit.levels(state).values()),
    )


def test_stopped_in_order_the_lamps_stay_at_their_safe_level(lit: Street) -> None:
    assert lit.end_agent(signal.SIGTERM) == 0
    assert not (lit.folder / "api.sock").exists()
    lit.until("all lamps are lit", lambda state: all(level > 99 for level in lit.levels(state).values()))


def test_the_service_manager_is_told(street: Street, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        street.start_agent(NOTIFY_SOCKET=str(tmp_path / "notify"))
        told = {manager.recv(100)}
        while told != {b"READY=1", b"WATCHDOG=1"}:
            told.add(manager.recv(100))
        assert street.end_agent(signal.SIGTERM) == 0
        last = [manager.recv(100)]
        while last[-1] != b"STOPPING=1":
            last.append(manager.recv(100))


def test_a_second_agent_is_refused_the_socket_and_the_lines(shared: Street) -> None:
    command = [script("gadelys"), "run", "--config", str(shared.config)]
    second = subprocess.run(command, check=False, capture_output=True, text=True, timeout=20)
    assert second.returncode == 2
    assert "another agent answers there" in second.stderr
    assert shared.status()["lamps"]


def test_a_bad_configuration_touches_nothing(street: Street) -> None:
    street.config.write_text(street.config.read_text().replace("baud = 19200", "baud = 19"))
    command = [script("gadelys"), "run", "--config", str(street.config)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert "bus.lamps.baud" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (street.folder / "api.sock").exists()


def test_the_interpreted_kernel_is_refused(street: Street) -> None:
    """The daemon without its compiled kernel: the same package with the extension modules out of sight."""
    code = (
        "import sys, cext; cext.COMPILED = False; from pathlib import Path; from agent.app import run;"
        f"sys.exit(run(Path({json.dumps(str(street.config))})))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert "not compiled" in done.stderr
