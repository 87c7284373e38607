"""The city's side: an authority in a folder, by `openssl ca`. It needs no network, and should have none."""

from __future__ import annotations

import base64
import secrets
import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from agent.identity import code, der, files, signing
from agent.identity.bundle import CERTIFICATE, LONGEST_BYTES, REQUEST, Bundle, pem, renewal, write
from agent.identity.openssl import NEW_KEY, Failed, openssl
from agent.identity.refusal import Refusal
from agent.identity.register import Invitation, Issued, Role, acl, check_free, holding

NODE_DAYS = 730

_MOSQUITTO = """\
# For /etc/mosquitto/conf.d/, with the other files of this folder in /etc/mosquitto/gadelys/.
per_listener_settings true
listener 8883
set_tcp_nodelay true
cafile /etc/mosquitto/gadelys/ca.pem
crlfile /etc/mosquitto/gadelys/crl.pem
certfile /etc/mosquitto/gadelys/certificate.pem
keyfile /etc/mosquitto/gadelys/key.pem
tls_version tlsv1.2
require_certificate true
use_identity_as_username true
acl_file /etc/mosquitto/gadelys/acl
"""


class Signed(msgspec.Struct, frozen=True):
    """The answer to a request; what was revoked, as a new board stands at that pole; whether brokers need a new ACL."""

    answer: str
    replaced: list[Issued]
    acl_changed: bool


