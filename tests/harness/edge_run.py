"""An edge node before real brokers, all in one event loop; what it does is written down by relays between them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from agent.cli.uplink.host import Host, joined
from agent.cli.uplink.place import Place
from agent.config import Place as Address
from agent.journal.journal import Journal
from agent.journal.records import Limits
from agent.uplink.payload import DataType, Metric
from edge_record import EdgeRecord
from hurried_uplink import running, until
from mosquitto import Mosquitto
from mqtt_relay import Record, Relay
from uplinked_street import UplinkedStreet

GROUP, NODE = "albertslund", "pole-7"
LIVE = ("lum-01", "lum-02", "lum-03", "meter-1", "radar-01", "door-1")
DOOR = "door-1/contact/state"


class EdgeRun:
    """One edge node after the other, on the same journal."""

    def __init__(self, folder: Path, version: str, brokers: list[Mosquitto]) -> None:
        self.version = version
        self.brokers = brokers
        self.record = Record()
        self.edge = EdgeRecord(self.record, version == "5")
        self.relays = [Relay(str(number), broker.port, self.record) for number, broker in enumerate(brokers)]
        self.street: UplinkedStreet
        self._journal = folder / f"journal-{version}.db"

    @contextlib.asynccontextmanager
    async def node(self, **options: Any) -> AsyncIterator[UplinkedStreet]:
        """An agent's uplink from its start to its intended stop."""
        journal = Journal(self._journal, Limits(1_000_000), "boot")
        first, *others = [Address("127.0.0.1", relay.port) for relay in self.relays]
        here = {"journal": journal, "mqtt": self.version, "fallbacks": tuple(others), "longest_wait_s": 1.0}
        async with running(first.port, **here | options) as self.street:
            self.street.put("radar-01/illuminance/value", 0.5, age_s=10.0)  # stale
            yield self.street
            self.edge.mark("stop")
        await until(lambda: self.record.open == 0, "the connection is closed")

    async def start(self) -> None:
        for relay in self.relays:
            await relay.start()

    async def close(self) -> None:
        for relay in self.relays:
            await relay.close()

    async def born(self, after: str = "") -> None:
        """Wait until all devices are born, after a mark."""
        await until(
            lambda: {said.device for said in self.edge.said("DBIRTH", after=after)} >= set(LIVE),
            f"births after {after}",
        )

    async def told(self, kind: str, device: str, after: str) -> None:
        """Wait for a message of a kind after a mark."""
        await until(
            lambda: any(said.device == device for said in self.edge.said(kind, after=after)), f"{kind} of {device}"
        )

    async def proven(self) -> None:
        """Wait until all that was sent is proven, and nothing waits in the journal."""
        await until(
            lambda: self.street.uplink.state().unproven == 0 and self.street.uplink.state().journal_waiting == 0,
            "all is proven",
        )

    async def taken(self, is_open: bool) -> None:
        """Wait until the uplink has taken that the door is as it is."""
        await until(lambda: self.street.uplink._reporter.told(DOOR)[0] is is_open, "the door is taken")

    async def quiet(self) -> None:
        """Read the lamps again as they were, and wait until nothing is told any more."""
        await self.proven()
        for device in ("lum-01", "lum-02", "lum-03"):
            key = f"{device}/lamp/dimming_level"
            self.street.put(key, self.street.image.raw(key).value)
        before = -1
        while before != len(self.record.passed):
            before = len(self.record.passed)
            await asyncio.sleep(0.25)  # longer than what is kept waits to be committed

    def host(self, broker: int = 0) -> contextlib.AbstractAsyncContextManager[Host]:
        """The product's own host application."""
        mqtt: Any = self.version
        return joined(Place(host="127.0.0.1", port=self.brokers[broker].port, group=GROUP, node=NODE, mqtt=mqtt))


