"""What a step of the lighting kernel costs, compiled and interpreted."""

from math import inf
from statistics import median
from time import perf_counter
from types import ModuleType
from typing import Any

from figures import Figure, figure
from tests.kernels import kernel

NAME = "kernel"
TITLE = "Lighting kernel: a luminaire-step at 256 luminaires"

COUNT = 256
MOVING = range(0, COUNT, 10)
TICK_S = 0.05
RUNS = 7


def run() -> list[Figure]:
    """Medians of seven runs, in this process, one thread."""
    compiled, interpreted = kernel("compiled", "lighting"), kernel("interpreted", "lighting")
    moving_ns = _moving_ns(compiled, 20_000)
    slow_ns = _moving_ns(interpreted, 200)
    return [
        figure("one in ten fading", moving_ns, "ns", 10.0, "no allocation"),
        figure("one in ten fading, its needs renewed", _renewed_ns(compiled, 5_000), "ns", None, "set_need included"),
        figure("all at rest", _idle_ns(compiled, 100_000), "ns", None, "skipped until something is due"),
        figure("one in ten fading, interpreted", slow_ns, "ns", None, "the same source"),
        figure("interpreted / compiled", slow_ns / moving_ns, "x"),
    ]


def _moving_ns(lighting: ModuleType, steps: int) -> float:
    street = _street(lighting)
    for i in MOVING:
        street.set_need(i, 0, inf)
    return _median_ns(street, steps, ())


def _renewed_ns(lighting: ModuleType, steps: int) -> float:
    return _median_ns(_street(lighting), steps, MOVING)


def _idle_ns(lighting: ModuleType, steps: int) -> float:
    return _median_ns(_street(lighting), steps, ())


def _street(lighting: ModuleType) -> Any:
    """All at rest on a schedule; a fade lasts longer than the bench."""
    street = lighting.Street(COUNT, (100.0, 60.0, 20.0, 100.0))
    for i in range(COUNT):
        street.set_lease(i, lighting.SCHEDULE, 10.0, inf)
        street.set_limits(i, 5.0, 100.0)
        street.set_fade(i, 1e6, 1e6)
        street.set_level(i, 10.0)
    street.step(0.0)
    return street


def _median_ns(street: Any, steps: int, renewed: range | tuple[()]) -> float:
    """Of a step, a luminaire; before each one the needs of `renewed` are renewed."""
    step, set_need, now_s, spans = street.step, street.set_need, 0.0, []
    for _ in range(RUNS):
        begin_s = perf_counter()
        for _ in range(steps):
            now_s += TICK_S
            for i in renewed:
                set_need(i, 0, now_s + 4.0)
            step(now_s)
        spans.append(perf_counter() - begin_s)
    return median(spans) / steps / COUNT * 1e9
