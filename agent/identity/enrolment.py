"""The board's side: a key that is made here and stays, a request to carry away, an answer that is brought back."""

from __future__ import annotations

import base64
from datetime import datetime
from pathlib import Path

import msgspec

from agent.identity import code, der, files
from agent.identity.bundle import CERTIFICATE, LONGEST_BYTES, Bundle, pem, read, renewal, write
from agent.identity.openssl import NEW_KEY, Failed, openssl
from agent.identity.refusal import Refusal

_AGAIN = "make a new one: gadelys enrol request"


class Board(msgspec.Struct, frozen=True):
    """A node and its files: `identity` holds certificate and key, `ca` the authority; what is pending stands beside them."""

    group: str
    node: str
    identity: Path
    ca: Path

    @property
    def name(self) -> str:
        return f"{self.group}/{self.node}"

    @property
    def key(self) -> Path:
        """Return where the key waits for its certificate."""
        return self.identity.with_name("request.key")

    @property
    def code(self) -> Path:
        """Return where what the code makes waits for the answer; not there while renewing."""
        return self.identity.with_name("request.code")


def request(board: Board, typed: str) -> str:
    """Make a key and return the request for its certificate, sealed by the code. Refusal."""
    stretched = code.stretched(code.read(typed), board.group, board.node)
    csr = _new_request(board)
    files.write(board.code, stretched.hex().encode(), files.PRIVATE)
    proof = code.seal(stretched, "request", board.group, board.node, csr)
    return write(Bundle("request", board.group, board.node, "code", proof, (csr,)))


def renew(board: Board) -> str:
    """Make a new key and return the request for its certificate, signed by the key that holds still. Refusal."""
    present = files.read(board.identity, LONGEST_BYTES)
    certificate = _first(board.identity, present)
    csr = _new_request(board)
    files.remove(board.code)
    said = renewal(board.group, board.node, csr)
    signature = _tried("the key in use", "dgst", "-sha256", "-sign", board.identity, stdin=said)
    proof = base64.b64encode(signature).decode()
    return write(Bundle("request", board.group, board.node, "renewal", proof, (csr, certificate)))


def install(board: Board, raw: bytes, now: datetime | None) -> der.Certificate:
    """Take an answer into use, with one rename. `now` is none while no clock is trusted. Refusal, and all is as it was."""
    answer = read(raw, "answer")
    if (answer.group, answer.node) != (board.group, board.node):
        raise Refusal(f"the answer is for {answer.group}/{answer.node}, and this is {board.name}")
    if not board.key.is_file():
        raise Refusal(f"no request is open on this board ({board.key} is not there): {_AGAIN}")
    ours, authority = answer.ders
    _genuine(board, answer)
    key = files.read(board.key, LONGEST_BYTES)
    _fits(board, ours, authority, now)
    files.write(board.ca, pem(CERTIFICATE, authority).encode(), files.PUBLIC)
    files.write(board.identity, pem(CERTIFICATE, ours).encode() + key, files.PRIVATE)
    files.remove(board.key, board.code)
    return _said(ours)


def _new_request(board: Board) -> bytes:
    """Make a key that waits, and return the request (DER) for it."""
    state = board.identity.parent.parent
    if not state.is_dir():
        raise Refusal(f"{state}: expected a folder, which the service makes when it starts: systemctl start gadelys")
    files.folder(board.identity.parent)
    files.write(board.key, b"", files.PRIVATE)  # owner and mode stand before there is anything in it
    _tried("a new key", *NEW_KEY, "-out", board.key)
    subject = f"/O={board.group}/OU=node/CN={board.node}"
    return _tried("a request", "req", "-new", "-key", board.key, "-subj", subject, "-outform", "DER")


def _genuine(board: Board, answer: Bundle) -> None:
    """Refuse an answer that does not come from the authority that the request was made for."""
    if board.code.is_file():
        stretched = bytes.fromhex(files.read(board.code, 64).decode("ascii", "replace"))
        if answer.how != "code" or not code.is_sealed(
            answer.proof, code.seal(stretched, "answer", board.group, board.node, *answer.ders)
        ):
            raise Refusal("the answer is not of the authority that gave the code, or answers an older request")
    elif answer.how != "renewal" or der.blocks(files.read(board.ca, LONGEST_BYTES))[:1] != [answer.ders[1]]:
        raise Refusal(f"the answer is of another authority than that in {board.ca}")


def _fits(board: Board, ours: bytes, authority: bytes, now: datetime | None) -> None:
    """Refuse a certificate that is not of this request, this node and this authority, or that has ended."""
    says = _said(ours)
    text = pem(CERTIFICATE, ours).encode()
    public = _tried("the answer", "x509", "-pubkey", "-noout", stdin=text)
    if public != _tried("the open request", "pkey", "-in", board.key, "-pubout"):
        raise Refusal(f"the answer is for another key than the open request's: it answers an older one, or {_AGAIN}")
    if (says.organisation, says.name) != (board.group, board.node):
        raise Refusal(f"the certificate is for {says.organisation}/{says.name}, and this is {board.name}")
    if now is not None and says.not_after <= now:
        raise Refusal(f"the certificate has ended on {says.not_after.date().isoformat()}")
    beside = board.identity.with_name("answer.ca")
    files.write(beside, pem(CERTIFICATE, authority).encode(), files.PUBLIC)
    try:
        openssl("verify", "-x509_strict", "-no_check_time", "-purpose", "sslclient", "-CAfile", beside, stdin=text)
    except Failed as error:
        raise Refusal(f"the certificate is not signed by the authority in the answer: {error}") from None
    finally:
        files.remove(beside)


def _said(certificate: bytes) -> der.Certificate:
    try:
        return der.read(certificate)
    except der.NoCertificate as error:
        raise Refusal(f"expected a certificate in the answer: {error}") from None


def _first(path: Path, raw: bytes) -> bytes:
    try:
        return der.blocks(raw)[0]
    except (der.NoCertificate, IndexError):
        raise Refusal(f"{path}: expected the certificate to be renewed, found none: {_AGAIN}") from None


def _tried(what: str, *words: str | Path, stdin: bytes = b"") -> bytes:
    try:
        return openssl(*words, stdin=stdin)
    except Failed as error:
        raise Refusal(f"{what}: openssl refuses: {error}") from None
