"""Hours of chance against the street: the campaign of tests/sim, longer, and an hour of each without any neighbour."""

from __future__ import annotations

import random

import pytest

from failing_street import PIN
from fault_campaign import Campaign

HOUR_S = 3600.0


@pytest.mark.parametrize("seed", range(100, 120))
def test_three_hours_of_faults(seed: int) -> None:
    campaign = Campaign(seed, liar=random.Random(seed).randrange(PIN))
    campaign.offline_until_s = campaign.street.now_s + HOUR_S
    judged = campaign.run(3 * HOUR_S)
    print(
        f"\nseed {seed}: {judged.user_s:.0f} s of people, {sum(judged.happened.values())} faults, under-lit "
        f"{judged.underlit_s / judged.user_s:.2%}, at one lamp for {judged.longest_s:.1f} s at most",
        flush=True,
    )
    assert not judged.broken, "\n".join(judged.broken)
    assert judged.underlit_s <= 0.06 * judged.user_s
