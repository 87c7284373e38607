"""The schemes by name, in the order in which they are shown. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agent.lab import baselines
from agent.lab.commands import Plan
from agent.lab.pole import gadelys
from agent.lab.records import Scenario

SCHEMES: Mapping[str, Callable[[Scenario], Plan]] = {
    "conventional": lambda scenario: baselines.schedule(scenario, baselines.CONVENTIONAL),
    "part-night": lambda scenario: baselines.schedule(scenario, baselines.PART_NIGHT),
    "step-dim": lambda scenario: baselines.schedule(scenario, baselines.STEP_DIM),
    "multi-step": lambda scenario: baselines.schedule(scenario, baselines.MULTI_STEP),
    "motion": baselines.motion,
    "neighbour-lease-20": lambda scenario: baselines.neighbour_lease(scenario, 0.2),
    "neighbour-lease-10": lambda scenario: baselines.neighbour_lease(scenario, 0.1),
    "neighbour-lease": lambda scenario: baselines.neighbour_lease(scenario, 0.0),
    "gadelys-10": lambda scenario: gadelys(scenario, 10.0),
    "gadelys": lambda scenario: gadelys(scenario, 0.0),
    "oracle": baselines.oracle,
}
