"""The need around road users by its definition: every user, every ring, every lamp, each time anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Ring = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Shape:
    """Rings of (behind_m, ahead_m, pct), how far ahead in time they begin ahead, and how early they let go behind."""

    rings: tuple[Ring, ...] = ()
    lead_s: float = 0.0
    spare_s: float = 0.0


@dataclass(frozen=True, slots=True)
class User:
    """As `put_user` takes one."""

    kind: int
    position_m: float
    velocity_m_per_s: float
    spread_m: float
    at_s: float
    until_s: float


def need_pct(place_m: float, users: Sequence[User], shapes: Sequence[Shape], now_s: float) -> float:
    """Return what a lamp at a place needs, 0 for nothing; NaN is a place that nobody passes."""
    rings = [
        (low_m, high_m, pct)
        for user in users
        if now_s < user.until_s
        for low_m, high_m, pct in _around(user, shapes[user.kind], now_s)
    ]
    return max((pct for low_m, high_m, pct in rings if low_m <= place_m <= high_m), default=0.0)


def _around(user: User, shape: Shape, now_s: float) -> list[Ring]:
    speed = abs(user.velocity_m_per_s)
    if speed < 0.001:
        sides = [(max(behind_m, ahead_m), max(behind_m, ahead_m), pct) for behind_m, ahead_m, pct in shape.rings]
        return [(user.position_m - a - user.spread_m, user.position_m + b + user.spread_m, pct) for a, b, pct in sides]
    here_m = user.position_m + user.velocity_m_per_s * (now_s - user.at_s)
    made = []
    for behind_m, ahead_m, pct in shape.rings:
        back_m = max(behind_m - speed * shape.spare_s, 0.0) + user.spread_m
        front_m = ahead_m + user.spread_m + speed * shape.lead_s
        low_m, high_m = (back_m, front_m) if user.velocity_m_per_s > 0 else (front_m, back_m)
        made.append((here_m - low_m, here_m + high_m, pct))
    return made
