"""What the authority knows: the list that `openssl ca` keeps (index.txt), codes that were given, and a broker's ACL. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from agent.identity.refusal import Refusal

Role = Literal["node", "broker", "platform"]
NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SUBJECT = re.compile(r"/O=([^/]*)/OU=(node|broker|platform)/CN=([^/]*)")


class Issued(msgspec.Struct, frozen=True):
    """A certificate that was signed. `revoked` is when, none if it is not; `reason` as RFC 5280 names it."""

    group: str
    role: Role
    name: str
    serial: str
    expires: datetime
    revoked: datetime | None
    reason: str

    def holds(self, now: datetime) -> bool:
        """Return whether it can be used."""
        return self.revoked is None and now < self.expires


class Invitation(msgspec.Struct, frozen=True):
    """A code that was given for a node; what is kept is the key that is made of it (hex)."""

    group: str
    node: str
    stretched: str
    until: datetime


def read_index(text: str) -> list[Issued]:
    """Read index.txt: state, end, revoked, serial, file, subject, with tabs between them. Refusal names the line."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        parts = line.split("\t")
        subject = _SUBJECT.fullmatch(parts[-1])
        if len(parts) != 6 or subject is None:
            raise Refusal(f"index.txt:{number}: expected what `gadelys authority` writes, found another line")
        when, _, reason = parts[2].partition(",")
        role: Role = "node" if subject[2] == "node" else "broker" if subject[2] == "broker" else "platform"
        revoked = _moment(when, number) if when else None
        found.append(Issued(subject[1], role, subject[3], parts[3], _moment(parts[1], number), revoked, reason))
    return found


def holding(issued: Iterable[Issued], name: str, now: datetime) -> list[Issued]:
    """Return the certificates of a name that can be used; names differ in more than case."""
    return [one for one in issued if one.name.lower() == name.lower() and one.holds(now)]


def check_free(issued: Iterable[Issued], group: str, role: Role, name: str, now: datetime) -> None:
    """Refuse a name that is somebody else's: the broker tells clients apart by it alone."""
    for one in holding(issued, name, now):
        if (one.group, one.role, one.name) != (group, role, name):
            raise Refusal(f'"{name}" is taken: {one.role} {one.name} of {one.group} has it. Names are unique in a city')


def acl(groups: Sequence[str], platforms: Sequence[str]) -> str:
    """Return a Mosquitto's ACL file; %u is the name in the client's certificate (use_identity_as_username)."""
    lines = ["# Made by `gadelys authority`. A node: its own births, data, deaths and marker, and commands to itself."]
    lines.append("# Mosquitto warns of the next line, as it is meant: all may know whether the platform is there.")
    lines.append("pattern read spBv1.0/STATE/+")
    for group in groups:
        lines += [f"pattern write spBv1.0/{group}/{kind}/%u" for kind in ("NBIRTH", "NDATA", "NDEATH")]
        lines += [f"pattern write spBv1.0/{group}/{kind}/%u/+" for kind in ("DBIRTH", "DDATA", "DDEATH")]
        lines += [f"pattern read spBv1.0/{group}/NCMD/%u", f"pattern read spBv1.0/{group}/DCMD/%u/+"]
        lines += [f"pattern write gadelys/{group}/%u/{what}" for what in ("marker", "result", "state/+")]
        lines.append(f"pattern read gadelys/{group}/%u/command")
    for name in platforms:
        lines += ["", f"user {name}", "topic readwrite spBv1.0/#", "topic readwrite gadelys/#"]
    return "\n".join(lines) + "\n"


def _moment(text: str, line: int) -> datetime:
    """Read a time of index.txt: YYMMDDHHMMSSZ, from 2050 on with four digits of the year."""
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%SZ" if len(text) == 15 else "%y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Refusal(f"index.txt:{line}: expected a time, found {text!r}") from None
