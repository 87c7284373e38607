"""The page of a run: one file of HTML with all its data, which opens from a disk and asks nothing of a network. Pure."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from agent.lab.play import Account, Picture
from agent.lab.records import KINDS, Passer, Scenario
from agent.lab.scores import Scores, co2_g, cost_eur

MOST_TRACKS = 6000
_PLACE = "/*DATA*/null"


class Played(msgspec.Struct, frozen=True):
    """One scheme's night: what it came to, and its pictures (of the night, of an hour), if there are any."""

    account: Account
    pictures: tuple[Picture, ...]


def template() -> str:
    """Return the page without data."""
    return Path(__file__).with_name("page.html").read_text(encoding="utf-8")


def page_of(scenario: Scenario, played: Mapping[str, Played], found: Scores) -> str:
    """Return the page."""
    street = scenario.street
    data = {
        "name": scenario.name,
        "title": scenario.title,
        "begin_h": scenario.begin_h,
        "night_s": scenario.night_s,
        "kinds": KINDS,
        "scored_lamps": len(street.scored),
        "source": scenario.tariff.source,
        "lamps": [[round(x, 1), round(y, 1)] for x, y in street.lamps],
        "ways": [
            {
                "name": way.name,
                "places": [[lamp, round(place_m, 1)] for lamp, place_m in way.lamps],
                "scored": way.scored_m,
            }
            for way in street.ways
        ],
        "views": [_view(scenario, picture) for picture in next(iter(played.values())).pictures],
        "schemes": [_scheme(name, one, found, scenario) for name, one in played.items()],
        "tracks": [_track(passer) for passer in scenario.passers[:MOST_TRACKS]],
        "untracked": max(len(scenario.passers) - MOST_TRACKS, 0),
    }
    text = msgspec.json.encode(data).decode().replace("<", "\\u003c")  # no text of a scenario ends the script
    return template().replace(_PLACE, text, 1)


def _view(scenario: Scenario, picture: Picture) -> dict[str, float]:
    span_s = picture.span_steps * scenario.step_s
    return {"from_s": picture.from_step * scenario.step_s, "row_s": span_s, "rows": len(picture.rows)}


def _scheme(name: str, played: Played, found: Scores, scenario: Scenario) -> dict[str, object]:
    score = found.schemes[name]
    return {
        "name": name,
        **msgspec.structs.asdict(score),
        "dark_pct": 100 * played.account.dark_share,
        "co2_g": co2_g(played.account, scenario.tariff),
        "cost_ct": 100 * cost_eur(played.account, scenario.tariff),
        "pictures": [
            base64.b64encode(zlib.compress(b"".join(picture.rows), 9)).decode() for picture in played.pictures
        ],
    }


def _track(passer: Passer) -> list[float]:
    numbers = (passer.start_s, passer.end_s, passer.from_m, passer.m_per_s)
    return [passer.kind, passer.way, *(round(number, 2) for number in numbers)]
