"""What a certificate says of itself, read from its bytes (X.509, RFC 5280 section 4.1; DER, X.690). Pure.

Nothing is proven here: whether it is genuine, the handshake decides. Any bytes give facts or NoCertificate, and nothing else.
"""

from __future__ import annotations

import binascii
import re
from datetime import UTC, datetime

import msgspec

LONGEST_BYTES = 65_536  # of a PEM file; one with a chain of three has 5000
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----")
_INTEGER, _OID, _SEQUENCE, _SET, _VERSION = 0x02, 0x06, 0x30, 0x31, 0xA0
_UTC_TIME, _GENERAL_TIME = 0x17, 0x18
_COMMON_NAME, _ORGANISATION = b"\x55\x04\x03", b"\x55\x04\x0a"  # 2.5.4.3 and 2.5.4.10
_TEXTS = {0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1E: "utf-16-be"}


class NoCertificate(ValueError):
    """What was read is no certificate. The text says what is wrong with it."""


class Certificate(msgspec.Struct, frozen=True):
    """Whose it is (common name, organisation; "" = not said), its number, and from when until when it holds (UTC)."""

    name: str
    organisation: str
    serial: int
    not_before: datetime
    not_after: datetime

    @property
    def number(self) -> str:
        """Return the serial number as openssl writes it: hexadecimal, two digits a byte."""
        digits = f"{self.serial:X}"
        return digits.zfill(len(digits) + len(digits) % 2)


class _Reader:
    """Elements one after another in a stretch of bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def more(self) -> bool:
        return self._at < len(self._data)

    def peek(self) -> int:
        return self._data[self._at] if self.more() else -1

    def take(self, tag: int) -> bytes:
        """Return the content of the next element. NoCertificate if it is another one."""
        found, content = self.any()
        if found != tag:
            raise NoCertificate(f"expected the element 0x{tag:02x}, found 0x{found:02x}")
        return content

    def any(self) -> tuple[int, bytes]:
        """Return tag and content of the next element, whichever it is."""
        data, at = self._data, self._at
        if at + 2 > len(data):
            raise NoCertificate("it is cut off")
        tag, size, at = data[at], data[at + 1], at + 2
        if size & 0x80:
            width = size & 0x7F
            if not 1 <= width <= 4 or at + width > len(data):
                raise NoCertificate("a length that is none")
            size, at = int.from_bytes(data[at : at + width], "big"), at + width
        if at + size > len(data):
            raise NoCertificate("it is cut off")
        self._at = at + size
        return tag, data[at : at + size]


def blocks(pem: bytes) -> list[bytes]:
    """Return the DER of each certificate in a PEM text, in order. NoCertificate if one is not base64."""
    try:
        return [binascii.a2b_base64(b"".join(found.split())) for found in _BLOCK.findall(pem)]
    except binascii.Error:
        raise NoCertificate("what stands in it is no base64") from None


def first(pem: bytes) -> Certificate:
    """Return the first certificate of a PEM text. NoCertificate if there is none."""
    found = blocks(pem)
    if not found:
        raise NoCertificate("no certificate stands in it")
    return read(found[0])


def read(der: bytes) -> Certificate:
    """Read a certificate. NoCertificate."""
    body = _Reader(_Reader(_Reader(der).take(_SEQUENCE)).take(_SEQUENCE))
    if body.peek() == _VERSION:
        body.any()
    serial = int.from_bytes(body.take(_INTEGER), "big", signed=True)
    body.take(_SEQUENCE)  # how it is signed
    body.take(_SEQUENCE)  # by whom
    validity = _Reader(body.take(_SEQUENCE))
    not_before, not_after = _moment(*validity.any()), _moment(*validity.any())
    said = _names(body.take(_SEQUENCE))
    return Certificate(said.get(_COMMON_NAME, ""), said.get(_ORGANISATION, ""), serial, not_before, not_after)


def _names(subject: bytes) -> dict[bytes, str]:
    """Return the parts of a name by their object identifier; of one that stands twice the last."""
    found: dict[bytes, str] = {}
    sets = _Reader(subject)
    while sets.more():
        parts = _Reader(sets.take(_SET))
        while parts.more():
            part = _Reader(parts.take(_SEQUENCE))
            kind = part.take(_OID)
            tag, text = part.any()
            try:
                found[kind] = text.decode(_TEXTS.get(tag, "latin-1"))
            except UnicodeDecodeError:
                raise NoCertificate("a name that is no text") from None
    return found


def _moment(tag: int, text: bytes) -> datetime:
    """Read a time (RFC 5280, 4.1.2.5): UTCTime with two digits of the year, or GeneralizedTime with four."""
    digits = text[:-1].decode("latin-1")
    wanted = {_UTC_TIME: 12, _GENERAL_TIME: 14}.get(tag)
    if text[-1:] != b"Z" or len(digits) != wanted or not (digits.isascii() and digits.isdigit()):
        raise NoCertificate("a time that is none")
    if tag == _UTC_TIME:
        digits = ("19" if digits >= "5" else "20") + digits
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise NoCertificate("a time that is none") from None
