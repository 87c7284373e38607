"""What people and spreadsheets see of a fleet."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import msgspec

from agent.cli.fleet import pages, report_pages
from agent.cli.fleet.show import csv_of, page
from agent.cli.fleet.source import Picture
from agent.cli.text import plain
from agent.fleet.alarms import alarms, faults
from agent.fleet.plan import Plan
from agent.fleet.report import Month, Report, StreetUse
from agent.fleet.work import WorkOrder, work_orders
from agent.uplink.payload import DataType, Metric
from told_fleet import Told

STREET = StreetUse(
    title="A <script>alert(1)</script> & B", lamps=12, metered_kwh=10.0, estimated_kwh=5.5, meter_kwh=None, baseline_kwh=40.0,
    saved_kwh=24.5, cost=4.34, saved_cost=6.86, co2_kg=1.1, saved_co2_kg=1.7, without_co2_kwh=0.0, hours=8940.0,
    hours_missing=894.0, hours_spread=3.0, resets=1, silent=["g/n/l7"],
)  # fmt: skip
UNKNOWN = msgspec.structs.replace(
    STREET, title="Bare", baseline_kwh=None, saved_kwh=None, cost=None, saved_cost=None, co2_kg=None, saved_co2_kg=None
)
REPORT = Report(Month(2026, 10, 0, 5, 10), "EUR", 0.28, "70 g/kWh", (STREET, UNKNOWN))
NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Tags(HTMLParser):
    """The elements of a page, and what is open at its end."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - of the base class
        self.seen.append(tag)
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def told() -> Picture:
    fleet = Told()
    fleet.born("n1", "lum-01", "lum-02")
    fleet.say("DDATA", "n1", "lum-02", Metric("lamp/lamp_failure", True, DataType.BOOLEAN))
    fleet.born("n2", "lum-01")
    fleet.now_ms += 3_600_000
    fleet.die("n2")
    nodes = list(fleet.session.nodes.values())
    return Picture(fleet.now_ms + 60_000, nodes, alarms(faults(nodes, Plan().area_of)), "")


def test_a_page_of_nodes_and_one_of_devices() -> None:
    nodes = [plain(one) for one in page(told(), Plan(time_zone="UTC"), "*", devices=False, width=100)]
    assert nodes[0] == "2 nodes, 1 online; 3 devices, 3 alive; 2 alarms"
    assert nodes[2].split() == ["node", "state", "for", "heard", "devices", "alarms"]
    assert nodes[3].split("  ")[0] == "demo/n1"
    assert nodes[3].endswith("2/2  lamp failure")
    assert "offline" in nodes[4]
    devices = [plain(one) for one in page(told(), Plan(time_zone="UTC"), "demo/n1/*2", devices=True, width=100)]
    assert [row.split()[:2] for row in devices[3:4]] == [["demo/n1/lum-02", "alive"]]
    assert devices[3].endswith("lamp/lamp_failure")
    (nobody,) = page(told(), Plan(), "other/*", devices=False, width=100)
    assert plain(nobody).startswith("nobody of the name other/* was heard")
    unheard = page(Picture(0, [], [], "no broker"), Plan(), "*", devices=False, width=100)
    assert [plain(one) for one in unheard] == [
        "nobody was heard; a node that is connected speaks once a minute",
        "no broker",
    ]


def test_devices_of_a_node_that_is_gone_are_not_said_to_be_alive() -> None:
    rows = [plain(one) for one in page(told(), Plan(time_zone="UTC"), "demo/n2", devices=True, width=100)]
    assert rows[3].split()[:2] == ["demo/n2/lum-01", "unknown"]


def test_a_record_has_times_in_utc() -> None:
    (node, _) = sorted(told().nodes, key=lambda one: one.name)
    found = pages.record(node, "demo/n1/lum-02")
    assert (found["node"], found["state"], found["since"]) == ("demo/n1", "online", "2027-01-15T08:00:00Z")
    msgspec.json.encode(found)


def test_orders_as_csv_hold_no_formulas() -> None:
    made = work_orders(told().alarms, Plan())
    rows = list(csv.DictReader(csv_of(made).splitlines()))
    assert [row["what"] for row in rows] == ["lamp failure", "controller gone"]
    assert rows[0]["points"] == "demo/n1/lum-02"
    evil = WorkOrder("i", "alarm", "=1+1", "@a", "-3", "+p", "w", 1000, "do", ("a/b/c",))
    (row,) = csv.DictReader(csv_of([evil]).splitlines())
    assert [row[name] for name in ("street", "pole", "position", "part")] == ["'=1+1", "'@a", "'-3", "'+p"]


def test_the_page_of_a_report_is_whole_and_asks_nothing_of_a_network() -> None:
    text = report_pages.html(REPORT, NOW)
    tags = Tags(text)
    assert tags.open == []
    assert not set(tags.seen) & {"script", "link", "img", "iframe", "a"}
    assert not re.search(r"https?:|url\(|@import|<!--", text)
    assert "A &lt;script&gt;alert(1)&lt;/script&gt; &amp; B" in text
    assert "<td>61.2 %</td>" in text
    assert "nothing is known of 894.0 of 8 940.0 lamp-hours" in text
    assert "The month is not over" in text
    assert "<b>6.86 EUR</b>saved, in 1 of 2 streets" in text  # of the other one nothing is known


def test_a_report_for_spreadsheets_leaves_empty_what_is_not_known() -> None:
    whole, bare = csv.DictReader(report_pages.csv_of(REPORT).splitlines())
    assert (whole["month"], whole["saved_kwh"], whole["lamp_hours_not_known"]) == ("2026-10", "24.500", "894.000")
    assert (bare["baseline_kwh"], bare["saved_kwh"], bare["cost"], bare["metered_kwh"]) == ("", "", "", "10.000")


def test_a_report_for_a_terminal_says_what_is_not_known() -> None:
    lines = [plain(one) for one in report_pages.page(REPORT, 120)]
    assert lines[2].split()[-1] == "%"
    assert "10.0 %" in lines[2]
    assert any("counters began anew 1 time;" in one for one in lines)
