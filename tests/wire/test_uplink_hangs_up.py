"""A broker that ends the connection before it answers."""

from __future__ import annotations

import asyncio

import pytest

from agent.uplink.broker import Broken, Broker
from agent.uplink.edge import Message
from agent.uplink.mqtt import CONNECT_WITHIN_S, MqttSession

WILL = Message("spBv1.0/g/NDEATH/n", b"will")


async def test_a_broker_that_hangs_up_before_it_answers() -> None:
    """It is told at once, not after the whole time-out."""

    def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        session = MqttSession(Broker("127.0.0.1", server.sockets[0].getsockname()[1], "5", 30, "g/n"), WILL)
        async with asyncio.timeout(CONNECT_WITHIN_S / 2):
            with pytest.raises(Broken, match="the broker ended the connection before it answered"):
                await session.open(())
        await session.close()
