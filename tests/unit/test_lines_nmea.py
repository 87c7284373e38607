"""A GNSS receiver: time at the edges of the calendar, what is no fix; its sentences as another decoder reads them."""

from __future__ import annotations

from datetime import UTC, datetime

import pynmea2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.lines.nmea import MODEL, Nmea
from drivers.points import Quality
from firmware_sim.instruments.nmea import Gnss, sealed


def said(*bodies: str) -> dict[str, object]:
    language = Nmea()
    language.opened(0.0)
    stream = b"\n" + b"".join(map(sealed, bodies))
    return {
        fact.resource: fact.value if fact.quality is Quality.GOOD else fact.reason
        for fact in language.feed(stream, 0.0)
    }


def rmc(clock: str = "120000.00", date: str = "251126", place: str = "5539.36600,N,01222.09800,E") -> str:
    return f"GNRMC,{clock},A,{place},0.05,,{date},,,A"


@pytest.mark.parametrize(
    ("clock", "date", "utc"),
    [
        ("120000.00", "251126", "2026-11-25T12:00:00.000Z"),
        ("235960.00", "311216", "2017-01-01T00:00:00.000Z"),  # a leap second
        ("000000", "290228", "2028-02-29T00:00:00.000Z"),
        ("120000.5", "010180", "1980-01-01T12:00:00.500Z"),
    ],
)
def test_times(clock: str, date: str, utc: str) -> None:
    assert said(rmc(clock, date))["location/utc"] == utc


@pytest.mark.parametrize(
    ("clock", "date"),
    [
        ("240000", "251126"),
        ("126000", "251126"),
        ("120061", "251126"),
        ("123460", "251126"),
        ("120000", "290226"),
        ("120000", "001126"),
        ("", ""),
    ],
)
def test_what_is_no_time_is_no_position_either(clock: str, date: str) -> None:
    facts = said(rmc(clock, date))
    assert "no time" in str(facts["location/utc"])
    assert facts["location/latitude"] == facts["location/utc"]


@pytest.mark.parametrize(
    "place",
    [
        "",
        ",,,",
        "9100.000,N,01222.098,E",
        "5560.000,N,01222.098,E",
        "5539.366,X,01222.098,E",
        "5539.366,N,18100.000,E",
        "5539.366,NS,01222.098,E",
        "05539.366,N,01222.098,E",
    ],
)
def test_what_is_no_position(place: str) -> None:
    assert "position" in str(said(rmc(place=place or ",,,"))["location/latitude"])


def test_south_and_west_are_below_0() -> None:
    facts = said(rmc(place="3352.000,S,07030.000,W"))
    assert facts["location/latitude"] == pytest.approx(-33.8666667)
    assert facts["location/longitude"] == -70.5


def test_without_a_fix_nothing_is_known() -> None:
    receiver = Gnss()
    receiver.fix = False
    language = Nmea()
    language.opened(0.0)
    facts = language.feed(b"\n" + receiver.sentences(0.0), 0.0)
    assert {fact.reason for fact in facts} == {"no fix"}
    assert {fact.resource for fact in facts} == {row.resource for row in MODEL.points}


def test_other_sentences_are_sound_and_say_nothing() -> None:
    assert said("GPGSV,1,1,00", "GNTXT,01,01,02,hello", "PUBX,00") == {}


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-400, 9000), st.integers(0, 12), st.integers(0, 2**31))
def test_another_decoder_reads_the_same(
    latitude: float, longitude: float, altitude: float, satellites: int, seconds: int
) -> None:
    receiver = Gnss()
    receiver.latitude_deg, receiver.longitude_deg = latitude, longitude
    receiver.altitude_m, receiver.satellites = altitude, satellites
    receiver.set_time(datetime.fromtimestamp(10**9 + seconds % 10**9, UTC), 0.0)
    stream = receiver.sentences(0.0)
    ours = said(*(line.partition("*")[0][1:] for line in stream.decode().split()))
    rmc_said, gga_said = (pynmea2.parse(line) for line in stream.decode().split())
    assert ours["location/latitude"] == pytest.approx(rmc_said.latitude, abs=1e-6)
    assert ours["location/longitude"] == pytest.approx(rmc_said.longitude, abs=1e-6)
    assert ours["location/altitude"] == gga_said.altitude
    assert ours["location/used_satellites"] == int(gga_said.num_sats)
    assert datetime.fromisoformat(str(ours["location/utc"])) == rmc_said.datetime
