"""Who holds which lamp until when, upwards. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from agent.control.leases import Lease, LeaseBook
from agent.uplink import names
from agent.uplink.edge import Stamp
from agent.uplink.reports import Reporter

_HIGHEST_FIRST = ("technician", "operator")


class Holders:
    """Tells of each lamp the highest lease on it, once it is another one."""

    def __init__(self, reporter: Reporter, book: LeaseBook, lamps: Mapping[str, int]) -> None:
        self._reporter = reporter
        self._book = book
        self._names = {number: lamp for lamp, number in lamps.items()}
        self._told: dict[int, tuple[Lease, bool]] = {}

    def tell(self, stamp: Stamp) -> None:
        """Tell what has changed."""
        held = self._book.all(stamp.mono_s)
        if not held and not self._told:
            return
        highest: dict[int, Lease] = {}
        for rung in _HIGHEST_FIRST:
            for (lamp, of), lease in held.items():
                if of == rung:
                    highest.setdefault(lamp, lease)
        now = {lamp: (lease, stamp.trusted) for lamp, lease in highest.items()}
        for lamp in {**self._told, **now}:
            if now.get(lamp) != self._told.get(lamp):
                self._put(self._names[lamp], now.get(lamp), stamp)
        self._told = now

    def _put(self, device: str, held: tuple[Lease, bool] | None, stamp: Stamp) -> None:
        lease, trusted = held or (None, False)
        until_ms = stamp.ms(lease.until_s) if lease is not None and trusted else None
        self._reporter.set(device, names.HOLDER, None if lease is None else lease.holder, stamp.mono_s)
        self._reporter.set(device, names.UNTIL, until_ms, stamp.mono_s)
