"""A sink that keeps what a bus tells, and lets a test wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from drivers.points import Reading

PATIENCE_S = 15.0


class Sink:
    """Keeps what a bus tells."""

    def __init__(self) -> None:
        self.readings: dict[str, Reading] = {}
        self.counts: dict[str, int] = {}
        self.levels: list[tuple[str, float]] = []
        self.last_sent_s = 0.0
        self.events: list[str] = []
        self.news = asyncio.Event()

    def reading(self, key: str, reading: Reading) -> None:
        self.readings[key] = reading
        self.counts[key] = self.counts.get(key, 0) + 1
        self.news.set()

    def same(self, keys: tuple[str, ...], mono_s: float) -> None:
        for key in keys:
            self.reading(key, msgspec.structs.replace(self.readings[key], mono_s=mono_s))

    def sent(self, device_id: str, level_pct: float, mono_s: float) -> None:
        self.levels.append((device_id, level_pct))
        self.last_sent_s = mono_s
        self.news.set()

    def event(self, name: str, **keys: object) -> None:
        self.events.append(f"{name} {keys.get('unit', '')}".strip())
        self.news.set()

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                self.news.clear()
                await self.news.wait()
