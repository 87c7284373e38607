"""A configuration on trial, cut off after each write: whoever starts next has a whole one, and the old one unless it passed."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

import agent.kept
from agent.kept import KeptFile
from agent.trial import Marker, TrialFiles, digest

OLD, NEW = "base_pct = 10\n", "base_pct = 15\n"


class Killed(Exception):
    """The process is gone."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "pole.toml"
    made.write_text(OLD, encoding="utf-8")
    made.chmod(0o640)
    return made


def begun(path: Path) -> TrialFiles:
    files = TrialFiles(path)
    files.begin(Marker("c1", "on trial", digest(NEW.encode()), ["lamps"]), NEW, OLD)
    return files


def started(path: Path) -> TrialFiles:
    files = TrialFiles(path)
    files.start()
    return files


def phase(files: TrialFiles) -> tuple[str, str]:
    assert files.marker is not None
    return files.marker.phase, files.path.read_text(encoding="utf-8")


def test_one_start_and_its_proof(path: Path) -> None:
    begun(path)
    files = started(path)
    assert phase(files) == ("on trial", NEW)
    files.passed("well")
    assert phase(started(path)) == ("passed", NEW)
    files.forget()
    assert started(path).marker is None
    assert sorted(one.name for one in path.parent.iterdir()) == ["pole.toml", "pole.toml.before"]
    assert [one.stat().st_mode & 0o777 for one in sorted(path.parent.iterdir())] == [0o640, 0o640]


def test_who_lights_after_a_crash_goes_by_what_is_proven(path: Path) -> None:
    assert TrialFiles(path).proven() == path
    begun(path)
    files = started(path)
    assert TrialFiles(path).proven() == files.before
    files.passed("well")
    assert TrialFiles(path).proven() == path


def test_and_by_the_one_of_before_while_that_cannot_be_put_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = begun(path)
    monkeypatch.setattr(files, "_restore", lambda: False)
    files.roll_back("planted")
    assert TrialFiles(path).proven() == files.before
    started(path)
    assert (TrialFiles(path).proven(), path.read_text(encoding="utf-8")) == (path, OLD)


def test_a_second_start_has_the_old_one(path: Path) -> None:
    begun(path)
    started(path)
    files = started(path)
    assert phase(files) == ("rolled back", OLD)
    assert phase(started(path)) == ("rolled back", OLD)


def test_rolled_back(path: Path) -> None:
    begun(path)
    files = started(path)
    assert files.roll_back("the uplink does not come back")
    assert phase(started(path)) == ("rolled back", OLD)
    assert not files.roll_back("again")


def test_without_a_trial_nothing_is_touched(path: Path) -> None:
    files = started(path)
    assert (files.marker, files.on_trial, files.roll_back("why")) == (None, False, False)
    assert [one.name for one in path.parent.iterdir()] == ["pole.toml"]


@pytest.mark.parametrize("step", ["begin", "roll back", "start again"])
@pytest.mark.parametrize("cut", range(1, 4))
def test_cut_off_after_each_write(path: Path, monkeypatch: pytest.MonkeyPatch, step: str, cut: int) -> None:
    """Kill before the n-th write of a step: the next starts end with the old configuration, whole."""
    if step != "begin":
        begun(path)
    files = started(path) if step == "roll back" else TrialFiles(path)
    if step == "start again":
        started(path)
    left = cut
    real, mark = agent.kept.replace, KeptFile.write

    def counted() -> None:
        nonlocal left
        left -= 1
        if not left:
            raise Killed

    def replace(*words: object, **options: object) -> None:
        counted()
        real(*words, **options)  # type: ignore[arg-type]

    def write(self: KeptFile, record: object) -> None:
        counted()
        mark(self, record)

    with monkeypatch.context() as patched:
        patched.setattr("agent.trial.replace", replace)
        patched.setattr(KeptFile, "write", write)
        with contextlib.suppress(Killed):
            {"begin": lambda: begun(path), "roll back": lambda: files.roll_back("why"), "start again": files.start}[
                step
            ]()
    assert path.read_text(encoding="utf-8") in {OLD, NEW}
    for _ in range(2):
        files = started(path)
    assert path.read_text(encoding="utf-8") == OLD
    assert not files.on_trial


def test_an_edit_after_a_roll_back_stays(path: Path) -> None:
    begun(path)
    started(path)
    started(path)
    path.write_text("base_pct = 12\n", encoding="utf-8")
    started(path)
    assert path.read_text(encoding="utf-8") == "base_pct = 12\n"


def test_where_it_cannot_be_written_nothing_has_changed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("agent.trial.replace", full)
    with pytest.raises(OSError, match="No space"):
        begun(path)
    assert path.read_text(encoding="utf-8") == OLD
    assert started(path).marker is None
