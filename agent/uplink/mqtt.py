"""One MQTT connection over aiomqtt, from CONNECT to its end; never used twice.

What is added to aiomqtt 2.5, each for a fault that was seen: a connect that is cancelled or times out leaves no connection
behind, and a name server that hangs holds up neither it nor the end of the program; a refused publish is an error (aiomqtt
swallows the reason); a proof of delivery with a deadline, so that a half-open link is found; a bounded queue of what comes
in that counts what it drops; QoS 0 goes to the socket at once, past paho, whose own publish costs more than all the rest of a
message.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Self, TypeVar

import aiomqtt
import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.identity.tls import TlsContext
from agent.identity.words import TlsFault
from agent.uplink.broker import Broken, Broker, Incoming, Refused
from agent.uplink.edge import Message
from agent.uplink.mqtt_words import check, in_words
from agent.uplink.publish import PUBLISH, publish

CONNECT_WITHIN_S = 8.0
SUBSCRIBE_WITHIN_S = 5.0
CLOSE_WITHIN_S = 0.5
LONGEST_BYTES = 40_960  # of a message that comes in: a command is a few hundred, a configuration up to 32 KiB
KEPT_BYTES = 98_304  # of a packet that is longer, so much is kept: its longest topic, and more than the longest message
AT_ONCE_BYTES = 65_536
MOST_WAITING = 256  # messages that came in and were not looked at yet
_WITH_WILL = 0x04  # MQTT 5.0, 3.14.2.1: disconnect with will message, as Sparkplug asks of an intended stop
_NODELAY = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)

T = TypeVar("T")

_quiet = logging.getLogger("agent.uplink.mqtt")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


class MqttSession:
    """One connection. `open` once, then `send`, `prove`, `receive` until Broken, and `close` in any case."""

    def __init__(self, broker: Broker, will: Message) -> None:
        self._v5 = broker.mqtt == "5"
        self._client = _Client(broker, will)
        self._entered = False
        self._told_dropped = 0

    @property
    def called(self) -> bool:
        """Whether there was a connection, and so a broker may have heard the CONNECT."""
        return self._client.called

    async def open(self, filters: Sequence[str]) -> None:
        """Connect and subscribe. Broken if that fails or takes too long; nothing is left of it then."""
        try:
            await self._client.__aenter__()
            self._entered = True
            for topic in filters:
                check(await self._client.ask_for(topic), f"the subscription to {topic}")
        except aiomqtt.MqttError as error:
            self._client.abandon()
            if refusal := self._client.refusal():
                raise Refused(refusal) from None
            raise Broken(in_words(error)) from None
        except BaseException:
            self._client.abandon()
            raise

    def send(
        self, *messages: Message, retain: bool = False, expires_s: int | None = None, correlation: bytes | None = None
    ) -> None:
        """Publish with QoS 0, all with one write to the socket, and at once. Broken if the connection is gone."""
        said: dict[str, Any] = {"v5": self._v5, "retain": retain, "expires_s": expires_s, "correlation": correlation}
        packets = [publish(each.topic, each.payload, **said) for each in messages]
        if packets:
            self._client.send(b"".join(packets))

    async def prove(self, topic: str, within_s: float) -> None:
        """Return when the broker has all that was sent before. Broken if it does not say so in time, or refuses."""
        code = await self._answered(self._client.ask_for_proof(topic), within_s)
        check(code, topic)

    async def ping(self, within_s: float) -> None:
        """Return when the broker answers what is no message, and so may come before the births. Broken as `prove`."""
        await self._answered(self._client.ask_for_pong(), within_s)

    async def _answered(self, answer: asyncio.Future[T], within_s: float) -> T:
        ends: list[asyncio.Future[Any]] = [answer, self._client.gone]
        done, _ = await asyncio.wait(ends, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        if self._client.gone.done():
            raise Broken(self._client.reason())
        if answer not in done:
            raise Broken(f"no answer from the broker within {within_s:g} s")
        return answer.result()

    async def receive(self) -> Incoming | None:
        """Return the next message; none if one was dropped. Broken when the connection is gone."""
        client = self._client
        while not client.incoming:
            if client.dropped > self._told_dropped:
                self._told_dropped += 1
                return None
            if client.gone.done():
                raise Broken(client.reason())
            client.news.clear()
            await client.news.wait()
        return client.incoming.popleft()

    async def close(self, last: Message | None = None) -> None:
        """Say the last word and disconnect, if that is still possible; in any case nothing is left."""
        if self._entered and not self._client.gone.done():
            with contextlib.suppress(Broken, TimeoutError):
                if last is not None:
                    self.send(last)
                async with asyncio.timeout(CLOSE_WITHIN_S):
                    await self._client.leave()
        self._client.abandon()


class _Client(aiomqtt.Client):
    """aiomqtt's client with the gaps closed; what it overrides are its own callbacks."""

    def __init__(self, broker: Broker, will: Message) -> None:
        super().__init__(
            broker.host,
            broker.port,
            logger=_quiet,
            identifier=broker.client_id,
            protocol=aiomqtt.ProtocolVersion.V5 if broker.mqtt == "5" else aiomqtt.ProtocolVersion.V311,
            will=aiomqtt.Will(will.topic, will.payload, qos=1, retain=False),
            clean_session=None if broker.mqtt == "5" else True,
            clean_start=True if broker.mqtt == "5" else paho.MQTT_CLEAN_START_FIRST_ONLY,
            timeout=CONNECT_WITHIN_S,
            keepalive=broker.keepalive_s,
            socket_options=_NODELAY,
            properties=_connect_properties() if broker.mqtt == "5" else None,
        )
        self._v5 = broker.mqtt == "5"
        self._make_tls = broker.tls
        self._tls: TlsContext | None = None
        self._tls_fault = ""
        self.incoming: deque[Incoming] = deque()
        self.news = asyncio.Event()  # something came in, or the connection is gone
        self.dropped = 0
        self.called = False
        self._proofs: dict[int, asyncio.Future[ReasonCode]] = {}
        self._pong: asyncio.Future[None] = self._loop.create_future()
        self._client._handle_pingresp = self._ponged  # type: ignore[method-assign] # noqa: SLF001 - paho has no other way
        self._abandoned = self._connecting = False
        self._read = self._client._sock_recv  # noqa: SLF001 - paho has no other way
        self._client._sock_recv = self._receive  # type: ignore[method-assign, assignment] # noqa: SLF001
        self._disconnected.add_done_callback(self._ended)

    async def __aenter__(self) -> Self:
        """Connect in a thread that nobody waits for: the event loop's own ones are waited for at the program's end."""
        connected: asyncio.Future[str] = self._loop.create_future()
        self._connecting = True
        # A name server that does not answer takes half a minute, and no time-out ends that.
        threading.Thread(target=self._connect_aside, args=(connected,), name="mqtt-connect", daemon=True).start()
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                fault = await connected
        except TimeoutError:
            raise aiomqtt.MqttError(f"no connection within {CONNECT_WITHIN_S:g} s") from None
        if fault:
            raise aiomqtt.MqttError(fault)
        await _apart(super().__aenter__())
        return self

    def _client_connect(self) -> None:
        """It is done already."""

    def _connect_aside(self, connected: asyncio.Future[str]) -> None:
        fault = ""
        try:
            if self._make_tls is not None:  # here, as files are read and keys checked
                self._tls = self._make_tls()
                self._client.tls_set_context(self._tls)
            super()._client_connect()
        except TlsFault as error:
            fault = self._tls_fault = str(error)
        except (OSError, ValueError) as error:  # a name that is none is a UnicodeError
            fault = (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
        except RuntimeError:  # the loop has ended
            with contextlib.suppress(RuntimeError):
                self._client._sock_close()  # noqa: SLF001 - paho has no other way
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._connected_aside, connected, fault)

    def _connected_aside(self, connected: asyncio.Future[str], fault: str) -> None:
        self._connecting = False
        if self._abandoned:
            self._client._sock_close()  # noqa: SLF001 - paho has no other way
        elif not connected.done():
            connected.set_result(fault)

    @property
    def gone(self) -> asyncio.Future[None]:
        return self._disconnected

    def reason(self) -> str:
        """Return why the connection is gone."""
        if refusal := self.refusal():
            return refusal
        error = self._disconnected.exception() if self._disconnected.done() else None
        return in_words(error) if error is not None else "disconnected"

    def refusal(self) -> str:
        """Return why TLS cannot be had, or what the broker said of us in it; "" if neither."""
        return self._tls_fault or ("" if self._tls is None else self._tls.fault)

    def send(self, packets: bytes) -> None:
        """Write whole packets to the socket; what that does not take, or what waits before them, is left to paho."""
        connection = self._client.socket()
        if self.gone.done() or connection is None:
            raise Broken(self.reason())
        written = 0
        if not self._client.want_write():
            try:
                written = connection.send(packets)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass  # of TLS, too, nothing is written then, and what is tried next must begin with the same bytes
            except OSError as error:  # paho will see it too, when it reads
                raise Broken(str(error)) from None
        if written < len(packets):
            # Said to be QoS 1, about which paho has nothing to tell when it is written.
            self._client._packet_queue(PUBLISH, packets[written:], 0, 1)  # noqa: SLF001 - paho has no other way

    async def ask_for(self, topic: str) -> ReasonCode | int:
        """Subscribe with QoS 1 and return the answer. Broken if the connection ends before it; MqttError if none comes."""
        asked = await _apart(self.subscribe(topic, qos=1, timeout=SUBSCRIBE_WITHIN_S), self.gone)
        if asked is None:
            raise Broken(self.reason())
        return asked[0]

    def ask_for_proof(self, topic: str) -> asyncio.Future[ReasonCode]:
        """Publish a marker with QoS 1; its answer's reason code comes later."""
        info = self._client.publish(topic, b"", 1)
        if info.rc != paho.MQTT_ERR_SUCCESS:
            raise Broken(self.reason() if self.gone.done() else paho.error_string(info.rc))
        answer = self._proofs[info.mid] = self._loop.create_future()
        return answer

    def ask_for_pong(self) -> asyncio.Future[None]:
        """Ping; the answer comes later."""
        self._pong = self._loop.create_future()
        self._client._send_pingreq()  # noqa: SLF001 - paho has no other way
        return self._pong

    async def leave(self) -> None:
        """Disconnect as Sparkplug asks for, and wait until that is done."""
        code = ReasonCode(PacketTypes.DISCONNECT, identifier=_WITH_WILL) if self._v5 else None
        self._client.disconnect(reasoncode=code)
        await asyncio.wait([self.gone])

    def abandon(self) -> None:
        """Leave nothing behind, also of a connect that is still under way in its thread."""
        self._abandoned = True
        # paho's socket is its connecting thread's until that is done; then it is closed. disconnect() would not end it.
        if not self._connecting:
            self._client._sock_close()  # noqa: SLF001 - paho has no other way
        if self._lock.locked():
            self._lock.release()

    def _receive(self, most: int) -> bytes:
        """Read for paho. Of a packet that is too long its begin is kept, which is then too long as well."""
        packet = self._client._in_packet["packet"]  # noqa: SLF001 - paho has no other way
        del packet[KEPT_BYTES:]
        return self._read(min(most, AT_ONCE_BYTES))

    # ---- paho's callbacks ----------------------------------------------------------------------------------------------

    # aiomqtt watches a socket one turn of the loop later, by its number. By then it may be closed, and the number another
    # one's; or all may be written, and nobody would ever stop watching.

    def _on_socket_open(self, _client: paho.Client, _userdata: Any, sock: Any) -> None:
        if self._abandoned:  # this is the connecting thread, and the loop may have ended
            sock.close()
            raise OSError("abandoned")
        self.called = True
        self._loop.call_soon_threadsafe(self._watch_reads, sock)

    def _on_socket_register_write(self, _client: paho.Client, _userdata: Any, sock: Any) -> None:
        if self._connecting:
            self._loop.call_soon_threadsafe(self._watch_writes, sock)
        else:
            self._watch_writes(sock)

    def _watch_reads(self, sock: Any) -> None:
        if self._is_current(sock):
            self._loop.add_reader(sock.fileno(), self._go_on, self._read_all)
            self._misc_task = self._loop.create_task(self._misc_loop())

    def _watch_writes(self, sock: Any) -> None:
        if self._is_current(sock) and self._client.want_write():
            self._loop.add_writer(sock.fileno(), self._go_on, self._client.loop_write)

    def _is_current(self, sock: object) -> bool:
        return self._client.socket() is sock

    def _read_all(self) -> None:
        self._client.loop_read()
        while (pending := getattr(self._client.socket(), "pending", None)) is not None and pending():  # of TLS
            self._client.loop_read()

    def _go_on(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001 - whatever paho stumbles over, the connection is no good any more
            if not self._disconnected.done():
                self._disconnected.set_exception(error)

    def _on_message(self, _client: paho.Client, _userdata: Any, message: paho.MQTTMessage) -> None:
        self.news.set()
        if len(self.incoming) < MOST_WAITING and len(message.payload) <= LONGEST_BYTES:
            with contextlib.suppress(UnicodeDecodeError):  # of a topic
                self.incoming.append(_incoming(message))
                return
        self.dropped += 1

    def _on_disconnect(self, *args: Any) -> None:
        super()._on_disconnect(*args)
        self._give_up("the broker ended the connection before it answered")

    def _on_publish(
        self, _client: paho.Client, _userdata: Any, mid: int, reason_code: ReasonCode, _properties: Any
    ) -> None:
        answer = self._proofs.pop(mid, None)
        if answer is not None and not answer.done():
            answer.set_result(reason_code)

    def _ponged(self) -> MQTTErrorCode:
        if not self._pong.done():
            self._pong.set_result(None)
        return type(self._client)._handle_pingresp(self._client)  # noqa: SLF001 - paho has no other way

    def _ended(self, disconnected: asyncio.Future[None]) -> None:
        """Tell whoever waits for a message that the connection is gone. A reason nobody has asked for would be logged."""
        error = None if disconnected.cancelled() else disconnected.exception()
        self._give_up(in_words(error) if error is not None else "disconnected")
        self.news.set()

    def _give_up(self, reason: str) -> None:
        """End the wait for the broker's first answer, which aiomqtt would go on with until its time is over."""
        if not self._connected.done():
            self._connected.set_exception(aiomqtt.MqttError(reason))


def _incoming(message: paho.MQTTMessage) -> Incoming:
    said = message.properties  # none with MQTT 3.1.1
    where: str = getattr(said, "ResponseTopic", "")
    correlation: bytes | None = getattr(said, "CorrelationData", None)
    return Incoming(message.topic, bytes(message.payload), message.retain, where, correlation)


def _connect_properties() -> Properties:
    """Return what MQTT 5 brokers are told: longer packets than that they keep to themselves."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.MaximumPacketSize = LONGEST_BYTES
    return properties


async def _apart(work: Coroutine[Any, Any, T], end: asyncio.Future[None] | None = None) -> T | None:
    """Return what one of aiomqtt's waits returns; none if `end` is there before it.

    It waits by asyncio.wait_for, which in Python 3.11 swallows a cancel that comes with the answer; not so from a task apart.
    """
    task = asyncio.ensure_future(work)
    ends: list[asyncio.Future[Any]] = [task] if end is None else [task, end]
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        task.cancel()
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody asks any more
