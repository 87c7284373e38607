"""Who is told to a neighbour, and what of that counts here: only as far as it concerns the seam, and for seconds. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from agent.neighbours import message as wire
from agent.neighbours.message import Told
from agent.services.road_users import RoadUser

End = Literal[-1, 1]

TOLD_FOR_S = 3.0  # what was told counts for so long: five repetitions may be lost
MOST_FOR_S = 5.0  # and never for longer, whatever a message says
SOON_S = 10.0  # who is at the end within this time is told
RINGS_M = 75.0  # people have light this far around them, on either side of a seam
BEHIND_M = 15.0  # and vehicles behind them
DRIVING_M_PER_S = 4.0
SAME_M = 15.0  # two that go the same way and are not further apart may be one


class Announced(msgspec.Struct, frozen=True):
    """A road user of a neighbour's, in our coordinate and our time, until when they count, and by how many it was handed on."""

    user: RoadUser
    until_s: float
    hops: int


def concerns(user: RoadUser, end_m: float, end: End, sight_m: float, now_s: float) -> bool:
    """Return whether somebody may be lit by lamps beyond an end of the street, now or soon."""
    to_go_m = (end_m - user.at_m(now_s)) * end - user.spread_m
    onwards_m_per_s = user.velocity_m_per_s * end
    if user.kind != "vehicle" and abs(onwards_m_per_s) < DRIVING_M_PER_S:
        return abs(to_go_m) <= RINGS_M
    if onwards_m_per_s < 0:
        return abs(to_go_m) <= BEHIND_M
    return -RINGS_M <= to_go_m <= max(sight_m, onwards_m_per_s * SOON_S)


def told(user: RoadUser, number: int, now_s: float, *, for_s: float = TOLD_FOR_S, hops: int = 0) -> Told | None:
    """Return somebody as they are told, where they are by now; none if that is beyond what can be told."""
    position_cm, velocity_cm_per_s = round(user.at_m(now_s) * 100), round(user.velocity_m_per_s * 100)
    if abs(position_cm) > wire.MOST_CM or hops > wire.MOST_HOPS:
        return None
    return Told(
        user=number,
        kind=user.kind,
        position_cm=position_cm,
        velocity_cm_per_s=max(-wire.MOST_CM_PER_S, min(velocity_cm_per_s, wire.MOST_CM_PER_S)),
        spread_cm=round(min(max(user.spread_m, 0.0) * 100, wire.MOST_SPREAD_CM)),
        confidence_pct=round(min(max(user.confidence, 0.0), 1.0) * 100),
        for_ms=round(min(max(for_s, 0.0) * 1000, wire.MOST_FOR_MS)),
        hops=hops,
    )


def announced(one: Told, number: int, offset_m: float, sent_s: float, now_s: float) -> Announced:
    """Return somebody who was told at `sent_s`, under a number of ours; `offset_m` is where the teller's zero is."""
    user = RoadUser(
        user=number,
        kind=one.kind,
        position_m=one.position_cm / 100 + offset_m,
        velocity_m_per_s=one.velocity_cm_per_s / 100,
        spread_m=one.spread_cm / 100,
        at_s=sent_s,
        confidence=one.confidence_pct / 100,
    )
    return Announced(user, min(sent_s + one.for_ms / 1000, now_s + MOST_FOR_S), one.hops)


def handed_on(announced: Iterable[Announced], own: Sequence[RoadUser], now_s: float) -> list[Announced]:
    """Return those who still count and are not among those that are seen here: these are told by who sees them."""
    return [
        one
        for one in announced
        if one.until_s > now_s and one.hops < wire.MOST_HOPS and not any(_same(one.user, user, now_s) for user in own)
    ]


def _same(one: RoadUser, other: RoadUser, now_s: float) -> bool:
    apart_m = abs(one.at_m(now_s) - other.at_m(now_s))
    return one.velocity_m_per_s * other.velocity_m_per_s >= 0 and apart_m <= SAME_M + one.spread_m + other.spread_m
