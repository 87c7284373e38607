"""The health of all luminaires of a controller: each by itself, and together behind a shared meter. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from agent.services.alarms import Alarm, AlarmBook, KeptAlarm, Kind, Terms
from agent.services.lamp_health import Counters, LampHealth, Limits, Sample, span
from agent.services.lamp_power import KeptCurve, PowerCurve, model_level_pct
from agent.services.shared_meter import SharedMeter, State, Suspects
from drivers.points import Point, PointType

METER_FAILURE, METER_CYCLING = "meter/lamp_failure", "meter/cycling_failure"
_MOST_NAMED = 6


class Lamp(msgspec.Struct, frozen=True):
    """A luminaire, its nominal power in watts, and whether it has a meter of its own."""

    device: str
    nominal_w: float
    own_meter: bool


class Look(msgspec.Struct, frozen=True, gc=False):
    """What the image says of a luminaire now; none where it cannot be believed. Levels in per cent."""

    commanded_pct: float
    sent_pct: float | None
    level_pct: float | None
    power_w: float | None
    gear_cel: float | None
    failed: bool | None


class Kept(msgspec.Struct, frozen=True):
    """What is kept over a restart: counters and who does not follow, by device; alarms by key; what a meter taught."""

    lamps: dict[str, Counters] = {}
    states: dict[str, State] = {}
    alarms: dict[str, KeptAlarm] = {}
    curve: KeptCurve | None = None


class _Said(msgspec.Struct, frozen=True):
    """What a shared meter says: who may have failed, and how often power went on and off unasked, and whose that is."""

    suspects: Suspects | None
    count: int
    cycling: tuple[int, ...]


class StreetHealth:
    """Steps all luminaires about once a second; `news` says whose points have changed."""

    def __init__(self, lamps: Sequence[Lamp], meter: str | None, limits: Limits, kept: Kept, now_s: float) -> None:
        """`meter` is the device that measures all of them, if one does."""
        self.lamps = lamps
        self._counted = kept.lamps  # of lamps that are not configured now, too: they may come back
        self._limits = limits
        self._meter = meter
        self.book = AlarmBook(kept.alarms)
        self.health = [
            LampHealth(
                lamp.device,
                lamp.nominal_w,
                limits,
                kept.lamps.get(lamp.device, Counters()),
                book=self.book,
                now_s=now_s,
            )
            for lamp in lamps
        ]
        self.shared = SharedMeter(
            [lamp.nominal_w for lamp in lamps],
            [kept.states.get(lamp.device, "ok") for lamp in lamps],
            PowerCurve(kept.curve),
            limits.cycling_within_s,
        )
        self._kinds = {
            METER_FAILURE: Kind("power is missing", "warning", Terms(limits.failure_after_s, limits.clear_after_s)),
            METER_CYCLING: Kind("something is cycling", "warning", Terms(0.0, limits.cycling_within_s)),
        }
        self._watches = {
            name: self.book.watch(f"{meter}/{name}", kind, now_s) for name, kind in self._kinds.items() if meter
        }

    def kept(self) -> Kept:
        """Return what is to be kept."""
        states = zip(self.lamps, self.shared.states, strict=True)
        return Kept(
            self._counted | {health.device: health.counters for health in self.health},
            {lamp.device: state for lamp, state in states if state != "ok"},
            self.book.kept(),
            self.shared.curve.kept() if self._meter else None,
        )

    def step(
        self,
        now_s: float,
        looks: Sequence[Look],
        reading: tuple[float, float] | None,
        night: bool | None,
        utc: Callable[[], str],
    ) -> list[tuple[str, bool]]:
        """Take what is known now: luminaires, the shared meter's reading (time s, watts), night.

        Returns the keys of alarms that are raised or not raised, as far as that has changed.
        """
        said = self._listen(now_s, looks, reading)
        news: list[tuple[str, bool]] = []
        day = None if night is None else not night
        for number, (health, look) in enumerate(zip(self.health, looks, strict=True)):
            sample = Sample(
                commanded_pct=look.commanded_pct,
                believed_pct=_believed_pct(look),
                level_pct=look.level_pct,
                power_w=look.power_w,
                state=self.shared.states[number] if said else None,
                cycles=self._cycles_of(number, said) if said else None,
                gear_cel=look.gear_cel,
                failed=look.failed,
                day=day,
            )
            news += [
                (f"{health.device}/{name}", health.raised(name) is True) for name in health.step(sample, now_s, utc)
            ]
        return news + self._of_meter(now_s, said, utc)

    def observed_pct(self, lamp: int, look: Look) -> float | None:
        """Return the level of a luminaire by power: of its own meter, or of one change that stood alone."""
        if look.power_w is not None:
            return round(model_level_pct(self.lamps[lamp].nominal_w, look.power_w), 1)
        return self.shared.observed_pct(lamp) if self._meter else None

    def _listen(self, now_s: float, looks: Sequence[Look], reading: tuple[float, float] | None) -> _Said | None:
        """Step the shared meter; return what it says, none while it says nothing."""
        if self._meter is None:
            return None
        levels = [look.level_pct for look in looks]
        self.shared.step(now_s, reading, levels, [look.commanded_pct for look in looks])
        if not self.shared.knows(now_s):
            return None
        return _Said(self.shared.suspects(), *self.shared.cycling(now_s))

    def _cycles_of(self, lamp: int, said: _Said) -> int | None:
        """Return how often a luminaire went on and off unasked; none where it may have been another one."""
        if lamp not in said.cycling:
            return 0
        return said.count if len(said.cycling) == 1 or said.count <= self._limits.cycling_changes // 2 else None

    def _of_meter(self, now_s: float, said: _Said | None, utc: Callable[[], str]) -> list[tuple[str, bool]]:
        """Watch what no luminaire can be named for."""
        news = []
        for name, watch in self._watches.items():
            if not watch.step(self._met(name, said) if said else None, now_s):
                continue
            key = f"{self._meter}/{name}"
            news.append((key, watch.raised))
            if not watch.raised:
                self.book.clear(key)
            elif key not in self.book and said is not None:
                kind = self._kinds[name]
                self.book.raise_(Alarm(key, kind.what, kind.severity, self._words(name, said), now_s, utc()))
        return news

    def _met(self, name: str, said: _Said) -> bool | None:
        if name == METER_FAILURE:
            return said.suspects is not None
        if said.count <= self._limits.cycling_changes // 2 or len(said.cycling) == 1:
            return False
        return True if said.count > self._limits.cycling_changes else None

    def _words(self, name: str, said: _Said) -> str:
        if name == METER_FAILURE and said.suspects is not None:
            step_w, lamps = said.suspects.step_w, self._names(said.suspects.lamps)
            one = "one of " if len(said.suspects.lamps) > 1 else ""
            return f"changed by {step_w:+.0f} W unasked: {one}{lamps} may no longer follow"
        within = span(self._limits.cycling_within_s)
        return f"power went on and off {said.count} times in {within}, unasked: one of {self._names(said.cycling)}"

    def _names(self, lamps: Sequence[int]) -> str:
        names = [self.lamps[lamp].device for lamp in lamps]
        more = len(names) - _MOST_NAMED
        return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def meter_points(meter: str) -> Iterable[Point]:
    """Return the points of a meter that all luminaires share: what it says of them while none can be named."""
    for name, title in ((METER_FAILURE, "power of a luminaire is missing"), (METER_CYCLING, "a luminaire cycles")):
        yield Point(key=f"{meter}/{name}", type=PointType.BOOL, max_age_s=float("inf"), title=title)


def _believed_pct(look: Look) -> float:
    """Return the level that a luminaire most likely has: read back, else as its unit took it, else as it is commanded."""
    if look.level_pct is not None:
        return look.level_pct
    return look.sent_pct if look.sent_pct is not None else look.commanded_pct
