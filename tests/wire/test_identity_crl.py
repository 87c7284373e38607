"""A broker whose certificate is revoked, as a real Mosquitto shows it: refused at the next connection, without a restart."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from agent.config.records import Tls
from agent.identity.enrolment import Board
from agent.identity.identity import Identity
from agent.identity.tls import context
from agent.identity.words import TlsFault
from city import City
from mosquitto import Mosquitto
from tls_sessions import MARKER, HandClock, of, opened, refused

REVOKED = "the broker's certificate is revoked: the broker needs a new one"


@pytest.fixture
def own(tmp_path: Path) -> City:
    (tmp_path / "city").mkdir()
    return City(tmp_path / "city")


@pytest.fixture
def board(own: City) -> Board:
    return own.enrolled("pole-7")


@pytest.fixture
def at(own: City, board: Board, tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that was made after the board was enrolled, so that its ACL knows the group."""
    del board
    (tmp_path / "broker").mkdir()
    made = own.broker(tmp_path / "broker", "localhost", "127.0.0.1")
    yield made
    made.close()


def listing(own: City, board: Board) -> Tls:
    """The board's files with the list of the revoked as it is now."""
    crl = board.ca.with_name("crl.pem")
    shutil.copyfile(own.folder / "authority" / "crl.pem", crl)
    return msgspec.structs.replace(of(board), crl=crl)


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_broker_is_refused_as_soon_as_it_is_on_the_list(
    own: City, board: Board, at: Mosquitto, trusted: bool
) -> None:
    identity = Identity(listing(own, board), HandClock(trusted=trusted), kernel_clock=True)
    async with opened(at.port, identity.context) as session:
        await session.prove(MARKER, 5.0)
        own.authority.revoke("localhost", "keyCompromise")
        listing(own, board)
        await session.prove(MARKER, 5.0)  # the connection that is up stays up
    assert await refused(at.port, identity.context) == REVOKED
    async with opened(at.port, lambda: context(board.ca, board.identity, None)) as session:
        await session.prove(MARKER, 5.0)  # without a list nobody looks


@pytest.mark.parametrize("name", ["Albertslund", "Elsewhere"])
async def test_a_list_of_another_authority_is_none(board: Board, at: Mosquitto, tmp_path: Path, name: str) -> None:
    (tmp_path / "other").mkdir()
    other = City(tmp_path / "other", name)
    files = msgspec.structs.replace(of(board), crl=other.folder / "authority" / "crl.pem")
    identity = Identity(files, HandClock(), kernel_clock=True)
    assert "the crl is no list of the authority" in await refused(at.port, identity.context)


def test_a_list_that_cannot_be_had_is_named(board: Board, tmp_path: Path) -> None:
    crl = tmp_path / "crl.pem"
    for text, says in (
        (None, f"{crl}: no such file or directory"),
        ("rubbish", f"{crl}: expected a list of revoked certificates (PEM), found something else"),
        (board.ca.read_text(), f"{crl}: expected a list of revoked certificates (PEM), found something else"),
    ):
        if text is not None:
            crl.write_text(text)
        with pytest.raises(TlsFault) as fault:
            context(board.ca, board.identity, None, None, crl)
        assert str(fault.value) == says
