"""Whatever a lamp is said to do: nothing is raised out of it, counters only grow, alarms keep their times."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.services.lamp_health import CYCLING, DAY_BURNER, FAILURE
from agent.services.lamp_power import PowerCurve
from agent.services.shared_meter import SharedMeter
from metered_lamps import MeteredLamps
from watched_lamp import WatchedLamp

numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)
levels = st.sampled_from([0.0, 10.0, 30.0, 60.0, 100.0])
maybe = st.sampled_from([None, True, False])
looks = st.fixed_dictionaries(
    {},
    optional={
        "commanded_pct": levels,
        "level_pct": st.one_of(st.none(), levels),
        "power_w": st.one_of(st.none(), numbers, st.sampled_from([0.0, 6.0, 60.0])),
        "state": st.sampled_from([None, "ok", "dead", "stuck"]),
        "cycles": st.sampled_from([None, 0, 3, 6, 20]),
        "gear_cel": st.one_of(st.none(), numbers),
        "failed": maybe,
        "day": maybe,
    },
)
spans = st.integers(1, 400)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(looks, spans, st.integers(-500, 500)), max_size=12))
def test_any_lamp(story: list[tuple[dict[str, Any], int, int]]) -> None:
    lamp = WatchedLamp()
    sums = lamp.counters.lit_s, lamp.counters.high_s, lamp.counters.switched_off, lamp.counters.metered_wh
    for look, seconds, jump_s in story:
        before, raised = len(lamp.news), set(lamp.raised)
        lamp.run(seconds, **look)
        counters = lamp.counters
        now = counters.lit_s, counters.high_s, counters.switched_off, counters.metered_wh
        assert all(new >= old for new, old in zip(now, sums, strict=True))
        assert counters.high_s <= counters.lit_s
        assert set(lamp.raised) == {name for name in lamp.raised if lamp.health.raised(name)}
        changed = set(lamp.raised) ^ raised
        assert changed <= {name for _, name in lamp.news[before:]}
        if look.get("day") is None and "day" in look:
            assert DAY_BURNER not in changed
        if seconds < 290 and "power_w" not in look and "state" not in look and "failed" not in look:
            assert FAILURE not in changed
        sums = now
        lamp.now_s += jump_s
    assert CYCLING in lamp.raised or lamp.health.raised(CYCLING) is not True


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(maybe, st.integers(1, 100)), min_size=1, max_size=30))
def test_an_alarm_never_changes_before_its_time(story: list[tuple[bool | None, int]]) -> None:
    lamp = WatchedLamp(failure_after_s=50.0, clear_after_s=20.0)
    met_s = gone_s = 0
    was = False
    for met, seconds in story:
        for _ in range(seconds):
            lamp.run(1, state=None if met is None else "dead" if met else "ok")
            if met is not None:
                met_s, gone_s = (met_s + 1, 0) if met else (0, gone_s + 1)
            raised = FAILURE in lamp.raised
            if raised and not was:
                assert met_s >= 50
            if was and not raised:
                assert gone_s >= 20
            assert not (met_s > 50 and not raised)
            was = raised


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(st.one_of(st.none(), levels), min_size=3, max_size=3), st.one_of(st.none(), numbers), spans),
        max_size=25,
    )
)
def test_any_meter(story: list[tuple[list[float | None], float | None, int]]) -> None:
    meter = SharedMeter([60.0, 1.0, 2000.0], ["ok", "dead", "stuck"], PowerCurve(), 600.0)
    now_s = 0.0
    for lamps, power_w, seconds in story:
        for _ in range(min(seconds, 30)):
            now_s += 1.0
            reading = None if power_w is None else (now_s, power_w)
            meter.step(now_s, reading, lamps, [level or 0.0 for level in lamps])
            meter.suspects()
            meter.cycling(now_s)
        assert set(meter.states) <= {"ok", "dead", "stuck"}
        assert all((meter.observed_pct(lamp) or 0.0) <= 100.0 for lamp in range(3))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 11), st.floats(15.0, 120.0))
def test_a_street_that_is_well_is_never_said_to_be_broken_and_a_dead_lamp_is_named(
    seed: int, dead: int, real_w: float
) -> None:
    lamps = MeteredLamps(12, real_w=real_w, seed=seed)
    for _ in range(12):
        lamps.pass_by()
    assert set(lamps.meter.states) == {"ok"}
    lamps.broken[dead] = "dead"
    for _ in range(4):
        lamps.pass_by()
    assert [lamp for lamp, state in enumerate(lamps.meter.states) if state != "ok"] == [dead]
