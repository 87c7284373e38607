"""Reading [users.NAME]: who comes along which way. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime

from agent.config.table import Table
from agent.lab.files import Files, UnreadableError, number, rows, shown, text_of
from agent.lab.hours import NightHours
from agent.lab.records import KINDS, Passer
from agent.lab.users import EVENING_SHAPE, chance_starts, entering, even_starts, passing
from agent.lab.ways import Street
from drivers.toml_words import did_you_mean

MOST_PASSERS = 200_000
_SHIFT = (0.0, 0.37)  # of the gaps between users, by KINDS
_SPEED_KM_PER_H = (50.0, 5.04)
_SLOWEST_KM_PER_H, _FASTEST_KM_PER_H = 0.5, 250.0


def read_users(
    tables: Mapping[str, Table], street: Street, night: NightHours, files: Files, seed: int
) -> tuple[Passer, ...]:
    """Read everybody, by rising start."""
    passers: list[Passer] = []
    for table in tables.values():
        stream = _Stream(table, street, night)
        if table.choice("source", ("hours", "passages"), "hours") == "hours":
            passers += stream.by_hours(seed)
        else:
            passers += stream.recorded(files)
        table.finish()
        if len(passers) > MOST_PASSERS:
            table.wrong("source", f"at most {MOST_PASSERS} users a night", f"{len(passers)}")
            return ()
    return tuple(sorted(passers, key=lambda passer: passer.start_s))


class _Stream:
    """One table of users: what they are, and on which way."""

    def __init__(self, table: Table, street: Street, night: NightHours) -> None:
        self._table = table
        self._night = night
        kinds = ("pedestrian",) if street.shape == "path" else KINDS
        self._kind = KINDS.index(table.choice("kind", kinds))
        names = [way.name for way in street.ways]
        name = table.text("way", "the name of a way", names[0])
        if name not in names:
            table.wrong("way", f"one of {', '.join(names)}{did_you_mean(name, names)}")
            name = names[0]
        self._way = names.index(name)
        self._street = street.ways[self._way]
        self._before_m = table.number("before_m", 0, 5000, 300)

    def by_hours(self, seed: int) -> Iterable[Passer]:
        """Users by hourly volumes."""
        table, kind = self._table, self._kind
        speed_km_per_h = table.number("speed_km_per_h", _SLOWEST_KM_PER_H, _FASTEST_KM_PER_H, _SPEED_KM_PER_H[kind])
        shift = table.number("shift", 0, 1, _SHIFT[kind])
        by_chance = table.choice("spread", ("even", "chance"), "even") == "chance"
        volumes = self._volumes()
        if sum(volumes) > MOST_PASSERS:
            table.wrong(
                "per_hour" if table.has("per_hour") else "peak_per_hour", f"at most {MOST_PASSERS} users a night"
            )
            return
        starts = chance_starts(volumes, f"{table.path[-1]} {seed}") if by_chance else even_starts(volumes, shift)
        for start_s, up in starts:
            m_per_s = speed_km_per_h / 3.6 if up else -speed_km_per_h / 3.6
            yield entering(kind, self._way, self._street, start_s, self._before_m, m_per_s)

    def _volumes(self) -> tuple[float, ...]:
        """An hour's users, for each hour of the night that there is a number for; the last hour may be a part of one."""
        table, hours = self._table, self._night.seconds / 3600
        if table.has("per_hour"):
            table.needless("peak_per_hour", "beside per_hour")
            table.needless("shape", "beside per_hour")
            volumes = table.numbers("per_hour", 0, 100_000)
        else:
            peak = table.number("peak_per_hour", 0, 100_000)
            volumes = tuple(peak * share for share in table.numbers("shape", 0, 1, EVENING_SHAPE))
        return volumes[: math.ceil(hours)]

    def recorded(self, files: Files) -> Iterable[Passer]:
        """Users as a device at `at_m` recorded them: each at its speed all along."""
        table, middle_m = self._table, (self._street.lamps[0][1] + self._street.lamps[-1][1]) / 2
        at_m = table.number("at_m", -100_000, 100_000, middle_m)
        site = table.text("site", "the site whose passages are meant") if table.has("site") else ""
        says = "a CSV file with time_utc, direction, speed_km_per_h"
        name, text = text_of(table, "file", files, says)
        if self._night.begin_utc is None:
            table.wrong("source", "a date beside it: [night] date")
        if not name or self._night.begin_utc is None:
            return []
        try:
            found = self._recorded(text, name, site, at_m, self._night.begin_utc)
        except UnreadableError as error:
            table.wrong("file", says, str(error))
            return []
        return found

    def _recorded(self, text: str, name: str, site: str, at_m: float, begin: datetime) -> list[Passer]:
        columns = ("time_utc", "direction", "speed_km_per_h", *(("site",) if site else ()))
        found, sites = [], set()
        for line, row in rows(text, name, columns):
            if site:
                sites.add(row["site"])
                if row["site"] != site:
                    continue
            place = f"{name}:{line}"
            at_s = (_utc(row["time_utc"], place) - begin).total_seconds()
            if row["direction"] not in {"1", "2"}:
                raise UnreadableError(f"{place}: direction: expected 1 or 2, found {shown(row['direction'])}")
            km_per_h = number(row["speed_km_per_h"], _SLOWEST_KM_PER_H, _FASTEST_KM_PER_H, f"{place}: speed_km_per_h")
            m_per_s = km_per_h / 3.6 if row["direction"] == "1" else -km_per_h / 3.6
            passer = passing(self._kind, self._way, self._street, at_s, at_m, self._before_m, m_per_s)
            if passer.end_s > 0 and passer.start_s < self._night.seconds:
                found.append(passer)
        if site and site not in sites:
            raise UnreadableError(f"{name}: no passages of {shown(site)}; there are {', '.join(sorted(sites))}")
        return found


def _utc(text: str, place: str) -> datetime:
    try:
        utc = datetime.fromisoformat(text)
    except ValueError:
        utc = None
    if utc is None or utc.tzinfo is None:
        raise UnreadableError(f"{place}: time_utc: expected such as 2014-12-01T20:15:00Z, found {shown(text)}")
    return utc
