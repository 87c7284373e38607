"""What the node tells of itself: its configuration's state, in words that say it once."""

from __future__ import annotations

from typing import cast

import pytest

from agent.clock import Clock
from agent.orders.ward import Trial
from agent.uplink import names
from agent.uplink.own import OwnMetrics
from agent.uplink.reports import Reporter
from drivers.points import Value
from kept_orders import CannedWard
from orders_clock import SteadyClock


class Told:
    """What was set last, by its name."""

    def __init__(self) -> None:
        self.values: dict[str, Value | None] = {}

    def set(self, _device: str, metric: str, value: Value | None, _now_s: float) -> None:
        self.values[metric] = value


@pytest.mark.parametrize(
    ("trial", "state"),
    [
        (None, "in force"),
        (Trial("n1", "passed", "all is well"), "in force"),
        (Trial("n1", "on trial", "in place, on probation for 120 s"), "on trial: in place, on probation for 120 s"),
        (Trial("n1", "rolled back", "rolled back: no unit answers"), "rolled back: no unit answers"),
    ],
)
def test_the_state_of_the_configuration(trial: Trial | None, state: str) -> None:
    told, ward = Told(), CannedWard()
    ward.trial = trial
    OwnMetrics(cast("Reporter", told), cast("Clock", SteadyClock()), "1").ward(ward)
    assert told.values[names.CONFIGURATION_STATE] == state
