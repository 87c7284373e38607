"""Commands over restarts: an override goes on, a replay changes nothing, a bad configuration comes back by itself."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from commanded_agent import Commanded
from platform_host import GROUP, NODE
from running_street import script

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
    street.until("it is on the disk", lambda _: "anna" in (street.folder / "orders.lines").read_text())
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
    commanded.told_systemd()
    again = commanded.node("r1", ("agent/restart", BOOLEAN, True))
    commanded.born_again(births)
    assert commanded.told("r1", "accepted", "verified") == "has started again"
    after = street.status()
    assert after["pid"] == before["pid"]
    street.until("it is ready", lambda _: "ready" in street.log())
    assert [told for told in commanded.told_systemd() if told != "READY=1"] == ["RELOADING=1"]
    births = len(platform.messages("NBIRTH"))
    platform.ear.say(f"spBv1.0/{GROUP}/NCMD/{NODE}", again)
    platform.ear.until(
        lambda: "came again" in platform.stages("r1")[-1][1] or "came again" in str(platform.stages("r1"))
    )
    assert street.status()["uptime_s"] >= after["uptime_s"]
    assert len(platform.messages("NBIRTH")) == births
    the_command_line_signs_and_the_bundle_tells(commanded)


def the_command_line_signs_and_the_bundle_tells(commanded: Commanded) -> None:
    street, socket = commanded.street, ["--socket", str(commanded.street.folder / "api.sock")]
    words = [
        "uplink",
        "send",
        "agent/log_level",
        "debug",
        "--for",
        "60s",
        "--sign",
        str(commanded.signer.file),
        *socket,
    ]
    done = subprocess.run([script("gadelys"), *words], capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stderr) == (0, "")
    assert "sent      agent/log_level = debug, for 1 min" in done.stdout
    assert done.stdout.splitlines()[-1].endswith(": logs debug for 60 s")
    kept = street.folder / "bundle.json"
    done = subprocess.run(
        [script("gadelys"), "bundle", str(kept), *socket], capture_output=True, text=True, check=False, timeout=20
    )
    assert (done.returncode, kept.stat().st_mode & 0o777) == (0, 0o600)
    made = json.loads(kept.read_text(encoding="utf-8"))
    assert (made["status"]["controller"], "/presence/" in str(made["points"])) == ("street-1", False)
    assert commanded.signer.public not in made["configuration"]


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
    street.until("the trial is forgotten", lambda _: not list(street.folder.glob("*.trial")))
    births = len(platform.messages("NBIRTH"))
    commanded.node("c4", ("agent/configuration", STRING, commanded.text.replace("base_pct = 10", "base_pct = 20")))
    commanded.born_again(births)
    street.end_agent(signal.SIGKILL)
    commanded.start()
    assert "ended before the probation was over" in commanded.told("c4", "rejected")
    assert street.config.read_text(encoding="utf-8") == better
