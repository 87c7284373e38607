"""One connection against a real Mosquitto: what aiomqtt leaves open is closed here."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from agent.uplink import mqtt
from agent.uplink.broker import Broken, Broker
from agent.uplink.edge import Message
from agent.uplink.mqtt import MqttSession
from hurried_uplink import until
from mosquitto import Ear, Mosquitto, free_port

WILL = Message("spBv1.0/g/NDEATH/n", b"will")
VERSIONS: tuple[Literal["5", "3.1.1"], ...] = ("5", "3.1.1")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path)
    yield made
    made.close()


def address(port: int, version: Literal["5", "3.1.1"] = "5", keepalive_s: int = 30) -> Broker:
    return Broker("127.0.0.1", port, version, keepalive_s, "g/n")


@contextlib.asynccontextmanager
async def opened(port: int, version: Literal["5", "3.1.1"] = "5", *filters: str) -> AsyncIterator[MqttSession]:
    session = MqttSession(address(port, version), WILL)
    await session.open(filters)
    try:
        yield session
    finally:
        await session.close()


@contextlib.contextmanager
def ear(port: int, *filters: str) -> Iterator[Ear]:
    made = Ear(port, *filters)
    try:
        yield made
    finally:
        made.close()


async def heard(listener: Ear, topic: str) -> None:
    await asyncio.to_thread(listener.until, lambda: topic in listener.topics())


def descriptors() -> set[str]:
    """The sockets of this process."""
    links = set()
    for number in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            link = str(number.readlink())
            if link.startswith("socket:"):
                links.add(link)
    return links


@pytest.mark.parametrize("version", VERSIONS)
async def test_send_prove_receive(broker: Mosquitto, version: Literal["5", "3.1.1"]) -> None:
    with ear(broker.port, "#") as listener:
        async with opened(broker.port, version, "cmd/+") as session:
            for number in range(300):
                session.send(Message(f"data/{number}", b"x" * 200))
            await session.prove("marker", 5.0)
            await heard(listener, "data/299")
            assert [t for t in listener.topics() if t.startswith("data/")] == [f"data/{n}" for n in range(300)]
            await asyncio.to_thread(listener.say, "cmd/a", b"hello")
            message = await session.receive()
            assert message is not None
            assert (message.topic, message.payload, message.retained) == ("cmd/a", b"hello", False)


async def test_more_than_a_socket_takes_at_once_arrives(broker: Mosquitto) -> None:
    with ear(broker.port, "big/#") as listener:
        async with opened(broker.port) as session:
            for number in range(60):
                session.send(Message(f"big/{number}", bytes(200_000)))
            await session.prove("marker", 10.0)
            await heard(listener, "big/59")
            assert len(listener.heard) == 60


async def test_a_retained_message_says_so(broker: Mosquitto) -> None:
    with ear(broker.port) as listener:
        await asyncio.to_thread(listener.say, "cmd/a", b"old", retain=True)
        async with opened(broker.port, "5", "cmd/+") as session:
            message = await session.receive()
            assert message is not None
            assert message.retained


@pytest.mark.parametrize(("version", "deaths"), [("5", 2), ("3.1.1", 1)])
async def test_an_intended_stop_says_its_last_word(
    broker: Mosquitto, version: Literal["5", "3.1.1"], deaths: int
) -> None:
    """By the letter of Sparkplug a node on MQTT 5 also lets its will be sent (disconnect with 0x04)."""
    with ear(broker.port, "spBv1.0/#") as listener:
        session = MqttSession(address(broker.port, version), WILL)
        await session.open(())
        await session.close(WILL)
        await heard(listener, WILL.topic)
        await asyncio.to_thread(listener.say, "spBv1.0/end", b"")
        await heard(listener, "spBv1.0/end")
        assert listener.topics().count(WILL.topic) == deaths


async def test_a_lost_broker_is_seen_at_once(broker: Mosquitto) -> None:
    async with opened(broker.port) as session:
        waiting = asyncio.create_task(session.receive())
        await asyncio.to_thread(broker.kill)
        with pytest.raises(Broken):
            await asyncio.wait_for(waiting, 5.0)
        with pytest.raises(Broken):
            session.send(Message("data", b""))
        with pytest.raises(Broken):
            await session.prove("marker", 1.0)


async def test_a_half_open_link_is_found_by_the_proof(broker: Mosquitto) -> None:
    async with opened(broker.port) as session:
        broker.freeze()
        try:
            session.send(Message("data", b"into the void"))  # nobody can tell yet
            with pytest.raises(Broken, match=r"no answer from the broker within 0\.2 s"):
                await session.prove("marker", 0.2)
        finally:
            broker.thaw()


async def test_a_refused_marker_is_no_proof(tmp_path: Path) -> None:
    """aiomqtt returns as if all were well; only MQTT 5 tells."""
    broker = Mosquitto(tmp_path, acl="topic read #\ntopic write data/#\n")
    try:
        async with opened(broker.port) as session:
            with pytest.raises(Broken, match="the broker refuses marker: Not authorized"):
                await session.prove("marker", 5.0)
    finally:
        broker.close()


async def test_nobody_at_the_port() -> None:
    session = MqttSession(address(free_port()), WILL)
    with pytest.raises(Broken, match="refused"):
        await session.open(())
    await session.close(WILL)


async def test_a_refused_connect_says_why(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path, options="")
    broker.close()
    text = (tmp_path / "mosquitto.conf").read_text().replace("allow_anonymous true", "allow_anonymous false")
    (tmp_path / "mosquitto.conf").write_text(text)
    broker._log = (tmp_path / "mosquitto.log").open("ab")
    broker.start()
    try:
        with pytest.raises(Broken, match="not authorized"):
            await MqttSession(address(broker.port), WILL).open(())
    finally:
        broker.close()


async def test_a_silent_server_is_given_up_and_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that accepts and never answers: the time-out ends it, and the socket is closed."""
    monkeypatch.setattr(mqtt, "CONNECT_WITHIN_S", 0.2)
    before = descriptors()
    with socket.create_server(("127.0.0.1", 0)) as server:
        with pytest.raises(Broken, match="timed out"):
            await MqttSession(address(server.getsockname()[1]), WILL).open(())
        connection, _ = server.accept()
        with connection:
            connection.settimeout(5.0)
            await asyncio.sleep(0)
            assert await asyncio.to_thread(_to_the_end, connection)
    assert descriptors() <= before


