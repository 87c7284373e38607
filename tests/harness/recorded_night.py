"""A recorded night of single passages on the simulated street, in virtual time.

Source of the passages: Kantonspolizei Basel-Stadt / Open Data Basel-Stadt. They are not part of this repository.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from firmware_sim.street import Recording, recorded
from firmware_sim.traffic import User
from virtual_street import VirtualStreet

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("GADELYS_DATA") or ROOT.parent / "shared" / "data")
PASSAGES = DATA / "basel-passages" / "passages.csv.gz"
SITE, NIGHT = "rigistrasse-31", date(2014, 12, 1)
EVENING = datetime.fromisoformat("2014-12-01T18:00+01:00")
SMALL_HOURS = datetime.fromisoformat("2014-12-01T02:30+01:00")
LONGEST_GAP_S = 120.0  # by then a street of 430 m is empty and dimmed again


def night(begin: datetime = EVENING, site: str = SITE, of: date = NIGHT) -> list[User]:
    return list(recorded(Recording(PASSAGES, site, of), begin))


def without_long_gaps(users: Iterable[User]) -> Iterator[User]:
    """The same users, where nobody comes for long a little sooner."""
    skipped_s = before_s = 0.0
    for user in users:
        skipped_s += max(0.0, user.start_s - skipped_s - before_s - LONGEST_GAP_S)
        before_s = user.start_s - skipped_s
        yield replace(user, start_s=before_s)


def played(users: Iterable[User]) -> VirtualStreet:
    """Return the street after all of them have passed and it has come to rest."""
    passing = list(users)
    street = VirtualStreet(users=iter(passing), begin=EVENING)
    street.run(passing[-1].start_s + LONGEST_GAP_S)
    return street
