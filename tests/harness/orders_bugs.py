"""Bugs on purpose in what keeps commands: a campaign that does not find them finds nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

import msgspec

from agent import kept
from agent.control.leases import Lease
from agent.orders import lines, log
from agent.orders.lines import Found
from agent.orders.orders import Orders, Slot


def _put(module: ModuleType, name: str, value: object) -> None:
    setattr(module, name, value)


def _answered_before_it_is_synced() -> None:
    commit = Orders.commit

    def early(
        self: Orders, then: Callable[[], None] = lambda: None, change: Mapping[Slot, Lease | None] | None = None
    ) -> None:
        commit(self, lambda: None, change)
        then()

    Orders.commit = early  # type: ignore[method-assign]


def _answered_again_before_it_is_synced() -> None:
    def early(self: Orders, then: Callable[[], None]) -> None:
        then()

    Orders.after = early  # type: ignore[method-assign]


def _lines_without_a_sync() -> None:
    _put(os, "fdatasync", lambda _: None)


def _made_anew_without_a_sync() -> None:
    def careless(path: Path, content: bytes, *, lasting: bool) -> None:
        kept.replace(path, content, lasting=False)
        kept._sync_folder(path.parent)

    _put(log, "replace", careless)


def _made_anew_without_its_name() -> None:
    def nameless(path: Path, content: bytes, *, lasting: bool) -> None:
        sync = kept._sync_folder
        _put(kept, "_sync_folder", lambda _: None)
        kept.replace(path, content, lasting=lasting)
        _put(kept, "_sync_folder", sync)

    _put(log, "replace", nameless)


def _made_anew_in_place() -> None:
    def in_place(path: Path, content: bytes, *, lasting: bool) -> None:
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if lasting:
            kept._sync_folder(path.parent)

    _put(log, "replace", in_place)


def torn_believed(raw: bytes) -> Found:
    """Read a file, and take a last line that was not ended for a state in which there is nothing."""
    found = lines.read(raw)
    if found.state is None or not raw[found.end :].strip(b"\0"):
        return found
    return msgspec.structs.replace(found, state=lines.State(found.state.noted, [], {}))


def _torn_believed() -> None:
    _put(log, "read", torn_believed)


BUGS: dict[str, Callable[[], None]] = {
    "answered before it is synced": _answered_before_it_is_synced,
    "answered again before it is synced": _answered_again_before_it_is_synced,
    "lines without a sync": _lines_without_a_sync,
    "made anew without a sync": _made_anew_without_a_sync,
    "made anew without its name": _made_anew_without_its_name,
    "made anew in place": _made_anew_in_place,
    "a torn line is believed": _torn_believed,
}


def plant(name: str) -> None:
    """Put a bug into this process."""
    BUGS[name]()
