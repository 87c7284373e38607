"""TLS against a real Mosquitto that wants certificates: what goes through, and one clear word for each thing that does not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from agent.clock import RELEASED, Wall
from agent.config.records import Tls
from agent.identity import enrolment
from agent.identity.authority import Authority
from agent.identity.bundle import read
from agent.identity.enrolment import Board
from agent.identity.identity import Identity
from agent.identity.tls import TlsContext, context
from agent.uplink.edge import Message
from agent.uplink.mqtt import Broken, Broker, MqttSession
from city import GROUP, City, now, secured
from mosquitto import Mosquitto, free_port
from neighbour_certificates import run

DAY = timedelta(days=1)
COMMANDS = f"spBv1.0/{GROUP}/NCMD/pole-7"
MARKER = f"gadelys/{GROUP}/pole-7/marker"


class HandClock:
    """A clock that a test sets, with its trust."""

    def __init__(self, utc: datetime | None = None, *, trusted: bool = True) -> None:
        self.utc = utc or now()
        self.trusted = trusted

    def mono_s(self) -> float:
        return 0.0

    def wall(self) -> Wall:
        return Wall(self.utc, self.trusted)

    street = wall


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    made = City(tmp_path_factory.mktemp("city"))
    made.enrolled("pole-7")
    made.issued("platform", "platform")
    return made


@pytest.fixture(scope="module")
def pole(city: City) -> Board:
    return city.board("pole-7")


@pytest.fixture(scope="module")
def broker(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    made = city.broker(tmp_path_factory.mktemp("broker"), "localhost", "127.0.0.1")
    yield made
    made.close()


def of(board: Board, *, key: Path | None = None, ca: Path | None = None, warn_days: float = 30) -> Tls:
    return Tls(ca=ca or board.ca, certificate=board.identity, key=key, warn_days=warn_days)


def plain(files: Tls) -> Callable[[], TlsContext]:
    return lambda: context(files.ca, files.certificate, files.key)


@contextlib.asynccontextmanager
async def opened(
    port: int, tls: Callable[[], TlsContext] | None, host: str = "localhost", version: Literal["5", "3.1.1"] = "5"
) -> AsyncIterator[MqttSession]:
    session = MqttSession(
        Broker(host, port, version, 30, f"{GROUP}/pole-7", tls=tls), Message(f"spBv1.0/{GROUP}/NDEATH/pole-7", b"will")
    )
    try:
        await session.open([COMMANDS])
        yield session
    finally:
        await session.close()


async def refused(port: int, tls: Callable[[], TlsContext] | None, host: str = "localhost") -> str:
    """Return why a connection cannot be had."""
    with pytest.raises(Broken) as broken:
        async with opened(port, tls, host):
            pass
    return str(broken.value)


def carried(city: City, tmp_path: Path, **replaced: Path) -> Mosquitto:
    """A broker whose files are those of the authority but for some."""
    folder = tmp_path / "carried"
    shutil.copytree(city.folder / "authority" / "carry" / "localhost", folder)
    for name, path in replaced.items():
        shutil.copyfile(path, folder / f"{name}.pem")
    (tmp_path / "broker").mkdir()
    return secured(tmp_path / "broker", folder)


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_send_prove_receive(city: City, pole: Board, broker: Mosquitto, version: Literal["5", "3.1.1"]) -> None:
    ear = await asyncio.to_thread(city.platform, broker.port, "#")
    try:
        async with opened(broker.port, plain(of(pole)), version=version) as session:
            for number in range(100):
                session.send(Message(f"spBv1.0/{GROUP}/DDATA/pole-7/{number}", b"x" * 200))
            await session.prove(MARKER, 5.0)
            await asyncio.to_thread(ear.until, lambda: len(ear.topics()) > 100)
            assert ear.topics()[:100] == [f"spBv1.0/{GROUP}/DDATA/pole-7/{number}" for number in range(100)]
            for number in range(50):  # one record of TLS can hold many; none may wait for the next one
                ear._client.publish(COMMANDS, b"%d" % number, qos=0)
            async with asyncio.timeout(5.0):
                got = [await session.receive() for _ in range(50)]
            assert [message.payload for message in got if message is not None] == [
                b"%d" % number for number in range(50)
            ]
    finally:
        await asyncio.to_thread(ear.close)


async def test_more_than_a_socket_takes_at_once_arrives(city: City, pole: Board, broker: Mosquitto) -> None:
    ear = await asyncio.to_thread(city.platform, broker.port, f"spBv1.0/{GROUP}/DDATA/#")
    try:
        async with opened(broker.port, plain(of(pole))) as session:
            for number in range(60):
                session.send(Message(f"spBv1.0/{GROUP}/DDATA/pole-7/{number}", bytes([number]) * 200_000))
            await session.prove(MARKER, 10.0)
            await asyncio.to_thread(ear.until, lambda: len(ear.heard) == 60)
        assert [payload for _, payload, _ in ear.heard] == [bytes([number]) * 200_000 for number in range(60)]
    finally:
        await asyncio.to_thread(ear.close)


async def test_a_node_says_and_hears_only_what_is_its_own(city: City, pole: Board, broker: Mosquitto) -> None:
    ear = await asyncio.to_thread(city.platform, broker.port, "#")
    own = [f"spBv1.0/{GROUP}/{kind}/pole-7" for kind in ("NBIRTH", "NDATA", "NDEATH")]
    own += [f"spBv1.0/{GROUP}/{kind}/pole-7/lum-1" for kind in ("DBIRTH", "DDATA", "DDEATH")]
    forbidden = [topic.replace("pole-7", "pole-8") for topic in own] + [
        topic.replace(GROUP, "glostrup") for topic in own
    ]
    forbidden += [COMMANDS, f"spBv1.0/{GROUP}/DCMD/pole-7/lum-1", "spBv1.0/STATE/host", MARKER.replace("7", "8"), "a"]
    try:
        async with opened(broker.port, plain(of(pole))) as session:
            for topic in forbidden:
                session.send(Message(topic, b"forged"))
            session.send(*(Message(topic, b"own") for topic in own))
            await session.prove(MARKER, 5.0)
            await asyncio.to_thread(ear.until, lambda: MARKER in ear.topics())
            assert [topic for topic in ear.topics() if topic != MARKER] == own
            with pytest.raises(Broken, match=r"the broker refuses .*pole-8/marker: Not authorized"):
                await session.prove(MARKER.replace("7", "8"), 5.0)
    finally:
        await asyncio.to_thread(ear.close)


async def test_a_broker_with_another_name(pole: Board, city: City, tmp_path: Path) -> None:
    named = city.issued("broker.example", "broker")
    made = carried(city, tmp_path, certificate=named / "certificate.pem", key=named / "key.pem")
    try:
        assert (
            await refused(made.port, plain(of(pole))) == "the broker's certificate is for another name than localhost"
        )
        said = await refused(made.port, plain(of(pole)), "127.0.0.1")
        assert said == "the broker's certificate is not for the address 127.0.0.1"
    finally:
        made.close()


async def test_a_broker_of_another_authority(pole: Board, broker: Mosquitto, tmp_path: Path) -> None:
    other = City(tmp_path)
    files = of(pole, ca=other.folder / "authority" / "ca.pem")
    assert (
        await refused(broker.port, plain(files))
        == "the broker's certificate is signed by another authority than the ca"
    )


async def test_a_board_of_another_authority(pole: Board, broker: Mosquitto, tmp_path: Path) -> None:
    board = City(tmp_path).enrolled("pole-7")
    said = await refused(broker.port, plain(of(board, ca=pole.ca)))
    assert said.startswith("the broker refuses our certificate: it does not know who has signed it")


async def test_a_broker_s_own_certificate_is_not_one_of_a_client(city: City, pole: Board, broker: Mosquitto) -> None:
    folder = city.folder / "authority" / "carry" / "localhost"
    files = Tls(ca=pole.ca, certificate=folder / "certificate.pem", key=folder / "key.pem", warn_days=30)
    assert await refused(broker.port, plain(files)) == "the broker refuses our certificate: it is not one for clients"


async def test_no_tls_on_that_port(pole: Board, tmp_path: Path) -> None:
    made = Mosquitto(tmp_path)
    try:
        assert "speak TLS on this port?" in await refused(made.port, plain(of(pole)))
    finally:
        made.close()


@pytest.mark.parametrize("version", ["-tls1_1", "-tls1"])
async def test_older_versions(city: City, pole: Board, version: str) -> None:
    folder, port = city.folder / "authority" / "carry" / "localhost", free_port()
    words = ["openssl", "s_server", version, "-cipher", "ALL:@SECLEVEL=0", "-accept", f"127.0.0.1:{port}", "-quiet",
             "-cert", str(folder / "certificate.pem"), "-key", str(folder / "key.pem")]  # fmt: skip
    server = await asyncio.create_subprocess_exec(
        *words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        said = "connection refused"
        async with asyncio.timeout(10.0):
            while "refused" in said:
                said = await refused(port, plain(of(pole)))
        assert said == "the broker speaks no TLS 1.2 or later"
    finally:
        server.kill()
        await server.communicate()


@pytest.mark.parametrize("latest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_no_certificate_of_ours(pole: Board, broker: Mosquitto, latest: ssl.TLSVersion) -> None:
    """In TLS 1.2 the broker says so in the handshake, in TLS 1.3 after it."""

    def nobody() -> TlsContext:
        made = context(pole.ca, None, None)
        made.maximum_version = latest
        return made

    said = await refused(broker.port, nobody)
    assert said in {
        "the broker wants a certificate of us, and there is none",
        "the broker refuses the handshake: no common cipher, or it wants a certificate of us",
    }


async def test_revoked_and_ended(city: City, pole: Board, tmp_path: Path) -> None:
    stolen, short = city.enrolled("pole-stolen"), city.board("pole-short")
    early = Authority(city.folder / "authority", now() - 30 * DAY)
    request = enrolment.request(short, early.invite(GROUP, "pole-short", DAY)[0])
    enrolment.install(short, early.sign(read(request.encode(), "request"), 10).answer.encode(), None)
    city.authority.publish()
    made = carried(city, tmp_path)
    try:
        async with opened(made.port, plain(of(stolen))):
            pass
        city.authority.revoke("pole-stolen", "keyCompromise")
        shutil.copyfile(city.folder / "authority" / "crl.pem", tmp_path / "carried" / "crl.pem")
        os.kill(made.pid, signal.SIGHUP)
        said = ""
        async with asyncio.timeout(10.0):
            while not said:  # Mosquitto takes a moment to read its files again
                with contextlib.suppress(pytest.fail.Exception):
                    said = await refused(made.port, plain(of(stolen)))
        assert said.startswith("the broker refuses our certificate: it is revoked. Ask the authority for a new code")
        said = await refused(made.port, plain(of(short)))
        assert said.startswith("the broker refuses our certificate: it has ended")
        async with opened(made.port, plain(of(pole))):
            pass
    finally:
        made.close()


# ---- Time ----------------------------------------------------------------------------------------------------------------


def dated(city: City, tmp_path: Path, begins: datetime, days: int) -> Mosquitto:
    """A broker whose certificate holds from about a moment on, for some days."""
    folder = Authority(city.folder / "authority", begins).issue("city", "broker", f"b{begins:%s}", ["localhost"], days)
    city.authority.publish()
    return carried(city, tmp_path, certificate=folder / "certificate.pem", key=folder / "key.pem")


def by(board: Board, clock: HandClock, *, kernel_clock: bool = True) -> Callable[[], TlsContext]:
    return Identity(of(board), clock, kernel_clock=kernel_clock).context


async def test_a_broker_whose_certificate_has_ended(city: City, pole: Board, tmp_path: Path) -> None:
    made = dated(city, tmp_path, now() - 30 * DAY, 10)
    ended = (now() - 20 * DAY).date().isoformat()
    try:
        said = await refused(made.port, by(pole, HandClock()))
        assert said == "the broker's certificate has ended: the broker needs a new one"
        for clock, kernel in ((HandClock(), False), (HandClock(datetime(1970, 1, 1, tzinfo=UTC), trusted=False), True)):
            said = await refused(made.port, by(pole, clock, kernel_clock=kernel))
            assert said == f"the broker's certificate has ended on {ended}"
    finally:
        made.close()


async def test_a_broker_whose_certificate_is_not_valid_yet(city: City, pole: Board, tmp_path: Path) -> None:
    """To a board without a clock every certificate seems to be of the future: it is let through, a trusted clock is not."""
    made = dated(city, tmp_path, now() + 30 * DAY, 10)
    begins = (now() + 30 * DAY - timedelta(hours=1)).date().isoformat()
    try:
        said = await refused(made.port, by(pole, HandClock()))
        assert said == "the broker's certificate is not valid yet: is this board's clock right?"
        said = await refused(made.port, by(pole, HandClock(), kernel_clock=False))
        assert said == f"the broker's certificate holds only from {begins} on"
        async with opened(made.port, by(pole, HandClock(datetime(1970, 1, 1, tzinfo=UTC), trusted=False))) as session:
            await session.prove(MARKER, 5.0)
        by_satellites = HandClock(now() + 31 * DAY)
        async with opened(made.port, by(pole, by_satellites, kernel_clock=False)):
            pass
    finally:
        made.close()


# ---- Our files -----------------------------------------------------------------------------------------------------------


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
