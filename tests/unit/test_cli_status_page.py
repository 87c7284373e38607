"""The page of `gadelys status`."""

from __future__ import annotations

import msgspec
import pytest

from agent.cli.status_page import notes, page, problems
from agent.cli.text import length, plain
from agent.local.records import BusState, Status, TaskRow
from canned_agent import lamp, sensor, status


def sick() -> Status:
    """Much is wrong at once."""
    well = status()
    return msgspec.structs.replace(
        well,
        lamps=[lamp(1), lamp(7, confirmed_pct=None, sent_pct=None, fault="no answer"), *well.lamps[7:]],
        sensors=[sensor(5, quality="stale", reason="older than 5 s", present=None, age_s=None), well.sensors[-1]],
        buses=[msgspec.structs.replace(well.buses[0], state="down"), well.buses[1]],
        units=[
            msgspec.structs.replace(well.units[0], safety_verified=False, safe_after_s=None),
            msgspec.structs.replace(well.units[1], state="silent", last_error="no answer within 100 ms"),
        ],
        tasks=[TaskRow("bus-lamps", "running", 2, 0.1, "OSError: gone")],
        night=None,
        clock_trusted=False,
        power_w=None,
    )


def test_a_street_that_is_well_has_no_problems() -> None:
    assert problems(status()) == []
    assert notes(status()) == ["no device-side safety: lum-07, lum-08, lum-09, lum-10, lum-11, lum-12"]


def test_what_is_wrong_is_said_worst_first() -> None:
    assert problems(sick()) == [
        "line lamps is down: /dev/ttyUSB0",
        "unit dimmer-2 (line lamps, address 21) is silent (no answer within 100 ms)",
        "lamp lum-07: no answer",
        "sensor radar-05 is stale (older than 5 s); its lamps are kept lit",
        "unit dimmer-1: its device-side safety is not verified",
        "task bus-lamps is running, restarted 2 times (OSError: gone)",
        "the clock is not trusted: lamps are kept lit",
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 132])
@pytest.mark.parametrize("state", [status(), sick()], ids=["well", "sick"])
def test_the_page_fits_and_problems_come_first(state: Status, width: int) -> None:
    lines = page(state, width)
    assert all(length(one) <= width for one in lines)
    text = [plain(one) for one in lines]
    table = next(n for n, one in enumerate(text) if one.startswith("lamp "))
    assert all(n < table for n, one in enumerate(text) if one.startswith("!"))


def test_rows_at_80_columns() -> None:
    held = lamp(3, commanded_pct=40.0, winner="technician", holder="cli", until="2026-11-24T20:41:00Z")
    text = [plain(one) for one in page(status(lamps=[held, lamp(7)]), 80)]
    assert "lum-03   60 m       40 %  10 %       10 %  technician (cli)  21:41  yes" in text
    assert "lum-07  180 m       10 %  10 %       10 %  schedule                 NO" in text
    assert any(one.startswith("field  up     61 %   9600") for one in text)


def test_a_line_that_is_an_address_has_no_baud() -> None:
    gateway = BusState("cabinet", "192.168.7.20:502", None, "up", 7.0, 900, 0, 0, 0)
    text = [plain(one) for one in page(status(buses=[gateway]), 80)]
    assert any(one.startswith("cabinet  up     7 %     -") for one in text), text
    down = msgspec.structs.replace(gateway, state="down")
    assert "line cabinet is down: 192.168.7.20:502" in problems(status(buses=[down]))


def test_a_demonstration_says_so() -> None:
    text = plain(page(status(demonstration=True, street_time="2026-11-20T20:30:00Z"), 80)[0])
    assert text == "pole-7 (albertslund)  DEMO: street time 20 Nov 21:30"
