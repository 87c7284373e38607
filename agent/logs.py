"""Logs: events with keys, JSON for machines, readable on a terminal; to stderr, which the service manager keeps.

The last warnings stay in memory too, for a diagnostics bundle.
"""

from __future__ import annotations

import logging
import sys
from collections import deque

import structlog

from agent.local.records import LogLine

KEPT = 200  # warnings and worse that are kept; at most 16 keys of 200 characters each
_MOST_KEYS, _LONGEST = 16, 200

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class _Level:
    """What is logged now; loggers are made once, and ask here."""

    name = "info"


_kept: deque[LogLine] = deque(maxlen=KEPT)


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


def kept() -> list[LogLine]:
    """Return the last warnings and worse since the start, the oldest first."""
    return list(_kept)


def _keep(_logger: object, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    if LEVELS.get(method, logging.CRITICAL) >= logging.WARNING:
        told = {
            name: str(value)[:_LONGEST] for name, value in event.items() if name not in {"event", "level", "timestamp"}
        }
        if told.pop("exc_info", None) and (error := sys.exc_info()[1]) is not None:
            told["exception"] = f"{type(error).__name__}: {error}"[:_LONGEST]
            told["at"] = " ".join(_places(error))[-_LONGEST:]
        keys = dict(list(told.items())[:_MOST_KEYS])
        _kept.append(LogLine(str(event["timestamp"]), str(event["level"]), str(event["event"])[:_LONGEST], keys))
    return event


def _places(error: BaseException) -> list[str]:
    """Return where an exception has been, as module:line, the innermost last; no values of variables."""
    places, at = [], error.__traceback__
    while at is not None:
        places.append(f"{at.tb_frame.f_globals.get('__name__', '?')}:{at.tb_lineno}")
        at = at.tb_next
    return places


def configure(level: str) -> None:
    """Set structlog up once, at the start. KeyError for a level that is not in LEVELS."""
    set_level(level)
    if sys.stderr.isatty():
        last: list[structlog.typing.Processor] = [structlog.dev.ConsoleRenderer()]
    else:
        # No values of variables: among them are secrets, and what sensors see.
        bare = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        last = [structlog.processors.ExceptionRenderer(bare), structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[
            _drop,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _keep,
            *last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
