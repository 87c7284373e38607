"""Whatever the image says of sensors, whatever clocks and pins do: control goes on, and whoever is or may be there is lit."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.points import Quality, Reading
from failing_street import LAMPS, LUX, MAX_AGE_S, PIN, STEP_S, VEHICLES, FailingStreet
from street_levels import LEVELS

HONEST = 3  # this sensor works, and somebody is before it all the time
FADE_S = LEVELS.fade_up_s + 3 * STEP_S
LEAST_PCT = 70.0  # it may take half a second to find out that they are somebody else, while the light begins to fall

EARLIEST, LATEST = datetime(1971, 1, 1), datetime(9990, 1, 1)  # noqa: DTZ001 - Hypothesis wants them so

Act = tuple[str, object, object, object]

values = st.one_of(
    st.booleans(), st.none(), st.floats(), st.integers(-(2**63), 2**63), st.text(max_size=3), st.floats(0.0, 200.0)
)
nonsense = st.sampled_from([math.nan, math.inf, -math.inf, None, "somebody", 2, -1.0, 1e300])
waits_s = st.sampled_from([0.5, 1.5, 1.5, 5.0, 100.0])
qualities = st.sampled_from(Quality)
keys = st.sampled_from(
    [f"s-{n}/presence/state" for n in range(LAMPS) if n != HONEST] + [f"v-0/{key}" for key in VEHICLES] + [LUX]
)
nothing = st.none()
acts = st.one_of(
    st.tuples(st.just("read"), keys, values, qualities),
    st.tuples(st.just("read"), keys, values, st.just(Quality.GOOD)),
    st.tuples(st.just("read"), keys, nonsense, st.just(Quality.GOOD)),
    st.tuples(st.just("late"), keys, values, st.floats(-100.0, 0.0)),
    st.tuples(st.just("pin"), st.booleans(), st.floats(0.0, 0.01), st.integers(1, 300)),
    st.tuples(st.just("lost"), nothing, nothing, nothing),
    st.tuples(st.just("trust"), st.booleans(), nothing, nothing),
    st.tuples(st.just("wall"), st.datetimes(EARLIEST, LATEST), nothing, nothing),
    st.tuples(st.just("wait"), waits_s, nothing, nothing),
    st.tuples(st.just("wait"), waits_s, nothing, nothing),
    st.tuples(st.just("back"), st.floats(0.0, 1.0), nothing, nothing),
)


class Rubbish:
    """A street at night, one honest sensor; since when each other lamp's sensor cannot be believed, by what it said."""

    def __init__(self, *, counted: bool, lux: float | None) -> None:
        self.street = FailingStreet((), lux=lux, counted=counted)
        self.street.silent = set(range(LAMPS)) - {HONEST}
        self.street.frozen = {HONEST: True}
        self.street.radar_alive = False
        self.street.lux = None
        self.street.run(MAX_AGE_S + FADE_S)
        self.day_s = -math.inf  # when it was day last, or said to be
        self.doubted_s = dict.fromkeys(set(range(PIN)) - {HONEST}, -math.inf)

    def act(self, act: Act) -> None:
        """Do one thing, and let a moment pass."""
        street, (name, first, second, third) = self.street, act
        if name in {"read", "late"}:
            quality = third if isinstance(third, Quality) else Quality.GOOD
            read_s = street.now_s + (third if isinstance(third, float) else 0.0)
            self._read(str(first), second, quality, read_s)
        elif name == "pin":
            for turn in range(int(str(third))):
                street.clock.now_s += float(str(second)) / 100.0
                street.pin.level(bool(turn % 2) is first, street.now_s)
        elif name == "wait":
            for _ in range(round(float(str(first)) / STEP_S / 2)):
                street.run(2 * STEP_S, 2 * STEP_S)
                self._note_day()
        elif name == "lost":
            street.pin.lost("a wire is off", street.now_s)
        elif name == "trust":
            street.clock.trusted = bool(first)
        elif isinstance(first, datetime):
            street.clock.begin = first.replace(tzinfo=UTC)
        else:
            street.clock.now_s -= float(str(first))
            street.step()
            street.clock.now_s += float(str(first))
        street.run(STEP_S)

    def _read(self, key: str, value: object, quality: Quality, read_s: float) -> None:
        said = value if isinstance(value, bool | int | float | str) else None
        self.street.image.put(key, Reading(said, quality, "", read_s))
        lamp = int(key.partition("/")[0].removeprefix("s-")) if key.startswith("s-") else PIN
        if lamp != PIN:
            believed = isinstance(said, bool) and quality in {Quality.GOOD, Quality.UNCERTAIN}
            until_s = read_s + MAX_AGE_S + STEP_S
            sees_nobody = believed and said is False and until_s > self.street.now_s
            self.doubted_s[lamp] = until_s if sees_nobody else min(self.doubted_s[lamp], self.street.now_s)

    def _note_day(self) -> None:
        if self.street.control.night is False:
            self.day_s = self.street.now_s

    def judge(self) -> None:
        """While it is night, or nobody knows whether it is."""
        self._note_day()
        if self.street.now_s - self.day_s < FADE_S:
            return
        level_pct = self.street.lamps.level_pct
        assert all(LEVELS.floor_pct - 1e-6 <= pct <= 100.0 for pct in level_pct)
        assert level_pct[HONEST] >= LEAST_PCT
        for lamp, since_s in self.doubted_s.items():
            if self.street.now_s - since_s >= FADE_S:
                assert level_pct[lamp] >= LEAST_PCT, lamp


@settings(max_examples=300, deadline=None)
@given(st.booleans(), st.sampled_from([None, 1.0]), st.lists(acts, max_size=60))
def test_rubbish_never_ends_control_and_never_darkens_who_is_seen_or_may_be_there(
    counted: bool, lux: float | None, told: list[Act]
) -> None:
    rubbish = Rubbish(counted=counted, lux=lux)
    for act in told:
        rubbish.act(act)
        rubbish.judge()
