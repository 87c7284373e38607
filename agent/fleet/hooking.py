"""When a webhook is called again, and when its answer ends the matter. Pure."""

from __future__ import annotations

from enum import Enum

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 300.0
MOST_REFUSALS = 8  # of one event: who refuses it for good must not hold up all that follow
_LATER = frozenset({408, 425, 429})  # refusals that say: come again


class Verdict(Enum):
    """What an answer means for an event."""

    TAKEN = "taken"
    AGAIN = "again"
    LEFT = "left"


def verdict(answer: int | str, tries: int) -> Verdict:
    """Judge an answer: an HTTP status, or in words why there is none. Redirections are not followed: they are refusals."""
    if isinstance(answer, int) and 200 <= answer < 300:
        return Verdict.TAKEN
    refused = isinstance(answer, int) and answer < 500 and answer not in _LATER
    return Verdict.LEFT if refused and tries >= MOST_REFUSALS else Verdict.AGAIN


def next_pause_s(pause_s: float) -> float:
    """Return the pause after a pause."""
    return min(2 * pause_s, LONGEST_PAUSE_S)
