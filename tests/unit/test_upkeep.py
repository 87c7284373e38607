"""What the platform may have done to the agent: configurations that are refused, the log for a while, bundles that stay few."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agent import logs
from agent.bundle import Bundle
from agent.config import load_file
from agent.orders.ward import NotDone
from agent.trial import TrialFiles
from agent.upkeep import FOLDER, KEPT, Upkeep
from canned_agent import status

STREET = Path(__file__).resolve().parents[2] / "firmware-sim" / "street.toml"


class Kept:
    """An upkeep of the simulated street's configuration, without a street."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "pole.toml"
        self.text = STREET.read_text(encoding="utf-8")
        self.path.write_text(self.text, encoding="utf-8")
        self.files = TrialFiles(self.path)
        self.stops = 0
        self.upkeep = Upkeep(
            load_file(self.path), self.text, self.files,
            view=cast("Any", SimpleNamespace(status=status, keys=lambda _: [], uplink=lambda: None)),
            supervisor=cast("Any", None), buses={}, stop=self._stop,
        )  # fmt: skip

    async def refused(self, text: str | None) -> str:
        with pytest.raises(NotDone) as why:
            await self.upkeep.configure("c1", text)
        assert self.files.marker is None
        assert not list(self.path.parent.glob("*.next"))
        return str(why.value)

    def _stop(self) -> None:
        self.stops += 1


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("base_pct = 10", "base_pct = 101", "line 20: lighting.base_pct: expected a number from 0 to 100, found 101"),
        ("base_pct = 10", "base_pct = 101\nclass_pct = [", "expected TOML"),
        ('group = "demo"', 'group = "other"', "controller: expected demo/street-1 as before, found other/street-1"),
        ("[uplink]", "[uplonk]", "expected"),
    ],
)
async def test_what_is_not_put_in_place(kept: Kept, old: str, new: str, says: str) -> None:
    assert says in await kept.refused(kept.text.replace(old, new))
    assert kept.path.read_text(encoding="utf-8") == kept.text


async def test_without_an_uplink_nobody_could_be_told(kept: Kept) -> None:
    before, _, after = kept.text.partition("[uplink]")
    assert "uplink: expected the table" in await kept.refused(before + "[bus" + after.partition("[bus")[2])


async def test_what_lies_on_the_disk_is_not_overwritten_unseen(kept: Kept) -> None:
    kept.path.write_text(kept.text.replace("base_pct = 10", "base_pct = 12"), encoding="utf-8")
    assert "is not what is in force" in await kept.refused(kept.text.replace("base_pct = 10", "base_pct = 15"))
    assert await kept.upkeep.configure("c1", None) == (False, "is valid and in place; restarts with it")
    assert kept.files.before.read_text(encoding="utf-8") == kept.text


async def test_what_is_in_force_already(kept: Kept) -> None:
    assert await kept.upkeep.configure("c1", kept.text) == (True, "it is in force already")
    assert await kept.upkeep.configure("c1", None) == (True, "it is in force already")
    assert (kept.files.marker, kept.stops) == (None, 0)


async def test_the_log_level_goes_back_by_itself(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, told, alarms = logs.level(), [], []

    def call_later(for_s: float, then: Callable[[], None]) -> SimpleNamespace:
        alarms.append((for_s, then))
        return SimpleNamespace(cancel=lambda: alarms.remove((for_s, then)))

    kept.upkeep.watch = lambda: told.append(logs.level())
    try:
        with monkeypatch.context() as patched:
            patched.setattr(asyncio.get_running_loop(), "call_later", call_later)
            kept.upkeep.log_level("debug", 600.0)
            kept.upkeep.log_level("error", 60.0)
        assert [for_s for for_s, _ in alarms] == [60.0]
        assert kept.upkeep.logged == "error"
        alarms[0][1]()
        assert told == ["debug", "error", begun]
    finally:
        logs.set_level(begun)


async def test_of_bundles_a_few_are_kept(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    made: Bundle = kept.upkeep.bundled()
    for number in range(KEPT + 2):
        again = Bundle(f"2026-11-25T20:0{number}:00.000Z", made.left_out, made.status, [], "", "", [])
        monkeypatch.setattr(kept.upkeep, "bundled", lambda again=again: again)
        where = await kept.upkeep.bundle()
        assert str(kept.path.parent / FOLDER) in where
    names = sorted(path.name for path in (kept.path.parent / FOLDER).iterdir())
    assert names == [f"street-1-2026-11-25T200{number}00.000Z.json" for number in (2, 3, 4)]


async def test_a_bundle_that_cannot_be_written(kept: Kept) -> None:
    (kept.path.parent / FOLDER).write_text("in the way", encoding="utf-8")
    with pytest.raises(NotDone, match="cannot be written"):
        await kept.upkeep.bundle()
