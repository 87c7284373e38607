"""Texts of configurations over a real broker: collected signed, in passing; a calendar put into them, and proven."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from commanded_agent import Commanded
from running_street import script

CALENDAR = '[lighting.calendar.late]\nfrom = "23:00"\nto = "sunrise-1h"\nclass_pct = 70\n'
BOOLEAN, STRING = 11, 12


def fleet(commanded: Commanded, *words: object) -> subprocess.CompletedProcess[str]:
    at = ("--host", "127.0.0.1", "--port", commanded.street.broker_port)
    return subprocess.run(
        [script("gadelys"), "fleet", *map(str, (*words, *at))], capture_output=True, text=True, timeout=90, check=False
    )


def test_a_text_is_collected_and_its_calendar_replaced(tmp_path: Path) -> None:
    commanded = Commanded(tmp_path)
    commanded.text += "# as long as a text may be\n" * ((32_600 - len(commanded.text.encode())) // 27)
    commanded.street.config.write_text(commanded.text, encoding="utf-8")
    try:
        commanded.start()
        folder, street = tmp_path / "poles", commanded.street
        file = folder / "demo" / "street-1.toml"
        signed = ("--sign", commanded.signer.file)
        done = fleet(commanded, "collect", "demo/street-1", "--to", folder, "--json", *signed)
        assert (done.returncode, file.read_text(), file.stat().st_mode & 0o777) == (0, commanded.text, 0o600)
        assert json.loads(done.stdout)[0]["status"] == "collected"
        it_is_told_in_passing(commanded)
        (tmp_path / "calendar.toml").write_text(CALENDAR)
        words = ("apply", "--calendar", tmp_path / "calendar.toml", "--nodes", "demo/street-1", "--collected", folder)
        done = fleet(commanded, *words, "--json", "--within", "60s", *signed)
        assert [one["status"] for one in json.loads(done.stdout)] == ["verified"], done.stdout
        assert street.config.read_text() == f"{commanded.text}\n{CALENDAR}" == file.read_text()
        file.write_text(commanded.text + "# by hand\n")
        refused = fleet(commanded, *words, "--dry-run")
        assert (refused.returncode, "collect it again" in refused.stdout) == (1, True), refused.stdout
    finally:
        commanded.close()


def it_is_told_in_passing(commanded: Commanded) -> None:
    """Once by data, null before and after; not in the mirror."""

    def told(kind: str) -> list[object]:
        metrics = [metric for message in commanded.platform.messages(kind) for metric in message.metrics]
        return [metric.value for metric in metrics if metric.name == "configuration/text"]

    assert (set(told("NBIRTH")), told("NDATA")) == ({None}, [commanded.text, None])
    births = len(commanded.platform.messages("NBIRTH"))
    commanded.platform.node_command(("Node Control/Rebirth", BOOLEAN, True))
    commanded.platform.ear.until(lambda: len(commanded.platform.messages("NBIRTH")) > births)
    assert (set(told("NBIRTH")), told("NDATA")) == ({None}, [commanded.text, None])
    mirrored = [payload for topic, payload, _ in list(commanded.platform.ear.heard) if topic.startswith("gadelys/")]
    assert not any(b"configuration/text" in payload for payload in mirrored)
