"""The level of the log can be changed while loggers live."""

from __future__ import annotations

import pytest
import structlog

from agent import logs


def test_the_level_changes_for_loggers_that_are_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    before = structlog.get_config()
    log = structlog.get_logger()
    try:
        logs.configure("info")
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
    finally:
        structlog.configure(**before)
    said = [line.split('"event": "')[1].split('"')[0] for line in capsys.readouterr().err.splitlines()]
    assert said == ["first", "second", "third", "fourth"]
