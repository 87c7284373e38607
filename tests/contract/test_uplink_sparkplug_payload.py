"""The payload codec against another implementation: the npm package sparkplug-payload, which Node-RED stands on.

`./dev test` installs it where npm is.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from agent.uplink.names import BD_SEQ, COMMAND_ID, COMMAND_NOT_AFTER, DIMMING, QUALITY_PROPERTY, REBIRTH, UNIT_PROPERTY
from agent.uplink.payload import DataType, Metric, Payload, Property, decode, encode, value_as

SCRIPT = Path(__file__).with_name("sparkplug_payload.js")
MODULES = Path(__file__).resolve().parents[2] / ".cache/npm/node_modules"

TIME_MS = 1795000000123
QUALITY = Property(QUALITY_PROPERTY, DataType.INT32, 500)


def judge(job: str, items: list[Any]) -> list[Any]:
    """Let the package do a job."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node: install nodejs and npm")
    if not (MODULES / "sparkplug-payload").is_dir():
        pytest.skip("no sparkplug-payload: ./dev test installs it where npm is and the registry answers")
    done = subprocess.run(
        [node, SCRIPT, job],
        input=json.dumps(items),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "NODE_PATH": str(MODULES)},
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers


def judged(*payloads: Payload) -> list[dict[str, Any]]:
    return judge("decode", [encode(payload).hex() for payload in payloads])


def values(payload: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    return {metric["name"]: (metric["type"], metric["value"]) for metric in payload["metrics"]}


def test_it_reads_our_births() -> None:
    level = Property(UNIT_PROPERTY, DataType.STRING, "%")
    node = (
        Metric(BD_SEQ, 254, DataType.INT64, TIME_MS),
        Metric(REBIRTH, False, DataType.BOOLEAN, TIME_MS),
        Metric("agent/version", "0.3.0", DataType.STRING, TIME_MS),
        Metric("journal/waiting", None, DataType.INT64, TIME_MS),
    )
    device = (
        Metric(DIMMING, 41.5, DataType.FLOAT, TIME_MS, properties=(level, QUALITY)),
        Metric("lamp/quality", "bad: no answer within 100 ms, é", DataType.STRING, TIME_MS),
        Metric("presence/counter", 2**53 + 1, DataType.INT64, TIME_MS),
        Metric(COMMAND_NOT_AFTER, TIME_MS, DataType.DATETIME, TIME_MS),
        Metric("lamp/observed_level", None, DataType.FLOAT, TIME_MS),
    )
    nbirth, dbirth = judged(Payload(node, TIME_MS, 0), Payload(device, TIME_MS, 1))
    assert (nbirth["timestamp"], nbirth["seq"], dbirth["seq"]) == (str(TIME_MS), "0", "1")
    assert values(nbirth) == {
        BD_SEQ: ("Int64", "254"),
        REBIRTH: ("Boolean", False),
        "agent/version": ("String", "0.3.0"),
        "journal/waiting": ("Int64", None),
    }
    assert values(dbirth) == {
        DIMMING: ("Float", 41.5),
        "lamp/quality": ("String", "bad: no answer within 100 ms, é"),
        "presence/counter": ("Int64", str(2**53 + 1)),
        COMMAND_NOT_AFTER: ("DateTime", str(TIME_MS)),
        "lamp/observed_level": ("Float", None),
    }
    assert {metric["timestamp"] for metric in dbirth["metrics"]} == {str(TIME_MS)}
    assert dbirth["metrics"][0]["properties"] == {
        UNIT_PROPERTY: {"type": "String", "value": "%"},
        QUALITY_PROPERTY: {"type": "Int32", "value": 500},
    }


def test_it_reads_our_data() -> None:
    """Late reports too, and numbers below zero, which protobuf carries as two's complement."""
    late = (Property("journal", DataType.INT64, 7123456789),)
    (ddata,) = judged(
        Payload(
            (
                Metric("air/temperature", -3.25, DataType.FLOAT, TIME_MS),
                Metric("meter/balance", -7, DataType.INT64, TIME_MS),
                Metric("meter/offset", -8, DataType.INT32, TIME_MS),
                Metric("lamp/sent_level", 0.0, DataType.FLOAT, TIME_MS - 60000, historical=True, properties=late),
            ),
            TIME_MS,
            255,
        )
    )
    assert values(ddata) == {
        "air/temperature": ("Float", -3.25),
        "meter/balance": ("Int64", "-7"),
        "meter/offset": ("Int32", -8),
        "lamp/sent_level": ("Float", 0),
    }
    historical = ddata["metrics"][3]
    assert historical["isHistorical"] is True
    assert historical["properties"] == {"journal": {"type": "Int64", "value": "7123456789"}}


def test_we_read_its_commands() -> None:
    rebirth, dim, odd = judge(
        "encode",
        [
            {"timestamp": TIME_MS, "metrics": [{"name": REBIRTH, "type": "Boolean", "value": True}]},
            {
                "timestamp": TIME_MS,
                "metrics": [
                    {"name": DIMMING, "type": "Float", "value": 41.5},
                    {"name": COMMAND_ID, "type": "String", "value": "a1"},
                    {"name": COMMAND_NOT_AFTER, "type": "DateTime", "value": TIME_MS + 5000, "timestamp": TIME_MS},
                ],
            },
            {
                "metrics": [
                    {"name": "int", "type": "Int32", "value": -40},
                    {"name": "long", "type": "Int64", "value": -40},
                    {"name": "uint", "type": "UInt32", "value": 40},
                    {"name": "null", "type": "Float", "value": None},
                    {"name": "typo", "type": "float32", "value": 40.0},
                ]
            },
        ],
    )
    assert decode(bytes.fromhex(rebirth)) == Payload((Metric(REBIRTH, True, DataType.BOOLEAN),), TIME_MS)
    assert decode(bytes.fromhex(dim)) == Payload(
        (
            Metric(DIMMING, 41.5, DataType.FLOAT),
            Metric(COMMAND_ID, "a1", DataType.STRING),
            Metric(COMMAND_NOT_AFTER, TIME_MS + 5000, DataType.DATETIME, TIME_MS),
        ),
        TIME_MS,
    )
    *numbers, null, typo = decode(bytes.fromhex(odd)).metrics
    assert [value_as(metric, DataType.FLOAT) for metric in numbers] == [-40.0, -40.0, 40.0]
    assert (null.value, null.unreadable) == (None, "")
    assert (typo.value, typo.unreadable) == (None, "no value")
