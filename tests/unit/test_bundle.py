"""What the bundle holds, and what it must not."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from agent.bundle import LEFT_OUT, made_of
from agent.local.records import LogLine, PointState, SensorState, TrafficState
from canned_agent import status

STATUS = status()
ROOT = Path(__file__).resolve().parents[2]


def point(key: str) -> PointState:
    return PointState(
        key=key,
        type="float",
        unit="",
        writable=False,
        title="",
        value=1.0,
        quality="good",
        reason="",
        age_s=1.0,
        time=None,
    )


def bundle(text: str) -> tuple[bytes, object]:
    made = made_of(STATUS, [point("lum-03/lamp/dimming_level"), point("radar-01/presence/state")], text, "")
    return msgspec.json.encode(made), made


def test_nobody_is_in_it() -> None:
    seen = SensorState("radar-01", "presence", 0.0, True, "good", "", 0.4)
    made = made_of(
        msgspec.structs.replace(STATUS, sensors=[seen]),
        [point("lum-03/lamp/dimming_level"), point("radar-01/presence/state"), point("radar-02/vehicles/speed")],
        "", "",
    )  # fmt: skip
    assert [one.key for one in made.points] == ["lum-03/lamp/dimming_level"]
    assert [(sensor.id, sensor.present, sensor.age_s) for sensor in made.status.sensors] == [("radar-01", None, None)]
    assert made.left_out == LEFT_OUT


def test_how_many_went_by_is_not_in_it() -> None:
    counted = msgspec.structs.replace(STATUS.season, traffic=TrafficState("radar-01", 6.0, "low", ""))
    made = made_of(msgspec.structs.replace(STATUS, season=counted), [], "", "")
    assert made.status.season.traffic == TrafficState("radar-01", None, "low", "")


@pytest.mark.parametrize(
    "line",
    [
        'secret = "hush-1"',
        'password="hush-1"',
        'broker_token = "hush-1"',
        "  Private_Part = 'hush-1'",
        'key = "hush-1"',
    ],
)
def test_no_secret_is_in_it(line: str) -> None:
    raw, made = bundle(f"[neighbours]\n{line}\nlisten = 7\n")
    assert b"hush" not in raw
    assert made.configuration.endswith('"(left out)"\nlisten = 7\n')  # type: ignore[attr-defined]


def test_the_configuration_is_in_it_as_it_is_written() -> None:
    text = (ROOT / "firmware-sim" / "street.toml").read_text(encoding="utf-8")
    assert made_of(STATUS, [], text, "").configuration == text


def test_of_the_log_nobody_no_frame_and_no_secret_is_in_it() -> None:
    said = [
        LogLine("t1", "warning", "unit_silent", {"unit": "radar-01", "reason": "no answer"}),
        LogLine("t2", "warning", "bus_written", {"unit": "11", "pdu": "060001ff", "outcome": "answer"}),
        LogLine("t3", "warning", "odd", {"key": "radar-01/presence/state", "value": "True"}),
        LogLine("t4", "warning", "odd", {"point": "road-1/vehicles/speed"}),
        LogLine("t5", "error", "task_died", {"neighbours_secret": "hush-1", "task": "neighbours"}),
    ]
    log = made_of(STATUS, [], "", "", said).log
    assert [(one.time, one.keys) for one in log] == [
        ("t1", {"unit": "radar-01", "reason": "no answer"}),
        ("t2", {"unit": "11", "outcome": "answer"}),
        ("t5", {"task": "neighbours"}),
    ]
