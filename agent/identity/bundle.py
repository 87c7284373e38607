"""What is carried between a board and the authority: a text file, once there and once back. Nothing in it is secret. Pure.

A first line that says what it is, the node, the proof of who made it, and PEM: the request (and when renewing the certificate
that still holds), or the new certificate and that of the authority. Any bytes give a Bundle or Refusal, and nothing else.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Literal

import msgspec

from agent.identity.refusal import Refusal

LONGEST_BYTES = 32_768
Kind = Literal["request", "answer"]
How = Literal["code", "renewal"]
REQUEST, CERTIFICATE = "CERTIFICATE REQUEST", "CERTIFICATE"
_NAME = r"[A-Za-z0-9._-]{1,64}"
_HEAD = re.compile(
    rf"gadelys (request|answer) 1\nnode = ({_NAME})/({_NAME})\nproof = (code|renewal) ?([A-Za-z0-9+/=]{{0,400}})\n"
)
_BLOCK = re.compile(r"-----BEGIN ([A-Z ]{1,40})-----\n([A-Za-z0-9+/=\n]*)-----END \1-----\n")
_BLOCKS: dict[tuple[str, str], tuple[str, ...]] = {
    ("request", "code"): (REQUEST,),
    ("request", "renewal"): (REQUEST, CERTIFICATE),
    ("answer", "code"): (CERTIFICATE, CERTIFICATE),
    ("answer", "renewal"): (CERTIFICATE, CERTIFICATE),
}


class Bundle(msgspec.Struct, frozen=True):
    """A request or an answer. `proof` is a seal by the code, or a signature by the key of the certificate that holds."""

    kind: Kind
    group: str
    node: str
    how: How
    proof: str
    ders: tuple[bytes, ...]


def write(bundle: Bundle) -> str:
    """Return the text of a bundle."""
    head = f"gadelys {bundle.kind} 1\nnode = {bundle.group}/{bundle.node}\nproof = {bundle.how} {bundle.proof}".rstrip()
    labels = _BLOCKS[bundle.kind, bundle.how]
    return head + "\n" + "".join(pem(label, der) for label, der in zip(labels, bundle.ders, strict=True))


def read(raw: bytes, kind: Kind) -> Bundle:
    """Read a bundle of a kind. Refusal says what it is instead."""
    made_by = "gadelys enrol request" if kind == "request" else "gadelys authority sign"
    wrong = f"expected a file that `{made_by}` has written"
    if len(raw) > LONGEST_BYTES:
        raise Refusal(f"{wrong}, found more than {LONGEST_BYTES} bytes")
    text = raw.decode("latin-1").replace("\r\n", "\n").strip() + "\n"
    head = _HEAD.match(text)
    if head is None:
        raise Refusal(f"{wrong}, found something else")
    if head[1] != kind:
        raise Refusal(f"{wrong}, found the {head[1]} of {head[2]}/{head[3]}")
    blocks = _BLOCK.findall(text, head.end())
    labels = _BLOCKS[kind, head[4]]
    if tuple(label for label, _ in blocks) != labels or _BLOCK.sub("", text[head.end() :]).strip():
        raise Refusal(f"{wrong}, found one that is damaged")
    try:
        ders = tuple(base64.b64decode(body.replace("\n", ""), validate=True) for _, body in blocks)
    except (binascii.Error, ValueError):
        raise Refusal(f"{wrong}, found one that is damaged") from None
    return Bundle(kind, head[2], head[3], "code" if head[4] == "code" else "renewal", head[5], ders)


def pem(label: str, der: bytes) -> str:
    """Return DER as PEM."""
    body = base64.b64encode(der).decode()
    lines = "".join(body[at : at + 64] + "\n" for at in range(0, len(body), 64))
    return f"-----BEGIN {label}-----\n{lines}-----END {label}-----\n"


def renewal(group: str, node: str, request: bytes) -> bytes:
    """Return what the key of the certificate that holds signs, so that the authority knows that board again."""
    return f"gadelys renewal 1 {group}/{node}\n".encode() + request
