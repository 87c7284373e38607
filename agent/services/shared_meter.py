"""Which luminaire does not follow, by one meter for all of them: docs/decisions/0033. Pure.

Looked at are moments at which no level has changed for a while. From one to the next the meter should change as the levels
do. How likely the change is if all luminaires are as believed is held against what it were if one of them were dead, stuck
at full power, or well again; the logarithms add up until one stands alone.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import msgspec

from agent.services.lamp_power import PowerCurve

State = Literal["ok", "dead", "stuck"]

SETTLE_S = 4.0  # fades, drivers' own delays, and the polls of levels and meter
_HOLD_S = 1.5  # a level that changed at the moment of a reading may be read back only after it
_SAME_PCT = 1.0
_NOISE_W, _NOISE_SHARE = 1.0, 0.003  # of the meter, and of what else it feeds
_SPREAD = 0.05  # how much one luminaire differs from the next
# nats: how unlikely one is to come back, to fail, to be stuck; now, or before anybody looked
_UNLIKELY: dict[State, float] = {"ok": 8.0, "dead": 8.0, "stuck": 13.0}
_OTHER = 12.0  # nats: how unlikely it is that something else was switched on or off
_SURE, _ALONE = 12.0, 7.0  # nats: more likely by so much than what is believed, and than any other: it is believed
_DOUBT = 3.0
_LATELY = 1 / 256
_TAIL = 3.0
_OF_LATE = 1 / 16
_SEVERAL = 1.4  # luminaires' full power: so much is missed only where more than one is not as believed
_DOUBTFUL, _ASTRAY = 0.6, 0.7  # of the changes are not as expected: nothing is said; what is believed is given up
_SEEN = 3.0  # standard deviations: a change that is smaller is none
_FITS = 0.15  # a step is one luminaire's if it is so near to what that draws
_FOLLOWED = (0.5, 1.5)
_STATES: tuple[State, ...] = ("ok", "dead", "stuck")


class Suspects(msgspec.Struct, frozen=True):
    """Luminaires one of which no longer draws what it should, and by how much the meter changed unasked, in watts."""

    lamps: tuple[int, ...]
    step_w: float


class _Moment(msgspec.Struct, frozen=True):
    """A moment at which nothing moved: levels in per cent (none: not known), and the meter in watts."""

    levels: tuple[float | None, ...]
    power_w: float


class SharedMeter:
    """Follows one meter and the levels of the luminaires behind it."""

    def __init__(
        self, nominal_w: Sequence[float], states: Sequence[State], curve: PowerCurve, cycling_within_s: float
    ) -> None:
        self.curve = curve
        self.states: list[State] = list(states)
        self._nominal_w = nominal_w
        self._within_s = cycling_within_s
        self._levels: tuple[float | None, ...] = (None,) * len(nominal_w)
        self._asked: tuple[float, ...] = ()
        self._still_s = -math.inf  # since when no level has changed
        self._waiting: tuple[float, float] | None = None  # a reading that may be used if nothing moves: time, watts
        self._used_s = -math.inf
        self._last: _Moment | None = None
        self._observed: dict[int, float] = {}
        self._steps: deque[tuple[float, frozenset[int]]] = deque(maxlen=1000)
        self._step_w = 0.0
        self._rest = _Rest()
        self._strange = 0.0  # how many changes of late were not as expected, as a share
        self._known_s = -math.inf
        self._odds: dict[tuple[int, State], float] = {}
        self._forget()

    def step(
        self, now_s: float, reading: tuple[float, float] | None, levels: Sequence[float | None], asked: Sequence[float]
    ) -> None:
        """Take the levels as they are read back and as they are commanded, and the meter's reading (time s, watts)."""
        if self._moved(levels, asked):
            self._still_s, self._waiting = now_s, None
        if reading is None:
            self._waiting = self._last = None
            return
        self._known_s = now_s
        read_s, power_w = reading
        if self._waiting is not None and now_s - self._waiting[0] >= _HOLD_S:
            (read_s, power_w), self._waiting = self._waiting, None
            self._used_s = read_s
            self._look(_Moment(self._levels, power_w), read_s)
        elif self._waiting is None and read_s > self._used_s and read_s - self._still_s >= SETTLE_S:
            self._waiting = reading

    def knows(self, now_s: float) -> bool:
        """Return whether the meter is read, has taught what luminaires draw, and goes by what is believed of them."""
        return now_s - self._known_s < SETTLE_S and self.curve.learned and self._strange < _DOUBTFUL

    def observed_pct(self, lamp: int) -> float | None:
        """Return the level that the meter says a luminaire has; none where it has not shown itself alone."""
        state = self.states[lamp]
        return {"dead": 0.0, "stuck": 100.0}[state] if state != "ok" else self._observed.get(lamp)

    def expected_w(self, lamp: int, level_pct: float) -> float:
        """Return what a sound luminaire draws at a level, above what it draws while it is off."""
        return self._nominal_w[lamp] * self.curve.share(level_pct)

    def suspects(self) -> Suspects | None:
        """Return which luminaires may have changed unasked, while it cannot be said which one of them has."""
        most = max(self._odds.values(), default=-math.inf)
        lamps = {lamp for (lamp, state), odds in self._odds.items() if state != "ok" and odds > most - _DOUBT}
        return Suspects(tuple(sorted(lamps)), self._step_w) if most >= _DOUBT and lamps else None

    def cycling(self, now_s: float) -> tuple[int, tuple[int, ...]]:
        """Return how often power went on and off unasked within the time of `cycling_within_s`, and whose it may be."""
        while self._steps and self._steps[0][0] < now_s - self._within_s:
            self._steps.popleft()
        hits: dict[int, int] = {}
        for _, lamps in self._steps:
            for lamp in lamps:
                hits[lamp] = hits.get(lamp, 0) + 1
        most = max(hits.values(), default=0)
        return most, tuple(sorted(lamp for lamp, count in hits.items() if count == most))

    def _moved(self, levels: Sequence[float | None], asked: Sequence[float]) -> bool:
        """Return whether a level has changed, or is to change."""
        moved = False
        if (wanted := tuple(asked)) != self._asked:
            self._asked, moved = wanted, True
        if any(_differ(new, old) for new, old in zip(levels, self._levels, strict=True)):
            for lamp, (new, old) in enumerate(zip(levels, self._levels, strict=True)):
                if _differ(new, old):
                    self._observed.pop(lamp, None)
            self._levels, moved = tuple(levels), True
        return moved

    def _look(self, here: _Moment, read_s: float) -> None:
        last, self._last = self._last, here
        if last is None:
            return
        changed = [lamp for lamp, pair in enumerate(zip(last.levels, here.levels, strict=True)) if pair[0] != pair[1]]
        if any(last.levels[lamp] is None or here.levels[lamp] is None for lamp in changed):
            return  # what it did in between is not known: it is begun anew from here
        noise_w2 = (_NOISE_W + _NOISE_SHARE * here.power_w) ** 2
        step_w = here.power_w - last.power_w
        change = _Change(last, here, changed, step_w, noise_w2)
        if changed or abs(step_w) >= change.least_w:
            self._weigh(change, read_s)

    def _weigh(self, change: _Change, read_s: float) -> None:
        foreseen = self._foreseen(change)
        loss = _loss(foreseen.missed_w, foreseen.measured_w2 + self.curve.variance_w2(foreseen.regressor))
        if self.curve.learned:
            self._update(change, loss)
            if not change.lamps:
                self._note_step(change, read_s)
            elif len(change.lamps) == 1:
                self._observe(change, change.lamps[0], foreseen.expected_w)
        strange = loss(0.0) >= _OTHER
        if strange:
            self._step_w = foreseen.missed_w
        if change.lamps:
            self._strange += _OF_LATE * (strange - self._strange)
        if max(self._odds.values()) < 0:  # while somebody is suspected nothing is learned: it would be the failure
            self._learn(change, foreseen, strange=strange)
        self._decide(change.here)
        self._give_up(change, foreseen.missed_w)

    def _foreseen(self, change: _Change) -> _Foreseen:
        """Return what the meter should have done by what is believed, and by how much it did not."""
        regressor = [0.0] * len(self.curve.shares)
        spread_w2 = 0.0
        for lamp in change.lamps:
            if self.states[lamp] == "ok":
                before, after = change.levels(lamp)
                self.curve.add(regressor, after, self._nominal_w[lamp])
                self.curve.add(regressor, before, -self._nominal_w[lamp])
                spread_w2 += (_SPREAD * (self.expected_w(lamp, after) - self.expected_w(lamp, before))) ** 2
        expected_w = sum(part * share for part, share in zip(regressor, self.curve.shares, strict=True))
        return _Foreseen(regressor, expected_w, change.step_w - expected_w, 2 * change.noise_w2 + spread_w2)

    def _learn(self, change: _Change, foreseen: _Foreseen, *, strange: bool) -> None:
        if abs(foreseen.expected_w) >= change.least_w:
            self.curve.judge(foreseen.expected_w, foreseen.missed_w)
        if strange:
            return
        if change.lamps:
            self.curve.learn(foreseen.regressor, foreseen.missed_w, foreseen.measured_w2)
        if self.curve.learned:
            self._rest.learn(self._rest_w(change.here))

    def _give_up(self, change: _Change, missed_w: float) -> None:
        """Find out anew who follows and who does not, if what is believed is far from what is seen."""
        several = bool(change.lamps) and abs(missed_w) > _SEVERAL * max(self._nominal_w) * self.curve.share(100.0)
        if (self._strange > _ASTRAY or several) and any(state != "ok" for state in self.states):
            self.states = ["ok"] * len(self.states)
            self._forget()

    def _update(self, change: _Change, loss: Callable[[float], float]) -> None:
        """Weigh all that may be against what is believed."""
        odds = {}
        stays = -loss(0.0)  # of what is believed, unless one that had changed is as it was again
        for (lamp, state), before in self._odds.items():
            was, now = self._gap_w(lamp, state, change.last), self._gap_w(lamp, state, change.here)
            least = -_UNLIKELY[state]
            odds[lamp, state] = max(max(before, least) - loss(now - was), least - loss(now))
            stays = max(stays, before - _UNLIKELY[self.states[lamp]] - loss(-was))
        self._odds = {key: max(value - stays, -_UNLIKELY[key[1]]) for key, value in odds.items()}

    def _gap_w(self, lamp: int, state: State, moment: _Moment) -> float:
        """Return by how much the meter would read more if a luminaire were in another state than is believed."""
        level_pct = moment.levels[lamp]
        if level_pct is None:
            return 0.0
        return self._draws_w(lamp, state, level_pct) - self._draws_w(lamp, self.states[lamp], level_pct)

    def _draws_w(self, lamp: int, state: State, level_pct: float) -> float:
        return 0.0 if state == "dead" else self.expected_w(lamp, 100.0 if state == "stuck" else level_pct)

    def _decide(self, here: _Moment) -> None:
        """Believe that a luminaire has changed once nothing else explains what was seen."""
        if max(self._odds.values()) < _SURE - _ALONE:
            return
        rest_w = self._rest_w(here)
        odds = {
            key: odds + self._rest.unlikely(rest_w) - self._rest.unlikely(rest_w - self._gap_w(*key, here))
            for key, odds in self._odds.items()
        }
        (lamp, state), most = max(odds.items(), key=lambda item: item[1])
        others = max((value for key, value in odds.items() if key[0] != lamp), default=-math.inf)
        if most >= _SURE and most - others >= _ALONE:
            self.states[lamp] = state
            self._observed.pop(lamp, None)
            self._forget()

    def _rest_w(self, moment: _Moment) -> float:
        """Return what the meter reads beside what the luminaires draw, as far as they are known and believed."""
        known = enumerate(moment.levels)
        drawn_w = sum(self._draws_w(lamp, self.states[lamp], level) for lamp, level in known if level is not None)
        return moment.power_w - drawn_w

    def _forget(self) -> None:
        """Begin to weigh anew: all is as believed, unless shown otherwise."""
        self._odds = {key: -_UNLIKELY[key[1]] for key in self._possible()}
        self._step_w = 0.0

    def _possible(self) -> Iterator[tuple[int, State]]:
        for lamp, believed in enumerate(self.states):
            for state in _STATES:
                if state != believed:
                    yield lamp, state

    def _observe(self, change: _Change, lamp: int, expected_w: float) -> None:
        """Take what one luminaire did that changed alone, if it changed enough to be seen."""
        before, after = change.levels(lamp)
        if abs(expected_w) < change.least_w:
            return
        followed = change.step_w / expected_w
        if _FOLLOWED[0] <= followed <= _FOLLOWED[1]:
            was, now = self.curve.share(before), self.curve.share(after)
            self._observed[lamp] = round(self.curve.level_pct(was + followed * (now - was)), 1)

    def _note_step(self, change: _Change, read_s: float) -> None:
        """Take a step of power that nobody asked for: whose on and off it may be."""
        drawn = {
            lamp: self.expected_w(lamp, level_pct)
            for lamp, level_pct in enumerate(change.here.levels)
            if level_pct is not None and level_pct > 0
        }
        slack_w = change.least_w
        fitting = {
            lamp
            for lamp, watt in drawn.items()
            if watt > slack_w and abs(watt - abs(change.step_w)) <= _FITS * watt + slack_w / 2
        }
        self._steps.append((read_s, frozenset(fitting)))


