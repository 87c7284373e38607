"""Chance against the street in virtual time: people come and go while sensors, neighbours, clocks and the agent fail.

The long version is in tests/soak.
"""

from __future__ import annotations

import random

import pytest

from agent.control.street import StreetControl
from failing_street import PIN
from fault_campaign import Campaign

MINUTES_S = 1800.0
OFFLINE_S = 600.0
FAULTS = 9  # kinds


def test_whoever_is_under_a_lamp_has_the_class_level_whatever_fails() -> None:
    """One sensor in twelve never sees anybody, 5 % of what is said is lost, for a third of the time no neighbour is heard.

    What is under-lit of people's time on the street is mostly between the views of two heads, where nobody is seen.
    """
    user_s = underlit_s = 0.0
    for seed in range(5):
        campaign = Campaign(seed, liar=random.Random(seed).randrange(PIN))
        campaign.offline_until_s = campaign.street.now_s + OFFLINE_S
        judged = campaign.run(MINUTES_S)
        assert not judged.broken, "\n".join(judged.broken)
        assert len(judged.happened) == FAULTS, judged.happened
        user_s, underlit_s = user_s + judged.user_s, underlit_s + judged.underlit_s
    assert user_s > MINUTES_S
    assert underlit_s <= 0.05 * user_s


def test_the_light_is_not_simply_on() -> None:
    """The counter-proof of the street: nothing fails, and lamps that nobody needs are at the base level."""
    campaign = Campaign(1, liar=None, faults=False)
    judged = campaign.run(600.0)
    assert not judged.broken
    assert judged.mean_pct < 50.0


def test_the_judge_sees_a_control_that_believes_the_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The counter-proof of the judge: the same faults, and a control to which a sensor that says nothing sees nobody."""
    see = StreetControl.see

    def believe(self: StreetControl, sensor: int, present: bool, faulty: bool, now_s: float) -> bool:
        return see(self, sensor, present, False, now_s)

    monkeypatch.setattr(StreetControl, "see", believe)
    assert Campaign(2, liar=None).run(MINUTES_S).broken
