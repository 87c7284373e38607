"""Small files that are kept: used where they are what was kept, set aside where they are not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import pytest
from structlog.testing import capture_logs

from agent.kept import KeptFile

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
KIND = dict[str, Count]


@pytest.mark.parametrize("lasting", [True, False])
def test_what_was_kept_is_used(tmp_path: Path, lasting: bool) -> None:
    kept = KeptFile(tmp_path / "pulses.json", lasting=lasting)
    assert kept.read(KIND) is None
    kept.write({"supply": 12, "rain": 3})
    assert kept.read(KIND) == {"supply": 12, "rain": 3}
    assert [path.name for path in tmp_path.iterdir()] == ["pulses.json"]


@pytest.mark.parametrize(
    "torn",
    [
        b"",
        b'{"supply":12,"ra',
        b"[1, 2]",
        b'{"supply":"12"}',
        b'{"supply":-1}',
        b'{"supply":1e3}',
        b"\xff\xfe",
        b"0",
        b'{"supply":1' + 400 * b"0" + b"}",
    ],
)
def test_what_is_torn_or_foreign_is_set_aside_and_told(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "pulses.json"
    path.write_bytes(torn)
    with capture_logs() as logs:
        assert KeptFile(path, lasting=True).read(KIND) is None
    assert [entry["event"] for entry in logs] == ["kept_set_aside"]
    assert not path.exists()
    assert (tmp_path / "pulses.json.damaged").read_bytes() == torn


def test_a_folder_that_is_not_there_is_told_once(tmp_path: Path) -> None:
    kept = KeptFile(tmp_path / "nowhere" / "lamps.json", lasting=True)
    with capture_logs() as logs:
        kept.write({"a": 1})
        kept.write({"a": 2})
        assert kept.read(KIND) is None
    assert [(entry["event"], entry["reason"]) for entry in logs] == [("not_kept", "No such file or directory")]
    (tmp_path / "nowhere").mkdir()
    kept.write({"a": 3})
    assert kept.fault == ""
    assert kept.read(KIND) == {"a": 3}


def test_a_file_that_cannot_be_read_is_told_and_left(tmp_path: Path) -> None:
    path = tmp_path / "lamps.json"
    path.mkdir()
    with capture_logs() as logs:
        assert KeptFile(path, lasting=True).read(KIND) is None
    assert [entry["event"] for entry in logs] == ["kept_not_read"]
    assert path.is_dir()
