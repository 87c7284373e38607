"""Board and authority with real openssl, from the code to the list of the revoked; openssl judges what was made."""

from __future__ import annotations

import base64
import os
import stat
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from agent.identity import authority, code, der, enrolment, files
from agent.identity.authority import Authority
from agent.identity.bundle import CERTIFICATE, REQUEST, Bundle, pem, read, write
from agent.identity.enrolment import Board
from agent.identity.refusal import Refusal
from city import GROUP, City, now
from neighbour_certificates import KEY, run

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return City(tmp_path_factory.mktemp("city"), "Albertslund + Glostrup/Kommune")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> City:
    return City(tmp_path_factory.mktemp("other"))


def judge(*words: object, stdin: bytes = b"") -> str:
    """What openssl says; fails with its complaint."""
    done = subprocess.run(["openssl", *map(str, words)], input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return (done.stdout + done.stderr).decode()


def signed(city: City, request: str) -> str:
    return city.authority.sign(read(request.encode(), "request")).answer


def invited(city: City, board: Board) -> str:
    return city.authority.invite(board.group, board.node, DAY)[0]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_what_a_board_gets(city: City) -> None:
    board = city.board("pole-7")
    request = enrolment.request(board, invited(city, board))
    csr = read(request.encode(), "request").ders[0]
    assert "OK" in judge("req", "-verify", "-inform", "DER", "-noout", stdin=csr)
    assert b"PRIVATE" not in request.encode()
    answer = signed(city, request)
    assert "PRIVATE" not in answer
    enrolment.install(board, answer.encode(), now())
    root, crl = city.folder / "authority" / "ca.pem", city.folder / "authority" / "crl.pem"
    own = ("-x509_strict", "-crl_check", "-CAfile", root, "-CRLfile", crl, "-purpose", "sslclient", board.identity)
    assert "OK" in judge("verify", *own)
    said = judge(
        "x509", "-in", board.identity, "-noout", "-subject", "-ext", "extendedKeyUsage,basicConstraints,keyUsage"
    )
    assert "O = albertslund, OU = node, CN = pole-7" in said
    assert "TLS Web Client Authentication" in said
    assert "CA:FALSE" in said
    assert "Digital Signature" in said
    assert judge("x509", "-in", board.identity, "-pubkey", "-noout") == judge("pkey", "-in", board.identity, "-pubout")
    assert board.ca.read_bytes() == root.read_bytes()
    assert {path.name for path in board.identity.parent.iterdir()} == {"identity.pem", "ca.pem"}


@pytest.fixture
def careless() -> Iterator[None]:
    """A shell whose new files are everybody's."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("careless")
def test_the_key_is_nobody_else_s_at_any_time(city: City) -> None:
    board = city.board("pole-modes")
    request = enrolment.request(board, invited(city, board))
    assert {stat.S_IMODE(path.stat().st_mode) for path in (board.key, board.code)} == {0o600}
    enrolment.install(board, signed(city, request).encode(), None)
    assert stat.S_IMODE(board.identity.stat().st_mode) == 0o600
    keys = [
        path for path in (city.folder / "authority").rglob("*") if path.is_file() and b"PRIVATE" in path.read_bytes()
    ]
    assert [path.name for path in keys] == ["ca.key"]
    assert stat.S_IMODE(keys[0].stat().st_mode) == 0o600


def test_a_code_is_good_once_for_one_node_and_a_while(city: City) -> None:
    board = city.board("pole-once")
    request = enrolment.request(board, invited(city, board))
    signed(city, request)
    with pytest.raises(Refusal, match="no code is open for albertslund/pole-once: it was used"):
        signed(city, request)
    asked = read(request.encode(), "request")
    with pytest.raises(Refusal, match="no code is open for albertslund/pole-none"):
        city.authority.sign(msgspec.structs.replace(asked, node="pole-none"))
    late = enrolment.request(board, invited(city, board))
    with pytest.raises(Refusal, match="was good until"):
        Authority(city.folder / "authority", now() + 2 * DAY).sign(read(late.encode(), "request"))


def test_a_newer_code_replaces_the_older(city: City) -> None:
    board = city.board("pole-newer")
    older, newer = invited(city, board), invited(city, board)
    with pytest.raises(Refusal, match="not made with the code"):
        signed(city, enrolment.request(board, older))
    signed(city, enrolment.request(board, newer))


def test_a_request_that_was_changed_on_the_way(city: City, other: City) -> None:
    """Somebody between pole and authority puts a key of their own into it."""
    board, thief = city.board("pole-way"), other.board("pole-way")
    request = read(enrolment.request(board, invited(city, board)).encode(), "request")
    theirs = read(enrolment.request(thief, invited(other, thief)).encode(), "request")
    with pytest.raises(Refusal, match="not made with the code"):
        city.authority.sign(msgspec.structs.replace(request, ders=theirs.ders))
    signed(city, write(request))


def test_an_answer_that_was_changed_on_the_way(city: City, other: City) -> None:
    """Somebody answers with an authority of their own, and would be the board's broker from then on."""
    board = city.board("pole-fooled")
    request = enrolment.request(board, invited(city, board))
    before = contents(board.identity.parent)
    guessed = other.authority.invite(GROUP, "pole-fooled", DAY)[0]
    forged = enrolment.request(other.board("pole-fooled"), guessed)
    with pytest.raises(Refusal, match="not of the authority that gave the code"):
        enrolment.install(board, signed(other, forged).encode(), now())
    answer = read(signed(city, request).encode(), "answer")
    damaged = msgspec.structs.replace(answer, ders=(answer.ders[0], answer.ders[1][:-1] + b"\0"))
    with pytest.raises(Refusal, match="not of the authority that gave the code"):
        enrolment.install(board, write(damaged).encode(), now())
    assert contents(board.identity.parent) == before
    enrolment.install(board, write(answer).encode(), now())


def test_answers_of_others_and_of_other_requests(city: City) -> None:
    board, beside = city.board("pole-a"), city.board("pole-b")
    first = signed(city, enrolment.request(board, invited(city, board)))
    with pytest.raises(Refusal, match="the answer is for albertslund/pole-a, and this is albertslund/pole-b"):
        enrolment.install(beside, first.encode(), now())
    enrolment.request(board, invited(city, board))
    with pytest.raises(Refusal, match="or answers an older request"):
        enrolment.install(board, first.encode(), now())
    with pytest.raises(Refusal, match=r"no request is open on this board .*request\.key is not there"):
        enrolment.install(city.enrolled("pole-b"), first.replace("pole-a", "pole-b").encode(), now())


def test_renewal_without_a_code(city: City) -> None:
    board = city.enrolled("pole-renews")
    before = board.identity.read_bytes()
    request = enrolment.renew(board)
    assert board.identity.read_bytes() == before
    enrolment.install(board, signed(city, request).encode(), now())
    after = board.identity.read_bytes()
    assert der.first(after).serial != der.first(before).serial
    assert after.split(b"PRIVATE")[1] != before.split(b"PRIVATE")[1]
    held = [one for one in city.authority.issued() if one.name == "pole-renews" and one.holds(now())]
    assert len(held) == 2  # the older one lives until its end, or an answer that is lost would lock the board out


@pytest.mark.parametrize("how", ["revoked", "ended", "unknown", "unsigned", "of another"])
def test_a_renewal_that_is_refused(city: City, other: City, how: str) -> None:
    name = f"pole-{how.replace(' ', '-')}"
    board = (other if how == "unknown" else city).enrolled(name)
    request = read(enrolment.renew(board).encode(), "request")
    signer = city.authority
    if how == "revoked":
        signer.revoke(name, "keyCompromise")
    elif how == "ended":
        signer = Authority(city.folder / "authority", now() + 800 * DAY)
    elif how == "unsigned":
        request = msgspec.structs.replace(request, proof=base64.b64encode(b"0" * 70).decode())
    elif how == "of another":
        request = msgspec.structs.replace(request, node="pole-elsewhere")
    says = {
        "unknown": "not of this authority",
        "unsigned": "not signed by the key",
        "of another": "is that of albertslund/",
    }
    with pytest.raises(Refusal, match=says.get(how, "is revoked or has ended")):
        signer.sign(request)


def test_a_renewal_s_answer_of_another_authority(city: City, other: City) -> None:
    board = city.enrolled("pole-swap")
    request = enrolment.renew(board)
    answer = read(signed(city, request).encode(), "answer")
    theirs = pem(CERTIFICATE, der.blocks((other.folder / "authority" / "ca.pem").read_bytes())[0])
    swapped = msgspec.structs.replace(answer, ders=(answer.ders[0], der.blocks(theirs.encode())[0]))
    with pytest.raises(Refusal, match="the answer is of another authority"):
        enrolment.install(board, write(swapped).encode(), now())
    forged = msgspec.structs.replace(answer, ders=(der.blocks(theirs.encode())[0], answer.ders[1]))
    with pytest.raises(Refusal, match="for another key"):
        enrolment.install(board, write(forged).encode(), now())


@pytest.mark.parametrize("fails", ["ca.pem", "identity.pem"])
def test_power_that_goes_while_an_answer_is_installed(city: City, fails: str, monkeypatch: pytest.MonkeyPatch) -> None:
    board = city.enrolled(f"pole-power-{fails[0]}")
    before = board.identity.read_bytes()
    answer = signed(city, enrolment.renew(board)).encode()
    whole = files.write

    def cut(path: Path, content: bytes, mode: int) -> None:
        if path.name == fails:
            raise Refusal("no power")
        whole(path, content, mode)

    with monkeypatch.context() as patched:
        patched.setattr(files, "write", cut)
        with pytest.raises(Refusal, match="no power"):
            enrolment.install(board, answer, now())
    assert board.identity.read_bytes() == before
    enrolment.install(board, answer, now())
    assert board.identity.read_bytes() != before


def test_a_new_board_at_a_pole_ends_the_old_one(city: City) -> None:
    old = city.enrolled("pole-twice")
    stolen = old.identity.read_bytes()
    board = city.board("pole-twice")
    request = read(enrolment.request(board, invited(city, board)).encode(), "request")
    replaced = city.authority.sign(request).replaced
    assert [one.serial for one in replaced] == [der.first(stolen).number]
    listed = judge("crl", "-in", city.folder / "authority" / "crl.pem", "-noout", "-text")
    assert f"Serial Number: {der.first(stolen).number}" in listed


def test_the_list_is_signed_and_lasts_as_long_as_the_authority(city: City) -> None:
    city.enrolled("pole-listed")
    city.authority.revoke("pole-listed", "cessationOfOperation")
    root, crl = city.folder / "authority" / "ca.pem", city.folder / "authority" / "crl.pem"
    said = judge("crl", "-in", crl, "-CAfile", root, "-noout", "-nextupdate", "-text")
    assert "verify OK" in said
    assert "Cessation Of Operation" in said
    assert int(said.split("nextUpdate=")[1].split()[3]) >= now().year + 19
    with pytest.raises(Refusal, match='no certificate of "pole-listed" holds'):
        city.authority.revoke("pole-listed", "superseded")


def test_a_request_does_not_say_what_is_signed(city: City, tmp_path: Path) -> None:
    """Whoever has the code asks for more: another name, an authority's rights. And for nothing: a damaged request."""
    run(tmp_path, "req", "-new", *KEY, "-keyout", "key", "-outform", "DER", "-out", "csr", "-subj", "/CN=broker.example",
        "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "subjectAltName=DNS:broker.example")  # fmt: skip
    csr = (tmp_path / "csr").read_bytes()
    answer = city.authority.sign(sealed(city, "pole-more", csr)).answer
    text = pem(CERTIFICATE, read(answer.encode(), "answer").ders[0]).encode()
    said = judge("x509", "-noout", "-text", stdin=text)
    assert "Subject: O = albertslund, OU = node, CN = pole-more" in said
    assert "broker.example" not in said
    assert "CA:TRUE" not in said
    for damaged in (csr[:-1] + bytes((csr[-1] ^ 1,)), csr[:-9], b"", b"x" * 40):
        with pytest.raises(Refusal, match="the request for pole-more cannot be signed"):
            city.authority.sign(sealed(city, "pole-more", damaged))


def sealed(city: City, node: str, csr: bytes) -> Bundle:
    """A request with the right seal, whatever is in it."""
    key = code.stretched(code.read(city.authority.invite(GROUP, node, DAY)[0]), GROUP, node)
    return Bundle("request", GROUP, node, "code", code.seal(key, "request", GROUP, node, csr), (csr,))


def test_brokers_and_names(city: City) -> None:
    carried = city.issued("broker.example", "broker", "192.0.2.10", "2001:db8::1", "mqtt.example")
    root = city.folder / "authority" / "ca.pem"
    for name in ("broker.example", "mqtt.example"):
        judge(
            "verify",
            "-x509_strict",
            "-purpose",
            "sslserver",
            "-CAfile",
            root,
            "-verify_hostname",
            name,
            carried / "certificate.pem",
        )
    for address in ("192.0.2.10", "2001:db8::1"):
        judge("verify", "-CAfile", root, "-verify_ip", address, carried / "certificate.pem")
    with pytest.raises(Refusal, match=r"is taken: broker broker\.example of city has it"):
        city.authority.invite(GROUP, "broker.example", DAY)


def test_a_locked_authority(tmp_path: Path) -> None:
    authority.init(tmp_path / "a", "Ærø", now(), "correct horse battery")
    assert authority.locked(tmp_path / "a")
    with pytest.raises(Refusal, match=r"ca\.key: the passphrase does not open it"):
        Authority(tmp_path / "a", now(), "wrong horse battery").issue("city", "platform", "platform", ())
    Authority(tmp_path / "a", now(), "correct horse battery").issue("city", "platform", "platform", ())
    with pytest.raises(Refusal, match="expected a folder that is new or empty"):
        authority.init(tmp_path / "a", "Ærø", now(), "")
    with pytest.raises(Refusal, match="no authority is there"):
        Authority(tmp_path / "b", now())


def test_no_openssl(city: City, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refusal, match="openssl is not installed: apt-get install openssl"):
        enrolment.request(city.board("pole-bare"), code.made_of(bytes(7)))


def test_independent_reading(city: City) -> None:
    """A parser that is not OpenSSL's, where it is installed, takes what was made."""
    x509 = pytest.importorskip("cryptography.x509", reason="cryptography is not installed")
    board = city.board("pole-x")
    csr = read(enrolment.request(board, invited(city, board)).encode(), "request").ders[0]
    assert x509.load_pem_x509_csr(pem(REQUEST, csr).encode()).is_signature_valid
    root = x509.load_pem_x509_certificate((city.folder / "authority" / "ca.pem").read_bytes())
    own = x509.load_pem_x509_certificate(city.enrolled("pole-x").identity.read_bytes())
    own.verify_directly_issued_by(root)
    listed = x509.load_pem_x509_crl((city.folder / "authority" / "crl.pem").read_bytes())
    assert listed.is_signature_valid(root.public_key())
    assert listed.get_revoked_certificate_by_serial_number(own.serial_number) is None


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_what_root_writes_belongs_to_the_agent(city: City) -> None:
    board = city.board("pole-root")
    state, agent = board.identity.parent, 4711
    os.chown(state, agent, agent)
    board = msgspec.structs.replace(
        board, identity=state / "identity" / "identity.pem", ca=state / "identity" / "ca.pem"
    )
    request = enrolment.request(board, invited(city, board))
    assert {path.stat().st_uid for path in (board.key, board.code, board.key.parent)} == {agent}
    enrolment.install(board, signed(city, request).encode(), now())
    assert {path.stat().st_uid for path in (board.identity, board.ca)} == {agent}
    assert stat.S_IMODE(board.identity.parent.stat().st_mode) == 0o700
