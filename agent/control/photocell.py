"""The photocell: from readings of a light sensor to night or day, and whether it can be believed. Pure."""

from __future__ import annotations

import math

ON_LX, ON_S = 20.0, 30.0  # it is night below, for so long
OFF_LX, OFF_S = 35.0, 120.0  # it is day above, for so long
FILTER_S = 10.0  # time constant of the low-pass
SELF_LIGHT_S = 60.0  # what it reads for so long after a lamp of ours has changed may be that lamp
MOST_OWN_LX = 300.0  # and so much of what it reads at most: more than a lamp beside it gives
DOUBT_S = 600.0  # so long a reading must be absurd for the sun's height, and so long it is not believed after a fault
FROZEN_S = 24 * 3600.0  # the same raw value for so long is no sky
FROZEN_BY_DAY_S = 2 * 3600.0  # likewise of daylight, where no clock holds it: a street must not stay dark by it
LONGEST_POLL_S = 30.0  # readings further apart than twice that are not one story
_RANGE_LX = (-10.0, 200_000.0)  # offsets of amplifiers; more than the sun gives
_DARK_LX, _HIGH_DEG = 1.0, 10.0  # darker than that under a sun that stands higher: something covers it
_BRIGHT_LX, _LOW_DEG = 1000.0, -6.0  # brighter than that after civil twilight: something shines into it


class Photocell:
    """Call `see` with each reading and `lamps_changed` when a lamp's level changes; both with monotonic seconds."""

    def __init__(self) -> None:
        self.night: bool | None = None  # what it says; none while it does not know
        self.fault = ""  # why it is not believed
        self.lux: float | None = None  # filtered
        self.heard_s = -math.inf  # when it was last heard and not dazzled by our own light
        self._seen_s = -math.inf
        self._raw: float | None = None
        self._raw_since_s = 0.0
        self._self_light_until_s = -math.inf
        self._own_lx = 0.0  # what our lamps are of what it reads, while they are lit
        self._before: tuple[float, float] | None = None  # lx before they changed, and when
        self._believed_from_s = -math.inf
        self._since_s: dict[str, float] = {}  # since when what is so is so

    def lamps_changed(self, now_s: float) -> None:
        """Take that a lamp's level has changed: what the cell reads for a while may be that."""
        self._self_light_until_s = max(self._self_light_until_s, now_s + SELF_LIGHT_S)

    def silent(self, reason: str, now_s: float) -> None:
        """Take that there is no reading, or none that counts; before the first one it is only not known yet."""
        if math.isinf(self._seen_s):
            self.fault = reason
        else:
            self._fail(reason, now_s)

    def see(self, lux: float, read_s: float, sun_deg: float | None) -> None:
        """Take a reading, in lx, that was made at `read_s`; the sun's height in degrees, none if no clock knows it."""
        if not read_s > self._seen_s:
            return
        gap_s, self._seen_s = read_s - self._seen_s, read_s
        if not _RANGE_LX[0] <= lux <= _RANGE_LX[1]:
            self._fail(f"{lux:g} lx is out of its range", read_s)
            return
        if lux != self._raw:
            self._raw, self._raw_since_s = lux, read_s
        elif read_s - self._raw_since_s >= (
            most_s := FROZEN_BY_DAY_S if sun_deg is None and lux > OFF_LX else FROZEN_S
        ):
            self._fail(f"frozen: {lux:g} lx for {most_s / 3600:g} h", read_s)
            return
        if math.isinf(self._believed_from_s):
            self.fault = ""  # it had only not been read yet
        if read_s < self._self_light_until_s:
            if self.lux is not None:
                self._before = self.lux, self.heard_s
            self._since_s.clear()
            self.lux = None
            return
        self._tell_apart(lux, read_s)
        self.heard_s = read_s
        self._filter(lux, gap_s)
        if not self._absurd(sun_deg, read_s) and read_s >= self._believed_from_s:
            self.fault = ""
            self._decide(read_s)

    def _tell_apart(self, lux: float, read_s: float) -> None:
        """What has changed while our lamps changed is our lamps: a street may not go dark by its own light."""
        if self._before is not None:
            before_lx, before_s = self._before
            self._before = None
            if read_s - before_s < DOUBT_S:
                self._own_lx = min(max(self._own_lx + lux - before_lx, 0.0), MOST_OWN_LX)

    def _filter(self, lux: float, gap_s: float) -> None:
        if self.lux is None or gap_s > 2 * LONGEST_POLL_S:
            self.lux = lux
            self._since_s.clear()
        else:
            self.lux += (lux - self.lux) * (1.0 - math.exp(-gap_s / FILTER_S))

    def _absurd(self, sun_deg: float | None, now_s: float) -> bool:
        """Whether what is read cannot be the sky, for long enough."""
        lux = self.lux or 0.0
        dark = sun_deg is not None and sun_deg > _HIGH_DEG and lux < _DARK_LX
        bright = sun_deg is not None and sun_deg < _LOW_DEG and lux > _BRIGHT_LX
        if self._lasts("absurd", dark or bright, DOUBT_S, now_s):
            self._fail(f"{lux:.3g} lx while the sun is at {sun_deg:+.0f}°", now_s, keep=True)
            return True
        return False

    def _decide(self, now_s: float) -> None:
        sky_lx = (self.lux or 0.0) - self._own_lx
        if self._lasts("dark", sky_lx < ON_LX, ON_S, now_s):
            self.night = True
        if self._lasts("light", sky_lx > OFF_LX, OFF_S, now_s):
            self.night = False
            self._own_lx = 0.0  # they go off

    def _lasts(self, what: str, is_so: bool, long_s: float, now_s: float) -> bool:
        """Return whether something has been so without a break for so long; never by one reading alone."""
        if not is_so:
            self._since_s.pop(what, None)
            return False
        return now_s - self._since_s.setdefault(what, now_s) >= long_s

    def _fail(self, reason: str, now_s: float, *, keep: bool = False) -> None:
        self.night, self.fault = None, reason
        self._believed_from_s = now_s + DOUBT_S
        if not keep:
            self.lux = None
            self._since_s.clear()