class _Change(msgspec.Struct, frozen=True):
    """From one moment to the next: whose levels have changed, and by how much the meter, in watts."""

    last: _Moment
    here: _Moment
    lamps: list[int]
    step_w: float
    noise_w2: float

    @property
    def least_w(self) -> float:
        """Return the least change of power that is one."""
        return _SEEN * math.sqrt(2 * self.noise_w2)

    def levels(self, lamp: int) -> tuple[float, float]:
        """Return a luminaire's level before and after, in per cent."""
        return self.last.levels[lamp] or 0.0, self.here.levels[lamp] or 0.0


class _Foreseen(msgspec.Struct, frozen=True):
    """What a change should have been, by what is believed: its regressor and watts, what was missed, the variance of that."""

    regressor: list[float]
    expected_w: float
    missed_w: float
    measured_w2: float


class _Rest:
    """What the meter reads beside the luminaires: its mean and variance of late. It tells the dead from the stuck."""

    def __init__(self) -> None:
        self._mean_w: float | None = None
        self._variance_w2 = 0.0
        self._weight = 1.0

    def learn(self, rest_w: float) -> None:
        """Take what it is now, while all is as believed."""
        if self._mean_w is None:
            self._mean_w = rest_w
        self._weight = max(self._weight / (1 + self._weight), _LATELY)
        off_w = rest_w - self._mean_w
        self._mean_w += self._weight * off_w
        self._variance_w2 += self._weight * (off_w**2 - self._variance_w2)

    def unlikely(self, rest_w: float) -> float:
        """Return how unlikely it is to be so much, in nats: other loads come and go, so far off is only a little worse."""
        if self._mean_w is None:
            return 0.0
        return _TAIL * math.log1p((rest_w - self._mean_w) ** 2 / (_TAIL * (self._variance_w2 + 4 * _NOISE_W**2)))


def _loss(missed_w: float, variance_w2: float) -> Callable[[float], float]:
    """Return the function that says how unlikely it is, in nats, that so much of what was missed is explained."""

    def of(explained_w: float) -> float:
        return min((missed_w - explained_w) ** 2 / (2 * variance_w2), _OTHER)

    return of


def _differ(new: float | None, old: float | None) -> bool:
    if new is None or old is None:
        return new is not old
    return abs(new - old) > _SAME_PCT
