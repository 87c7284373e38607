"""Our own files: what is said of each that is wrong, renewal, and what is told over a certificate's life."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import msgspec
import pytest

from agent.clock import RELEASED
from agent.config.records import Tls
from agent.identity.enrolment import Board
from agent.identity.identity import Identity
from city import City, now
from mosquitto import Mosquitto
from neighbour_certificates import run
from tls_sessions import DAY, HandClock, of, opened, plain, refused


@pytest.fixture
def files(pole: Board, tmp_path: Path) -> Tls:
    """Copies that may be spoiled, certificate and key apart."""
    run(tmp_path, "pkey", "-in", str(pole.identity), "-out", "key.pem")
    run(tmp_path, "x509", "-in", str(pole.identity), "-out", "own.pem")
    shutil.copyfile(pole.ca, tmp_path / "ca.pem")
    return Tls(ca=tmp_path / "ca.pem", certificate=tmp_path / "own.pem", key=tmp_path / "key.pem", warn_days=30)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("ca.pem", b"", "{ca}: expected the certificate of an authority (PEM), found something else"),
        ("ca.pem", b"no PEM", "{ca}: expected the certificate of an authority (PEM), found something else"),
        ("ca.pem", None, "{ca}: no such file or directory"),
        ("own.pem", b"no PEM", "{own}, {key}: expected a certificate and its key (PEM), found something else"),
        ("own.pem", None, "{own}: no such file or directory"),
        ("key.pem", b"\0\xff", "{own}, {key}: expected a certificate and its key (PEM), found something else"),
        ("key.pem", None, "{key}: no such file or directory"),
        ("key.pem", "folder", "{key}: is a directory"),
        ("key.pem", "another", "the key in {key} is not that of the certificate in {own}"),
        ("key.pem", "locked", "{key}: expected a key without a passphrase"),
    ],
)
async def test_files_that_are_wrong(
    files: Tls, tmp_path: Path, name: str, content: bytes | str | None, says: str
) -> None:
    if content == "another":
        run(tmp_path, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", name)
    elif content == "locked":
        run(tmp_path, "pkey", "-in", "key.pem", "-aes256", "-passout", "pass:secret", "-out", "locked.pem")
        (tmp_path / "locked.pem").replace(tmp_path / name)
    elif content == "folder":
        (tmp_path / name).unlink()
        (tmp_path / name).mkdir()
    elif isinstance(content, bytes):
        (tmp_path / name).write_bytes(content)
    else:
        (tmp_path / name).unlink()
    paths = {"ca": files.ca, "own": files.certificate, "key": files.key}
    assert await refused(1, plain(files)) == says.format(**paths)


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
async def test_a_key_that_may_not_be_read(files: Tls) -> None:
    assert files.key is not None
    files.key.chmod(0)
    assert await refused(1, plain(files)) == f"{files.key}: permission denied"


async def test_a_new_certificate_is_used_by_the_next_connection(city: City, broker: Mosquitto) -> None:
    board = city.enrolled("pole-new")
    clock = HandClock()
    identity = Identity(of(board), clock, kernel_clock=True)
    older = identity.look().expires
    async with opened(broker.port, identity.context):
        assert not identity.look().renewed
        city.renewed(board, 900)
        state = identity.look()
        assert state.renewed
        assert state.expires is not None
        assert older is not None
        assert (state.expires - older).days == 170
    async with opened(broker.port, identity.context):
        assert not identity.look().renewed


def test_what_is_said_of_a_certificate_over_its_life(pole: Board, tmp_path: Path) -> None:
    clock = HandClock()
    missing = Identity(of(msgspec.structs.replace(pole, identity=tmp_path / "none.pem")), clock, kernel_clock=True)
    assert missing.look().trouble == f"{tmp_path / 'none.pem'}: no such file or directory"
    (tmp_path / "none.pem").write_bytes(b"x")
    assert "expected a certificate (PEM)" in missing.look().trouble
    identity = Identity(of(pole), clock, kernel_clock=True)
    assert identity.look().says.startswith("expires in 7")
    assert identity.look().trouble == ""
    for ahead, standing, says in (
        (705, "soon", "expires in "),
        (731, "ended", "ended on "),
        (-2, "early", "holds only from "),
    ):
        clock.utc = now() + ahead * DAY
        state = identity.look()
        assert state.standing == standing
        assert state.trouble.startswith(f"our certificate {says}")
    clock.utc, clock.trusted = RELEASED - 9000 * DAY, False
    assert identity.look().standing == "unsure"
    assert identity.look().trouble == ""


def test_a_key_that_others_may_read(pole: Board, files: Tls) -> None:
    clock = HandClock()
    for own, key in ((of(pole), pole.identity), (files, files.key)):
        assert key is not None
        identity = Identity(own, clock, kernel_clock=True)
        key.chmod(0o600)
        assert identity.look().trouble == ""
        key.chmod(0o640)
        assert identity.look().trouble == f"{key}: others may read the key; chmod 600 {key}"
        key.chmod(0o600)
        assert identity.look().trouble == ""
