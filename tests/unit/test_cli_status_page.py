"""The page of `gadelys status`."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from agent.cli.status_page import notes, page, problems
from agent.cli.text import length, plain
from agent.local.records import (
    BusState,
    IdentityState,
    LeaseState,
    PhotocellState,
    Status,
    TaskRow,
    TrafficState,
    TrialState,
    UplinkState,
)
from canned_agent import alarm, lamp, season, sensor, status, uplink


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
        uplink=uplink(state="waiting", since_s=42.0, last_error="connection refused", journal_waiting=312, unproven=5),
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
        "uplink to 127.0.0.1:40123 is waiting for 42 s (connection refused): 312 reports kept",
        "task bus-lamps is running, restarted 2 times (OSError: gone)",
        "the clock is not trusted: lamps are kept lit",
    ]


CELL = PhotocellState("lux-1", 12.3, True, "")
COUNT = TrafficState("road-1", 42.0, "low", "")


def test_the_season_says_what_the_street_rests_at_and_why_and_what_comes() -> None:
    by_night = season(
        class_name="M5", class_pct=50.0, why="calendar late", night_by="both", photocell=CELL, traffic=COUNT,
        next_change="2026-11-21T06:02:00Z", next_what="M3 100 %, base 10 % (design)",
    )  # fmt: skip
    text = [plain(one) for one in page(status(season=by_night), 100)]
    assert text[3:6] == [
        "rests at M5 50 %, base 10 % (calendar late); night by photocell and clock",
        "from Sat 07:02: M3 100 %, base 10 % (design)",
        "photocell lux-1: 12.3 lx, night; traffic at road-1: low, 42 an hour",
    ]


@pytest.mark.parametrize(
    ("changes", "trusted", "said"),
    [
        ({"photocell": PhotocellState("lux-1", None, None, "frozen: 5 lx for 24 h")}, True,
         ["photocell lux-1 is not believed (frozen: 5 lx for 24 h); the clock alone says when it is night"]),
        ({"photocell": PhotocellState("lux-1", None, None, "silent")}, False,
         ["photocell lux-1 is not believed (silent); lamps are kept lit", "the clock is not trusted: lamps are kept lit"]),
        ({"photocell": CELL}, False,
         ["the clock is not trusted: the photocell alone says when it is night, no calendar"]),
        ({"traffic": TrafficState("road-1", None, None, "nobody counted for 24 h")}, True,
         ["road-1 does not count (nobody counted for 24 h); the street rests at its design class"]),
        ({"traffic": TrafficState("road-1", None, None, "")}, True, []),
    ],
)  # fmt: skip
def test_what_of_the_season_is_not_believed_is_said(changes: dict[str, object], trusted: bool, said: list[str]) -> None:
    assert problems(status(season=season(**changes), clock_trusted=trusted)) == said


@pytest.mark.parametrize("width", [40, 60, 80, 132])
@pytest.mark.parametrize(
    "state",
    [status(), sick(), status(alarms=[alarm("lum-03/lamp/lamp_failure", text="draws 0.0 W " + 20 * "and more ")])],
    ids=["well", "sick", "alarm"],
)
def test_the_page_fits_and_problems_come_first(state: Status, width: int) -> None:
    lines = page(state, width)
    assert all(length(one) <= width for one in lines)
    text = [plain(one) for one in lines]
    table = next(n for n, one in enumerate(text) if one.startswith("lamp "))
    assert all(n < table for n, one in enumerate(text) if one.startswith("!"))


def test_alarms_stand_before_the_lamps() -> None:
    lines = page(status(alarms=[alarm("lum-03/lamp/lamp_failure")]), 80)
    text = [plain(one) for one in lines]
    place = text.index("lamp failure  lum-03  24 Nov 21:30  10 min")
    assert text[place + 1] == "  draws 0.0 W at 100 %"
    assert place < next(n for n, one in enumerate(text) if one.startswith("lamp  "))
    assert next(one for one in lines if plain(one).startswith("12 of 12"))[-1].tone == "bad"


def _identity(standing: Any, says: str, *, fault: str = "", renewed: bool = False) -> IdentityState:
    return IdentityState("pole-7", None, standing, says, fault, renewed)


def test_rows_at_80_columns() -> None:
    held = lamp(3, commanded_pct=40.0, winner="technician", holder="cli", until="2026-11-24T20:41:00Z")
    text = [plain(one) for one in page(status(lamps=[held, lamp(7)]), 80)]
    assert "lum-03   60 m       40 %  10 %       10 %  technician (cli)  21:41  yes" in text
    assert "lum-07  180 m       10 %  10 %       10 %  schedule                 NO" in text
    assert any(one.startswith("field  up     61 %   9600") for one in text)


def test_the_uplink_at_80_columns() -> None:
    text = [plain(one) for one in page(status(uplink=uplink()), 80)]
    assert text[-5:] == [
        "uplink  broker           MQTT   sent  unproven  kept  commands  refused  mirror",
        "online  127.0.0.1:40123  5     1 204         0     0         5        2  yes",
        "  node pole-7 of group albertslund, birth 3; last proof 0.8 s ago; in the clear",
        "  journal: 12.3 MB written, 0 % of what may be just now",
        "  last refused: lum-03/lamp/dimming_level: expected 0 to 100, found 101",
    ]
    new = page(status(uplink=uplink(bd_seq=None, proof_age_s=None, last_refusal="")), 80)
    assert plain(new[-2]) == "  node pole-7 of group albertslund; nothing proven yet; in the clear"
    thinned = page(status(uplink=uplink(journal_thinned=5000, last_refusal="")), 100)
    assert plain(thinned[-1]).endswith("just now; 5 000 reports thinned to one a minute")


@pytest.mark.parametrize(
    ("identity", "says", "problem"),
    [
        (_identity("good", "expires in 712 days"), "  our certificate expires in 712 days", ""),
        (_identity("soon", "expires in 12 days"), "  our certificate expires in 12 days",
         "! identity: our certificate expires in 12 days"),
        (_identity("good", "expires in 712 days", renewed=True),
         "  our certificate expires in 712 days; a newer one is there, the next connection shows it", ""),
        (_identity("none", "", fault="/id.pem: permission denied"), "  our certificate cannot be read",
         "! identity: /id.pem: permission denied"),
    ],
)  # fmt: skip
def test_the_identity(identity: IdentityState, says: str, problem: str) -> None:
    shown = msgspec.structs.replace(uplink(), identity=identity)
    text = [plain(one) for one in page(status(uplink=shown), 120)]
    assert says in text
    assert any(one.endswith("; TLS as pole-7") for one in text)
    assert [one for one in text if one.startswith("! identity")] == ([problem] if problem else [])
    assert not any("uplink" in plain(one) for one in page(status(), 80))


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (uplink(), []),
        (uplink(since_s=1e6), []),
        (uplink(state="connecting", since_s=9.0), []),
        (
            uplink(state="connecting", since_s=11.0, journal_waiting=1),
            ["uplink to 127.0.0.1:40123 is connecting for 11 s: 1 report kept"],
        ),
        (uplink(journal_fault="disk full"), ["the journal fails: disk full"]),
        (uplink(journal_dropped=2000), ["the journal was full: 2 000 reports dropped"]),
        (uplink(journal_quarantined=1), ["no broker takes 1 report: put aside, see the log"]),
    ],
)
def test_what_of_the_uplink_is_a_problem(state: UplinkState, told: list[str]) -> None:
    assert problems(status(uplink=state)) == told


def test_a_line_that_is_an_address_has_no_baud() -> None:
    gateway = BusState("cabinet", "192.168.7.20:502", None, "up", 7.0, 900, 0, 0, 0)
    text = [plain(one) for one in page(status(buses=[gateway]), 80)]
    assert any(one.startswith("cabinet  up     7 %     -") for one in text), text
    down = msgspec.structs.replace(gateway, state="down")
    assert "line cabinet is down: 192.168.7.20:502" in problems(status(buses=[down]))


def test_a_demonstration_says_so() -> None:
    text = plain(page(status(demonstration=True, street_time="2026-11-20T20:30:00Z"), 80)[0])
    assert text == "pole-7 (albertslund)  DEMO: street time 20 Nov 21:30"


def test_who_holds_what_and_until_when_is_said_in_local_time_also_where_it_does_not_win() -> None:
    held = [
        LeaseState("lum-03", "technician", "anna", 40.0, "2026-11-24T21:05:00.000Z", 2100.0, ""),
        LeaseState("lum-03", "operator", "operations", 70.0, "2026-11-25T02:00:00.000Z", 19800.0, "a1"),
    ]
    shown = [plain(line) for line in page(msgspec.structs.replace(status(), leases=held), 100)]
    begin = next(number for number, line in enumerate(shown) if line.startswith("held"))
    assert [line.split() for line in shown[begin : begin + 3]] == [
        ["held", "to", "by", "until", "still", "command"],
        ["lum-03", "40", "%", "technician", "(anna)", "24", "Nov", "22:05", "35", "min"],
        ["lum-03", "70", "%", "operator", "(operations)", "25", "Nov", "03:00", "5", "h", "30", "min", "a1"],
    ]
    assert not any(plain(line).startswith("held") for line in page(status(), 100))


def test_a_configuration_on_trial_is_said() -> None:
    on_trial = msgspec.structs.replace(status(), trial=TrialState("c1", "on trial", 87.2, "in place"))
    assert notes(on_trial)[-1].startswith("the configuration of command c1 is on trial for 1 min 27 s more; unless")
    assert problems(on_trial) == []
    back = msgspec.structs.replace(status(), trial=TrialState("c1", "rolled back", None, "rolled back: no uplink"))
    assert problems(back) == ["the configuration of command c1 was not kept: rolled back: no uplink"]
    assert notes(back) == notes(status())