async def everyday(run: EdgeRun) -> None:
    """Births, data, a death, commands, a lost connection, a stop, a start; at the end the number of births wraps."""
    edge = run.edge
    async with run.node() as street:
        await run.born()
        edge.mark("live")
        street.put(DOOR, True)
        street.put("lum-01/lamp/commanded_level", 55.0)
        street.put("meter-1/meter/active_power", 99.0)
        await run.told("DDATA", "meter-1", "live")
        street.put("radar-01/illuminance/value", None, "no answer within 100 ms")
        await run.told("DDATA", "radar-01", "live")
        edge.mark("dead")
        street.put("lum-02/lamp/dimming_level", None, "the line is gone")
        await run.told("DDEATH", "lum-02", "dead")
        edge.mark("alive")
        street.put("lum-02/lamp/dimming_level", 20.0)
        await run.told("DBIRTH", "lum-02", "alive")
        await _commands(run)
        edge.mark("many")
        for number in range(280):
            street.put(DOOR, number % 2 == 0)
            await run.taken(number % 2 == 0)
        await _lost(run)
    edge.mark("again")
    async with run.node():
        await run.born("again")
        await run.proven()
    await _wrapped(run)


async def _commands(run: EdgeRun) -> None:
    edge = run.edge
    async with run.host() as host:
        await run.quiet()
        edge.mark("rebirth")
        await host.send("NCMD", "", Metric("Node Control/Rebirth", True, DataType.BOOLEAN))
        await run.born("rebirth")
        edge.mark("burst")
        for _ in range(20):
            await host.send("NCMD", "", Metric("Node Control/Rebirth", True, DataType.BOOLEAN))
        await run.born("burst")
        edge.mark("command")
        await host.send(
            "DCMD",
            "lum-01",
            Metric("lamp/dimming_level", 40.0, DataType.FLOAT),
            Metric("command/id", "c1", DataType.STRING),
        )
        await run.told("DDATA", "lum-01", "command")
        edge.mark("burst over")
        await host.send("NCMD", "", Metric("no such metric", 1, DataType.INT64))
        await run.told("NDATA", "", "burst over")


async def _lost(run: EdgeRun) -> None:
    """The connection is cut; what happens then goes up afterwards."""
    edge, relay, street = run.edge, run.relays[0], run.street
    await run.quiet()
    relay.refuses = True
    edge.mark("cut")
    relay.cut()
    await until(lambda: run.record.open == 0, "the connection is gone")
    await until(lambda: street.uplink.state().state != "online", "the node has seen it")
    for is_open in (True, False, True):
        street.put(DOOR, is_open)
        await run.taken(is_open)
    relay.refuses = False
    await run.born("cut")
    await until(lambda: len(edge.history(DOOR, "cut")) >= 3, "the history of the door")
    await run.proven()


async def _wrapped(run: EdgeRun) -> None:
    """Number 255 and what follows it."""
    journal = Journal(run._journal, Limits(1_000_000), "boot")
    await journal.open()
    while await journal.next_bd_seq() != 254:
        pass
    await journal.close()
    run.edge.mark("wrap")
    async with run.node():
        await run.born("wrap")
        run.edge.mark("wrapped")
        run.relays[0].cut()
        await run.born("wrapped")


async def strictly(run: EdgeRun) -> None:
    """The profile `strict`: births, data, history."""
    async with run.node(profile="strict") as street:
        await run.born()
        street.put(DOOR, True)
        street.put("lum-01/lamp/commanded_level", 55)
        await run.told("DDATA", "lum-01", "")
        street.put(DOOR, False)
        await run.taken(False)
        await _lost(run)


async def hosted(run: EdgeRun) -> None:
    """A primary host on two brokers."""
    edge = run.edge

    async def state(broker: int, online: object, timestamp: object, host_id: str = "scada") -> None:
        text = json.dumps({"online": online, "timestamp": timestamp})
        await asyncio.to_thread(run.brokers[broker].say, f"spBv1.0/STATE/{host_id}", text, retain=True)

    async def subscribed(relay: str, after: str) -> None:
        await until(
            lambda: any(
                passed.relay == relay and passed.packet.type == 9 for passed in run.record.passed[edge.marks[after] :]
            ),
            f"a session with broker {relay}",
        )

    await state(0, True, 900, "another")
    await state(0, False, 1000)
    edge.mark("begin")
    async with run.node(primary_host="scada"):
        await subscribed("0", "begin")
        await subscribed("1", "begin")  # offline there, so here; and here nothing is known
        await state(1, "true", 2000)
        edge.mark("online")
        await state(1, True, 1500)
        await run.born()
        edge.mark("old")
        await state(1, False, 1499)
        await asyncio.sleep(0.1)
        edge.mark("offline")
        await state(0, True, 2000)
        await state(1, False, 1500)
        await run.born("offline")
