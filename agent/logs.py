"""Logs: events with keys, JSON for machines, readable on a terminal; to stderr, which the service manager keeps."""

from __future__ import annotations

import logging
import sys

import structlog

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class _Level:
    """What is logged now; loggers are made once, and ask here."""

    name = "info"


def level() -> str:
    """Return from which level on things are logged."""
    return _Level.name


def set_level(name: str) -> None:
    """Log from another level on. KeyError for one that is not in LEVELS."""
    LEVELS[name]
    _Level.name = name


def _drop(_logger: object, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Drop what is below the level; `exception` and the like are above all of them."""
    if LEVELS.get(method, logging.CRITICAL) < LEVELS[_Level.name]:
        raise structlog.DropEvent
    return event


def configure(level: str) -> None:
    """Set structlog up once, at the start. KeyError for a level that is not in LEVELS."""
    set_level(level)
    if sys.stderr.isatty():
        last: list[structlog.typing.Processor] = [structlog.dev.ConsoleRenderer()]
    else:
        last = [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[
            _drop,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
