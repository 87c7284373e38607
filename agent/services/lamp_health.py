"""One luminaire's counters and alarms, from what is commanded, read back and measured. Pure; time is an argument."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated

import msgspec

from agent.services.alarms import Alarm, AlarmBook, Kind, Terms, Watch
from agent.services.lamp_power import OFF_W, model_w
from agent.services.shared_meter import State
from drivers.points import Point, PointType

FAILURE, DAY_BURNER, CYCLING, HOT = (
    "lamp/lamp_failure",
    "lamp/day_burner",
    "lamp/cycling_failure",
    "lamp/gear_temperature",
)
HOURS, HIGH_HOURS, SWITCHES = "lamp/operating_hours", "lamp/operating_hours_50", "lamp/switch_counter"
METERED, ESTIMATED, OBSERVED = "lamp/active_energy", "lamp/estimated_energy", "lamp/observed_level"

_HIGH_PCT = 50.0
_MOST_STEP_S = 10.0
_COOLER_CEL = 5.0
_ON, _OFF = 0.5, 0.25  # of what it should draw: so much is on, so little is off
_SETTLE_S = 4.0  # after a change of level power is on its way
_SECONDS_AN_HOUR = 3600.0

_Sum = Annotated[float, msgspec.Meta(ge=0, le=1e15)]


class Limits(msgspec.Struct, frozen=True):
    """The limits of all alarms: times in seconds, power in per cent of what is expected, temperature in degrees Celsius."""

    day_burner_s: float
    failure_power_pct: float
    failure_level_pct: float
    failure_after_s: float
    cycling_changes: int
    cycling_within_s: float
    hot_cel: float
    clear_after_s: float


class Counters(msgspec.Struct):
    """What adds up over the years: seconds lit, seconds lit at 50 % or more, how often it went off, energy in Wh."""

    lit_s: _Sum = 0.0
    high_s: _Sum = 0.0
    switched_off: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    metered_wh: _Sum = 0.0
    estimated_wh: _Sum = 0.0


class Sample(msgspec.Struct, frozen=True, gc=False):
    """What is known of a luminaire now. None: not known.

    `believed_pct` is the level that it most likely has, whether or not it was read back: what counters go by. `level_pct`
    is read back. `power_w` is of its own meter. `state` is what a shared meter says. `cycles`: how often that has seen
    it go on and off unasked. `failed`: its own word.
    """

    commanded_pct: float
    believed_pct: float
    level_pct: float | None
    power_w: float | None
    state: State | None
    cycles: int | None
    gear_cel: float | None
    failed: bool | None
    day: bool | None


class LampHealth:
    """Counts, and watches one luminaire; raised alarms go to the book. `step` it about once a second."""

    def __init__(  # noqa: PLR0913 - what it goes by
        self, device: str, nominal_w: float, limits: Limits, counters: Counters, *, book: AlarmBook, now_s: float
    ) -> None:
        self.device = device
        self.counters = counters
        self._nominal_w = nominal_w
        self._limits = limits
        self._book = book
        self._last_s: float | None = None
        self._was_lit: bool | None = None
        self._cycles = _OwnCycles(limits.cycling_within_s)
        self._watches: dict[str, Watch] = {}
        self._kinds = _kinds(limits)
        for name, kind in self._kinds.items():
            self._watches[name] = book.watch(f"{device}/{name}", kind, now_s)

    def raised(self, name: str) -> bool | None:
        """Return whether an alarm is raised; none while nothing is known of its condition."""
        watch = self._watches[name]
        return watch.raised if watch.known else None

    def step(self, sample: Sample, now_s: float, utc: Callable[[], str]) -> list[str]:
        """Take what is known now; return the names of which `raised` has changed. `utc` is asked for the time of an alarm."""
        last_s = now_s if self._last_s is None else self._last_s
        self._last_s = max(now_s, last_s)
        passed_s = min(self._last_s - last_s, _MOST_STEP_S)
        self._count(sample, passed_s)
        own_cycles = None
        if sample.power_w is not None and sample.level_pct is not None:
            expected_w = model_w(self._nominal_w, sample.level_pct)
            own_cycles = self._cycles.step(sample.level_pct, sample.power_w / expected_w, now_s)
        cycles = own_cycles if own_cycles is not None else sample.cycles
        return [
            name
            for name, met in self._conditions(sample, cycles)
            if self._watches[name].step(met, now_s) and self._tell(name, sample, cycles, now_s, utc)
        ]

    def _count(self, sample: Sample, passed_s: float) -> None:
        counters = self.counters
        lit = sample.believed_pct > 0
        if lit:
            counters.lit_s += passed_s
            if sample.believed_pct >= _HIGH_PCT:
                counters.high_s += passed_s
        elif self._was_lit:
            counters.switched_off += 1
        self._was_lit = lit
        if sample.power_w is not None:
            counters.metered_wh += max(sample.power_w, 0.0) * passed_s / _SECONDS_AN_HOUR
        else:
            counters.estimated_wh += model_w(self._nominal_w, sample.believed_pct) * passed_s / _SECONDS_AN_HOUR

    def _conditions(self, sample: Sample, cycles: int | None) -> Iterator[tuple[str, bool | None]]:
        limits = self._limits
        yield FAILURE, self._has_failed(sample)
        lit = _is_lit(sample, self._nominal_w)
        yield DAY_BURNER, False if lit is False or sample.day is False else None if None in {lit, sample.day} else True
        yield CYCLING, _beyond(cycles, limits.cycling_changes + 1, limits.cycling_changes // 2)
        yield HOT, _beyond(sample.gear_cel, limits.hot_cel, limits.hot_cel - _COOLER_CEL)

    def _has_failed(self, sample: Sample) -> bool | None:
        """Return whether it draws less than it should, or says itself that it has failed; judged only while it is lit."""
        if sample.failed:
            return True
        limits, level_pct = self._limits, sample.level_pct
        if sample.power_w is None and sample.state is None:
            return sample.failed
        if level_pct is None or level_pct < limits.failure_level_pct:
            return None
        if sample.power_w is None:
            return sample.state != "ok"
        share_pct, least_pct = 100 * sample.power_w / model_w(self._nominal_w, level_pct), limits.failure_power_pct
        return _beyond(-share_pct, -least_pct, -(least_pct + 100) / 2)

    def _tell(self, name: str, sample: Sample, cycles: int | None, now_s: float, utc: Callable[[], str]) -> bool:
        """Put an alarm that has just been raised into the book, with its figures; or take it out."""
        key = f"{self.device}/{name}"
        if not self._watches[name].raised:
            self._book.clear(key)
            return True
        if key in self._book:
            return True
        kind = self._kinds[name]
        self._book.raise_(Alarm(key, kind.what, kind.severity, self._words(name, sample, cycles), now_s, utc()))
        return True

    def _words(self, name: str, sample: Sample, cycles: int | None) -> str:
        if name == FAILURE:
            return self._failure_words(sample)
        if name == DAY_BURNER:
            return self._day_words(sample)
        if name == CYCLING:
            return f"power went on and off {cycles} times in {span(self._limits.cycling_within_s)}, unasked"
        return f"control gear at {sample.gear_cel or 0:.0f} °C, limit {self._limits.hot_cel:g} °C"

    def _failure_words(self, sample: Sample) -> str:
        if sample.power_w is not None and sample.level_pct is not None:
            expected_w = model_w(self._nominal_w, sample.level_pct)
            return f"draws {sample.power_w:.1f} W at {sample.level_pct:g} %, expected {expected_w:.1f} W"
        if sample.state == "dead":
            expected_w = model_w(self._nominal_w, sample.level_pct or 0)
            return f"reads back {sample.level_pct or 0:g} %, and the shared meter misses its {expected_w:.0f} W or so"
        if sample.state == "stuck":
            return f"reads back {sample.level_pct or 0:g} %, and by the shared meter draws full power at every level"
        return "the lamp's own unit says that lamp or control gear has failed"

    def _day_words(self, sample: Sample) -> str:
        lit = f"lit for more than {span(self._limits.day_burner_s)} by day"
        shown = "stuck at full power" if sample.state == "stuck" else f"reads back {sample.level_pct or 0:g} %"
        metered = f", draws {sample.power_w:.1f} W" if sample.power_w is not None else ""
        return f"{lit}: commanded {sample.commanded_pct:g} %, {shown}{metered}"


class _OwnCycles:
    """How often a luminaire's own power went on and off while its level stayed what it was."""

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._level_pct: float | None = None
        self._since_s = 0.0
        self._on: bool | None = None
        self._changes: deque[float] = deque(maxlen=1000)

    def step(self, level_pct: float, share: float, now_s: float) -> int:
        """Take the level (%) and power as a share of what is expected; return the changes within the time."""
        if self._level_pct is None or abs(level_pct - self._level_pct) > 1:
            self._level_pct, self._since_s, self._on = level_pct, now_s, None
        on = True if share >= _ON else False if share < _OFF else self._on
        if level_pct > 0 and now_s - self._since_s >= _SETTLE_S:
            if self._on is not None and on is not self._on:
                self._changes.append(now_s)
            self._on = on
        while self._changes and self._changes[0] < now_s - self._within_s:
            self._changes.popleft()
        return len(self._changes)


