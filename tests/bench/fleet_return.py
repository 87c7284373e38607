"""How a fleet that is too large for one machine comes back to brokers that take so many connections a second, by our back-off.

Virtual time: a controller tries, and is taken if its turn comes within the 8 s that it waits for an answer; else it waits by
the back-off and tries again. What the brokers do not take in time costs them nothing: they do not read it.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from typing import NamedTuple

from agent.uplink.backoff import Backoff
from agent.uplink.mqtt import CONNECT_WITHIN_S

LONGEST_WAIT_S = 120.0


class Return(NamedTuple):
    """When half and all were back, s after the brokers; how many tried in the busiest second, and in a second at 30 s."""

    half_s: float
    all_s: float
    most_tries: int
    tries_at_30_s: int


def come_back(controllers: int, taken_per_s: float, away_s: float) -> Return:
    """Let all lose the brokers at once, for a while."""
    chance = random.Random(7)
    waits = [Backoff(chance.random, LONGEST_WAIT_S) for _ in range(controllers)]
    due = [(wait.next_s(1000.0), number) for number, wait in enumerate(waits)]
    heapq.heapify(due)
    free_s, back = away_s, []
    tries: Counter[int] = Counter()
    while due:
        now_s, number = heapq.heappop(due)
        if now_s < away_s:  # refused at once
            heapq.heappush(due, (now_s + waits[number].next_s(0.0), number))
            continue
        tries[int(now_s - away_s)] += 1
        turn_s = max(free_s, now_s) + 1 / taken_per_s
        if turn_s - now_s <= CONNECT_WITHIN_S:
            free_s = turn_s
            back.append(turn_s - away_s)
        else:
            heapq.heappush(due, (now_s + CONNECT_WITHIN_S + waits[number].next_s(0.0), number))
    back.sort()
    return Return(back[len(back) // 2], back[-1], max(tries.values()), tries[30])
