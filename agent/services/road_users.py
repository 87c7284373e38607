"""Road users: what trackers say of whoever is on the street, and what neighbouring controllers tell each other. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

UserKind = Literal["vehicle", "pedestrian", "unknown"]


class RoadUser(msgspec.Struct, frozen=True):
    """Somebody on the street, where they were believed to be at `at_s`, monotonic seconds.

    `user` counts the tracks of one controller since its start. Positions are metres along the street, `velocity_m_per_s` is
    towards higher ones (0: stands, or not known), `spread_m` is how far off the position may be either way.
    `confidence` 0..1: how sure it is that there is somebody.
    """

    user: int
    kind: UserKind
    position_m: float
    velocity_m_per_s: float
    spread_m: float
    at_s: float
    confidence: float

    def at_m(self, now_s: float) -> float:
        """Return where they are at another time, in metres, if they go on as they went."""
        return self.position_m + self.velocity_m_per_s * (now_s - self.at_s)
