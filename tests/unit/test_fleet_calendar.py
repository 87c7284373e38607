"""One calendar for many: made of what was collected, checked, and nothing sent where it does not fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.cli.fleet.apply import Steps, apply, read_calendar
from agent.cli.fleet.collect import Folder, Wanted, collect
from agent.cli.fleet.source import Asked
from agent.cli.trouble import Trouble
from agent.cli.uplink.place import Wanted as Where
from agent.fleet.collecting import digest
from agent.fleet.records import Device, Node, Seen
from agent.fleet.store import CONNECTED, SERVED, Batch, Store
from told_fleet import POLE

GOOD = '[lighting.calendar.late]\nfrom = "23:00"\nto = "05:30"\nclass_pct = 50\n'


class Fleet:
    """Collected texts, and nodes in a store with the digests that they tell."""

    def __init__(self, path: Path, *nodes: str) -> None:
        self.path, self.folder = path, Folder(path / "poles")
        self.calendar = path / "calendar.toml"
        self.calendar.write_text(GOOD)
        for node in nodes:
            self.folder.write("demo", node, POLE.format(id=node))

    def know(self, **digests: str) -> Asked:
        store = Store(self.path / "f.db", make=True)
        said = {node: {"configuration/digest": Seen(found, "", "good", 1)} for node, found in digests.items()}
        nodes = [Node("demo", node, "online") for node in digests]
        devices = [(f"demo/{node}/", Device("alive", 1, values)) for node, values in said.items()]
        store.write(Batch(nodes=nodes, devices=devices, facts={SERVED: 1, CONNECTED: 1}))
        store.close()
        return Asked(Where(host="127.0.0.1", port=1), None, self.path / "f.db")

    def apply(self, asked: Asked, pattern: str = "demo/*", *, dry_run: bool = True) -> int:
        steps = Steps([], self.calendar, pattern, self.folder.path, dry_run, 1, 10, "5s", None)
        return apply(asked, steps, seconds=0.1, as_json=True)


def test_each_node_gets_its_own_text_with_the_calendar(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, "a", "b")
    made = read_calendar(fleet.calendar, "demo/*", fleet.folder)
    assert [(one.path, one.text, one.base) for one in made.wanted] == [
        (f"demo/{node}", POLE.format(id=node) + "\n" + GOOD, digest(POLE.format(id=node))) for node in "ab"
    ]
    assert sorted(path.name for path in fleet.folder.path.glob("demo/*")) == ["a.toml", "b.toml"]


def test_what_does_not_fit_is_refused_by_name(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, "a", "b", "c", "d")
    fleet.folder.write("demo", "b", POLE.format(id="another"))
    fleet.folder.write("demo", "c", POLE.format(id="c").replace("55.0", "155.0"))
    fleet.folder.write("demo", "d", POLE.format(id="d") + "[lighting]\ncalendar = {}\n")
    made = read_calendar(fleet.calendar, "demo/*", fleet.folder)
    why = {one.path: one.reason for one in made.refused}
    assert [one.path for one in made.wanted] == ["demo/a"]
    assert why["demo/b"] == "controller: expected demo/b as the file is called, found demo/another"
    assert why["demo/c"].startswith("line 4: controller.latitude: expected a number from -90 to 90, found 155.0")
    assert "write it as tables" in why["demo/d"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[controller]\nid = 'x'\n", "controller: expected tables [lighting.calendar.…] alone"),
        ("rubbish", "calendar.toml:1: expected TOML"),
        ("", "found an empty file"),
        ("[lighting.calendar]\n", "found none"),
    ],
)
def test_a_calendar_that_is_none_stops_it_all(tmp_path: Path, text: str, told: str) -> None:
    fleet = Fleet(tmp_path, "a")
    fleet.calendar.write_text(text)
    with pytest.raises(Trouble) as trouble:
        read_calendar(fleet.calendar, "demo/*", fleet.folder)
    assert told in str(trouble.value)


def test_a_pattern_that_names_nobody_says_what_to_do(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, "a")
    with pytest.raises(Trouble, match="gadelys fleet collect 'x/\\*' --to"):
        read_calendar(fleet.calendar, "x/*", fleet.folder)


def test_who_was_changed_meanwhile_or_never_collected_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet = Fleet(tmp_path, "a", "b")
    asked = fleet.know(a=digest(POLE.format(id="a")), b=digest("by hand"), c=digest("unknown"))
    assert fleet.apply(asked) == 1
    ended = {one["path"]: (one["status"], one["reason"]) for one in json.loads(capsys.readouterr().out)}
    assert ended["demo/a"] == ("due", "")
    assert ended["demo/b"] == ("refused", "changed since it was collected: collect it again")
    assert ended["demo/c"][0] == "refused"
    assert "`gadelys fleet collect demo/c --to" in ended["demo/c"][1]
    assert fleet.folder.read("demo", "a") == POLE.format(id="a")


def test_who_has_it_is_noted_as_collected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = Fleet(tmp_path, "a")
    new = POLE.format(id="a") + "\n" + GOOD
    asked = fleet.know(a=digest(new))
    assert fleet.apply(asked, dry_run=False) == 0
    assert json.loads(capsys.readouterr().out)[0]["reason"] == "it has it"
    assert fleet.folder.read("demo", "a") == new
    assert collect(asked, Wanted("demo/*", fleet.folder.path, False, "1s", None), seconds=0.1, as_json=True) == 0
    assert json.loads(capsys.readouterr().out)[0]["status"] == "same"


@pytest.mark.parametrize("name", ["..", ".", ".hidden", "a\\b", "a" * 201])
def test_a_name_that_is_no_file_s_is_not_written(tmp_path: Path, name: str) -> None:
    folder = Folder(tmp_path / "poles")
    folder.write("g", name, "x")
    folder.write(name, "n", "x")
    assert (folder.file("g", name), list(tmp_path.rglob("*"))) == (None, [])
