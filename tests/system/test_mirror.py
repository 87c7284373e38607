"""The street's mirror in FIWARE's words, and commands that say where their answer is wanted, by Mosquitto's own clients."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import pytest
from jsonschema import Draft202012Validator

import mirror_judge as judge
from fiware_models import MODELS
from platform_host import GROUP, NODE, Platform
from running_street import Street

COMMAND = f"gadelys/{GROUP}/{NODE}/command"
ENTITIES = {
    "lum-03": "Streetlight", "meter-1": "StreetlightControlCabinet", "lux-1": "WeatherObserved",
    "radar-02": "CrowdFlowObserved", "pir-1": "CrowdFlowObserved",
}  # fmt: skip
PLAIN = {"node", "door-1", "vehicles-01"}


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Street, Platform]]:
    """A street whose mirror speaks FIWARE."""
    street = Street(tmp_path_factory.mktemp("street"), broker=True)
    try:
        text = street.config.read_text(encoding="utf-8")
        fiware = text.replace("mirror = true", 'mirror = true\nmirror_format = "fiware"')
        street.config.write_text(fiware, encoding="utf-8")
        platform = Platform(street.broker_port)
        street.start_agent()
        yield street, platform
        platform.close()
    finally:
        street.close()


def test_devices_are_entities_as_their_models_allow(mirrored: tuple[Street, Platform]) -> None:
    _, platform = mirrored
    platform.ear.until(lambda: ENTITIES.items() <= judge.entities(platform).items(), 30.0)
    platform.ear.until(lambda: judge.states(platform)["lum-03"].get("powerState") == "on", 30.0)
    for device, said in judge.states(platform).items():
        if device in PLAIN:
            judge.definition("State").validate(said)
        else:
            Draft202012Validator(MODELS[said["type"]]).validate(said)
            judge.definition(said["type"]).validate(said)


def test_whoever_asks_by_mqtt_5_is_answered_where_they_listen(mirrored: tuple[Street, Platform]) -> None:
    street, platform = mirrored
    platform.ear.until(lambda: judge.states(platform).get("lum-09", {}).get("powerState") == "on", 30.0)
    own = ["-h", "127.0.0.1", "-p", str(street.broker_port), "-t", COMMAND]
    command = {"point": "lum-09/lamp/dimming_level", "value": 45, "id": "rr1", "for_s": 60}
    judge.definition("CommandLine").validate(command)
    asked = ["mosquitto_rr", *own, "-V", "5", "-W", "10", "-e", "replies/ann", "-F", "%D %p", "-m", json.dumps(command)]
    asked += ["-D", "publish", "correlation-data", "c7"]
    said = subprocess.run(asked, check=True, capture_output=True, timeout=20, text=True).stdout
    correlation, _, result = said.partition(" ")
    assert correlation == "c7"
    judge.definition("Result").validate(json.loads(result))
    assert (json.loads(result)["id"], json.loads(result)["status"]) == ("rr1", "accepted")
    street.until("lum-09 gives 45 %", lambda state: abs(street.levels(state)["lum-09"] - 45) < 2)


def test_nobody_lets_the_node_speak_as_another(mirrored: tuple[Street, Platform]) -> None:
    street, platform = mirrored
    own = ["-h", "127.0.0.1", "-p", str(street.broker_port), "-V", "5", "-t", COMMAND]
    death = f"spBv1.0/{GROUP}/NDEATH/{NODE}"
    command = '{"point": "lum-08/lamp/dimming_level", "value": 45, "id": "rr2"}'
    said = ["mosquitto_pub", *own, "-D", "publish", "response-topic", death, "-m", command]
    subprocess.run(said, check=True, timeout=20)
    street.until("it was refused", lambda _: "response topic" in street.uplink()["last_refusal"])
    assert street.lamps()["lum-08"]["winner"] != "operator"
    assert death not in platform.ear.topics()
