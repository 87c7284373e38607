"""What a run says of each scheme: the figures that are printed, and those that programs read. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from agent.lab.play import Account
from agent.lab.records import Tariff


class Score(msgspec.Struct, frozen=True):
    """The figures of one scheme, of a night of the scored lamps. `energy_pct` is of conventional."""

    energy_pct: float
    utility: float
    under_lit_pct: float
    commands_per_lamp_hour: float
    kwh_per_lamp: float


class Scores(msgspec.Struct, frozen=True):
    """What `--json` prints."""

    scenario: str
    schemes: dict[str, Score]


def scores(scenario: str, accounts: Mapping[str, Account], conventional: Account) -> Scores:
    """Return the figures of all schemes."""
    return Scores(scenario, {name: _score(account, conventional) for name, account in accounts.items()})


def co2_g(account: Account, tariff: Tariff) -> float:
    """Return grams of CO2 a lamp and night."""
    return sum(kwh * _at(tariff.g_co2_per_kwh, hour) for hour, kwh in enumerate(account.kwh_by_hour))


def cost_eur(account: Account, tariff: Tariff) -> float:
    """Return euros a lamp and night: energy alone, without grid, taxes and upkeep."""
    return sum(kwh * _at(tariff.eur_per_kwh, hour) for hour, kwh in enumerate(account.kwh_by_hour))


def _at(values: tuple[float, ...], hour: int) -> float:
    return values[min(hour, len(values) - 1)]


def _score(account: Account, conventional: Account) -> Score:
    return Score(
        energy_pct=100 * account.kwh_per_lamp / conventional.kwh_per_lamp,
        utility=account.utility,
        under_lit_pct=100 * account.under_lit_share,
        commands_per_lamp_hour=account.commands_per_lamp_hour,
        kwh_per_lamp=account.kwh_per_lamp,
    )
