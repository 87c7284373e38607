"""Checks of the service as systemd/install.sh makes it, under a real systemd, by a real broker. Each returns its figures."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from service_machine import inside, journal, online, put, send, status, text, unit, until

CONFIG = "/etc/gadelys/pole.toml"
NEXT = "/root/next.toml"
UNITS = """
[[units]]
product = "wb-mao4"
address = 11
on = "tcp"

[[units]]
product = "waveshare-ao8"
address = 21
on = "tcp"
"""
SIMULATED = "from firmware_sim.main import main; raise SystemExit(main())"
MARK = f"{CONFIG}.trial"


def _configuration() -> str:
    """Return the pole's configuration, where it is night now, with the issuer's key."""
    own = (Path(__file__).parent / "service.toml").read_text(encoding="utf-8")
    if 4 <= datetime.now(UTC).month <= 9:  # noqa: TID251 - the machine's clock is this one's
        own = own.replace("latitude = 85", "latitude = -85")
    inside("openssl", "genpkey", "-algorithm", "ed25519", "-out", "/root/operations.pem")
    key = inside("openssl", "pkey", "-in", "/root/operations.pem", "-pubout").splitlines()[1]
    return f'{own}\n[uplink.issuer.operations]\nkey = "{key}"\n'


def _page() -> str:
    try:
        return " ".join(inside("gadelys", "status").split())
    except AssertionError:  # it is just starting
        return ""


def _base_pct() -> float:
    """Return the base that is in force."""
    return float(status()["season"]["base_pct"])


def _safe_runs() -> list[str]:
    """Return how each `gadelys safe` has ended that systemd has run after the agent."""
    return re.findall(r"Control process exited, code=exited, status=(\d+)", journal())


def _changed(old: str, new: str) -> str:
    """Lay a changed configuration ready; return it."""
    begun = text(CONFIG)
    assert old in begun
    put(NEXT, begun.replace(old, new))
    return begun.replace(old, new)


def _on_trial() -> bool:
    return inside("sh", "-c", f"cat {MARK} 2>/dev/null || true").find('"starts":1') > 0


def _begin_trial(old: str, new: str) -> tuple[str, str]:
    """Send a configuration and wait until the agent runs with it; return what was in force before, and the command's id."""
    before = text(CONFIG)
    _changed(old, new)
    name = f"trial-{abs(hash(new)) % 10_000}"
    send("agent/configuration", f"@{NEXT}", "--id", name, "--within", "1s", code=3)
    until("it is on trial", _on_trial)
    until("status says so", lambda: f"the configuration of command {name} is on trial for" in _page())
    return before, name


def the_service_comes_up() -> str:
    """It is started as the unit says, is ready, and lights its lamps."""
    put("/root/units.toml", UNITS)
    inside(
        "systemd-run", "-q", "--unit=street", "--setenv=PYTHONPATH=/src/firmware-sim", "python3", "-c", SIMULATED,
        "line", "--dir", "/tmp/line", "--units", "/root/units.toml", "--tcp", "1502",
    )  # fmt: skip
    put(CONFIG, _configuration())
    inside("gadelys", "config", "check", CONFIG)
    until("the units listen", lambda: ":05DE 00000000:0000 0A" in text("/proc/net/tcp"))  # port 1502, LISTEN
    inside("systemctl", "log-level", "debug")  # so that it says how each ExecStopPost= has ended
    inside("systemctl", "start", "gadelys")
    until("it is on line and reads its lamps back", online)
    assert unit("ActiveState") == "active"
    assert inside("stat", "-c", "%U", f"/proc/{unit('MainPID')}").strip() == "gadelys"
    return f"{status()['memory_mb']} MB, process {unit('MainPID')}"


def the_log_level_changes() -> str:
    """It logs more for a while."""
    stages = send("agent/log_level", "debug", "--for", "60s")
    assert "verified" in stages[-1], stages
    assert '"log_level"' in journal()
    return stages[-1]


def a_bundle_is_written() -> str:
    """It writes a bundle where its state is, for itself alone."""
    stages = send("agent/bundle", "true")
    path = next(word for word in stages[-1].split() if word.startswith("/var/lib/gadelys/bundles/"))
    assert inside("stat", "-c", "%U %a", path).strip() == "gadelys 600"
    made = json.loads(text(path))
    return f"{len(text(path))} bytes, {', '.join(made)}"


def a_restart_is_the_same_process() -> str:
    """A restart by command is no end to systemd: the same process, no ExecStopPost, and the watchdog is fed on."""
    before, fed, safe = unit("MainPID"), unit("WatchdogTimestampMonotonic"), _safe_runs()
    begins = journal().count('"event": "ready"')
    stages = send("agent/restart", "true", "--within", "30s")
    assert "verified" in stages[-1], stages
    until("on line again", online)
    until("it is ready again", lambda: journal().count('"event": "ready"') == begins + 1)
    until("it is active, not reloading", lambda: unit("ActiveState") == "active")
    assert (unit("MainPID"), unit("NRestarts"), _safe_runs()) == (before, "0", safe)
    until("the watchdog is fed", lambda: int(unit("WatchdogTimestampMonotonic")) > int(fed))
    return f"{stages[-1]}; process {before}"


