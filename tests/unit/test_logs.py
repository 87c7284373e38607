"""The level of the log can be changed while loggers live; the last warnings are kept; a crash tells no values."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
import structlog

from agent import logs

Logger = structlog.typing.FilteringBoundLogger


@contextlib.contextmanager
def logging() -> Iterator[Logger]:
    """A logger as the agent's."""
    before = structlog.get_config()
    logs._kept.clear()
    try:
        logs.configure("info")
        yield structlog.get_logger()
    finally:
        logs._kept.clear()
        structlog.configure(**before)


def test_the_level_changes_for_loggers_that_are_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    with logging() as log:
        log.debug("not_yet")
        log.info("first")
        logs.set_level("debug")
        log.debug("second")
        logs.set_level("error")
        log.warning("not_now")
        log.error("third")
        logs.set_level("info")
        assert logs.level() == "info"
        with pytest.raises(KeyError):
            logs.set_level("loud")
        log.info("fourth")
    said = [line.split('"event": "')[1].split('"')[0] for line in capsys.readouterr().err.splitlines()]
    assert said == ["first", "second", "third", "fourth"]


def test_the_last_warnings_are_kept_and_bounded() -> None:
    with logging() as log:
        log.info("usual")
        for number in range(logs.KEPT + 5):
            log.warning(
                "unit_silent", unit=f"unit-{number}", reason="x" * 1000, **{f"k{key}": key for key in range(40)}
            )
        kept = logs.kept()
    assert (len(kept), kept[0].keys["unit"], kept[-1].keys["unit"]) == (logs.KEPT, "unit-5", f"unit-{logs.KEPT + 4}")
    assert max(len(one.keys) for one in kept) == 16
    assert max(len(value) for one in kept for value in one.keys.values()) == 200
    assert (kept[0].event, kept[0].level, kept[0].time[-1]) == ("unit_silent", "warning", "Z")


def test_a_crash_tells_no_values_of_variables(capsys: pytest.CaptureFixture[str]) -> None:
    def dies(hidden: str) -> None:
        raise ValueError(f"planted, {len(hidden)} characters")

    with logging() as log:
        try:
            dies("hush-" * 3)
        except ValueError:
            log.exception("task_died", task="weak")
        (kept,) = logs.kept()
    said = capsys.readouterr().err
    assert "planted, 15 characters" in said
    assert "hush" not in said
    assert kept.keys["exception"] == "ValueError: planted, 15 characters"
    assert kept.keys["at"].count(f"{__name__}:") == 2
