"""What people paste of an advert, as bytes: hexadecimal with or without signs between. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

_MOST = 4096
_BETWEEN = re.compile(r"0[xX]|[\s,:;<>\[\]-]+")
_SAYS = "HEX: expected an advert, or a controller's event, in hexadecimal, such as 02 01 06 1A FF 4C 00 02 15 …"


def advert_bytes(words: Sequence[str]) -> bytes:
    """Read what was pasted; `>` and `<` of hcidump, commas, colons and 0x do not count. ValueError."""
    text = _BETWEEN.sub(" ", " ".join(words)).strip()
    for word in text.split():
        if not re.fullmatch(r"[0-9A-Fa-f]+", word):
            raise ValueError(f"{_SAYS}; found {word[:40]!r}")
    pairs = text.replace(" ", "")
    if not pairs:
        raise ValueError(f"{_SAYS}; found nothing")
    if len(pairs) % 2:
        raise ValueError(f"{_SAYS}; found half a byte at the end")
    if len(pairs) > 2 * _MOST:
        raise ValueError(f"HEX: expected at most {_MOST} bytes, found {len(pairs) // 2}")
    return bytes.fromhex(pairs)
