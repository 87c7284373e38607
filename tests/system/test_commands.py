"""Commands over restarts: an override goes on, a replay changes nothing, a bad configuration comes back by itself."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from commanded_agent import Commanded
from platform_host import GROUP, NODE

FLOAT, INT64, STRING, BOOLEAN = 9, 4, 12, 11
LEVEL = [("lamp/dimming_level", FLOAT, 55.0), ("command/for_s", INT64, 600)]


@pytest.fixture
def commanded(tmp_path: Path) -> Iterator[Commanded]:
    made = Commanded(tmp_path)
    try:
        made.start()
        yield made
    finally:
        made.close()


def test_over_a_kill_an_override_goes_on_and_nothing_happens_twice(commanded: Commanded) -> None:
    street, platform = commanded.street, commanded.platform
    platform.command("lum-03", *LEVEL, ("command/id", STRING, "a1"))
    platform.ear.until(lambda: "verified" in dict(platform.answers("lum-03", "a1")))
    left_s = street.lamps()["lum-03"]["remaining_s"]
    street.call("lamp.dim", lamp="lum-04", level_pct=33, for_s=500, holder="anna")
    street.until("it is on the disk", lambda _: "anna" in (street.folder / "orders.json").read_text())
    street.end_agent(signal.SIGKILL)
    commanded.start()
    lamps = street.lamps()
    assert (lamps["lum-03"]["winner"], lamps["lum-03"]["commanded_pct"]) == ("operator", 55.0)
    assert lamps["lum-03"]["remaining_s"] < left_s
    assert (lamps["lum-04"]["winner"], lamps["lum-04"]["holder"]) == ("technician", "anna")
    assert (platform.latest("lum-04")["lamp/control_holder"], lamps["lum-04"]["commanded_pct"]) == ("anna", 33.0)
    street.call("lamp.release", lamp="lum-04")
    told = len(platform.answers("lum-03", "a1"))
    platform.command("lum-03", ("command/release", BOOLEAN, True), ("command/id", STRING, "a2"))
    platform.ear.until(lambda: platform.answers("lum-03", "a2") == [("verified", "released")])
    platform.command("lum-03", *LEVEL, ("command/id", STRING, "a1"))
    platform.ear.until(lambda: len(platform.answers("lum-03", "a1")) > told)
    assert "it came again and changed nothing" in platform.answers("lum-03", "a1")[-1][1]
    assert street.lamps()["lum-03"]["winner"] != "operator"
    a_restart_is_signed_and_happens_once(commanded)


def a_restart_is_signed_and_happens_once(commanded: Commanded) -> None:
    street, platform = commanded.street, commanded.platform
    platform.node_command(("agent/restart", BOOLEAN, True), ("command/id", STRING, "r0"))
    assert "signed" in commanded.told("r0", "rejected")
    before, births = street.status(), len(platform.messages("NBIRTH"))
    again = commanded.node("r1", ("agent/restart", BOOLEAN, True))
    commanded.born_again(births)
    assert commanded.told("r1", "accepted", "verified") == "has started again"
    after = street.status()
    assert (after["pid"], after["uptime_s"] < before["uptime_s"] + 60) == (before["pid"], True)
    births = len(platform.messages("NBIRTH"))
    platform.ear.say(f"spBv1.0/{GROUP}/NCMD/{NODE}", again)
    platform.ear.until(
        lambda: "came again" in platform.stages("r1")[-1][1] or "came again" in str(platform.stages("r1"))
    )
    assert street.status()["uptime_s"] >= after["uptime_s"]
    assert len(platform.messages("NBIRTH")) == births


def test_a_configuration_is_proven_or_comes_back_by_itself(commanded: Commanded) -> None:
    street, platform = commanded.street, commanded.platform
    commanded.node("c1", ("agent/configuration", STRING, commanded.text.replace("base_pct = 10", "base_pct = 101")))
    assert "base_pct: expected a number from 0 to 100, found 101" in commanded.told("c1", "rejected")
    assert street.config.read_text(encoding="utf-8") == commanded.text
    births, better = len(platform.messages("NBIRTH")), commanded.text.replace("base_pct = 10", "base_pct = 15")
    commanded.node("c2", ("agent/configuration", STRING, better))
    commanded.born_again(births)
    assert "well to the end" in commanded.told("c2", "accepted", "written", "verified")
    assert street.config.read_text(encoding="utf-8") == better
    assert not list(street.folder.glob("*.trial"))
    births = len(platform.messages("NBIRTH"))
    commanded.node("c4", ("agent/configuration", STRING, commanded.text.replace("base_pct = 10", "base_pct = 20")))
    commanded.born_again(births)
    street.end_agent(signal.SIGKILL)
    commanded.start()
    assert "ended before the probation was over" in commanded.told("c4", "rejected")
    assert street.config.read_text(encoding="utf-8") == better
