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
GAP_M = 30.0
SPEED_M_PER_S = 14.0
VEHICLES = 15  # so many keep one lamp in ten fading: each lamp 1 s up and 4 s down
CELL_STEPS = round(GAP_M / SPEED_M_PER_S / TICK_S)  # a tracker tells of each vehicle once a cell


def run() -> list[Figure]:
    """Medians of seven runs, in this process, one thread."""
    compiled, interpreted = kernel("compiled", "lighting"), kernel("interpreted", "lighting")
    users_ns, share = _Traffic(compiled).run(10_000)
    slow_ns, _ = _Traffic(interpreted).run(200)
    told = f"{VEHICLES} vehicles with fields, put anew once a cell; {share:.1%} of the lamps fading"
    return [
        figure("road users moving", users_ns, "ns", 10.0, told),
        figure("one in ten fading, nobody there", _median_ns(_fading(compiled), 20_000, ()), "ns", 10.0),
        figure(
            "the same, its needs renewed", _median_ns(_street(compiled), 5_000, MOVING), "ns", None, "with set_need"
        ),
        figure("all at rest", _median_ns(_street(compiled), 100_000, ()), "ns", None, "skipped until something is due"),
        figure("road users moving, interpreted", slow_ns, "ns", None, "the same source"),
        figure("interpreted / compiled", slow_ns / users_ns, "x", 50.0, "road users moving", least=True),
    ]


class _Traffic:
    """Vehicles go round a street for ever; each lights its lamps from 15 m behind to 100 m ahead."""

    def __init__(self, lighting: ModuleType) -> None:
        self._street = lighting.Street(COUNT, (100.0, 60.0, 20.0, 100.0), VEHICLES)
        for i in range(COUNT):
            self._street.set_lease(i, lighting.SCHEDULE, 10.0, inf)
            self._street.set_limits(i, 5.0, 100.0)
            self._street.set_fade(i, 1.0, 4.0)
            self._street.set_level(i, 10.0)
            self._street.set_way_place(i, GAP_M * i)
        self._street.set_shape(0, ((15.0, 100.0, 100.0),), 0.0)
        self._tick = 0

    def run(self, steps: int) -> tuple[float, float]:
        """Return nanoseconds a luminaire-step, and the share of lamps that fade."""
        self._drive(400)
        spans = []
        for _ in range(RUNS):
            begin_s = perf_counter()
            self._drive(steps)
            spans.append(perf_counter() - begin_s)
        return median(spans) / steps / COUNT * 1e9, self._share()

    def _drive(self, steps: int) -> None:
        step, put_user = self._street.step, self._street.put_user
        for tick in range(self._tick, self._tick + steps):
            now_s = tick * TICK_S
            if tick % CELL_STEPS < VEHICLES:  # one by one
                user = tick % CELL_STEPS
                begin_m = COUNT * GAP_M * user / VEHICLES
                way_m = (begin_m + SPEED_M_PER_S * now_s) % (COUNT * GAP_M)
                up = user % 2 == 0
                place_m, velocity = (way_m, SPEED_M_PER_S) if up else (COUNT * GAP_M - way_m, -SPEED_M_PER_S)
                put_user(user, 0, place_m, velocity, 0.0, now_s, now_s + 10.0)
            step(now_s)
        self._tick += steps

    def _share(self) -> float:
        """Return the share of lamps on their way to a target, looked at 100 times."""
        fading = 0
        for _ in range(100):
            self._drive(7)
            fading += sum(self._street.level(i) != self._street.target(i) for i in range(COUNT))
        return fading / COUNT / 100


def _fading(lighting: ModuleType) -> Any:
    street = _street(lighting)
    for i in MOVING:
        street.set_need(i, 0, inf)
    return street


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
