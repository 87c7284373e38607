"""Each requirement of Sparkplug 3.0 on an edge node, on MQTT 5 and 3.1.1, by what a real Mosquitto was told.

What is recorded once in a few seconds is looked at by all tests. Not covered, because nothing of it is sent: data sets,
templates, files, metadata.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

import requirements_birth
import requirements_connect
import requirements_data
from edge_run import EdgeRun, everyday, hosted, strictly
from hurried_uplink import hurried
from mosquitto import Ear, Mosquitto
from requirements import REQUIREMENTS, Runs
from sparkplug_peer import parse

assert requirements_birth
assert requirements_connect
assert requirements_data


def recorded(folder: Path, version: str) -> Runs:
    """Three runs on two brokers."""
    places = [folder / "0", folder / "1"]
    for place in places:
        place.mkdir()
    brokers = [Mosquitto(place) for place in places]
    began_ms = int(time.time() * 1000)  # noqa: TID251 - what platforms go by
    ear = Ear(brokers[0].port, "spBv1.0/+/NDEATH/#")
    try:
        with hurried(COMMIT_EVERY_S=0.2, PROVE_EVERY_S=0.05):
            runs = asyncio.run(_record(folder, version, brokers))
        deaths = [parse(payload).metrics[0].value for _, payload, _ in ear.heard]
        runs.everyday.facts.update(began_ms=began_ms, deaths=deaths)
    finally:
        ear.close()
        for broker in brokers:
            broker.close()
    return runs


async def _record(folder: Path, version: str, brokers: list[Mosquitto]) -> Runs:
    made = []
    for scenario, with_brokers in ((everyday, brokers[:1]), (strictly, brokers[:1]), (hosted, brokers)):
        run = EdgeRun(folder, version, with_brokers)
        await run.start()
        try:
            await scenario(run)
        finally:
            await run.close()
        made.append(run.edge)
    return Runs(version, *made)


@pytest.fixture(scope="module", params=["5", "3.1.1"])
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return recorded(tmp_path_factory.mktemp("node"), request.param)


@pytest.mark.parametrize("requirement", sorted(REQUIREMENTS))
def test_requirement(runs: Runs, requirement: str) -> None:
    REQUIREMENTS[requirement](runs)
