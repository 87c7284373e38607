"""A Sparkplug host application on a broker: hears one node, or all, and publishes commands and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import secrets
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

import aiomqtt

from agent.cli.trouble import REFUSED, UNREACHABLE, Trouble
from agent.cli.uplink.place import Place
from agent.fleet.hearing import Hearing, Message, Stray
from agent.fleet.proof import Following, Order, Proof
from agent.fleet.records import Mark
from agent.identity.tls import TlsContext, context
from agent.identity.words import TlsFault
from agent.uplink import envelope, names, topics
from agent.uplink.payload import DataType, Metric, Payload, encode

CONNECT_WITHIN_S = 5.0
ANSWER_WITHIN_S = 20.0  # after 15 s the node says why the proof is missing
NOT_AFTER_MS = 30_000  # a signed command is for now
_MOST_WAITING = 10_000  # messages; what is dropped beyond shows as a gap in seq
_SILENT = logging.getLogger("gadelys.host")
_SILENT.disabled = True  # what goes wrong is said once, by Trouble


class Host:
    """A connection that is up and subscribed; made by `joined`."""

    def __init__(self, client: aiomqtt.Client, place: Place) -> None:
        self._client = client
        self._units = place.units
        self._topics = topics.Topics(place.group, place.node)

    async def messages(
        self, hearing: Hearing | None = None, aside: Mapping[str, Callable[[bytes, bool], None]] = {}
    ) -> AsyncIterator[Message | Stray]:
        """Yield what comes from the node and what is sent to it.

        What comes on a topic of `aside` goes there instead, with whether it was retained.
        """
        hearing = hearing or Hearing(self._units)
        async for message in self._client.messages:
            if message.topic.value in aside:
                aside[message.topic.value](message.payload, message.retain)
            else:
                yield hearing.hear(message.topic.value, message.payload, retained=message.retain)

    async def listen(self, topic: str) -> None:
        """Hear another topic, too."""
        await self._client.subscribe(topic, 1)

    async def state(self, topic: str, payload: bytes) -> None:
        """Publish what a broker shall keep: QoS 1, retained."""
        await self._client.publish(topic, payload, qos=1, retain=True)

    async def command(
        self, group: str, node: str, device: str, *metrics: Metric, key: envelope.Key | None = None
    ) -> None:
        """Publish a command of now to any node: DCMD, or NCMD without a device. As `send`."""
        kind: Literal["NCMD", "DCMD"] = "DCMD" if device else "NCMD"
        await self._publish(topics.Topics(group, node).of(kind, device), metrics, key)

    async def send(
        self, kind: Literal["NCMD", "DCMD"], device: str, *metrics: Metric, key: envelope.Key | None = None
    ) -> None:
        """Publish a command of now, signed where there is a key: QoS 0, not retained. ValueError if a value has no encoding."""
        await self._publish(self._topics.of(kind, device), metrics, key)

    async def _publish(self, topic: str, metrics: tuple[Metric, ...], key: envelope.Key | None) -> None:
        now = datetime.now(UTC)  # noqa: TID251 - the time of the person who commands; the node judges its age
        now_ms = int(now.timestamp() * 1000)
        payload = Payload(metrics=metrics, timestamp_ms=now_ms)
        if key is not None:
            payload = envelope.sealed(topic, payload, key, now_ms, now_ms + NOT_AFTER_MS)
        await self._client.publish(topic, encode(payload), qos=0, retain=False)


@contextlib.asynccontextmanager
async def joined(place: Place, will: aiomqtt.Will | None = None) -> AsyncIterator[Host]:
    """Connect and subscribe. Trouble with exit code 3 when the broker is not there, refuses, or goes.

    `will`: what the broker says when we are gone without a word.
    """
    tls = _tls(place)
    client = _client(place, tls, will)
    connected = False
    try:
        async with client:
            connected = True
            _check(await client.subscribe([(one, 0) for one in topics.all_of(place.group, place.node)]), place)
            yield Host(client, place)
    except aiomqtt.MqttError as error:
        what = f"the broker at {place.address} has gone" if connected else f"no broker answers at {place.address}"
        refused = tls.fault if tls is not None else ""
        raise Trouble(f"{what} ({refused or _why(error)})", UNREACHABLE) from None
    finally:
        client._client._sock_close()  # noqa: SLF001 - after a time-out paho would go on connecting, and nobody holds it


async def command(
    place: Place, order: Order, within_s: float = ANSWER_WITHIN_S, key: envelope.Key | None = None
) -> AsyncGenerator[Proof, None]:
    """Send a command and yield each stage of its proof: `sent` first, then what the node says of it.

    Ends with the stage that ends the command, or, without one, when `within_s` is over. Trouble as `joined`;
    ValueError if the value has no encoding. Close it (contextlib.aclosing) when not read to its end.
    """
    async with joined(place) as host:
        clock = asyncio.get_running_loop().time
        start_s = clock()
        await host.send("DCMD" if order.device else "NCMD", order.device, *order.metrics(), key=key)
        yield Proof("sent", "", 0.0)
        following, messages = Following(order.id), host.messages()
        while True:
            try:
                async with asyncio.timeout_at(start_s + within_s):
                    message = await anext(messages)
            except TimeoutError:
                return
            for said in following.see(message) if isinstance(message, Message) else ():
                proof = Proof(said.status, said.reason, clock() - start_s)
                yield proof
                if proof.ended:
                    return


def rebirth() -> Metric:
    """Return what asks a node for all its births. Pure."""
    return Metric(names.REBIRTH, True, DataType.BOOLEAN)


def proof(mark: Mark) -> tuple[Metric, Metric]:
    """Return what tells a node that all up to a mark is stored. Pure."""
    return (
        Metric(names.STORE_ID, mark.store_id, DataType.STRING),
        Metric(names.STORED, mark.number, DataType.INT64),
    )


def _tls(place: Place) -> TlsContext | None:
    """Return what TLS is made with; none for a broker that speaks without it. Trouble if our files are wrong."""
    if place.tls is None:
        return None
    try:
        return context(place.tls.ca, place.tls.certificate, place.tls.key)
    except TlsFault as fault:
        raise Trouble(str(fault), REFUSED) from None


def _client(place: Place, tls: TlsContext | None, will: aiomqtt.Will | None) -> aiomqtt.Client:
    v5 = place.mqtt == "5"
    return aiomqtt.Client(
        place.host,
        place.port,
        identifier=f"gadelys-host-{secrets.token_hex(4)}",
        protocol=aiomqtt.ProtocolVersion.V5 if v5 else aiomqtt.ProtocolVersion.V311,
        clean_session=None if v5 else True,  # MQTT 5: a clean start and no session kept are the default
        will=will,
        timeout=CONNECT_WITHIN_S,
        max_queued_incoming_messages=_MOST_WAITING,
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],  # else each hop costs 40 ms
        logger=_SILENT,
        tls_context=tls,
    )


def _check(granted: Sequence[object], place: Place) -> None:
    refused = [one for one in granted if int(getattr(one, "value", 0)) >= 0x80]
    if refused:
        raise Trouble(f"the broker at {place.address} does not let us listen ({refused[0]})".lower(), UNREACHABLE)


def _why(error: aiomqtt.MqttError) -> str:
    """Return the reason without the numbers that only the library knows."""
    text = re.sub(r"^\[[^]]*\] *", "", str(error.__cause__ or error)).lower()
    return "connection lost" if text == "unspecified error" else text