class Authority:
    """An authority in a folder that `init` made. `passphrase` opens its key, "" if it has none."""

    def __init__(self, folder: Path, now: datetime, passphrase: str = "") -> None:
        self.folder = folder
        self._now = now
        self._signer = signing.Signer(folder, now, passphrase)
        if not (folder / "index.txt").is_file():
            raise Refusal(f"{folder}: no authority is there. Make one: gadelys authority init {folder}")

    def invite(self, group: str, node: str, for_: timedelta) -> tuple[str, Invitation]:
        """Return a new code for a node; an older one of that node counts no more. Refusal if its name is another's."""
        check_free(self._signer.issued(), group, "node", node, self._now)
        shown = code.made_of(secrets.token_bytes(code.ENTROPY_BYTES))
        stretched = code.stretched(code.read(shown), group, node)
        made = Invitation(group, node, stretched.hex(), self._now + for_)
        self._keep([*(one for one in self._invitations() if one.node.lower() != node.lower()), made])
        return shown, made

    def sign(self, request: Bundle, days: int = NODE_DAYS) -> Signed:
        """Answer a request that is sealed by a code that is open, or signed by the key of a certificate that holds. Refusal."""
        group, node = request.group, request.node
        issued = self._signer.issued()
        check_free(issued, group, "node", node, self._now)
        invitation = self._invited(request) if request.how == "code" else None
        if invitation is None:
            self._renews(request, issued)
        ours = self._signer.sign(pem(REQUEST, request.ders[0]), (group, "node", node), days)
        replaced: list[Issued] = []
        proof = ""
        authority = self._signer.certificate()
        if invitation is not None:
            self._keep([one for one in self._invitations() if one != invitation])
            replaced = holding(issued, node, self._now)
            self._signer.revoke(replaced, "superseded")
            key = bytes.fromhex(invitation.stretched)
            proof = code.seal(key, "answer", group, node, ours, authority)
        answer = write(Bundle("answer", group, node, request.how, proof, (ours, authority)))
        return Signed(answer, replaced, acl_changed=self.publish())

    def issue(self, group: str, role: Role, name: str, addresses: Sequence[str], days: int = NODE_DAYS) -> Path:
        """Make a key and a certificate for a broker or the platform; return the folder to be carried there. Refusal."""
        check_free(self._signer.issued(), group, role, name, self._now)
        carried = self.folder / "carry" / name
        files.folder(carried.parent)
        files.folder(carried)
        key = carried / "key.pem"
        files.write(key, b"", files.PRIVATE)
        openssl(*NEW_KEY, "-out", key)
        csr = openssl("req", "-new", "-key", key, "-subj", "/CN=asked").decode()
        ours = self._signer.sign(csr, (group, role, name), days, addresses if role == "broker" else ())
        files.write(carried / "certificate.pem", pem(CERTIFICATE, ours).encode(), files.PUBLIC)
        files.write(carried / "ca.pem", pem(CERTIFICATE, self._signer.certificate()).encode(), files.PUBLIC)
        if role == "broker":
            files.write(carried / "gadelys.conf", _MOSQUITTO.encode(), files.PUBLIC)
        self.publish()
        return carried

    def revoke(self, name: str, reason: str) -> list[Issued]:
        """Revoke all that a name holds, and make the lists anew. Refusal if it holds nothing."""
        held = holding(self._signer.issued(), name, self._now)
        if not held:
            known = sorted({one.name for one in self._signer.issued() if one.holds(self._now)})
            raise Refusal(f'no certificate of "{name}" holds; those of {", ".join(known) or "nobody"} do')
        self._signer.revoke(held, reason)
        self._keep([one for one in self._invitations() if one.node.lower() != name.lower()])
        self.publish()
        return held

    def issued(self) -> list[Issued]:
        """Return all that was ever signed. Refusal."""
        return self._signer.issued()

    # ---- Who asks ------------------------------------------------------------------------------------------------------

    def _invited(self, request: Bundle) -> Invitation:
        """Return the invitation whose code has sealed a request. Refusal."""
        again = f"give a new code: gadelys authority invite {request.node} --group {request.group}"
        for one in self._invitations():
            if (one.group, one.node) != (request.group, request.node):
                continue
            if one.until <= self._now:
                raise Refusal(f"the code for {one.group}/{one.node} was good until {one.until.date()}; {again}")
            key = bytes.fromhex(one.stretched)
            if code.is_sealed(request.proof, code.seal(key, "request", one.group, one.node, *request.ders)):
                return one
            raise Refusal(f"the request of {one.group}/{one.node} was not made with the code that was given for it")
        raise Refusal(f"no code is open for {request.group}/{request.node}: it was used, or none was given; {again}")

    def _renews(self, request: Bundle, issued: Sequence[Issued]) -> None:
        """Check that a request comes from the board whose certificate holds. Refusal."""
        who = f"{request.group}/{request.node}"
        csr, present = request.ders
        again = f"give a code: gadelys authority invite {request.node} --group {request.group}"
        text = pem(CERTIFICATE, present).encode()
        try:
            serial = openssl("x509", "-serial", "-noout", stdin=text).decode().strip().partition("=")[2]
            kept = der.blocks(files.read(self.folder / "issued" / f"{serial}.pem", LONGEST_BYTES))
        except (Failed, Refusal, der.NoCertificate):
            kept = []
        if kept != [present]:
            raise Refusal(f"the certificate that {who} would renew is not of this authority; {again}")
        mine = [one for one in issued if one.serial == serial]
        if not mine or not mine[0].holds(self._now):
            raise Refusal(f"the certificate that {who} would renew is revoked or has ended; {again}")
        if (mine[0].group, mine[0].role, mine[0].name) != (request.group, "node", request.node):
            raise Refusal(f"the certificate that {who} would renew is that of {mine[0].group}/{mine[0].name}")
        signature, public = self.folder / ".signature", self.folder / ".public"
        try:
            files.write(public, openssl("x509", "-pubkey", "-noout", stdin=text), files.PRIVATE)
            files.write(signature, base64.b64decode(request.proof), files.PRIVATE)
            said = renewal(request.group, request.node, csr)
            openssl("dgst", "-sha256", "-verify", public, "-signature", signature, stdin=said)
        except (Failed, ValueError):
            raise Refusal(f"the request of {who} is not signed by the key of its certificate; {again}") from None
        finally:
            files.remove(signature, public)

    # ---- What is kept and carried ----------------------------------------------------------------------------------------

    def publish(self) -> bool:
        """Make the list of the revoked and the ACL, and lay them to what is carried to each broker; whether the ACL is new."""
        issued = self._signer.issued()
        self._signer.publish()
        held = [one for one in issued if one.holds(self._now)]
        groups = sorted({one.group for one in held if one.role == "node"})
        platforms = sorted({one.name for one in held if one.role == "platform"})
        path, text = self.folder / "acl", acl(groups, platforms).encode()
        changed = not path.is_file() or path.read_bytes() != text
        files.write(path, text, files.PUBLIC)
        for broker in (one for one in held if one.role == "broker"):
            carried = self.folder / "carry" / broker.name
            if carried.is_dir():
                for name in ("crl.pem", "acl"):
                    shutil.copyfile(self.folder / name, carried / name)
        return changed

    def _invitations(self) -> list[Invitation]:
        raw = files.read(self.folder / "codes.json", signing.LONGEST_INDEX)
        try:
            return msgspec.json.decode(raw, type=list[Invitation])
        except msgspec.DecodeError as error:
            raise Refusal(f"{self.folder / 'codes.json'}: {error}") from None

    def _keep(self, invitations: Sequence[Invitation]) -> None:
        files.write(self.folder / "codes.json", msgspec.json.encode(invitations), files.PRIVATE)


def init(folder: Path, city: str, now: datetime, passphrase: str) -> None:
    """Make an authority with a new key, locked by the passphrase unless that is "". Refusal if something is in the folder."""
    signing.init(folder, city, passphrase)
    Authority(folder, now, passphrase).publish()


def locked(folder: Path) -> bool:
    """Return whether the authority's key wants a passphrase. Refusal if it cannot be read."""
    return b"ENCRYPTED" in files.read(folder / "ca.key", LONGEST_BYTES)
