"""Signatures of commands (Ed25519, RFC 8032) by libsodium. Loaded only where there are issuers, and to sign."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

_PKCS8 = bytes.fromhex("302e020100300506032b657004220420")  # RFC 8410: the 32 bytes of an Ed25519 key follow
_BEGIN, _END = "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"


def verify(public_key: bytes, signed: bytes, signature: bytes) -> bool:
    """Return whether a signature of 64 bytes over some bytes is that of a public key of 32 bytes."""
    try:
        VerifyKey(public_key).verify(signed, signature)
    except (BadSignatureError, ValueError):
        return False
    return True


def signer(pem: str) -> Callable[[bytes], str]:
    """Return what signs with a private key: a PEM such as `openssl genpkey -algorithm ed25519` makes. ValueError if not."""
    says = "expected a private key (Ed25519) in a PEM file, without a password"
    body = pem.strip().removeprefix(_BEGIN).removesuffix(_END)
    try:
        raw = base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(says) from None
    seed = raw.removeprefix(_PKCS8)
    if len(raw) != len(_PKCS8) + 32 or len(seed) != 32:
        raise ValueError(says)
    key = SigningKey(seed)
    return lambda signed: base64.b64encode(key.sign(signed).signature).decode()
