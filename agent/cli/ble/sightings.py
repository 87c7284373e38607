"""The beacons that a scan has heard so far: one row for each address and name, the strongest first. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from statistics import median

from agent.cli import format as fmt
from agent.cli.ble.words import far_off, sentence, telemetry
from agent.cli.text import Column, Line, Span, line, table
from drivers.ble.devices import Heard
from drivers.ble.records import Beacon, EddystoneTlm, Wrong, power_at_1_m_dbm

_LAST = 20  # strengths, of which the median is shown
_MOST = 512
_COLUMNS = (
    Column("dBm", right=True),
    Column("far", right=True, spare=1),
    Column("heard", right=True, spare=3),
    Column("address"),
    Column("beacon"),
)


class _Sighting:
    __slots__ = ("address", "count", "rssi_dbm", "said")

    def __init__(self, address: str, said: Beacon) -> None:
        self.address = address
        self.said = said
        self.count = 0
        self.rssi_dbm: deque[int] = deque(maxlen=_LAST)


class Sightings:
    """What was heard, and for as long as the command runs also what is no beacon."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], _Sighting] = {}
        self._telemetry: dict[str, EddystoneTlm] = {}
        self._others: dict[str, int | None] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def take(self, heard: Heard) -> None:
        """Take an advert."""
        named = [said for said in heard.beacons if not isinstance(said, Wrong)]
        known = heard.address in {seen.address for seen in self._seen.values()}
        if not named and not known and (heard.address in self._others or len(self._others) < _MOST):
            self._others[heard.address] = heard.rssi_dbm
        for said in named:
            self._others.pop(heard.address, None)
            if isinstance(said, EddystoneTlm):
                self._telemetry[heard.address] = said
            key = (heard.address, "tlm" if isinstance(said, EddystoneTlm) else sentence(said))
            if key not in self._seen and len(self._seen) >= _MOST:
                continue
            seen = self._seen.setdefault(key, _Sighting(heard.address, said))
            seen.said = said
            seen.count += 1
            if heard.rssi_dbm is not None:
                seen.rssi_dbm.append(heard.rssi_dbm)

    def page(self, width: int, *, everybody: bool) -> Iterator[Line]:
        """Yield them as a table; how a beacon is doing stands in its row. `everybody`: what is no beacon too."""
        rows = list(self._rows())
        for address, rssi_dbm in sorted(self._others.items()) if everybody else ():
            rows.append(["" if rssi_dbm is None else str(rssi_dbm), "", "", address, Span("no beacon", "dim")])
        if rows:
            yield from table(_COLUMNS, rows, width)
        beacons = len({seen.address for seen in self._seen.values()})
        others = f"; {fmt.count(len(self._others), 'other device')}" if self._others else ""
        yield line(
            Span(
                f"{fmt.count(beacons, 'beacon')}{others}" if beacons else f"no beacon{others}",
                "dim" if beacons else "warn",
            )
        )

    def _rows(self) -> Iterator[list[Span | str]]:
        named = {seen.address for seen in self._seen.values() if not isinstance(seen.said, EddystoneTlm)}
        for seen in sorted(self._seen.values(), key=_weakness):
            if isinstance(seen.said, EddystoneTlm) and seen.address in named:
                continue
            rssi = f"{median(seen.rssi_dbm):.0f}" if seen.rssi_dbm else ""
            near_dbm = power_at_1_m_dbm(seen.said)
            far = far_off(near_dbm, median(seen.rssi_dbm)) if near_dbm is not None and seen.rssi_dbm else ""
            how = self._telemetry.get(seen.address)
            doing = f" ({telemetry(how)})" if how is not None and not isinstance(seen.said, EddystoneTlm) else ""
            yield [rssi, f"~{far}" if far else "", str(seen.count), seen.address, sentence(seen.said) + doing]


def _weakness(seen: _Sighting) -> tuple[float, str]:
    return (-median(seen.rssi_dbm) if seen.rssi_dbm else 200.0, seen.address)
