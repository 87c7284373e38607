"""The requirements of Sparkplug 3.0 on an edge node, by their ids without `tck-id-`: each has a check of what was recorded.

Those that begin with `own-` are ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from edge_record import EdgeRecord


class Runs(NamedTuple):
    """One node's everyday, its life with the profile `strict`, and with a primary host."""

    version: str
    everyday: EdgeRecord
    strict: EdgeRecord
    hosted: EdgeRecord

    @property
    def all(self) -> tuple[EdgeRecord, EdgeRecord, EdgeRecord]:
        """All three."""
        return self.everyday, self.strict, self.hosted


Check = Callable[[Runs], None]
REQUIREMENTS: dict[str, Check] = {}


def requires(*ids: str) -> Callable[[Check], Check]:
    """Register a check for one or several requirements."""

    def register(check: Check) -> Check:
        for one in ids:
            assert one not in REQUIREMENTS, one
            REQUIREMENTS[one] = check
        return check

    return register
