"""Any sequence of readings: nothing raises, and nothing switches faster than its times."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from agent.control.photocell import OFF_S, ON_S, Photocell

LUX = st.sampled_from([0.0, 5.0, 19.0, 25.0, 40.0, 500.0, 1e5]) | st.floats(allow_nan=True, allow_infinity=True)
STEPS = st.lists(
    st.tuples(
        LUX,
        st.sampled_from([0.0, 0.5, 1.0, 5.0, 30.0, 59.0, 100.0, 90_000.0, -5.0]) | st.floats(allow_nan=True),
        st.none() | st.floats(-90, 90),
        st.sampled_from(["see", "see", "see", "see", "changed", "silent"]),
        st.integers(1, 40),
    ),
    max_size=40,
)


@given(STEPS)
def test_no_sequence_raises_or_switches_faster_than_its_times(
    steps: list[tuple[float, float, float | None, str, int]],
) -> None:
    cell, now_s, said = Photocell(), 0.0, None
    began_s = {True: -math.inf, False: -math.inf}  # when it last came to say night, day
    for lux, gap_s, sun_deg, deed, times in steps:
        for _ in range(times):
            now_s += max(gap_s, 0.0) if math.isfinite(gap_s) and abs(gap_s) < 1e6 else 0.0
            if deed == "see":
                cell.see(lux, now_s if gap_s >= 0 else now_s + gap_s, sun_deg)
            elif deed == "changed":
                cell.lamps_changed(now_s)
            else:
                cell.silent("silent", now_s)
            assert cell.night is None or not cell.fault
            if cell.night is not None and cell.night is not said:
                assert now_s - began_s[not cell.night] >= (ON_S if cell.night else OFF_S)
                began_s[cell.night] = now_s
            said = cell.night
