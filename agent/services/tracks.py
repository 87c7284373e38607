"""One road user as the tracker knows them: position and speed along the street by a Kalman filter. Pure."""

from __future__ import annotations

from math import inf, sqrt

from agent.services.road_users import RoadUser, UserKind

DRIVING_M_PER_S = 4.0  # whoever is faster does not walk: they neither turn round nor wait between two views
_SURELY_WALKS_M_PER_S, _SURELY_DRIVES_M_PER_S = 2.0, 4.0
WALKING_M_PER_S = 1.4
SLOWEST_M_PER_S = 0.4  # with a walking frame
FASTEST_M_PER_S = 40.0
# How much speeds change by themselves: variance in (m/s)2 a second.
_DRIVING_NOISE = 0.005
_WALKING_NOISE = 1e-4
_LEAST_VAR = 1e-4
_STANDING_VAR = 0.01  # (m/s)2
_FEW = 2  # fixes that one more may prove wrong
_WELL_KNOWN = 4  # fixes


class Track:
    """Somebody on the street. `fixes` counts what has placed them; at 1 their speed is an assumption.

    Tracks of one `family` are assumptions about one newcomer, of which one at most is true.
    """

    __slots__ = (
        "at_s", "awaited", "ends_s", "family", "fix_m", "fix_s", "fixes", "heading", "kept_s", "missed", "moved", "pvv", "pxv",
        "pxx", "user", "vehicle", "velocity", "word", "x_m",
    )  # fmt: skip

    def __init__(self, user: int, family: int, x_m: float, velocity: float, at_s: float) -> None:
        """Somebody at a place at a time, at a speed; how well that is known is said by `assume`."""
        self.user = user
        self.family = family
        self.fix_m, self.fix_s, self.fixes = x_m, at_s, 1
        self.at_s = at_s
        self.heading = 0  # which way they went before they stood
        self.awaited = -1  # the cell where they come in next; -1: none, or not known
        self.missed: tuple[int, ...] = ()  # cells where they should have been seen since, and were not
        self.ends_s = inf  # when they are given up unless they are seen
        self.kept_s = -inf  # a neighbour's word: not given up before
        self.word: int | None = None  # the neighbour's number of whom only its word is known; none: seen here
        self.assume(x_m, 0.0, velocity, 0.0, at_s)

    def assume(self, x_m: float, x_var: float, velocity: float, v_var: float, at_s: float) -> None:
        """They are at a place, at a speed, each with its variance, as of a time."""
        self.x_m, self.velocity, self.at_s = x_m, velocity, at_s
        self.pxx, self.pxv, self.pvv = x_var, 0.0, v_var
        self.vehicle = abs(velocity) >= DRIVING_M_PER_S
        self.moved = True  # something about them is new

    def stand(self, about_m: float, at_s: float) -> None:
        """They are somewhere about where they are thought to be, and nobody knows which way they go."""
        self.assume(self.x_m, about_m * about_m, 0.0, _STANDING_VAR, at_s)

    @property
    def direction(self) -> int:
        """+1 to higher positions, -1 to lower ones, 0: stands, or not known."""
        return (self.velocity > 0) - (self.velocity < 0)

    @property
    def driving_guess(self) -> bool:
        """Whether that they drive is an assumption that nothing has confirmed."""
        return self.vehicle and self.fixes == 1

    @property
    def well_known(self) -> bool:
        """Whether they are believed rather than a sensor that does not see them."""
        return self.fixes >= _WELL_KNOWN

    def ahead(self, at_s: float) -> tuple[float, float]:
        """Return where they are at a time, and its variance: m, m2."""
        after_s = at_s - self.at_s
        noise = _DRIVING_NOISE if self.vehicle else _WALKING_NOISE
        var = self.pxx + after_s * (2 * self.pxv + after_s * self.pvv) + noise * abs(after_s) ** 3 / 3
        return self.x_m + self.velocity * after_s, max(var, _LEAST_VAR)

    def fix(self, x_m: float, x_var: float, at_s: float, gate: float) -> None:
        """Take that they were at a place at a time. Farther off than `gate` deviations it counts for less.

        Of a speed that is not known well nothing is left by then: it follows from where they were seen last.
        """
        after_s = at_s - self.at_s
        ahead_m, pxx = self.ahead(at_s)
        off_m = x_m - ahead_m
        velocity = (x_m - self.fix_m) / max(at_s - self.fix_s, 0.1)
        wrong = off_m * off_m > gate * gate * (pxx + x_var) and velocity * self.velocity > 0.0
        if wrong and self.fixes <= _FEW:
            self.assume(x_m, x_var, velocity, (0.1 * velocity) ** 2, at_s)
        else:
            noise = _DRIVING_NOISE if self.vehicle else _WALKING_NOISE
            pxv = self.pxv + after_s * self.pvv + noise * after_s * abs(after_s) / 2
            pvv = self.pvv + noise * abs(after_s)
            var = max(pxx + x_var, off_m * off_m / (gate * gate))
            self.x_m = ahead_m + pxx / var * off_m
            self.velocity += pxv / var * off_m
            self.pxx = max(pxx - pxx * pxx / var, _LEAST_VAR)
            self.pxv = pxv - pxx * pxv / var
            self.pvv = max(pvv - pxv * pxv / var, _LEAST_VAR)
            self.at_s = at_s
            self.vehicle = abs(self.velocity) >= DRIVING_M_PER_S
        self.seen(x_m, at_s)

    def seen(self, x_m: float, at_s: float) -> None:
        """Take that they were seen at a place."""
        self.fix_m, self.fix_s = x_m, at_s
        self.fixes += 1
        self.missed = ()
        self.ends_s = inf
        self.kept_s, self.word = -inf, None
        self.moved = True

    @property
    def kind(self) -> UserKind:
        """What they are, as far as their speed tells: who rides a bicycle and who runs are as fast."""
        speed = abs(self.velocity)
        if speed >= _SURELY_DRIVES_M_PER_S:
            return "vehicle"
        return "pedestrian" if speed < _SURELY_WALKS_M_PER_S else "unknown"

    def told(self, now_s: float) -> RoadUser:
        """Return them as others are told of them."""
        x_m, var = self.ahead(now_s)
        doubt = 0.5 ** min(self.fixes, 10) if not self.missed else 0.5
        return RoadUser(self.user, self.kind, x_m, self.velocity, sqrt(var), now_s, 1.0 - doubt)