def health_points(device: str, known: Callable[[str], bool], *, own_meter: bool) -> list[Point]:
    """Return the points of a luminaire's health, but for those that its unit delivers itself."""
    rows = [
        (HOURS, PointType.FLOAT, "h", "lit so far"),
        (HIGH_HOURS, PointType.FLOAT, "h", "lit so far at 50 % or more"),
        (SWITCHES, PointType.INT, "", "times switched off"),
        (ESTIMATED, PointType.FLOAT, "Wh", "energy by the lamp model, while no meter of its own was read"),
        (FAILURE, PointType.BOOL, "", "the lamp has failed"),
        (DAY_BURNER, PointType.BOOL, "", "lit by day"),
        (CYCLING, PointType.BOOL, "", "goes on and off unasked"),
        (OBSERVED, PointType.FLOAT, "%", "level by power"),
        *([(METERED, PointType.FLOAT, "Wh", "energy by its own meter")] if own_meter else []),
    ]
    return [
        Point(key=f"{device}/{name}", type=kind, unit=unit, max_age_s=float("inf"), title=title)
        for name, kind, unit, title in rows
        if not known(f"{device}/{name}")
    ]


def span(time_s: float) -> str:
    """Return a limit of time in words: minutes, or seconds below two."""
    return f"{time_s / 60:g} min" if time_s >= 120 else f"{time_s:g} s"


def _kinds(limits: Limits) -> Mapping[str, Kind]:
    clear_s = limits.clear_after_s
    return {
        FAILURE: Kind("lamp failure", "alarm", Terms(limits.failure_after_s, clear_s)),
        DAY_BURNER: Kind("day burner", "warning", Terms(limits.day_burner_s, clear_s)),
        # The count looks back so long itself: it must have been low for as long before it says that all is well.
        CYCLING: Kind("cycling", "alarm", Terms(0.0, limits.cycling_within_s)),
        HOT: Kind("hot control gear", "warning", Terms(clear_s, clear_s)),
    }


def _is_lit(sample: Sample, nominal_w: float) -> bool | None:
    """Return whether light comes out: by power where that is known, else by what is read back."""
    if sample.power_w is not None:
        return sample.power_w > max(0.025 * nominal_w, 2 * OFF_W)
    if sample.state == "stuck":
        return True
    if sample.state == "dead":
        return False
    return None if sample.level_pct is None else sample.level_pct > 0


def _beyond(value: float | None, limit: float, low: float) -> bool | None:
    """Return whether a value has reached a limit; none while it is not known, or between that and the lower one."""
    if value is None:
        return None
    return True if value >= limit else False if value <= low else None
