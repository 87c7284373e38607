"""Whatever sensors, radars and neighbours say: nothing raises, and who is seen is lit."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.control.street import Output, StreetControl
from agent.services.cells import Sensor
from agent.services.crowd import MOST_TRACKS
from agent.services.lighting import Radar
from agent.services.road_users import RoadUser
from street_levels import LEVELS, LIGHT

COUNT = 8
PLACES_M = [30.0 * lamp for lamp in range(COUNT)]
SEEN_S = 3.0  # whoever is seen for so long without a break is lit, whatever else is believed;
LEAST_PCT = 70.0  # it may take half a second to find out that they are somebody else, while the light begins to fall

Act = tuple[str, float, float, float]

any_float = st.floats()
waits_s = st.sampled_from([0.05, 0.2, 1.0, 2.2, 7.0, 30.0, -5.0, math.nan, math.inf, -math.inf])
nothing = st.just(0.0)
sees = st.tuples(st.just("see"), st.integers(0, COUNT - 1), st.booleans(), st.booleans())
acts = st.one_of(
    sees,
    sees,
    st.tuples(st.just("wait"), waits_s, nothing, nothing),
    st.tuples(st.just("wait"), waits_s, nothing, nothing),
    st.tuples(st.just("flicker"), st.integers(0, COUNT - 1), st.integers(1, 50), nothing),
    st.tuples(st.just("radar"), any_float, any_float, any_float),
    st.tuples(st.just("radar"), st.floats(0, 200), st.floats(0, 60), st.floats(990, 1100)),
    st.tuples(st.just("told"), any_float, any_float, any_float),
    st.tuples(st.just("told"), st.floats(-100, 400), st.floats(-30, 30), st.floats(0, 100)),
)


class Rubbish:
    """A street and what it has been told; `since_s` is when each sensor began to see somebody without a break."""

    def __init__(self, kind: str) -> None:
        more = {"reach_m": 15.0, "clears_s": 0.0, "delay_s": 0.5} if kind == "ideal" else {}
        sensors = [Sensor(f"s{at_m:.0f}", at_m, **more) for at_m in PLACES_M]
        outputs = [Output(f"lum-{at_m:.0f}", at_m, device_safety=True) for at_m in PLACES_M]
        self.control = StreetControl(outputs, sensors, LEVELS, LIGHT, radars=[Radar("v", 0.0, -1)], night=True)
        self.now_s = 1000.0
        self.said = [(False, True)] * COUNT
        self.since_s = [math.inf] * COUNT

    def act(self, act: Act) -> None:
        """Do one thing; then sensors repeat what they say, at a time that may be nonsense, and control steps twice."""
        name, first, second, third = act
        at_s = self.now_s
        if name == "wait":
            self.now_s += first if 0.0 < first < math.inf else 0.0
            at_s = self.now_s if 0.0 < first < math.inf else self.now_s + first
        elif name == "see":
            self.said[int(first)] = (bool(second), bool(third))
        elif name == "flicker":
            for turn in range(int(second)):
                self.control.see(int(first), turn % 2 == 0, False, self.now_s + turn * 1e-4)
            self.since_s[int(first)] = math.inf
        elif name == "radar":
            self.control.approach(0, first, second, third)
        else:
            user = RoadUser(1, "vehicle", first, second, 1.0, self.now_s, third)
            self.control.announce(user, self.now_s + abs(third))
        for sensor, (present, faulty) in enumerate(self.said):
            self.control.see(sensor, present, faulty, at_s)
            sees = present and not faulty
            self.since_s[sensor] = min(self.since_s[sensor], self.now_s) if sees else math.inf
        for _ in range(2):
            self.control.step(self.now_s)

    def judge(self) -> None:
        """Whoever is seen for long enough is lit, and so is whoever may be where a sensor cannot be believed."""
        users = self.control.road_users(self.now_s)
        assert len(users) <= MOST_TRACKS
        assert all(math.isfinite(user.position_m) and math.isfinite(user.velocity_m_per_s) for user in users)
        for lamp, (_present, faulty) in enumerate(self.said):
            if faulty:
                assert self.control.kernel.target(lamp) >= LEVELS.class_pct
            if self.now_s - self.since_s[lamp] >= SEEN_S:
                assert self.control.kernel.level(lamp) >= LEAST_PCT


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["ideal", "heads"]), st.lists(acts, max_size=60))
def test_rubbish_never_raises_and_never_darkens_who_is_seen(kind: str, told: list[Act]) -> None:
    rubbish = Rubbish(kind)
    for act in told:
        rubbish.act(act)
        rubbish.judge()