async def test_a_cancelled_connect_leaves_no_connection_behind() -> None:
    """aiomqtt alone leaves a connected client that fights the next one for its name."""
    before = descriptors()
    with socket.create_server(("127.0.0.1", 0)) as server:
        opening = asyncio.create_task(MqttSession(address(server.getsockname()[1]), WILL).open(()))
        connection, _ = await asyncio.to_thread(server.accept)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        with connection:
            connection.settimeout(5.0)
            assert await asyncio.to_thread(_to_the_end, connection)
    assert descriptors() <= before


async def test_a_cancel_that_comes_with_the_answer_is_a_cancel() -> None:
    """Python 3.11's asyncio.wait_for, by which aiomqtt waits, would swallow it, and the agent would not stop."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        session = MqttSession(address(server.getsockname()[1]), WILL)
        opening = asyncio.create_task(session.open(()))
        connection, _ = await asyncio.to_thread(server.accept)
        with connection:
            await until(session._client._lock.locked, "it waits for the answer")
            await asyncio.sleep(0.05)
            session._client._connected.set_result(None)
            opening.cancel()
            with pytest.raises(asyncio.CancelledError):
                await opening
            connection.settimeout(5.0)
            assert await asyncio.to_thread(_to_the_end, connection)


def test_a_name_server_that_hangs_holds_up_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event loop waits at its end for its own threads, and the stop is to take 2 s."""
    asked, answer = threading.Event(), threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        asked.set()
        answer.wait(6.0)
        raise socket.gaierror("no answer")

    async def stopped_while_it_asks() -> None:
        opening = asyncio.create_task(MqttSession(address(free_port()), WILL).open(()))
        await asyncio.to_thread(asked.wait, 5.0)
        opening.cancel()
        await asyncio.wait([opening])

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    began_s = time.monotonic()
    asyncio.run(stopped_while_it_asks())
    answer.set()
    assert time.monotonic() - began_s < 4.0


async def test_a_name_server_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt, "CONNECT_WITHIN_S", 0.1)
    answer = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer.wait(10.0) and [])
    with pytest.raises(Broken, match=r"no connection within 0\.1 s"):
        await MqttSession(address(free_port()), WILL).open(())
    answer.set()


async def test_a_name_that_is_none() -> None:
    broker = Broker(f"{'a' * 64}.example", 1883, "5", 30, "g/n")
    with pytest.raises(Broken, match="label"):
        await MqttSession(broker, WILL).open(())


