"""What a platform may ask of the node itself, read and checked: an NCMD's payload to a wish, or why not. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec

from agent.config.records import CommandKind
from agent.uplink import names
from agent.uplink.payload import DataType, Payload
from agent.uplink.wishes import ENVELOPE, Said, Unwanted, said
from drivers.points import Value

LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FOR_S = 3600.0  # unless said
LONGEST_LOG_S = 86400.0

_KINDS: Mapping[str, CommandKind] = {
    names.RESTART: "restart",
    names.RELOAD: "reload",
    names.CONFIGURATION: "configuration",
    names.LOG_LEVEL: "log_level",
    names.BUNDLE: "bundle",
    names.COLLECT: "collect",
}
_OF_NODE: Mapping[str, DataType] = {
    names.RESTART: DataType.BOOLEAN,
    names.RELOAD: DataType.BOOLEAN,
    names.CONFIGURATION: DataType.STRING,
    names.LOG_LEVEL: DataType.STRING,
    names.BUNDLE: DataType.BOOLEAN,
    names.COLLECT: DataType.BOOLEAN,
    **ENVELOPE,
}


class NodeWish(msgspec.Struct, frozen=True):
    """One command: its kind, a text where it has one, for how long (s), and how fresh it is (UTC ms)."""

    kind: CommandKind
    id: str
    text: str
    for_s: float
    sent_ms: int | None
    not_after_ms: int | None

    @property
    def asked(self) -> str:
        """Return what it asks for, to know it again."""
        if self.kind == "configuration":
            return f"configuration {hashlib.sha256(self.text.encode()).hexdigest()}"
        return f"log_level {self.text} for {self.for_s:g} s" if self.kind == "log_level" else self.kind


def is_rebirth(payload: Payload) -> bool:
    """Return whether nothing but the births is asked for: Sparkplug's own command, which needs no envelope."""
    return bool(payload.metrics) and all(metric.name == names.REBIRTH for metric in payload.metrics)


def read(payload: Payload) -> tuple[NodeWish, Said]:
    """Read an NCMD's payload. Unwanted if anything in it is not as the NBIRTH declares."""
    found = said(payload, _OF_NODE)
    asked = [name for name in found.values if name in _KINDS]
    if len(asked) != 1:
        raise Unwanted(f"expected one of {', '.join((*_KINDS, names.REBIRTH))}, found {len(asked)}", found.id)
    name, value, not_after = asked[0], found.values[asked[0]], found.values.get(names.COMMAND_NOT_AFTER)
    if value is False:
        raise Unwanted(f"{name}: expected true", found.id)
    text = value if isinstance(value, str) else ""
    wish = NodeWish(
        kind=_KINDS[name],
        id=found.id,
        text=text,
        for_s=_for_s(found.values, found.id),
        sent_ms=found.sent_ms,
        not_after_ms=None if not_after is None else int(not_after),
    )
    if wish.kind == "log_level" and text not in LOG_LEVELS:
        raise Unwanted(f"{name}: expected one of {', '.join(LOG_LEVELS)}, found {text[:32]!r}", found.id)
    return wish, found


def _for_s(values: Mapping[str, Value], command_id: str) -> float:
    for_s = float(values.get(names.COMMAND_FOR, LOG_FOR_S))
    if not 1.0 <= for_s <= LONGEST_LOG_S:
        raise Unwanted(f"{names.COMMAND_FOR}: expected 1 to {LONGEST_LOG_S:g}, found {for_s:g}", command_id)
    return for_s
