"""A city with its authority, an enrolled pole and a broker that asks for certificates: for the tests of identity."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent.identity.enrolment import Board
from city import City
from mosquitto import Mosquitto


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    made = City(tmp_path_factory.mktemp("city"))
    made.enrolled("pole-7")
    made.issued("platform", "platform")
    return made


@pytest.fixture(scope="module")
def pole(city: City) -> Board:
    return city.board("pole-7")


@pytest.fixture(scope="module")
def broker(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    made = city.broker(tmp_path_factory.mktemp("broker"), "localhost", "127.0.0.1")
    yield made
    made.close()
