"""Several brokers, and a primary host on a single one: which is spoken to, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Literal

import pytest

import mqtt_wire as wire
from agent.config import Place
from hurried_uplink import VERSIONS, hurried, online, running, until
from mosquitto import free_port
from scripted_broker import Script, ScriptedBroker

STATE = b"spBv1.0/STATE/scada"


@pytest.fixture(autouse=True)
def _hurried() -> Iterator[None]:
    with hurried(HOST_WITHIN_S=0.05):
        yield


def places(*ports: int) -> tuple[Place, ...]:
    return tuple(Place("127.0.0.1", port) for port in ports)


def state(online: str, timestamp: int) -> bytes:
    return wire.publish(5, STATE, f'{{"online": {online}, "timestamp": {timestamp}}}'.encode())


async def test_who_cannot_be_had_is_passed_over_and_the_number_of_births_is_not_used_up() -> None:
    async with ScriptedBroker() as second, running(free_port(), fallbacks=places(second.port)) as street:
        await until(lambda: online(street), "the second is spoken to")
        told = street.uplink.state()
        assert (told.port, told.bd_seq) == (second.port, 7)
        assert street.journal.bd_seqs == 1


async def test_who_is_lost_is_followed_by_the_next_and_the_first_again() -> None:
    async with (
        ScriptedBroker() as first,
        ScriptedBroker() as second,
        running(first.port, fallbacks=places(second.port)) as street,
    ):
        await until(lambda: online(street), "the first is spoken to")
        first.cut()
        await until(lambda: second.published, "the second is spoken to")
        second.cut()
        await until(lambda: len(first.sessions) == 2, "the first again")
        assert len(second.sessions) == 1


async def test_a_single_broker_is_stayed_with_until_the_host_is_online() -> None:
    """Also after it was offline: NDEATH, a new connection, and no births before it is back."""
    async with ScriptedBroker() as broker, running(broker.port, primary_host="scada") as street:
        await until(lambda: "scada is not online" in street.uplink.state().last_error, "it waits")
        street.put("door-1/contact/state", True)
        await until(lambda: street.uplink.state().journal_waiting, "what happens meanwhile is kept")
        assert broker.published == []
        assert len(broker.sessions) == 1
        broker.say(state("true", 5))
        await until(lambda: online(street), "births")
        broker.script = Script(after_suback=state("false", 6))
        broker.say(state("false", 6))
        await until(lambda: len(broker.sessions) == 2 and broker.sessions[1].connect, "a new connection")
        assert broker.sessions[0].published[-1].topic.split("/")[2] == "NDEATH"
        await until(lambda: "scada is not online" in street.uplink.state().last_error, "it waits")
        assert broker.sessions[1].published == []
        broker.say(state("true", 7))
        await until(lambda: online(street), "births")
        assert street.uplink.state().last_error == ""


async def test_commands_are_heard_while_the_host_is_waited_for() -> None:
    async with ScriptedBroker() as broker, running(broker.port, primary_host="scada") as street:
        await until(lambda: "scada is not online" in street.uplink.state().last_error, "it waits")
        broker.say(wire.publish(5, b"spBv1.0/albertslund/DCMD/pole-7/lum-01", b"nonsense"))
        await until(lambda: street.uplink.state().commands_refused == 1, "it is refused")


async def test_a_lost_connection_is_seen_while_the_host_is_waited_for() -> None:
    async with ScriptedBroker() as broker, running(broker.port, primary_host="scada") as street:
        await until(lambda: "scada is not online" in street.uplink.state().last_error, "it waits")
        broker.cut()
        await until(lambda: len(broker.sessions) == 2, "a new connection")


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_half_open_link_is_seen_while_the_host_is_waited_for(version: Literal["5", "3.1.1"]) -> None:
    """By a ping: the keep-alive alone would take half a minute or more."""
    async with ScriptedBroker() as broker, running(broker.port, mqtt=version, primary_host="scada") as street:
        await until(lambda: "scada is not online" in street.uplink.state().last_error, "it waits")
        await asyncio.sleep(0.5)
        assert len(broker.sessions) == 1  # as long as it is answered it stays
        broker.script = Script(mute_after_ack=0)
        await until(lambda: len(broker.sessions) > 1, "a new connection")
        assert broker.published == []
