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
    Column("address", spare=2),
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
    """What was heard. `others`: addresses that are no beacons."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], _Sighting] = {}
        self._telemetry: dict[str, EddystoneTlm] = {}
        self.others: set[str] = set()

    def __len__(self) -> int:
        return len(self._seen)

    def take(self, heard: Heard) -> None:
        """Take an advert."""
        named = [said for said in heard.beacons if not isinstance(said, Wrong)]
        if not named and len(self.others) < _MOST:
            self.others.add(heard.address)
        for said in named:
            self.others.discard(heard.address)
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

    def page(self, width: int) -> Iterator[Line]:
        """Yield them as a table; how a beacon is doing stands in its row."""
        rows = list(self._rows())
        if rows:
            yield from table(_COLUMNS, rows, width)
        beacons = len({seen.address for seen in self._seen.values()})
        others = f"; {fmt.count(len(self.others), 'other device')}" if self.others else ""
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
