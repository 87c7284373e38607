"""Parking bays by the profile of docs/profiles.md, a laser over waste, and a beacon, up to FIWARE's entities."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import mirror_judge as judge
from fiware_models import MODELS
from mosquitto import Mosquitto
from platform_host import GROUP, NODE, Platform
from running_street import ROOT, Lines, script

PAGE = (ROOT / "docs" / "profiles.md").read_text(encoding="utf-8")
UNITS = """
[[units]]
product = "waveshare-io8"
name = "bays"
address = 5
on = "tcp"
[[units]]
product = "sen0492"
name = "bin"
address = 80
on = "tcp"
values = {distance_mm = 1250}
[[units]]
product = "waveshare-ao8-b"
name = "dimmer"
address = 21
on = "tcp"
"""
POLE = """
[controller]
id = "%s"
group = "%s"
latitude = 55.6561
longitude = 12.3683
time_zone = "Europe/Copenhagen"
[api]
socket = "api.sock"
[lighting]
class_pct = 100
[monitoring]
kept = "lamps.json"
[uplink]
host = "127.0.0.1"
port = %d
level_every_s = 1
journal = "journal.db"
mirror = true
mirror_format = "fiware"
[ble]
[bus.field]
kind = "modbus-tcp"
host = "127.0.0.1"
port = %d
[unit]
dimmer = { bus = "field", address = 21, profile = "waveshare-ao8-b" }
bays = { bus = "field", address = 5, profile = "bays" }
bin = { bus = "field", address = 80, profile = "sen0492", poll_s = 0.5 }
[device]
lum-01 = { kind = "luminaire", unit = "dimmer", channel = 1, position_m = 0 }
bay-1 = { kind = "parking", unit = "bays", channel = 1 }
bay-2 = { kind = "parking", unit = "bays", channel = 2 }
bin-1 = { kind = "distance", unit = "bin", empty_m = 2.5, full_m = 0.5 }
page-1 = { kind = "beacon", advert = "eddystone-url", url = "https://kommune.dk/p7", power_dbm = -18 }
"""


class City:
    """The units of a line, an agent on them, and the platform."""

    def __init__(self, folder: Path) -> None:
        (folder / "units.toml").write_text(UNITS)
        (folder / "profiles.d").mkdir()
        (folder / "profiles.d" / "bays.toml").write_text(profile("bays"))
        self._log = (folder / "log").open("wb")
        self._line = subprocess.Popen(
            [script("firmware-sim"), "line", "--dir", str(folder), "--units", str(folder / "units.toml"), "--tcp"],
            stdout=subprocess.PIPE, stderr=self._log, text=True,
        )  # fmt: skip
        assert self._line.stdout is not None
        port = int(self._line.stdout.readline().rpartition(":")[2])
        assert self._line.stdout.readline() == "ready\n"
        self._hand = Lines(folder / "line.sock")
        self._broker = Mosquitto(folder)
        self.platform = Platform(self._broker.port)
        (folder / "pole.toml").write_text(POLE % (NODE, GROUP, self._broker.port, port))
        self._agent = subprocess.Popen(
            [script("gadelys"), "run", "--config", str(folder / "pole.toml")], stdout=self._log, stderr=self._log
        )

    def do(self, **request: object) -> None:
        self._hand.send(request)
        answer = self._hand.receive()
        assert answer["ok"], answer

    def until(self, device: str, **values: object) -> dict[str, Any]:
        """Return what was last said of a device once it says this; it is what its model allows."""

        def said() -> dict[str, Any]:
            return judge.states(self.platform).get(device, {})

        self.platform.ear.until(lambda: values.items() <= said().items(), 20.0)
        Draft202012Validator(MODELS[said()["type"]]).validate(said())
        judge.definition(said()["type"]).validate(said())
        return said()

    def close(self) -> None:
        for process in (self._agent, self._line):
            process.terminate()
            process.wait(20.0)
        assert self._line.stdout is not None
        self._line.stdout.close()
        self.platform.close()
        self._hand.close()
        self._broker.close()
        self._log.close()


def profile(name: str) -> str:
    """A profile as the page shows it."""
    shown = re.search(rf"^`profiles\.d/{name}\.toml`:.*\n\n((?:    .*\n)+)", PAGE, re.MULTILINE)
    assert shown is not None
    return shown[1]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    made = City(tmp_path_factory.mktemp("city"))
    try:
        yield made
    finally:
        made.close()


def test_bays_are_told_each_and_together(city: City) -> None:
    city.until("bay-1", type="ParkingSpot", status="free")
    city.until("parking:all", type="OnStreetParking", totalSpotNumber=2, availableSpotNumber=2)
    city.do(do="set", unit="bays", value="input-2", to=True)
    spot = city.until("bay-2", status="occupied")
    place = city.until("parking:all", availableSpotNumber=1)
    assert spot["id"] in place["refParkingSpot"]
    assert spot["refParkingSite"] == place["id"]
    city.until("bay-1", status="free")


def test_a_container_fills(city: City) -> None:
    city.until("bin-1", type="WasteContainer", fillingLevel=0.625, status="unknown")
    city.do(do="set", unit="bin", value="distance_mm", to=700)
    city.until("bin-1", fillingLevel=0.9)


def test_a_beacon_that_is_not_on_the_air_announces_nothing(city: City) -> None:
    assert "announcedUrl" not in city.until("page-1", type="SmartSpot")


def test_of_bays_that_do_not_answer_nothing_is_known(city: City) -> None:
    city.until("parking:all", totalSpotNumber=2)
    city.do(do="power", unit="bays", on=False)
    city.until("bay-2", status="unknown")
    city.platform.ear.until(lambda: "availableSpotNumber" not in judge.states(city.platform)["parking:all"], 20.0)
