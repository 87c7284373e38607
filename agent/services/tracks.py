"""One road user as a tracker knows them: a Kalman filter of position and speed along the street. Pure."""

from __future__ import annotations

from math import inf, sqrt

from agent.services.road_users import RoadUser, UserKind

DRIVING_M_PER_S = 4.0  # above it somebody is lit as a vehicle: further ahead
WALKING_M_PER_S = 1.4
WALKING_SPREAD = 0.35  # m/s
DRIVING_SPREAD = 0.2  # share of the street's speed limit
SLOWEST_M_PER_S = 0.4  # with a walking frame
FASTEST_M_PER_S = 40.0
# How much a speed may change: variance in (m/s)2 for each second.
_VEHICLE_NOISE = 0.005
_WALKER_NOISE = 1e-4


class Track:
    """Somebody on the street. `fixes` counts the edges that placed them; below 2 their speed is an assumption.

    Tracks of one `family` are assumptions about one newcomer, of which one at most is true.
    """

    __slots__ = (
        "at_s", "ends_s", "family", "fix_m", "fix_s", "fixes", "missed", "moved", "pvv", "pxv", "pxx", "user", "vehicle",
        "velocity", "x_m", "told_s",
    )  # fmt: skip

    def __init__(self, user: int, family: int, x_m: float, x_var: float, velocity: float, v_var: float, at_s: float) -> None:
        self.user = user
        self.family = family
        self.x_m = x_m
        self.velocity = velocity
        self.pxx, self.pxv, self.pvv = x_var, 0.0, v_var
        self.at_s = at_s
        self.fix_m, self.fix_s = x_m, at_s
        self.fixes = 1
        self.vehicle = abs(velocity) >= DRIVING_M_PER_S
        self.missed = -1  # the cell where they should have been seen and were not
        self.ends_s = inf
        self.moved = True  # something about them is new

    @property
    def direction(self) -> int:
        """+1 to higher positions, -1 to lower ones, 0: stands, or not known."""
        return (self.velocity > 0) - (self.velocity < 0)

    def ahead(self, at_s: float) -> tuple[float, float]:
        """Return position and its variance at a time: m, m2."""
        after_s = at_s - self.at_s
        noise = _VEHICLE_NOISE if self.vehicle else _WALKER_NOISE
        late_s = abs(after_s)
        var = self.pxx + after_s * (2 * self.pxv + after_s * self.pvv) + noise * late_s**3 / 3
        return self.x_m + self.velocity * after_s, max(var, 1e-4)

    def fix(self, x_m: float, x_var: float, at_s: float, gate: float) -> None:
        """Take that they were at a place at a time. What is farther off than `gate` deviations counts for less."""
        after_s = max(at_s - self.at_s, 0.0)
        noise = _VEHICLE_NOISE if self.vehicle else _WALKER_NOISE
        pxx = self.pxx + after_s * (2 * self.pxv + after_s * self.pvv) + noise * after_s**3 / 3
        pxv = self.pxv + after_s * self.pvv + noise * after_s**2 / 2
        pvv = self.pvv + noise * after_s
        ahead_m = self.x_m + self.velocity * after_s
        off_m = x_m - ahead_m
        var = pxx + x_var
        if off_m * off_m > gate * gate * var:
            x_var += off_m * off_m / (gate * gate) - var
            var = pxx + x_var
        self.x_m = ahead_m + pxx / var * off_m
        self.velocity += pxv / var * off_m
        self.pxx = pxx - pxx * pxx / var
        self.pxv = pxv - pxx * pxv / var
        self.pvv = max(pvv - pxv * pxv / var, 1e-6)
        self.at_s += after_s
        self.fix_m, self.fix_s = x_m, at_s
        self.fixes += 1
        self.missed = -1
        self.ends_s = inf
        self.vehicle = abs(self.velocity) >= DRIVING_M_PER_S
        self.moved = True

    def place(self, x_m: float, spread_m: float, velocity: float, v_var: float, at_s: float) -> None:
        """Begin again: they are somewhere around a place, at a speed that is assumed."""
        self.x_m, self.velocity = x_m, velocity
        self.pxx, self.pxv, self.pvv = spread_m * spread_m, 0.0, v_var
        self.at_s = max(at_s, self.at_s)
        self.fixes = 1
        self.vehicle = abs(velocity) >= DRIVING_M_PER_S
        self.moved = True

    @property
    def kind(self) -> UserKind:
        """What they are, by their speed."""
        return "vehicle" if self.vehicle else "pedestrian" if self.fixes > 1 or self.velocity else "unknown"

    def told(self, now_s: float) -> RoadUser:
        """Return them as they are told to others."""
        x_m, var = self.ahead(now_s)
        confidence = 0.5 if self.fixes == 1 else 1.0 - 0.5**self.fixes
        return RoadUser(self.user, self.kind, x_m, self.velocity, sqrt(var), now_s, confidence * (0.5 if self.missed >= 0 else 1.0))
