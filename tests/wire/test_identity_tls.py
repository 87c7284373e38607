"""TLS against a real Mosquitto that wants certificates: what goes through, and one clear word for each thing that does not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from agent.config.records import Tls
from agent.identity import enrolment
from agent.identity.authority import Authority
from agent.identity.bundle import read
from agent.identity.enrolment import Board
from agent.identity.identity import Identity
from agent.identity.tls import TlsContext, context
from agent.uplink.broker import Broken
from agent.uplink.edge import Message
from city import GROUP, City, now
from mosquitto import Ear, Mosquitto, free_port
from tls_sessions import COMMANDS, DAY, MARKER, HandClock, carried, of, opened, plain, refused


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


def test_what_the_broker_said_before_it_hung_up(city: City, pole: Board, broker: Mosquitto) -> None:
    """Whoever writes first gets an error without a reason; it is read then."""
    folder = city.folder / "authority" / "carry" / "localhost"
    made = context(pole.ca, folder / "certificate.pem", folder / "key.pem")
    with (
        socket.create_connection(("127.0.0.1", broker.port), 5.0) as raw,
        made.wrap_socket(raw, server_hostname="localhost") as ours,
    ):
        hung_up = select.poll()
        hung_up.register(ours, select.POLLRDHUP)
        assert hung_up.poll(5000)
        with contextlib.suppress(OSError):
            for _ in range(100):
                ours.send(b"x" * 1000)
    assert made.fault == "the broker refuses our certificate: it is not one for clients"


def test_a_broker_that_takes_the_call_and_says_nothing(pole: Board) -> None:
    made = context(pole.ca, pole.identity, None)
    with (
        socket.create_server(("127.0.0.1", 0)) as mute,
        socket.create_connection(mute.getsockname(), 0.1) as raw,
        pytest.raises(TimeoutError, match="the broker does not answer the handshake"),
    ):
        made.wrap_socket(raw, server_hostname="localhost")


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
        up = await asyncio.to_thread(Ear, made.port, tls=plain(of(stolen))())
        await asyncio.to_thread(up.say, f"gadelys/{GROUP}/pole-stolen/marker", b"")
        city.authority.revoke("pole-stolen", "keyCompromise")
        shutil.copyfile(city.folder / "authority" / "crl.pem", tmp_path / "carried" / "crl.pem")
        os.kill(made.pid, signal.SIGHUP)
        said = ""
        async with asyncio.timeout(10.0):
            while not said:  # Mosquitto takes a moment to read its files again
                with contextlib.suppress(pytest.fail.Exception):
                    said = await refused(made.port, plain(of(stolen)))
        await asyncio.to_thread(up.say, f"gadelys/{GROUP}/pole-stolen/marker", b"")
        assert up._client.is_connected()  # as docs/identity.md says: it takes a restart to end it
        await asyncio.to_thread(up.close)
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
