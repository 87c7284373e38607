"""Signatures of commands (Ed25519, RFC 8032) by libsodium. Loaded only where there are issuers."""

from __future__ import annotations

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey


def verify(public_key: bytes, signed: bytes, signature: bytes) -> bool:
    """Return whether a signature of 64 bytes over some bytes is that of a public key of 32 bytes."""
    try:
        VerifyKey(public_key).verify(signed, signature)
    except (BadSignatureError, ValueError):
        return False
    return True
