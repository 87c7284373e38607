"""What a platform may ask for, read and checked: a DCMD's payload or a line of plain JSON to a wish, or why not. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Protocol

import msgspec

from agent.uplink import names
from agent.uplink.payload import DataType, Metric, Payload, PayloadError, value_as
from drivers.points import Value

MOST_AGE_S = 30.0  # a command that is older, by its own stamp, is not carried out
LONGEST_ID = 64
LONGEST_REASON = 256  # what strangers send comes back in it, and goes up as a metric and into the log
LONGEST_LINE = 4096  # bytes of a command of the mirror


class Unwanted(Exception):
    """A command that is not carried out. The text says why; `id` names it as far as it could be read."""

    def __init__(self, text: str, command_id: str = "", status: names.CommandStatus = "rejected") -> None:
        super().__init__(text if len(text) <= LONGEST_REASON else f"{text[: LONGEST_REASON - 1]}…")
        self.id = command_id
        self.status: names.CommandStatus = status


class Wish(msgspec.Struct, frozen=True):
    """One command: a level for a lamp (per cent; none: release it), for how long, and how fresh it is (UTC ms)."""

    id: str
    level_pct: float | None
    for_s: float | None = None
    sent_ms: int | None = None
    not_after_ms: int | None = None
    issuer: str = ""  # who has signed it; empty: nobody

    @property
    def asked(self) -> str:
        """Return what it asks for, to know it again."""
        if self.level_pct is None:
            return "release"
        return f"{self.level_pct:g} %" if self.for_s is None else f"{self.level_pct:g} % for {self.for_s:g} s"


ENVELOPE: Mapping[str, DataType] = {
    names.COMMAND_ID: DataType.STRING,
    names.COMMAND_FOR: DataType.INT64,
    names.COMMAND_NOT_AFTER: DataType.DATETIME,
    names.COMMAND_ISSUER: DataType.STRING,
    names.COMMAND_COUNTER: DataType.INT64,
    names.COMMAND_SIGNATURE: DataType.STRING,
}
_OF_LAMP: Mapping[str, DataType] = {names.DIMMING: DataType.FLOAT, names.RELEASE: DataType.BOOLEAN, **ENVELOPE}


class Said(msgspec.Struct, frozen=True):
    """A command's values by metric, each as declared; its id, and when it was sent (UTC ms)."""

    values: dict[str, Value]
    id: str
    sent_ms: int


def said(payload: Payload, declared: Mapping[str, DataType]) -> Said:
    """Read a command's payload. Unwanted if anything in it is not as the birth declares."""
    stated = next((metric.value for metric in payload.metrics if metric.name == names.COMMAND_ID), None)
    command_id = stated[:LONGEST_ID] if isinstance(stated, str) and stated else f"@{payload.timestamp_ms or 0}"
    values: dict[str, Value] = {}
    for metric in payload.metrics:
        if metric.name in values:
            raise Unwanted(f"{metric.name}: expected it once", command_id)
        values[metric.name] = _value(metric, command_id, declared)
    if payload.timestamp_ms is None:
        raise Unwanted("expected a payload with a timestamp", command_id)
    return Said(values, command_id, payload.timestamp_ms)


def from_payload(payload: Payload) -> tuple[Wish, Said]:
    """Read a DCMD's payload: the wish, and all that was said. Unwanted if anything in it is not as the DBIRTH declares."""
    found = said(payload, _OF_LAMP)
    return _wish(found.values, found.id, found.sent_ms), found


class CommandLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command of the mirror, as it is written. The last four as in an envelope; `not_after` may stand alone."""

    point: str
    value: float | bool | str | None
    for_s: float | None = None
    id: str = ""
    time: datetime | None = None
    not_after: datetime | None = None
    issuer: str = ""
    counter: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | None = None
    signature: str = ""


_decode_line = msgspec.json.Decoder(CommandLine).decode


def read_line(line: bytes) -> CommandLine:
    """Read a command of the plain-JSON mirror. Unwanted names what was expected."""
    such = 'expected such as {"point": "lum-03/lamp/dimming_level", "value": 55}'
    if len(line) > LONGEST_LINE:
        raise Unwanted(f"{such}, in at most {LONGEST_LINE} bytes: found {len(line)}")
    try:
        return _decode_line(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unwanted(f"{such}: {error}") from None


def from_line(told: CommandLine, now_ms: int) -> tuple[str, Wish]:
    """Return what a command of the mirror asks for: the device and the wish. Unwanted names what was expected."""
    command_id = told.id[:LONGEST_ID] or f"@{now_ms}"
    device, _, name = told.point.partition("/")
    if name not in {names.DIMMING, names.RELEASE}:
        raise Unwanted(f"point: expected a lamp's {names.DIMMING} or {names.RELEASE}, found {told.point!r}", command_id)
    values: dict[str, Value] = {name: _value(Metric(name, told.value), command_id, _OF_LAMP)}
    if told.for_s is not None:
        values[names.COMMAND_FOR] = told.for_s
    for key, moment in (("time", told.time), ("not_after", told.not_after)):
        if moment is not None and moment.tzinfo is None:
            raise Unwanted(f"{key}: expected one with its offset from UTC, such as 2026-11-20T20:30:00Z", command_id)
    if (not_after_ms := _ms(told.not_after)) is not None:
        values[names.COMMAND_NOT_AFTER] = not_after_ms
    return device, _wish(values, command_id, _ms(told.time))


def envelope_of(told: CommandLine) -> tuple[Payload, Said]:
    """Return a command of the mirror, which `from_line` has found to be one, as what is signed of it and what it says of that.

    The value's metric has the name of the point, and numbers are Doubles, as they are in JSON.
    """
    kind = DataType.BOOLEAN if isinstance(told.value, bool) else DataType.DOUBLE
    further = (
        (names.COMMAND_ID, told.id or None, DataType.STRING),
        (names.COMMAND_FOR, told.for_s, DataType.DOUBLE),
        (names.COMMAND_NOT_AFTER, _ms(told.not_after), DataType.DATETIME),
        (names.COMMAND_ISSUER, told.issuer or None, DataType.STRING),
        (names.COMMAND_COUNTER, told.counter, DataType.INT64),
        (names.COMMAND_SIGNATURE, told.signature or None, DataType.STRING),
    )
    values = {name: value for name, value, _ in further if value is not None}
    metrics = [Metric(name, values[name], datatype) for name, _, datatype in further if name in values]
    sent_ms = _ms(told.time)
    whole = Payload(timestamp_ms=sent_ms, metrics=(Metric(told.point, told.value, kind), *metrics))
    return whole, Said(values, told.id[:LONGEST_ID], sent_ms or 0)


class Dated(Protocol):
    """What has a name and is of a time (UTC ms)."""

    @property
    def id(self) -> str: ...
    @property
    def sent_ms(self) -> int | None: ...
    @property
    def not_after_ms(self) -> int | None: ...


def freshness(wish: Dated, wall_ms: int, *, trusted: bool) -> None:
    """Check that a wish is of now. Unwanted if it has expired; without a trusted clock nobody can tell."""
    if not trusted:
        return
    if wish.sent_ms is not None:
        age_s = (wall_ms - wish.sent_ms) / 1000
        if age_s > MOST_AGE_S:
            raise Unwanted(
                f"expected a command of the last {MOST_AGE_S:g} s, this one is {age_s:.0f} s old", wish.id, "expired"
            )
        if age_s < -MOST_AGE_S:
            raise Unwanted(f"expected a command of now, this one is {-age_s:.0f} s ahead of the clock here", wish.id)
    if wish.not_after_ms is not None and wall_ms > wish.not_after_ms:
        late_s = (wall_ms - wish.not_after_ms) / 1000
        raise Unwanted(f"came {late_s:.1f} s after {names.COMMAND_NOT_AFTER}", wish.id, "expired")


def _value(metric: Metric, command_id: str, declared: Mapping[str, DataType]) -> Value:
    wanted = declared.get(metric.name)
    if wanted is None:
        raise Unwanted(f"{metric.name[:LONGEST_ID]!r}: expected one of {', '.join(declared)}", command_id)
    try:
        return value_as(metric, wanted)
    except PayloadError as error:
        raise Unwanted(str(error), command_id) from None


def _wish(values: Mapping[str, Value], command_id: str, sent_ms: int | None) -> Wish:
    if (names.DIMMING in values) == (names.RELEASE in values):
        raise Unwanted(f"expected either {names.DIMMING} or {names.RELEASE}", command_id)
    if values.get(names.RELEASE) is False:
        raise Unwanted(f"{names.RELEASE}: expected true", command_id)
    level, for_s, not_after = (values.get(name) for name in (names.DIMMING, names.COMMAND_FOR, names.COMMAND_NOT_AFTER))
    return Wish(command_id, _number(level), _number(for_s), sent_ms, None if not_after is None else int(not_after))


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)


def _number(value: Value | None) -> float | None:
    return None if value is None else float(value)