async def test_who_was_given_up_closes_what_it_opens_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the loop has no time for it any more."""
    connect, go_on = socket.create_connection, threading.Event()

    def late(*args: Any, **keys: Any) -> socket.socket:
        go_on.wait(5.0)
        return connect(*args, **keys)

    monkeypatch.setattr(socket, "create_connection", late)
    with socket.create_server(("127.0.0.1", 0)) as server:
        opening = asyncio.create_task(MqttSession(address(server.getsockname()[1]), WILL).open(()))
        await asyncio.sleep(0)
        opening.cancel()
        await asyncio.wait([opening])
        await asyncio.sleep(0)
        go_on.set()
        connection, _ = server.accept()  # the loop is busy, and cannot close what the thread has opened
        with connection:
            connection.settimeout(5.0)
            assert connection.recv(100) == b""


async def test_a_connect_that_is_given_up_in_the_midst_of_it_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    """paho's socket belongs to the connecting thread until that is done: closed under it, it would stumble."""
    connect, within, go_on = socket.create_connection, threading.Event(), threading.Event()
    stumbled: list[threading.ExceptHookArgs] = []

    class Slow(socket.socket):
        def setblocking(self, flag: bool) -> None:
            super().setblocking(flag)
            within.set()
            go_on.wait(5.0)

    def slow(*args: Any, **keys: Any) -> socket.socket:
        return Slow(fileno=connect(*args, **keys).detach())

    monkeypatch.setattr(socket, "create_connection", slow)
    monkeypatch.setattr(threading, "excepthook", stumbled.append)
    before = descriptors()
    with socket.create_server(("127.0.0.1", 0)) as server:
        opening = asyncio.create_task(MqttSession(address(server.getsockname()[1]), WILL).open(()))
        assert await asyncio.to_thread(within.wait, 5.0)
        connecting = next(thread for thread in threading.enumerate() if thread.name == "mqtt-connect")
        opening.cancel()
        await asyncio.wait([opening])
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.to_thread(connecting.join, 5.0)
        await asyncio.sleep(0)
    assert stumbled == []
    assert descriptors() <= before


def test_a_connect_that_outlives_the_loop_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    connect, within, go_on = socket.create_connection, threading.Event(), threading.Event()
    stumbled: list[threading.ExceptHookArgs] = []

    def late(*args: Any, **keys: Any) -> socket.socket:
        within.set()
        go_on.wait(5.0)
        return connect(*args, **keys)

    async def left(port: int) -> None:
        made = MqttSession(address(port), WILL)
        sessions.append(made)
        opening = asyncio.ensure_future(made.open(()))
        await asyncio.to_thread(within.wait, 5.0)
        opening.cancel()
        await asyncio.wait([opening])
        made._client._abandoned = False  # as if it had been looked at just before

    sessions: list[MqttSession] = []
    monkeypatch.setattr(socket, "create_connection", late)
    monkeypatch.setattr(threading, "excepthook", stumbled.append)
    before = descriptors()
    with socket.create_server(("127.0.0.1", 0)) as server:
        asyncio.run(left(server.getsockname()[1]))
        connecting = next(thread for thread in threading.enumerate() if thread.name == "mqtt-connect")
        go_on.set()
        connecting.join(5.0)
    assert stumbled == []
    assert descriptors() <= before


async def test_a_socket_is_watched_only_while_it_is_pahos(broker: Mosquitto) -> None:
    """aiomqtt watches its number a turn later, when it may be another socket's, for whose sake the loop would never rest."""
    async with opened(broker.port) as session:
        client = session._client
        paho_client = client._client
        number = paho_client.socket().fileno()  # type: ignore[union-attr]
        paho_client._out_packet.append({})  # type: ignore[typeddict-item] # something waits to be written
        paho_client._call_socket_register_write()
        assert client._loop._selector.get_map()[number].events & 2  # type: ignore[attr-defined] # at once
        paho_client._out_packet.clear()
        paho_client._call_socket_unregister_write()
        await asyncio.sleep(0)
        assert not client._loop._selector.get_map()[number].events & 2  # type: ignore[attr-defined] # and no more
        sock = paho_client.socket()
        client.abandon()
        client._watch_writes(sock)
        client._watch_reads(sock)
        assert number not in client._loop._selector.get_map()  # type: ignore[attr-defined]


async def test_what_nobody_takes_is_dropped_and_counted(broker: Mosquitto) -> None:
    with ear(broker.port) as listener:
        async with opened(broker.port, "5", "cmd/#") as session:
            for number in range(mqtt.MOST_WAITING + 10):
                await asyncio.to_thread(listener.say, f"cmd/{number}", b"")
            await session.prove("marker", 5.0)
            heard_of = [await session.receive() for _ in range(mqtt.MOST_WAITING + 10)]
            assert [message and message.topic for message in heard_of] == [
                *(f"cmd/{number}" for number in range(mqtt.MOST_WAITING)),
                *[None] * 10,
            ]


async def test_the_socket_does_not_wait_for_more(broker: Mosquitto) -> None:
    """Nagle's algorithm would cost 40 ms."""
    async with opened(broker.port) as session:
        paho_socket = session._client._client.socket()
        assert isinstance(paho_socket, socket.socket)
        assert paho_socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def _to_the_end(connection: socket.socket) -> bool:
    """Read until the peer has closed."""
    while connection.recv(4096):
        pass
    return True
