"""What `openssl ca` does for the authority: its folder, signatures, revocations, the list of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from agent.identity import der, files
from agent.identity.bundle import LONGEST_BYTES
from agent.identity.openssl import NEW_KEY, Failed, openssl
from agent.identity.refusal import Refusal
from agent.identity.register import Issued, Role, read_index

AUTHORITY_DAYS = 7300
LONGEST_INDEX = 1 << 26
_EARLY = timedelta(hours=1)  # a broker whose clock is late by this takes a new certificate

_CONFIG = """\
# How openssl signs here. Made by `gadelys authority init`.
[ca]
default_ca = authority
[authority]
database = index.txt
new_certs_dir = issued
certificate = ca.pem
private_key = ca.key
crlnumber = crlnumber
rand_serial = yes
default_md = sha256
policy = names
unique_subject = no
copy_extensions = none
string_mask = utf8only
[names]
organizationName = supplied
organizationalUnitName = supplied
commonName = supplied
[req]
distinguished_name = nothing
[nothing]
[root]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[node]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""
_SERVER = """\
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {names}
"""


class Signer:
    """The authority's key and list, in a folder. `passphrase` opens the key, "" if it has none."""

    def __init__(self, folder: Path, now: datetime, passphrase: str) -> None:
        self.folder = folder
        self._now = now
        self._passphrase = passphrase

    def certificate(self) -> bytes:
        """Return the authority's own certificate (DER). Refusal."""
        path = self.folder / "ca.pem"
        try:
            return der.blocks(files.read(path, LONGEST_BYTES))[0]
        except (der.NoCertificate, IndexError):
            raise Refusal(f"{path}: expected the authority's certificate (PEM)") from None

    def issued(self) -> list[Issued]:
        """Return all that was ever signed. Refusal."""
        return read_index(files.read(self.folder / "index.txt", LONGEST_INDEX).decode(errors="replace"))

    def sign(self, csr: str, who: tuple[str, Role, str], days: int, addresses: Sequence[str] = ()) -> bytes:
        """Sign a request, for a name that we say; what the request says of itself does not count. Refusal."""
        group, role, name = who
        extensions = ["-extensions", "node"]
        asked, names = self.folder / ".request", self.folder / ".names"
        files.write(asked, csr.encode(), files.PRIVATE)
        if role == "broker":
            files.write(names, _SERVER.format(names=_alternatives((name, *addresses))).encode(), files.PRIVATE)
            extensions = ["-extfile", names.name]
        first = self._now - _EARLY
        last = min(self._now + timedelta(days=days), der.read(self.certificate()).not_after)
        try:
            made = self._ca(
                "-in", asked.name, "-notext", *extensions, "-subj", f"/O={group}/OU={role}/CN={name}",
                "-startdate", f"{first:%Y%m%d%H%M%SZ}", "-enddate", f"{last:%Y%m%d%H%M%SZ}",
            )  # fmt: skip
        except Failed as error:
            raise Refusal(f"the request for {name} cannot be signed: {error}") from None
        finally:
            files.remove(asked, names)
        if not (signed := der.blocks(made)):  # -batch ends well where a request's own signature is wrong
            raise Refusal(f"the request for {name} cannot be signed: it is damaged")
        return signed[0]

    def revoke(self, which: Sequence[Issued], reason: str) -> None:
        """Put certificates on the list. Refusal."""
        for one in which:
            self._checked("-revoke", f"issued/{one.serial}.pem", "-crl_reason", reason)

    def publish(self) -> None:
        """Write the list of the revoked (crl.pem). Refusal."""
        # It ends with the authority: when it is out of date, a broker lets nobody in.
        days = (der.read(self.certificate()).not_after - self._now).days
        self._checked("-gencrl", "-crldays", str(max(days, 1)), "-out", "crl.pem")

    def _checked(self, *words: str) -> None:
        try:
            self._ca(*words)
        except Failed as error:
            raise Refusal(f"{self.folder}: openssl refuses: {error}") from None

    def _ca(self, *words: str) -> bytes:
        passing = ["-passin", "stdin"] if self._passphrase else []
        said = f"{self._passphrase}\n".encode() if self._passphrase else b""
        try:
            return openssl("ca", "-config", "openssl.cnf", "-batch", *passing, *words, stdin=said, folder=self.folder)
        except Failed as error:
            if "private key" in error.said:
                raise Refusal(f"{self.folder / 'ca.key'}: the passphrase does not open it") from None
            raise


def init(folder: Path, city: str, passphrase: str) -> None:
    """Make a folder with a new key, locked by the passphrase unless that is "". Refusal if something is in it."""
    if folder.exists() and any(folder.iterdir()):
        raise Refusal(f"{folder}: expected a folder that is new or empty")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    files.folder(folder / "issued")
    files.write(folder / "openssl.cnf", _CONFIG.encode(), files.PRIVATE)
    files.write(folder / "ca.key", b"", files.PRIVATE)
    lock = ["-aes-256-cbc", "-pass", "stdin"] if passphrase else []
    said = f"{passphrase}\n".encode()
    subject = f"/O={_escaped(city)}/CN=Gadelys authority of {_escaped(city)}"
    openssl(*NEW_KEY, *lock, "-out", "ca.key", stdin=said, folder=folder)
    openssl("req", "-x509", "-new", "-config", "openssl.cnf", "-extensions", "root", "-key", "ca.key",
            *(["-passin", "stdin"] if passphrase else []), "-utf8", "-subj", subject,
            "-days", str(AUTHORITY_DAYS), "-out", "ca.pem", stdin=said, folder=folder)  # fmt: skip
    for name, content in (("crlnumber", b"01\n"), ("codes.json", b"[]"), ("index.txt.attr", b"unique_subject = no\n")):
        files.write(folder / name, content, files.PRIVATE)
    files.write(folder / "index.txt", b"", files.PRIVATE)  # last: with it the authority is there


def _alternatives(names: Sequence[str]) -> str:
    """Return names and addresses as openssl takes them."""
    return ", ".join(("IP:" if _is_address(name) else "DNS:") + name for name in dict.fromkeys(names))


def _escaped(text: str) -> str:
    """Return a text as it may stand in -subj."""
    return "".join("\\" + char if char in "\\/+=" else char for char in text)


def _is_address(name: str) -> bool:
    return ":" in name or name.replace(".", "").isdigit()
