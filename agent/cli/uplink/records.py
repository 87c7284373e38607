"""Messages of the uplink as programs read them: JSON records, times in UTC. Pure."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from agent.fleet.hearing import Message, Spoken, Stray

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = 200_000_000_000_000  # the year 8307: calendars end before numbers do


def record(message: Message | Stray, heard: datetime) -> dict[str, object]:
    """Return a message for JSON, times in UTC."""
    if isinstance(message, Stray):
        return {"heard": _utc(heard), "type": None, "topic": message.topic, "bytes": message.size}
    return {
        "heard": _utc(heard),
        "type": message.type,
        "group": message.group,
        "node": message.node,
        "device": message.device,
        "time": _utc(moment(message.time_ms)),
        "seq": message.seq,
        "missing": max(message.missing, 0),
        "repeated": message.missing < 0,
        "retained": message.retained,
        "problem": message.problem,
        "metrics": [
            {
                "name": told.name,
                "value": _json_value(told.value),
                "unit": told.unit,
                "quality": told.quality,
                "historical": told.historical,
                "time": _utc(moment(told.time_ms)),
                "journal": told.number,
            }
            for told in message.metrics
        ],
    }


def moment(time_ms: int | None) -> datetime | None:
    """Return the time that a message bears; none if there is none, or none that a calendar has."""
    if time_ms is None or not 0 <= time_ms < _LAST_MS:
        return None
    return _EPOCH + timedelta(milliseconds=time_ms)


def _json_value(spoken: Spoken) -> Spoken:
    """JSON has no word for what is not finite."""
    return str(spoken) if isinstance(spoken, float) and not math.isfinite(spoken) else spoken


def _utc(then: datetime | None) -> str | None:
    return None if then is None else then.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