def without_leave_a_configuration_is_refused() -> str:
    """As installed the agent may not write in /etc/gadelys; the refusal names the one command."""
    before = text(CONFIG)
    _changed("base_pct = 10", "base_pct = 12")
    said = send("agent/configuration", f"@{NEXT}", code=1)[-1]
    assert "rejected" in said
    assert "sudo systemd/install.sh remote" in said, said
    put(CONFIG, before.replace("base_pct = 10", "base_pct = 12"))
    reload = send("agent/reload", "true", code=1)[-1]
    assert "sudo systemd/install.sh remote" in reload, reload
    put(CONFIG, before)
    return said.partition(": ")[2]


def install_lets_the_platform_configure() -> str:
    """`install.sh remote` does what is needed, and no more; after a restart it holds."""
    said = inside("sh", "/src/systemd/install.sh", "remote")
    assert "installed with: remote signed" in said, said
    assert "systemctl restart gadelys" in said
    inside("systemctl", "restart", "gadelys")
    until("on line again", online)
    assert unit("ReadWritePaths") == "/etc/gadelys"
    return inside("stat", "-c", "%n %U:%G %a", "/etc/gadelys", CONFIG).replace("\n", " ").strip()


def install_sh_refuses_what_it_does_not_know() -> str:
    """One message, and nothing is done."""
    said = inside("sh", "/src/systemd/install.sh", "signed", "neighbors", code=2)
    assert said.count("\n") == 1
    return said.strip()


def a_mistake_is_refused() -> str:
    """The first mistake is named; nothing changes."""
    before, pid = text(CONFIG), unit("MainPID")
    _changed("base_pct = 10", "base_pct = 101")
    said = send("agent/configuration", f"@{NEXT}", code=1)[-1]
    assert "base_pct: expected a number from 0 to 100, found 101" in said, said
    assert (text(CONFIG), unit("MainPID")) == (before, pid)
    assert not inside("sh", "-c", "ls -A /etc/gadelys | grep -v '^pole.toml$' || true")
    return said.partition(": ")[2]


def a_configuration_proves_itself() -> str:
    """A good one is put in place, proves itself, and stays; reload does the same for what lies on the disk."""
    pid, better = unit("MainPID"), _changed("base_pct = 10", "base_pct = 15")
    stages = send("agent/configuration", f"@{NEXT}", "--within", "1m")
    assert "verified" in stages[-1], stages
    assert text(CONFIG) == better
    assert (unit("MainPID"), unit("NRestarts")) == (pid, "0")
    put(CONFIG, better.replace("base_pct = 15", "base_pct = 20"))
    stages = send("agent/reload", "true", "--within", "1m")
    assert "verified" in stages[-1], stages
    assert _base_pct() == 20.0
    assert (unit("MainPID"), unit("NRestarts"), unit("ActiveState")) == (pid, "0", "active")
    return stages[-1]


def a_configuration_is_taken_back_that_cuts_off_the_lamps() -> str:
    """One with which no unit answers any more is rolled back by itself, in the same process."""
    before, pid = text(CONFIG), unit("MainPID")
    _changed("port = 1502", "port = 1503")
    said = send("agent/configuration", f"@{NEXT}", "--within", "1m", code=1)[-1]
    assert "rejected" in said
    assert "no unit of the bus lamps answers any more" in said, said
    until("on line again", online)
    assert (text(CONFIG), unit("MainPID"), unit("NRestarts")) == (before, pid, "0")
    return said.partition(": ")[2]


def a_trial_that_is_killed_is_taken_back() -> str:
    """kill -9 in the trial: `gadelys safe` lights by what is proven, and the next start has it back."""
    before, name = _begin_trial("port = 1502", "port = 1504")
    restarts, safe = int(unit("NRestarts")), _safe_runs()
    inside("systemctl", "kill", "-s", "KILL", "gadelys")
    until("it was started again", lambda: int(unit("NRestarts")) == restarts + 1)
    until("on line again", online)
    assert _safe_runs() == [*safe, "0"]  # 0: the lamp without device-side safety has acknowledged
    assert text(CONFIG) == before
    until("the platform is told", lambda: "ended before the probation was over" in journal())
    return name


def a_trial_that_is_stopped_is_taken_back() -> str:
    """So it is if somebody restarts the service in the trial."""
    before, name = _begin_trial("base_pct = 20", "base_pct = 25")
    safe = _safe_runs()
    inside("systemctl", "restart", "gadelys")
    until("on line again", online)
    assert (text(CONFIG), _safe_runs()) == (before, [*safe, "0"])
    assert _base_pct() == 20.0
    return name


def a_hung_agent_is_killed_and_the_lamps_are_lit() -> str:
    """After a restart by command the watchdog still bites: 30 s, and the lamp without device-side safety is lit."""
    send("agent/restart", "true", "--within", "30s")
    until("on line again", online)
    restarts, safe = int(unit("NRestarts")), _safe_runs()
    inside("systemctl", "kill", "-s", "STOP", "gadelys")
    took_s = until("it was killed and started again", lambda: int(unit("NRestarts")) == restarts + 1, 60.0)
    assert _safe_runs() == [*safe, "0"]
    until("on line again", online)
    return f"after {took_s:.0f} s"
