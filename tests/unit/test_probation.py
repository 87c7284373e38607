"""Whether a configuration has proven itself, in virtual time."""

from __future__ import annotations

import pytest

from agent.probation import End, Probation, Signs

WELL = Signs([], [], [], online=True)


def end(*changes: tuple[float, Signs]) -> End:
    """Look once a second for 120 s; signs change at the times that are said."""
    probation, signs = Probation(0.0, 120.0), WELL
    for now_s in range(121):
        signs = next((later for at_s, later in reversed(changes) if now_s >= at_s), WELL)
        found = probation.look(signs, float(now_s))
        if found is not None:
            assert now_s == 120
            return found
    raise AssertionError("no end")


def test_well_all_the_time() -> None:
    assert end().passed


@pytest.mark.parametrize(
    ("signs", "says"),
    [
        (Signs(["control"], [], [], online=True), "the task control hangs"),
        (Signs([], ["uplink"], [], online=True), "the task uplink has died"),
        (Signs([], [], ["lamps"], online=True), "no unit of the bus lamps answers any more"),
        (Signs([], [], [], online=False), "the uplink does not come back"),
        (Signs([], [], ["a", "b"], online=False),
         "no unit of the bus a answers any more; no unit of the bus b answers any more; the uplink does not come back"),
    ],
)  # fmt: skip
def test_what_is_not_well(signs: Signs, says: str) -> None:
    assert end((0.0, signs)) == End(passed=False, reason=says)
    assert end((0.0, signs), (80.0, WELL)).passed  # they may take their time to come back
    assert end((0.0, signs), (100.0, WELL)) == End(passed=False, reason=says)  # but not all of it
    assert end((110.0, signs), (111.0, WELL)) == End(passed=False, reason=says)
