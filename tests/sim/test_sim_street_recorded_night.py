"""A recorded night of single passages on the simulated street, judged at the output side."""

from __future__ import annotations

from datetime import date

import pytest

from firmware_sim.passages import PassagesError
from recorded_night import PASSAGES, SMALL_HOURS, night, played, without_long_gaps

pytestmark = pytest.mark.skipif(
    not PASSAGES.is_file(),
    reason=f"no recorded passages at {PASSAGES}; GADELYS_DATA names the folder that holds basel-passages",
)


def test_the_night_is_as_it_was_recorded() -> None:
    """58 passages within 14 h of 18:00 local time; the first and the last as they stand in the file."""
    users = night()
    assert len(users) == 58
    assert sum(user.kind == "person" for user in users) == 6  # shorter than 2.5 m: mostly bicycles
    assert [users[0].at_m(16.0), users[0].from_m] == pytest.approx([-50.0, -110.0])
    assert [user.start_s for user in users] == sorted(user.start_s for user in users)
    assert (users[-1].start_s, users[-1].from_m) == (13 * 3600 + 49 * 60 + 47, 380.0)
    assert [3.6 * users[0].speed_m_per_s, 3.6 * users[-1].speed_m_per_s] == pytest.approx([25, -23])


def test_the_small_hours_are_those_of_the_same_night() -> None:
    """From 02:30 on the next date: the first to come is the one of 02:37:11."""
    first = night(SMALL_HOURS)[0]
    assert first.at_m(7 * 60 + 11) == pytest.approx(-50.0)


def test_a_night_that_was_not_recorded_is_refused() -> None:
    with pytest.raises(PassagesError, match=r"no passages of site 'rigistrasse-31' within 14 h from 2014-11-01T18:00"):
        night(of=date(2014, 11, 1))
    with pytest.raises(PassagesError, match=r"no passages of site 'rigistrasse'; there are .*rigistrasse-31"):
        night(site="rigistrasse")


def test_nobody_is_in_the_dark_and_few_are_under_lit() -> None:
    """Three vehicles creep at 13-14 km/h and are lit as people are: 242 of the 285 under-lit seconds are theirs."""
    users = list(without_long_gaps(night()))
    street = played(users)
    real = street.world.score
    motion = next(ghost.score for ghost in street.world.ghosts if ghost.score.name == "motion 20 %")
    assert street.world.checker.count == 0, list(street.world.checker.violations)
    assert real.dark_s == 0.0
    assert real.user_s == pytest.approx(sum(330 / abs(user.speed_m_per_s) for user in users), rel=0.01)
    assert real.underlit_s < 0.1 * real.user_s
    assert real.underlit_s < motion.underlit_s / 6
    assert real.energy_wh < 0.55 * motion.energy_wh
    assert street.world.passed == [len(users)] * 12
