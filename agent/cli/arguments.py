"""What people type, into numbers: levels, durations, times. Pure; ValueError says what was expected and found."""

from __future__ import annotations

import math
import re
from datetime import datetime

SHORTEST_S = 1
LONGEST_S = 12 * 3600
LONGEST_LOOK_S = 31 * 86400

_DURATION = re.compile(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?([eE][+-]?\d{1,3})?|nan|inf)", re.ASCII)
_POINT = re.compile(r"[^/+#\0]{1,64}/[^/\0]{1,64}/[^/\0]{1,64}")
_WORDS = {"true": True, "false": False, "null": None}
_LEVEL = re.compile(r"(\d{1,3}(?:[.,]\d{1,3})?)\s?%?", re.ASCII)


def level_pct(text: str) -> float:
    """Read a level such as `40` or `40%`, 0 to 100."""
    match = _LEVEL.fullmatch(text.strip())
    level = float(match[1].replace(",", ".")) if match else math.nan
    if not 0 <= level <= 100:
        raise ValueError(f"LEVEL: expected per cent of full light from 0 to 100, such as 40; found {text!r}")
    return level


def duration_s(text: str) -> int:
    """Read a time such as `90s`, `10m` or `1h30m`, from 1 s to 12 h."""
    total_s = _seconds(text)
    if total_s is None or not SHORTEST_S <= total_s <= LONGEST_S:
        raise ValueError(f"--for: expected a time such as 10m or 1h30m, from 1 s to 12 h; found {text!r}")
    return total_s


def any_duration_s(text: str, option: str) -> int:
    """Read a time such as `90s`, `10m` or `1h30m`, however long: its bounds are somebody else's."""
    total_s = _seconds(text)
    if total_s is None:
        raise ValueError(f"{option}: expected a time such as 15s, 10m or 1h30m; found {text!r}")
    return total_s


def point(text: str) -> tuple[str, str]:
    """Read a point such as `lum-03/lamp/dimming_level` into the device and its metric."""
    device, _, metric = text.partition("/")
    if _POINT.fullmatch(text) is None:
        raise ValueError(f"POINT: expected device/function/resource, such as lum-03/lamp/dimming_level; found {text!r}")
    return device, metric


def any_value(text: str) -> bool | float | None:
    """Read a number, `true`, `false` or `null`. Whether it is a good value is for the node to say: `nan` is a number."""
    if text in _WORDS:
        return _WORDS[text]
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(f"VALUE: expected a number, true, false or null; found {text!r}")
    return float(text)


def seconds(text: str) -> float:
    """Read how long to look, in seconds from 0.1 to 31 days."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0.1 <= number <= LONGEST_LOOK_S:
        raise ValueError(f"--seconds: expected a number from 0.1 to {LONGEST_LOOK_S}, found {text!r}")
    return number


def moment(text: str) -> datetime:
    """Read a time in ISO 8601 with its offset from UTC."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise ValueError(
            f"--street-time: expected a time with its offset from UTC, such as 2026-11-20T21:30+01:00; found {text!r}"
        )
    return time


def pattern(text: str) -> str:
    """Read a glob over point keys; a bare device name means all points of that device."""
    return text if set(text) & set("/*?[") else f"{text}/*"


def _seconds(text: str) -> int | None:
    """Return how many seconds a time is; none if it is no time."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds
