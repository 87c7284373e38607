"""A city with an authority, boards and a broker that asks for certificates; each part made by the commands' own code."""

from __future__ import annotations

import shutil
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.identity import authority, enrolment
from agent.identity.authority import Authority
from agent.identity.bundle import read
from agent.identity.enrolment import Board
from agent.identity.tls import context
from mosquitto import Ear, Mosquitto

GROUP = "albertslund"
BROKER_FILES = ("ca.pem", "crl.pem", "certificate.pem", "key.pem", "acl")


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - certificates are judged by the machine's clock


class City:
    """An authority in a folder, and boards that it has signed."""

    def __init__(self, folder: Path, name: str = "Albertslund") -> None:
        if shutil.which("openssl") is None:
            pytest.skip("openssl is not installed")
        self.folder = folder
        authority.init(folder / "authority", name, now(), "")

    @property
    def authority(self) -> Authority:
        """The authority of now."""
        return Authority(self.folder / "authority", now())

    def board(self, node: str, group: str = GROUP) -> Board:
        """A board that has no identity yet."""
        folder = self.folder / "boards" / node
        folder.mkdir(parents=True, exist_ok=True)
        return Board(group, node, folder / "identity.pem", folder / "ca.pem")

    def enrolled(self, node: str, group: str = GROUP, days: int = 730) -> Board:
        """A board that has been through it all."""
        board = self.board(node, group)
        code, _ = self.authority.invite(group, node, timedelta(days=1))
        self.answered(board, enrolment.request(board, code), days)
        return board

    def renewed(self, board: Board, days: int = 730) -> None:
        """Renew a board's certificate."""
        self.answered(board, enrolment.renew(board), days)

    def answered(self, board: Board, request: str, days: int = 730) -> None:
        """Carry a request to the authority and the answer back."""
        answer = self.authority.sign(read(request.encode(), "request"), days).answer
        enrolment.install(board, answer.encode(), now())

    def issued(self, name: str, role: str, *addresses: str) -> Path:
        """What is carried to a broker or a platform."""
        return self.authority.issue("city", "broker" if role == "broker" else "platform", name, addresses)

    def broker(self, folder: Path, name: str = "localhost", *addresses: str) -> Mosquitto:
        """A Mosquitto that lets in only whom the authority has signed, with its list of the revoked and its ACL."""
        carried = self.folder / "authority" / "carry" / name
        if not carried.is_dir():
            self.issued(name, "broker", *addresses)
        return secured(folder, carried)

    def platform(self, port: int, *filters: str) -> Ear:
        """Ears with the platform's certificate."""
        carried = self.folder / "authority" / "carry" / "platform"
        if not carried.is_dir():
            self.issued("platform", "platform")
        return Ear(port, *filters, tls=opened(carried))


def opened(carried: Path) -> ssl.SSLContext:
    """What a platform connects with."""
    return context(carried / "ca.pem", carried / "certificate.pem", carried / "key.pem")


def secured(folder: Path, carried: Path) -> Mosquitto:
    """A Mosquitto with the files of a folder; the directives are those that the authority writes for it."""
    conf = folder / "gadelys.conf"
    lines = (carried / "gadelys.conf").read_text().replace("/etc/mosquitto/gadelys/", f"{carried}/").splitlines()
    taken = ("per_listener", "listener", "set_tcp", "#", "acl_file")  # Mosquitto's harness says these itself
    conf.write_text("\n".join(line for line in lines if not line.startswith(taken)))
    return Mosquitto(folder, options=conf.read_text() + f"\nacl_file {carried / 'acl'}")
