"""The rule by which the parameters of our scheme are chosen, and what the last search found: `lab_front.json`, beside this.

One set for all streets. It has to be good enough everywhere, first of all on streets that were recorded and with sensors as
they are; of sets that are, the one with the least energy counts, and of those that are as good as that, what leaves the most
light to the worst street: a set that saves a hundredth more on these nights has learned these nights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import msgspec

from agent.services import crowd, lighting, passing, tracking
from lab_reading import shipped

TABLE = Path(__file__).with_name("lab_front.json")

MODULES: tuple[ModuleType, ...] = (crowd, lighting, passing, tracking)
HOLDS = ("hold_s", "vehicle_hold_s")
CHOICES = (
    "_RISE", "_FALL", "_STEP", "_EARLY_S", "_STILL_S", "_SURE_M", "_NEXT_FIX_S", "_LATE", "_ODD_SPEED", "_ALONE", "UNSEEN",
    "_FOLLOWS", "_EXPLAINED_S", "_LOST_M",
)  # fmt: skip

GOAL_PCT = {"s1": 3.7, "s2": 11.5, "s3": 29.2, "s4": 51.2}
LEAST_UTILITY, MOST_UNDER_LIT_PCT = 0.998, 0.1
REAL_UTILITY, REAL_UNDER_LIT_PCT = 0.9985, 0.25
SIMULATED_UNDER_LIT_PCT = 4.0  # vehicles that creep like people are most of it
FAULTS_UNDER_LIT_PCT = 0.05  # the promise is 5
MOST_COMMANDS = 100.0  # a lamp-hour, mean of s1 to s4
AS_GOOD = 1.01  # energies that differ by less do not differ

Values = dict[str, float]


class Row(msgspec.Struct, frozen=True):
    """A set of parameters and what whole nights under it came to, each figure of the worst night or street.

    `energy_pct`: by night and street, of conventional. `street_utility`: the mean of a street's nights, as is its energy, of
    which `over_lease_pct` is what it has more than the neighbour lease's, in points. `simulated_under_lit_pct`: on the
    simulated street with its devices and lines, on a recorded night.
    """

    values: Values
    energy_pct: dict[str, float]
    utility: float
    under_lit_pct: float
    street_utility: float
    over_lease_pct: float
    real_utility: float
    real_under_lit_pct: float
    simulated_under_lit_pct: float
    faults_under_lit_pct: float
    faults_dark_pct: float
    commands: float

    @property
    def mean_energy_pct(self) -> float:
        """Of nights and streets; each counts the same."""
        return sum(self.energy_pct.values()) / len(self.energy_pct)

    @property
    def misses(self) -> list[str]:
        """What is not good enough, by name."""
        held = {
            "energy": all(self.energy_pct[name] <= goal for name, goal in GOAL_PCT.items()),
            "utility": self.utility >= LEAST_UTILITY,
            "under-lit": self.under_lit_pct <= MOST_UNDER_LIT_PCT,
            "recorded streets": self.street_utility >= LEAST_UTILITY,
            "neighbour lease": self.over_lease_pct <= 0.0,
            "real sensors": self.real_utility >= REAL_UTILITY and self.real_under_lit_pct <= REAL_UNDER_LIT_PCT,
            "simulated street": self.simulated_under_lit_pct <= SIMULATED_UNDER_LIT_PCT,
            "faults": self.faults_under_lit_pct <= FAULTS_UNDER_LIT_PCT and not self.faults_dark_pct,
            "commands": self.commands <= MOST_COMMANDS,
        }
        return [name for name, good in held.items() if not good]


def chosen(rows: Sequence[Row]) -> Row | None:
    """Return the row that the rule chooses; none if no row is good enough."""
    good = [row for row in rows if not row.misses]
    least_pct = min((row.mean_energy_pct for row in good), default=0.0)
    as_good = [row for row in good if row.mean_energy_pct <= AS_GOOD * least_pct]
    return max(as_good, key=lambda row: (min(row.utility, row.street_utility), -row.mean_energy_pct), default=None)


def found() -> list[Row]:
    """Return what the last search found."""
    return msgspec.json.decode(TABLE.read_bytes(), type=list[Row])


def keep(rows: Sequence[Row]) -> None:
    """Write what a search has found."""
    TABLE.write_bytes(msgspec.json.format(msgspec.json.encode(rows), indent=1) + b"\n")


def present() -> Values:
    """Return what the parameters are now; those of a pair are named .0 and .1."""
    record = shipped("s1").lighting
    values: Values = {name: getattr(record, name) for name in HOLDS}
    for module in MODULES:
        for name, value in _numbers(module):
            values |= (
                {f"{name}.{i}": part for i, part in enumerate(value)} if isinstance(value, tuple) else {name: value}
            )
    return values


def put(values: Values) -> None:
    """Give the light wave other numbers, in this process."""
    for module in MODULES:
        for name, value in _numbers(module):
            parts = len(value) if isinstance(value, tuple) else 0
            setattr(module, name, tuple(values[f"{name}.{i}"] for i in range(parts)) if parts else values[name])


def _numbers(module: ModuleType) -> Iterator[tuple[str, float | tuple[float, ...]]]:
    return ((name, getattr(module, name)) for name in CHOICES if hasattr(module, name))
