"""What people type, into numbers: levels, durations, times. Pure; ValueError says what was expected and found."""

from __future__ import annotations

import math
import re
from datetime import datetime

SHORTEST_S = 1
LONGEST_S = 12 * 3600
LONGEST_LOOK_S = 31 * 86400

_DURATION = re.compile(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", re.ASCII)
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
    match = _DURATION.fullmatch(text.strip())
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    total_s = hours * 3600 + minutes * 60 + seconds
    if not SHORTEST_S <= total_s <= LONGEST_S:
        raise ValueError(f"--for: expected a time such as 10m or 1h30m, from 1 s to 12 h; found {text!r}")
    return total_s


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
