"""Whatever stands in a scenario and in its files: a scenario, or a ConfigError; nothing else."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.config.table import Ledger
from agent.lab.play import night_of
from agent.lab.read import read
from lab_reading import SHORT, Texts

DATED = {"date": "2026-03-28", "time_zone": "Europe/Copenhagen", "latitude": 55.0, "longitude": 12.0}
SAFE: dict[str, dict[str, Any]] = {
    "night": {"begin": "22:00", "end": "23:00", **DATED},
    "street": {"lamps": 5, "spacing_m": 30, "shape": "straight", "points": [[0, 0], [60, 0]], "lamps_file": "lamps"},
    "lamp": {"full_w": 60, "standing_w": 3, "off_w": 0.5, "fade_up_s": 1, "fade_down_s": 4},
    "sensors": {"reach_m": 15, "delay_s": 0.5, "clears_s": 5},
    "faults": {"lost_pct": 5, "dead_pct": 10, "dead_as": "blind", "outage_begin": "22:30", "outage_min": 10},
    "energy": {"zone": "dk1", "price_file": "prices", "co2_file": "prices", "eur_per_mwh": 5},
    "lighting": {"base_pct": 10, "class_pct": 100},
}
PEOPLE = {"kind": "vehicle", "source": "hours", "per_hour": [2.5], "file": "passages", "at_m": 60, "spread": "chance"}

scalars = st.one_of(
    st.sampled_from(
        ["18:00", "sunset", "sunrise", "straight", "bend", "path", "junction", "square", "hours", "passages"]
    ),
    st.sampled_from(
        ["lamps", "prices", "passages", "none", "", "main", "vehicle", "pedestrian", "even", "chance", "dk1"]
    ),
    st.integers(-5, 100),
    st.floats(-100, 1000),
    st.sampled_from([float("nan"), float("inf"), 10**400, -(2**63), True, "2026-06-21", "1e5", "\0"]),
    st.lists(st.integers(-3, 99), max_size=4),
    st.lists(st.lists(st.integers(-9, 99), max_size=3), max_size=4),
    st.dictionaries(st.sampled_from(["vehicle", "a b", "x"]), st.integers(), max_size=2),
    st.none().map(lambda _none: tomllib.loads("a = 12:30:00")["a"]),
)


@st.composite
def tables(draw: st.DrawFn, safe: dict[str, Any]) -> dict[str, Any]:
    """Some of the options, some of them as they could be, some as they should not."""
    keys = draw(st.lists(st.sampled_from([*safe, "x"]), unique=True))
    return {key: safe[key] if key in safe and draw(st.booleans()) else draw(scalars) for key in keys}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    document: dict[str, Any] = {"title": "tried"}
    for name, safe in SAFE.items():
        if draw(st.booleans()):
            document[name] = draw(tables(safe) | scalars)
    if draw(st.booleans()):
        document["users"] = draw(st.dictionaries(st.sampled_from(["a", "b", "a b"]), tables(PEOPLE), max_size=2))
    if draw(st.integers(0, 9)) == 0:
        document[draw(st.sampled_from(["seed", "needs", "title", "weather"]))] = draw(scalars)
    return document


files = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "x_m,y_m\n0,0\n30,0\n60,5\n",
            "position_m\n0\n30\n",
            "time_utc,direction,speed_km_per_h\n2026-03-28T21:30:00Z,1,30\n",
            "time_utc,dk1_eur_per_mwh,dk1_g_co2_per_kwh\n2026-03-28T20:00:00Z,1,2\n",
            '{"features": [{"geometry": {"type": "Point", "coordinates": [12.1, 55.2]}}]}',
        ]
    ),
)


@settings(max_examples=300, deadline=None)
@given(document=documents(), lamps=files, prices=files, passages=files)
@example(tomllib.loads(SHORT), "", "", "")
@example({"title": "t", "street": {"lamps": 10**400}}, "", "", "")
def test_any_scenario(document: dict[str, Any], lamps: str, prices: str, passages: str) -> None:
    ledger = Ledger({})
    scenario = read("tried", document, ledger, Texts({"lamps": lamps, "prices": prices, "passages": passages}))
    if ledger.mistakes:
        assert all(str(mistake) for mistake in ledger.mistakes)
        return
    night = night_of(scenario)
    night.run(3)
    assert scenario.steps > 0
    assert scenario.street.scored
    assert [passer.start_s for passer in scenario.passers] == sorted(passer.start_s for passer in scenario.passers)
