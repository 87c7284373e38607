"""An option whose default is a whole number takes whole ones only, in the configuration and on the command line."""

from __future__ import annotations

import pytest

from agent.cli.instrument.models import settings_of
from agent.cli.trouble import Trouble
from agent.config import ConfigError
from config_reading import POLE, read_text
from drivers.lines import load_model

HEAD = '\n[instrument.head]\nmodel = "urm"\nport = "/dev/ttyUSB7"\n'
TANK = '\n[device.tank]\nkind = "distance"\ninstrument = "head"\n'


def options(line: str) -> dict[str, object]:
    return dict(read_text(POLE + HEAD + line + TANK).instruments[-1].options)


def test_whole_numbers_and_others() -> None:
    assert options("") == {"address": 17, "every_s": 0.5}
    assert options("address = 18\nevery_s = 2\n") == {"address": 18, "every_s": 2.0}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("address = 17.5\n", "instrument.head.address: expected a whole number from 17 to 128, found 17.5"),
        ("address = 129\n", "instrument.head.address: expected a whole number from 17 to 128, found 129"),
        ("every_s = 0.05\n", "instrument.head.every_s: expected a number from 0.1 to 60, found 0.05"),
    ],
)
def test_what_is_refused(line: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        options(line)


def test_on_the_command_line() -> None:
    model = load_model("urm")
    assert settings_of(model, ["address=18", "every_s=1.5"]) == {"address": 18, "every_s": 1.5}
    with pytest.raises(Trouble, match=r"--set address: expected a whole number from 17 to 128; found '17\.5'"):
        settings_of(model, ["address=17.5"])
