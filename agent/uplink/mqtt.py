"""One MQTT connection over aiomqtt, from CONNECT to its end; never used twice.

What is added to aiomqtt 2.5, each for a fault that was seen: a connect that is cancelled or times out leaves no connection
behind; a refused publish is an error (aiomqtt swallows the reason); a proof of delivery with a deadline, so that a half-open
link is found; a bounded queue of what comes in that counts what it drops; QoS 0 goes to the socket at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Sequence
from typing import Any, Literal

import aiomqtt
import msgspec
import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.uplink.edge import Message

CONNECT_WITHIN_S = 8.0
SUBSCRIBE_WITHIN_S = 5.0
CLOSE_WITHIN_S = 0.5
MOST_WAITING = 256  # messages that came in and were not looked at yet
_REFUSED = 0x80  # reason codes from here on are failures (MQTT 5.0, 2.4)
_WITH_WILL = 0x04  # MQTT 5.0, 3.14.2.1: disconnect with will message, as Sparkplug asks of an intended stop
_NODELAY = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)

_quiet = logging.getLogger("agent.uplink.mqtt")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


class Broken(Exception):
    """The connection could not be had, or is gone. The text says why; the next move is a new one, after a while."""


class Broker(msgspec.Struct, frozen=True):
    """Where the broker is, and how it is spoken to."""

    host: str
    port: int
    mqtt: Literal["5", "3.1.1"]
    keepalive_s: int
    client_id: str


class Incoming(msgspec.Struct, frozen=True):
    """A message from the broker."""

    topic: str
    payload: bytes
    retained: bool


class MqttSession:
    """One connection. `open` once, then `send`, `prove`, `receive` until Broken, and `close` in any case."""

    def __init__(self, broker: Broker, will: Message) -> None:
        self._broker = broker
        self._client = _Client(broker, will)
        self._entered = False

    async def open(self, filters: Sequence[str]) -> None:
        """Connect and subscribe. Broken if that fails or takes too long; nothing is left of it then."""
        try:
            await self._client.__aenter__()
            self._entered = True
            for topic in filters:
                codes = await self._client.subscribe(topic, qos=1, timeout=SUBSCRIBE_WITHIN_S)
                _check(codes[0], f"the subscription to {topic}")
        except aiomqtt.MqttError as error:
            self._client.abandon()
            raise Broken(_said(error)) from None
        except BaseException:
            self._client.abandon()
            raise

    def send(self, message: Message, *, retain: bool = False, expires_s: int | None = None) -> None:
        """Publish with QoS 0, to the socket at once. Broken if the connection is gone."""
        properties = None
        if expires_s is not None and self._broker.mqtt == "5":
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.MessageExpiryInterval = expires_s
        self._client.send(message.topic, message.payload, retain, properties)

    async def prove(self, topic: str, within_s: float) -> None:
        """Return when the broker has all that was sent before. Broken if it does not say so in time, or refuses."""
        answer = self._client.ask_for_proof(topic)
        ends: list[asyncio.Future[Any]] = [answer, self._client.gone]
        done, _ = await asyncio.wait(ends, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        if self._client.gone.done():
            raise Broken(self._client.reason())
        if answer not in done:
            raise Broken(f"no answer from the broker within {within_s:g} s")
        _check(answer.result(), topic)

    async def receive(self) -> Incoming:
        """Return the next message. Broken when the connection is gone."""
        queue = self._client.incoming
        if queue.empty():
            getting = asyncio.ensure_future(queue.get())
            try:
                ends: list[asyncio.Future[Any]] = [getting, self._client.gone]
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                if not getting.done():
                    raise Broken(self._client.reason())
                return getting.result()
            finally:
                getting.cancel()
        return queue.get_nowait()

    @property
    def dropped(self) -> int:
        """Return how many messages were dropped because too many came at once."""
        return self._client.dropped

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
        )
        self._v5 = broker.mqtt == "5"
        self.incoming: asyncio.Queue[Incoming] = asyncio.Queue(MOST_WAITING)
        self.dropped = 0
        self._proofs: dict[int, asyncio.Future[ReasonCode]] = {}
        self._abandoned = False
        self._sending = False
        self._disconnected.add_done_callback(lambda future: future.cancelled() or future.exception())

    @property
    def gone(self) -> asyncio.Future[None]:
        return self._disconnected

    def reason(self) -> str:
        """Return why the connection is gone."""
        error = self._disconnected.exception() if self._disconnected.done() else None
        return _said(error) if error is not None else "disconnected"

    def send(self, topic: str, payload: bytes, retain: bool, properties: Properties | None) -> None:
        self._sending = True  # the socket is written below, and needs no watching
        try:
            info = self._client.publish(topic, payload, 0, retain, properties)
            if info.rc == paho.MQTT_ERR_SUCCESS:
                self._client.loop_write()
        except (OSError, ValueError) as error:
            raise Broken(str(error)) from None
        finally:
            self._sending = False
        if info.rc != paho.MQTT_ERR_SUCCESS or self.gone.done():
            raise Broken(self.reason() if self.gone.done() else paho.error_string(info.rc))
        if self._client.want_write():  # the socket is full
            self._on_socket_register_write(self._client, None, self._client.socket())

    def ask_for_proof(self, topic: str) -> asyncio.Future[ReasonCode]:
        """Publish a marker with QoS 1; its answer's reason code comes later."""
        info = self._client.publish(topic, b"", 1)
        if info.rc != paho.MQTT_ERR_SUCCESS:
            raise Broken(self.reason() if self.gone.done() else paho.error_string(info.rc))
        answer = self._proofs[info.mid] = self._loop.create_future()
        return answer

    async def leave(self) -> None:
        """Disconnect as Sparkplug asks for, and wait until that is done."""
        code = ReasonCode(PacketTypes.DISCONNECT, identifier=_WITH_WILL) if self._v5 else None
        self._client.disconnect(reasoncode=code)
        await asyncio.wait([self.gone])

    def abandon(self) -> None:
        """Leave nothing behind, also of a connect that is still under way in its thread."""
        self._abandoned = True
        # After what a connecting thread has already scheduled. disconnect() would not end a connect under way.
        self._loop.call_soon(self._client._sock_close)  # noqa: SLF001 - paho has no other way
        if self._lock.locked():
            self._lock.release()

    # ---- paho's callbacks ----------------------------------------------------------------------------------------------

    def _on_socket_open(self, client: paho.Client, userdata: Any, sock: Any) -> None:
        if self._abandoned:  # this is the connecting thread
            self._loop.call_soon_threadsafe(self._client._sock_close)  # noqa: SLF001 - paho has no other way
            return
        super()._on_socket_open(client, userdata, sock)

    def _on_socket_register_write(self, client: paho.Client, userdata: Any, sock: Any) -> None:
        if not self._sending and not self._abandoned:
            super()._on_socket_register_write(client, userdata, sock)

    def _on_message(self, _client: paho.Client, _userdata: Any, message: paho.MQTTMessage) -> None:
        try:
            self.incoming.put_nowait(Incoming(message.topic, bytes(message.payload), message.retain))
        except asyncio.QueueFull:
            self.dropped += 1

    def _on_publish(
        self, _client: paho.Client, _userdata: Any, mid: int, reason_code: ReasonCode, _properties: Any
    ) -> None:
        answer = self._proofs.pop(mid, None)
        if answer is not None and not answer.done():
            answer.set_result(reason_code)


def _check(code: ReasonCode | int, what: str) -> None:
    if (code.value if isinstance(code, ReasonCode) else code) >= _REFUSED:
        raise Broken(f"the broker refuses {what}: {code}")


def _said(error: BaseException) -> str:
    """Return why, in the words of a person."""
    if isinstance(error, aiomqtt.MqttCodeError) and isinstance(error.rc, ReasonCode):
        return str(error.rc).lower()
    text = str(error) or type(error).__name__
    return text.removeprefix("[code:").lower() if isinstance(error, aiomqtt.MqttCodeError) else text
