"""A node whose platform proves, a real broker and a real `gadelys fleet serve` that is killed before it has stored."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

from hurried_uplink import hurried, running, until
from mosquitto import Ear, Mosquitto
from running_street import script
from sparkplug_peer import parse
from uplinked_street import UplinkedStreet

METER = "meter-1/meter/active_power"
STORES_WITHIN_S = 25.0
EVERYTHING: set[object] = {10.0 * value for value in range(100, 200)}


@contextlib.contextmanager
def serving(broker: Mosquitto, store: Path) -> Iterator[subprocess.Popen[bytes]]:
    words = ["fleet", "serve", "--host", "127.0.0.1", "--port", str(broker.port), "--store", str(store)]
    with store.with_suffix(".log").open("ab") as log:
        server = subprocess.Popen([script("gadelys"), *words], stdout=log, stderr=log)
        try:
            yield server
        finally:
            server.kill()
            server.wait()


def keys(ear: Ear) -> dict[int, object]:
    """What went over the wire, by its number."""
    found: dict[int, object] = {}
    for topic, raw, _ in list(ear.heard):
        for metric in parse(raw).metrics if topic.endswith("/DDATA/pole-7/meter-1") else ():
            if metric.name == "meter/active_power" and "journal" in metric.properties:
                assert found.setdefault(metric.properties["journal"], metric.value) == metric.value
    return found


def values(ear: Ear) -> set[object]:
    """What went over the wire, in data or in a birth, after which it is not told again."""
    births = [parse(raw).metrics for topic, raw, _ in list(ear.heard) if topic.endswith("/DBIRTH/pole-7/meter-1")]
    born = {metric.value for metrics in births for metric in metrics if metric.name == "meter/active_power"}
    return {*keys(ear).values(), *born} & EVERYTHING


def had(store: Path) -> list[tuple[int, int]]:
    db = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    try:
        rows: list[tuple[int, int]] = db.execute("SELECT first, last FROM had").fetchall()
        return rows
    finally:
        db.close()


def settled(street: UplinkedStreet) -> bool:
    return not street.uplink._outbox.unproven and not street.uplink._outbox.kept and not street.journal.entries


async def tell(street: UplinkedStreet, values: range) -> None:
    for value in values:
        street.put(METER, 10.0 * value)
        await asyncio.sleep(0.01)


async def test_what_is_settled_is_in_the_store_of_a_host_that_was_killed(tmp_path: Path) -> None:
    broker, store = Mosquitto(tmp_path), tmp_path / "fleet.db"
    ear = Ear(broker.port, "spBv1.0/#")
    try:
        with hurried():
            async with running(broker.port, mqtt="5", proof="platform") as street:
                await until(lambda: street.uplink.state().state == "online", "online")
                await tell(street, range(100, 150))
                await until(lambda: len(street.journal.entries) >= 50, "what nobody stores rests in the journal")
                with serving(broker, store):
                    await until(
                        lambda: any("NCMD" in topic for topic in ear.topics()), "the host asks for births", 15.0
                    )
                    await tell(street, range(150, 200))
                    await until(lambda: values(ear) == EVERYTHING, "all is told")
                    assert not settled(street)  # it is killed before its first commit
                with serving(broker, store):
                    await until(lambda: settled(street), "all is settled", STORES_WITHIN_S)
                assert street.uplink.state().commands_refused == 0
                told, ranges = keys(ear), had(store)
        assert [number for number in told if not any(first <= number <= last for first, last in ranges)] == []
        assert len(ranges) <= 5  # marks leave no holes, births do
    finally:
        ear.close()
        broker.close()


async def test_a_host_in_time_keeps_the_card_dry(tmp_path: Path) -> None:
    """Settled at the platform's pace, and nothing of telemetry was ever committed."""
    broker = Mosquitto(tmp_path)
    try:
        with hurried(LOOK_EVERY_S=1.0), serving(broker, tmp_path / "fleet.db"):
            async with running(broker.port, mqtt="5", proof="platform") as street:
                await until(lambda: street.uplink.state().state == "online", "online")
                await asyncio.sleep(3.0)  # the host has come and asked for births
                street.journal.commits.clear()
                street.put(METER, 1230.0)
                await until(lambda: settled(street), "all is settled")
                assert street.journal.commits == []
    finally:
        broker.close()
