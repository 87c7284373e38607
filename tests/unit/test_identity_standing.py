"""Whether a certificate holds: by a trusted clock, and where there is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent.identity.der import Certificate
from agent.identity.standing import Now, days, distrust, judge

BEGINS, ENDS = datetime(2026, 12, 1, tzinfo=UTC), datetime(2028, 12, 1, tzinfo=UTC)
OWN = Certificate("pole-7", "g", 1, BEGINS, ENDS)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("moment", "trusted", "standing", "says"),
    [
        (BEGINS - DAY, True, "early", "holds only from 2026-12-01 on"),
        (BEGINS, True, "good", "expires in 731 days"),
        (ENDS - 30 * DAY - timedelta(seconds=1), True, "good", "expires in 30 days"),
        (ENDS - 30 * DAY, True, "soon", "expires in 30 days"),
        (ENDS - 12.5 * DAY, True, "soon", "expires in 12 days"),
        (ENDS - timedelta(minutes=1), True, "soon", "expires in 1 hour"),
        (ENDS, True, "ended", "ended on 2028-12-01"),
        (ENDS + 400 * DAY, True, "ended", "ended on 2028-12-01"),
        (BEGINS - DAY, False, "unsure", "ends on 2028-12-01; the clock is not trusted"),
        (ENDS - DAY, False, "unsure", "ends on 2028-12-01; the clock is not trusted"),
        (ENDS, False, "ended", "ended on 2028-12-01"),
    ],
)
def test_our_own(moment: datetime, trusted: bool, standing: str, says: str) -> None:
    judged = judge(OWN, Now(moment, trusted), 30)
    assert (judged.standing, judged.says) == (standing, says)


@pytest.mark.parametrize(
    ("moment", "trusted", "why"),
    [
        (BEGINS - DAY, True, "the broker's certificate holds only from 2026-12-01 on"),
        (BEGINS - DAY, False, ""),
        (BEGINS, True, ""),
        (ENDS, True, ""),
        (ENDS + DAY, True, "the broker's certificate has ended on 2028-12-01"),
        (ENDS + DAY, False, "the broker's certificate has ended on 2028-12-01"),
    ],
)
def test_the_broker_s(moment: datetime, trusted: bool, why: str) -> None:
    assert distrust(BEGINS, ENDS, Now(moment, trusted)) == why


@pytest.mark.parametrize(
    ("hours", "says"), [(0.1, "1 hour"), (1, "1 hour"), (30, "30 hours"), (48, "2 days"), (80, "3 days")]
)
def test_spans(hours: float, says: str) -> None:
    assert days(timedelta(hours=hours)) == says
