"""What the hand in the street cannot do: each refusal says what was expected, and nothing has changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firmware_sim.world import MOST_USERS
from street_hand import Tried


@pytest.fixture
async def tried(tmp_path: Path) -> AsyncIterator[Tried]:
    tried = Tried(tmp_path)
    await tried.start()
    yield tried
    await tried.stop()


OBJECT = 'expected an object such as {"do": "person"}'
LINE = 'expected a line of JSON such as {"do": "person"}'
DO = (
    "do: expected person, vehicle, sensor_dies, sensor_back, lamp_breaks, lamps_mended, pull, plug, broker_dies, "
    "broker_back, door or watch"
)
LAMP = "lamp: expected a healthy one of lum-01 to lum-12"
RADAR = "sensor: expected a healthy one of radar-01 to radar-11, or vehicles-01"
INTERVAL = "interval_s: expected 0.05 to 60"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"", LINE),
        (b"hello", LINE),
        (b"\xff\xfe\x00", LINE),
        (b"\0", LINE),
        (b'{"do": "person"', LINE),
        (b"[" * 4000, LINE),
        (b"9" * 4090, OBJECT),
        (b'"person"', OBJECT),
        (b"[]", OBJECT),
        (b"null", OBJECT),
        (b"{}", OBJECT),
        (b'{"do": null}', OBJECT),
        (b'{"do": ["person"]}', OBJECT),
        (b'{"do": "Person"}', DO),
        (b'{"do": "dance"}', DO),
        (b'{"do": "\\ud800"}', DO),
        (b'{"do": "sensor_dies", "sensor": "radar-12"}', RADAR),
        (b'{"do": "sensor_dies", "sensor": "pir-1"}', RADAR),
        (b'{"do": "sensor_dies", "sensor": null}', "sensor: expected a name"),
        (b'{"do": "sensor_dies", "sensor": 5}', "sensor: expected a name"),
        (b'{"do": "pull"}', "line: expected a name"),
        (b'{"do": "plug", "line": ["lamps"]}', "line: expected a name"),
        (b'{"do": "pull", "line": "power"}', "line: expected one of lamps, field, radar-01, vehicles-01"),
        (b'{"do": "broker_dies"}', "broker_dies: this street has no broker; start it with --broker"),
        (b'{"do": "broker_back"}', "broker_back: this street has no broker; start it with --broker"),
        (b'{"do": "lamp_breaks", "lamp": "lum-13"}', LAMP),
        (b'{"do": "lamp_breaks", "lamp": 3}', "lamp: expected a name"),
        (b'{"do": "lamp_breaks", "lamp": "lum-03", "how": "hot"}', "how: expected dead, cycling, stuck"),
        (b'{"do": "door"}', "open: expected true or false"),
        (b'{"do": "door", "open": 1}', "open: expected true or false"),
        (b'{"do": "door", "open": "true"}', "open: expected true or false"),
        (b'{"do": "watch", "interval_s": 0.04}', INTERVAL),
        (b'{"do": "watch", "interval_s": 61}', INTERVAL),
        (b'{"do": "watch", "interval_s": NaN}', INTERVAL),
        (b'{"do": "watch", "interval_s": 1e999}', INTERVAL),
        (b'{"do": "watch", "interval_s": "1"}', INTERVAL),
        (b'{"do": "watch", "interval_s": true}', INTERVAL),
        (b'{"do": "watch", "interval_s": null}', INTERVAL),
    ],
)
async def test_what_cannot_be_done_is_refused_and_changes_nothing(tried: Tried, line: bytes, told: str) -> None:
    client = await tried.client()
    before = tried.seen()
    await client.send(line + b"\n")
    assert await client.receive() == {"ok": False, "error": told}
    assert tried.seen() == before
    assert (await client.do(do="person"))["ok"]  # and the connection lives on


async def test_a_full_street_refuses_more(tried: Tried) -> None:
    client = await tried.client()
    for _ in range(MOST_USERS):
        assert (await client.do(do="person"))["ok"]
    for kind in ("person", "vehicle"):
        refused = await client.do(do=kind)
        assert refused == {"ok": False, "error": f"{kind}: the street is full, wait until somebody has left it"}
    assert len(tried.street.world.users) == MOST_USERS
