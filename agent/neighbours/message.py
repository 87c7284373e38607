"""What neighbouring controllers tell each other, as bytes: compact, versioned, each field bounded, sealed. Pure.

Big-endian: version, flags, sender and addressee (a length byte and ASCII each), epoch, nonce, echo, sequence number, three
times, the number of road users, 17 bytes for each of them; then the seal, the first 16 bytes of an HMAC-SHA256 (RFC 2104,
section 5).
"""

from __future__ import annotations

import hmac
import re
import struct

import msgspec

from agent.services.road_users import UserKind

VERSION = 1
MOST_USERS = 16
SEAL_BYTES = 16
LONGEST_BYTES = 2 + 2 * 65 + 47 + MOST_USERS * 17 + SEAL_BYTES

MOST_CM = 10_000_000
MOST_CM_PER_S = 6_000
MOST_SPREAD_CM = 50_000
MOST_FOR_MS = 5_000
MOST_HOPS = 8
MOST_MS = 1 << 48
UNKNOWN_MS = 0xFFFF  # of `held_ms`: so long, or longer

_KINDS: tuple[UserKind, ...] = ("unknown", "pedestrian", "vehicle")
_BLIND, _SEALED = 1, 2
_NAME = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_HEAD = struct.Struct(">QQQIQQHB")
_USER = struct.Struct(">IBihHBHB")


class Told(msgspec.Struct, frozen=True):
    """A road user on the wire, where they are when it is sent, in the sender's coordinate.

    It counts for `for_ms` from then on. `hops` controllers have handed it on.
    """

    user: int
    kind: UserKind
    position_cm: int
    velocity_cm_per_s: int
    spread_cm: int
    confidence_pct: int
    for_ms: int
    hops: int


class Message(msgspec.Struct, frozen=True):
    """One message. Times are milliseconds of a clock that began with its owner's epoch.

    `epoch` is random for each start of the sender; `nonce` is what the addressee must repeat as `echo` to be believed.
    `heard_ms` is when the addressee sent what the sender has heard last, `held_ms` how long ago that came (0 and `UNKNOWN_MS`:
    nothing was heard). `blind`: the sender does not see its end of the street.
    """

    sender: str
    to: str
    epoch: int
    nonce: int
    echo: int
    sequence: int
    sent_ms: int
    heard_ms: int
    held_ms: int
    blind: bool
    users: tuple[Told, ...]


class Seal(msgspec.Struct, frozen=True):
    """What makes a message one of this group's: the shared secret, or none where that is what the configuration says."""

    secret: bytes | None
    group: str

    def over(self, body: bytes) -> bytes:
        """Return the seal of a body; nothing without a secret."""
        if self.secret is None:
            return b""
        return hmac.digest(self.secret, b"gadelys neighbours\0" + self.group.encode() + b"\0" + body, "sha256")[
            :SEAL_BYTES
        ]


class Opened(msgspec.Struct, frozen=True):
    """What bytes say, and whether their seal is the one that it should be."""

    message: Message
    genuine: bool


def encode(message: Message, seal: Seal) -> bytes:
    """Return a message as bytes. ValueError if a field is out of its bounds."""
    if not _bounded(message):
        raise ValueError(f"out of bounds: {message}")
    flags = (_BLIND if message.blind else 0) | (_SEALED if seal.secret is not None else 0)
    body = bytes((VERSION, flags)) + _name(message.sender) + _name(message.to)
    body += _HEAD.pack(
        message.epoch,
        message.nonce,
        message.echo,
        message.sequence,
        message.sent_ms,
        message.heard_ms,
        message.held_ms,
        len(message.users),
    )
    for told in message.users:
        body += _USER.pack(
            told.user,
            _KINDS.index(told.kind),
            told.position_cm,
            told.velocity_cm_per_s,
            told.spread_cm,
            told.confidence_pct,
            told.for_ms,
            told.hops,
        )
    return body + seal.over(body)


def decode(data: bytes, seal: Seal) -> Opened | None:
    """Return what bytes say; none if they are no message of this version, or one whose fields are out of bounds."""
    if not 2 <= len(data) <= LONGEST_BYTES or data[0] != VERSION or data[1] & ~(_BLIND | _SEALED):
        return None
    end = len(data) - (SEAL_BYTES if data[1] & _SEALED else 0)
    message = _message(data[:end])
    if message is None or not _bounded(message):
        return None
    return Opened(message, hmac.compare_digest(data[end:], seal.over(data[:end])))


def _message(body: bytes) -> Message | None:
    """Return what a body says, in bounds or not; none if its parts do not add up."""
    at, names = 2, []
    for _ in range(2):
        name = body[at + 1 : at + 1 + body[at]] if at < len(body) else b""
        if not _NAME.fullmatch(name):
            return None
        names.append(name.decode("ascii"))
        at += 1 + len(name)
    rest = body[at + _HEAD.size :]
    if len(body) - at < _HEAD.size or len(rest) % _USER.size:
        return None
    epoch, nonce, echo, sequence, sent_ms, heard_ms, held_ms, count = _HEAD.unpack_from(body, at)
    users = [Told(user, _KINDS[kind], *told) for user, kind, *told in _USER.iter_unpack(rest) if kind < len(_KINDS)]
    if not count == len(users) == len(rest) // _USER.size:
        return None
    blind = bool(body[1] & _BLIND)
    return Message(names[0], names[1], epoch, nonce, echo, sequence, sent_ms, heard_ms, held_ms, blind, tuple(users))


def _name(name: str) -> bytes:
    return bytes((len(name),)) + name.encode("ascii")


def _bounded(message: Message) -> bool:
    """Whether every field is one that may be; what does not fit its place on the wire is none of them."""
    return (
        all(_NAME.fullmatch(name.encode()) for name in (message.sender, message.to))
        and all(0 <= word < 1 << 64 for word in (message.epoch, message.nonce, message.echo))
        and 0 <= message.sequence < 1 << 32
        and all(0 <= time_ms < MOST_MS for time_ms in (message.sent_ms, message.heard_ms))
        and 0 <= message.held_ms <= UNKNOWN_MS
        and len(message.users) <= MOST_USERS
        and all(_bounded_user(told) for told in message.users)
    )


def _bounded_user(told: Told) -> bool:
    return (
        0 <= told.user < 1 << 32
        and abs(told.position_cm) <= MOST_CM
        and abs(told.velocity_cm_per_s) <= MOST_CM_PER_S
        and 0 <= told.spread_cm <= MOST_SPREAD_CM
        and 0 <= told.confidence_pct <= 100
        and 0 <= told.for_ms <= MOST_FOR_MS
        and 0 <= told.hops <= MOST_HOPS
    )
