"""The options of [uplink] on commands: which must be signed, by whom, how many are taken. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import get_args

from agent.config.records import CommandKind, CommandRules, Issuer
from agent.config.table import Table

KINDS: Sequence[str] = get_args(CommandKind)
_KINDS_SAY = f"kinds of command, of {', '.join(KINDS)}"
_SPKI = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: an Ed25519 key follows
_KEY_SAYS = "the public key (Ed25519) in base64: its 32 bytes, or the middle line of its PEM file"


def read_command_rules(table: Table, issuers: Mapping[str, Issuer]) -> CommandRules:
    """Read them; `issuers` were read from their tables."""
    usual = CommandRules()
    says = f'{_KINDS_SAY}, or "none"'
    signed = frozenset(table.words("signed", says)) if "signed" in table else usual.signed
    if signed == {"none"}:
        signed = frozenset()
    elif not signed <= set(KINDS):
        table.wrong("signed", says)
    return CommandRules(
        signed=signed,
        issuers=issuers,
        at_once=table.whole("commands_at_once", 1, 1000, usual.at_once),
        a_second=table.number("commands_a_second", 0.1, 100, usual.a_second),
        probation_s=table.number("probation_s", 5, 3600, usual.probation_s),
    )


def read_issuer(table: Table) -> Issuer:
    """Read whose signature counts, and for what."""
    text = table.text("key", _KEY_SAYS)
    key = public_key(text)
    if text and key is None:
        table.wrong("key", _KEY_SAYS)
    may = frozenset(table.words("may", _KINDS_SAY)) if "may" in table else frozenset(KINDS)
    if not may <= set(KINDS):
        table.wrong("may", _KINDS_SAY)
    return Issuer(key or b"", may)


def public_key(text: str) -> bytes | None:
    """Return the 32 bytes of a public key; none if the text is none."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    raw = raw.removeprefix(_SPKI)
    return raw if len(raw) == 32 else None
