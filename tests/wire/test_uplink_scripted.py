"""Before a broker that misbehaves: nothing proven is lost, nothing unproven is believed, and it is told why."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import random
from collections.abc import Iterator
from typing import Literal

import pytest

from agent.uplink import mqtt
from agent.uplink.broker import Broken, Broker
from agent.uplink.edge import Message
from agent.uplink.mqtt import MqttSession
from agent.uplink.reports import Reporter
from hurried_uplink import VERSIONS, hurried, running, until
from scripted_broker import Script, ScriptedBroker, Session
from sparkplug_peer import parse
from uplinked_street import UplinkedStreet, flying

DOOR = "door-1/contact/state"
METER = "meter-1/meter/active_power"
WILL = Message("spBv1.0/g/NDEATH/n", b"will")


@pytest.fixture(autouse=True)
def _hurried() -> Iterator[None]:
    with hurried():
        yield


def meters(sessions: list[Session], *, proven: bool = False) -> list[float]:
    """The values of the meter that a broker has, in births and data; `proven`: only what it has acknowledged."""
    found = []
    for session in sessions:
        for publish in session.published[: session.proven] if proven else session.published:
            if publish.topic.endswith("/pole-7/meter-1"):
                found += [m.value for m in parse(publish.payload).metrics if m.name == "meter/active_power"]
    return found


async def told(street: UplinkedStreet, values: range, pause_s: float = 0.003) -> None:
    """Let the meter have these values, one after the other; each is taken by the uplink."""
    reporter = street.uplink._reporter
    for value in values:
        street.put(METER, 10.0 * value)
        await until(functools.partial(_taken, reporter, 10.0 * value), f"{value} is taken")
        await asyncio.sleep(pause_s)


def _taken(reporter: Reporter, value: float) -> bool:
    return reporter.told(METER)[0] == value


FAULTS = {
    "drops before the acknowledgement": Script(drop_before_ack=3),
    "drops before the first acknowledgement": Script(drop_before_ack=1),
    "drops after the acknowledgement": Script(drop_after_ack=3),
    "half-open: hears and does not answer": Script(mute_after_ack=2),
    "half-open: does not even hear": Script(deaf_after_ack=2),
    "drops what is on its way": Script(lose_after_bytes=8000),
    "reads slowly": Script(read_at_once=7),
    "allows one unanswered message": Script(receive_maximum=1),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_nothing_proven_is_lost_and_nothing_unproven_believed(fault: str, version: Literal["5", "3.1.1"]) -> None:
    """What has left outbox and journal, the broker has acknowledged; in the end it has every value."""
    async with (
        ScriptedBroker(dataclasses.replace(FAULTS[fault])) as broker,
        running(broker.port, mqtt=version) as street,
    ):
        await until(lambda: broker.sessions and meters(broker.sessions), "births")
        for begin in range(100, 160, 20):
            await told(street, range(begin, begin + 20), 0.001)
            await _believed(street, broker)
        broker.script = Script()
        broker.cut()
        await told(street, range(160, 163))
        await until(lambda: set(meters(broker.sessions, proven=True)) >= everything(), "all has arrived")
        await until(lambda: _left(street) == set(), "and is settled")
        unanswered = max(session.most_unanswered for session in broker.sessions)
        assert fault != "allows one unanswered message" or unanswered == 1


def everything() -> set[float]:
    return {10.0 * value for value in range(100, 163)}


def _left(street: UplinkedStreet) -> set[float]:
    """What the node still knows of: unproven, kept, or in its journal."""
    outbox = street.uplink._outbox
    reports = [report for batch in outbox._sent for _, report in batch.kept] + [report for _, report in outbox._kept]
    proven = flying(outbox)  # deleted with the next commit
    reports += [entry.report for entry in street.journal.entries if entry.number not in proven]
    return {float(report.value or 0) for report in reports if report.metric == "meter/active_power"}


async def _believed(street: UplinkedStreet, broker: ScriptedBroker) -> None:
    """What the node has settled the broker has acknowledged; what is on its way into the journal comes to be seen there."""
    taken = {10.0 * value for value in range(100, 163)} & _seen(street)
    await until(
        lambda: taken <= _left(street) | set(meters(broker.sessions, proven=True)), "what is settled is proven", 1.0
    )


def _seen(street: UplinkedStreet) -> set[float]:
    now = street.uplink._reporter.told(METER)[0]
    return {10.0 * value for value in range(100, round(float(now or 0)) // 10 + 1)}


async def test_a_hundred_outages_at_random() -> None:
    """Scripts by chance, each for a few moments."""
    chance = random.Random(36)
    kinds = ("drop_before_ack", "drop_after_ack", "mute_after_ack", "deaf_after_ack", "lose_after_bytes")
    async with ScriptedBroker() as broker, running(broker.port, mqtt="5") as street:
        await until(lambda: broker.sessions and meters(broker.sessions), "births")
        for number in range(100, 160):
            kind = chance.choice(kinds)
            broker.script = Script()
            setattr(broker.script, kind, chance.randrange(1, 4) * (1500 if kind == "lose_after_bytes" else 1))
            if chance.random() < 0.4:
                broker.cut()
            await told(street, range(number, number + 1), chance.random() * 0.02)
            await _believed(street, broker)
        broker.script = Script()
        broker.cut()
        await told(street, range(160, 163))
        await until(lambda: set(meters(broker.sessions, proven=True)) >= everything(), "all has arrived")


async def test_a_refused_proof_settles_nothing() -> None:
    async with ScriptedBroker(Script(refuse_acks=0x87)) as broker, running(broker.port, mqtt="5") as street:
        await until(lambda: broker.sessions and meters(broker.sessions), "births")
        await told(street, range(100, 104))
        await until(lambda: "refuses" in street.uplink.state().last_error, "it is said")
        await _believed(street, broker)
        assert {1000.0, 1010.0} <= _left(street)


async def test_each_connection_is_a_new_one() -> None:
    """Nothing of a broken one is sent again by the library, and the first message is a birth."""
    async with ScriptedBroker(Script(drop_before_ack=1)) as broker, running(broker.port) as street:
        await until(lambda: broker.sessions and meters(broker.sessions), "births")
        await told(street, range(100, 104))
        broker.script = Script()
        await until(lambda: set(meters(broker.sessions, proven=True)) >= {1000.0, 1030.0}, "all has arrived")
        assert len(broker.sessions) > 1
        for session in broker.sessions:
            assert not any(publish.dup for publish in session.published)
            assert not session.published or "/NBIRTH/" in session.published[0].topic


async def test_a_broker_that_hangs_up_at_once_is_given_up_at_once() -> None:
    """aiomqtt would wait for its answer until the time is over."""
    async with ScriptedBroker(Script(hang_up=True)) as broker:
        session = MqttSession(Broker("127.0.0.1", broker.port, "5", 30, "g/n"), WILL)
        async with asyncio.timeout(2.0):
            with pytest.raises(Broken, match="ended the connection"):
                await session.open(())


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (Script(connack=b"\x20\x02\x00"), "timed out"),  # and nothing more
        (Script(connack=b"\x20\xff\xff\xff\xff\x7f"), "ended|lost|protocol"),  # a length of five bytes
        (Script(connack=b"\x20\x05\x00\x00\x02\x21\x00"), "."),  # its property is cut off
        (Script(connack=b"\xff\x00"), "ended|lost|protocol"),
        (Script(refuse_filters=0x87), "refuses the subscription to cmd"),
    ],
)
async def test_an_answer_that_is_none(script: Script, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt, "CONNECT_WITHIN_S", 0.3)
    async with ScriptedBroker(script) as broker:
        session = MqttSession(Broker("127.0.0.1", broker.port, "5", 30, "g/n"), WILL)
        async with asyncio.timeout(2.0):
            with pytest.raises(Broken, match=says):
                await session.open(("cmd",))
        await until(lambda: broker.sessions[0].ended, "the connection is closed")
