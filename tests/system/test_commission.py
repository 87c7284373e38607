"""Scan and commissioning on a street that runs: nothing is disturbed, what is there is known, what is lost is said."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from running_street import PATIENCE_S, Street, script, settled

NEW = 22  # nobody has it
SPAN_S = 6.0


def command(street: Street, *words: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "GADELYS_SOCKET": str(street.folder / "api.sock"), "COLUMNS": "100"}
    return subprocess.Popen(
        [script("gadelys"), *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def gadelys(street: Street, *words: object) -> tuple[int, str, str]:
    with command(street, *words) as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def lamps(street: Street) -> dict[str, Any]:
    """Return the statistics of the line of the lamps."""
    stats: dict[str, Any] = street.call("bus.stats")["result"][0]
    return stats


def answers(street: Street) -> dict[str, int]:
    return {unit["id"]: unit["answers"] for unit in lamps(street)["units"]}


def until(what: str, holds: Any, street: Street) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline_s, f"{what}\n{street.log()}"
        street.eye.receive()


@pytest.fixture(scope="module")
def partly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    """A lit street whose configuration does not know the dimmer at 21 and its lamps."""
    street = Street(tmp_path_factory.mktemp("street"))
    try:
        tables = re.split(r"\n(?=\[)", street.config.read_text(encoding="utf-8"))
        kept = [table for table in tables if "dimmer-3" not in table]
        assert len(tables) - len(kept) == 7
        street.config.write_text("\n".join(kept), encoding="utf-8")
        street.start_agent()
        street.until("all units answer and all lamps are read back", lambda _: settled(street.status()))
        yield street
    finally:
        street.close()


def test_a_unit_that_is_not_configured_is_found_beside_those_that_are(partly: Street, tmp_path: Path) -> None:
    code, out, err = gadelys(partly, "bus", "scan", "lamps", "--units", "9-24")
    assert code == 0
    assert f"lamps ({partly.folder / 'lamps'}): asking 14 ids at 1 speed, at least " in err
    assert "found  unit 21 at 19200 8N2: waveshare-ao8" in err
    assert "configured, not asked: 11 (dimmer-1, wb-mao4), 12 (dimmer-2, wb-mao4)" in out
    _, _, pasted = out.partition("to paste into the configuration:\n")
    whole = tmp_path / "pole.toml"
    whole.write_text(partly.config.read_text(encoding="utf-8") + pasted, encoding="utf-8")
    assert "[bus" not in pasted
    code, out, err = gadelys(partly, "config", "check", whole)
    assert (code, err) == (0, "")
    assert "15 units" in out


def test_a_scan_costs_no_samples(partly: Street) -> None:
    """The same span without, with and without a scan. `./dev bench scan` has the figure; here the margin is wide.

    The lamps are held by hand, so that whoever walks moves none; of the two without, the one with fewer counts.
    """
    for lamp in partly.lamps():
        partly.call("lamp.dim", lamp=lamp, level_pct=50, for_s=3600)
    until("all are still", lambda: all(lamp["confirmed_pct"] == 50 for lamp in partly.lamps().values()), partly)

    def span() -> tuple[dict[str, int], int]:
        before, left_out = answers(partly), lamps(partly)["left_out"]
        deadline_s = time.monotonic() + SPAN_S
        while time.monotonic() < deadline_s:
            partly.eye.receive()
        return {unit: count - before[unit] for unit, count in answers(partly).items()}, lamps(partly)[
            "left_out"
        ] - left_out

    calm, _ = span()
    questions = lamps(partly)["questions"]
    with command(partly, "bus", "scan", "lamps", "--units", "30-247", "--json") as process:
        until("it asks", lambda: lamps(partly)["questions"] > questions, partly)
        scanned, left_out = span()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out)["stopped"] == "stopped before the end"
    assert lamps(partly)["questions"] - questions > SPAN_S
    assert left_out == 0
    after, _ = span()
    for unit, count in calm.items():
        assert scanned[unit] > 0.8 * min(count, after[unit])
    assert lamps(partly)["timeouts"] == 0
    for lamp in partly.lamps():
        partly.call("lamp.release", lamp=lamp)
    assert settled(partly.status())


def test_another_speed_is_asked_when_it_is_named_and_the_line_comes_back(partly: Street) -> None:
    code, out, _ = gadelys(
        partly, "bus", "scan", "lamps", "--units", "21,40", "--baud", "9600", "--parity", "none", "--json"
    )
    assert code == 0  # there are those that are configured
    result = json.loads(out)
    assert (result["found"], result["hints"]) == ([], [])
    assert result["asked"] > 0
    assert lamps(partly)["timeouts"] == 0
    assert settled(partly.status())


def test_a_unit_gets_another_id_between_the_polls_and_back(partly: Street) -> None:
    """Nobody has configured it: the agent loses nothing."""
    words = ("unit", "address", "lamps", 21, NEW, "--profile", "waveshare-ao8-b")
    code, out, _ = gadelys(partly, *words)
    assert code == 1
    assert "Nothing has been written" in out
    assert "of the running agent" not in out
    assert gadelys(partly, *words, "--unlock")[0] == 0
    code, out, _ = gadelys(partly, "unit", "address", "lamps", NEW, 21, "--profile", "waveshare-ao8-b", "--unlock")
    assert "done: Unit 21 at 19200 8N2 answers, unit 22 at 19200 8N2 does not any more" in out
    assert code == 0


def test_an_id_at_which_the_agent_has_something_else(partly: Street) -> None:
    code, out, err = gadelys(partly, "unit", "address", "lamps", 21, 11, "--profile", "waveshare-ao8-b", "--unlock")
    assert (code, out) == (1, "")
    assert "11: in the agent's configuration it is dimmer-1, of profile wb-mao4" in err


def test_a_configured_unit_is_lost_by_the_agent_and_comes_back(lit: Street) -> None:
    words = ("--profile", "waveshare-ao8-b", "--unlock")
    code, out, _ = gadelys(lit, "unit", "address", "lamps", 21, NEW, *words)
    assert code == 0
    assert "It is dimmer-3 of the running agent, which loses it until its configuration says address = 22." in out
    assert "In the configuration: address = 22 in [unit.dimmer-3]" in out

    def state() -> str:
        return next(str(unit["state"]) for unit in lit.status()["units"] if unit["id"] == "dimmer-3")

    until("the agent misses it", lambda: state() == "silent", lit)
    code, out, _ = gadelys(lit, "unit", "address", "lamps", NEW, 21, *words)
    assert code == 0
    assert "In the agent's configuration it is dimmer-3 now." in out
    until("the agent has it again", lambda: settled(lit.status()), lit)


# This one comes last: it has a street of its own.
def test_an_agent_that_dies_in_the_middle(lit: Street) -> None:
    before = lamps(lit)["questions"]
    with command(lit, "bus", "scan", "lamps", "--units", "30-247") as process:
        until("it asks", lambda: lamps(lit)["questions"] > before + 3, lit)
        lit.end_agent(signal.SIGKILL)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 3
    assert "ended by trouble" in out
    assert "the agent has gone" in err.splitlines()[-1]
