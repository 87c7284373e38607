"""An uplink in the event loop of a test, whose waits are short."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Literal

import pytest

from agent.uplink import backlog, backoff, keeping, link, reports, speaker
from uplinked_street import LoopClock, UplinkedStreet

VERSIONS: tuple[Literal["5", "3.1.1"], ...] = ("5", "3.1.1")
PATIENCE_S = 8.0
_WAITS = (
    (link, "PROVE_EVERY_S", 0.02),
    (keeping, "LOOK_EVERY_S", 0.1),
    (link, "PROVE_WITHIN_S", 0.25),
    (link, "PING_EVERY_S", 0.05),
    (backlog, "LOOK_EVERY_S", 0.02),
    (link, "HOST_WITHIN_S", 0.3),
    (keeping, "COMMIT_EVERY_S", 0.05),
    (speaker, "REBIRTH_EVERY_S", 0.4),
    (backoff, "FIRST_S", 0.02),
    (reports, "_STALE_EVERY_S", 0.1),
)


@contextlib.contextmanager
def hurried(**changed: float) -> Iterator[None]:
    """Let the uplink's waits be short; `changed` gives some of them another length."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in _WAITS:
            patch.setattr(module, name, changed.get(name, value))
        yield


@contextlib.asynccontextmanager
async def running(port: int, **options: Any) -> AsyncIterator[UplinkedStreet]:
    """Run a street's uplink to that port from its start to its intended stop."""
    street = UplinkedStreet(clock=LoopClock(), port=port, **{"longest_wait_s": 0.05} | options)
    for lamp in ("lum-01", "lum-02", "lum-03"):
        street.put(f"{lamp}/lamp/dimming_level", 10.0)
    street.put("radar-01/presence/state", False)
    task = asyncio.create_task(street.uplink.run())
    try:
        yield street
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(holds: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
    """Wait until something holds."""
    clock = asyncio.get_running_loop().time
    deadline_s = clock() + patience_s
    while not holds():
        assert clock() < deadline_s, f"not within {patience_s:g} s: {what}"
        await asyncio.sleep(0.002)


def online(street: UplinkedStreet) -> bool:
    """Whether it has told its births."""
    return street.uplink.state().state == "online"
