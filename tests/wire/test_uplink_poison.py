"""A real broker that hangs up on a long message: the one report is put aside, all others come."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

import sparkplug_peer
import uplink_node
from agent.journal.records import Lane, Report
from agent.uplink import backlog
from mosquitto import PROGRAM, Ear, Mosquitto
from uplinked_street import flying

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="mosquitto is not installed: apt install mosquitto")
COUNT = 60


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    (tmp_path / "broker").mkdir()
    made = Mosquitto(tmp_path / "broker", options="max_packet_size 3500")
    yield made
    made.close()


def through(made: uplink_node.Made) -> bool:
    facts = made.journal.facts()
    return facts.quarantined > 0 and facts.waiting <= len(flying(made.uplink._outbox))


@pytest.fixture(autouse=True)
def _soon_calm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "CALM_S", 0.1)


async def test_a_report_that_is_too_long_for_the_broker_blocks_no_other(tmp_path: Path, broker: Mosquitto) -> None:
    made = uplink_node.make(tmp_path, "n", broker.port)
    await made.journal.open()
    reports = [Report("d0", "contact/a", 4, value, 192, float(value), 1000 * value) for value in range(1, COUNT + 1)]
    long = Report("d0", "contact/b", 12, "long" * 1000, 192, 5.0, 5000)
    await made.journal.commit([*reports[:20], long, *reports[20:]])
    ear = Ear(broker.port, "spBv1.0/#")
    try:
        running = asyncio.ensure_future(made.uplink.run())
        async with asyncio.timeout(30):
            while not through(made):  # noqa: ASYNC110 - a journal tells nobody
                await asyncio.sleep(0.05)
        assert [entry.report.value for entry in await made.journal.oldest(9, 0, Lane.QUARANTINE)] == [long.value]
        assert made.uplink.state().journal_quarantined == 1
        running.cancel()
        await asyncio.wait([running])
        heard = [sparkplug_peer.parse(raw).metrics for topic, raw, _ in ear.heard if "/DDATA/" in topic]
    finally:
        ear.close()
    came = {metric.properties["journal"]: metric.value for metrics in heard for metric in metrics if metric.historical}
    assert sorted(value for value in came.values() if isinstance(value, int)) == list(range(1, COUNT + 1))
