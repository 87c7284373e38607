"""The one-time code: what a technician types at the pole, so that the authority knows whose request it has. Pure.

Eleven characters of chance (55 bits) and one that finds typing errors, in Crockford's alphabet, which has no I, L, O and U.
It is not sent: a key is made of it (PBKDF2-HMAC-SHA256), and with that request and answer are sealed (HMAC-SHA256). Whoever
catches a request would have to try 2^54 codes at 200,000 hashes each to find it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Literal

from agent.identity.refusal import Refusal

ENTROPY_BYTES = 7
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 12
_ROUNDS = 200_000
_CODE = re.compile(f"[{_ALPHABET}]{{{_LENGTH}}}")
_MISREAD = str.maketrans("OIL", "011")


def made_of(entropy: bytes) -> str:
    """Return a code of seven random bytes, as people read it: K7QF-2M9X-HT4R."""
    number = int.from_bytes(entropy[:ENTROPY_BYTES], "big")
    chance = "".join(_ALPHABET[number >> 5 * place & 31] for place in range(_LENGTH - 1))
    whole = chance + _check(chance)
    return "-".join(whole[at : at + 4] for at in range(0, _LENGTH, 4))


def read(typed: str) -> str:
    """Return a code as it is counted, of what somebody typed. Refusal if it cannot be one."""
    found = re.sub(r"[\s-]", "", typed).upper().translate(_MISREAD)
    if not _CODE.fullmatch(found):
        raise Refusal("expected a code of twelve letters and digits, such as K7QF-2M9X-HT4R")
    if _check(found[:-1]) != found[-1]:
        raise Refusal("the code is mistyped: its last character does not fit the others")
    return found


def stretched(code: str, group: str, node: str) -> bytes:
    """Return the key (32 bytes) that a code makes for one node. It takes a second on a small board, by intent."""
    return hashlib.pbkdf2_hmac("sha256", code.encode(), f"{group}/{node}".encode(), _ROUNDS)


def seal(key: bytes, what: Literal["request", "answer"], group: str, node: str, *ders: bytes) -> str:
    """Return the seal (hex) of what goes to the authority or comes from it."""
    said = b"".join(len(der).to_bytes(4, "big") + der for der in ders)
    return hmac.digest(key, f"gadelys {what} 1 {group}/{node}\n".encode() + said, "sha256").hex()


def is_sealed(by: str, expected: str) -> bool:
    """Return whether a seal is the expected one, in a time that tells nothing."""
    return hmac.compare_digest(by.encode(), expected.encode())


def _check(chance: str) -> str:
    return _ALPHABET[hashlib.sha256(chance.encode()).digest()[0] & 31]
