"""docs/identity.md, carried out: each command in the order of the page, before a Mosquitto with the files that came of it."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from agent.config import load_file
from command_line import CommandLine
from mosquitto import Mosquitto

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "identity.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^ *```sh\n(.*?)^ *```", PAGE, re.DOTALL | re.MULTILINE)
COMMANDS = [line.strip() for block in BLOCKS for line in block.splitlines()]
(OPTIONS,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def pole(folder: Path) -> Path:
    """A pole's file with the options of the page, its identity in a folder of the test's."""
    text = (ROOT / "docs" / "pole.toml").read_text(encoding="utf-8")
    text = text.replace("production = false", "production = true").replace("/var/lib/gadelys", str(folder / "state"))
    (folder / "state").mkdir()
    (folder / "pole.toml").write_text(text, encoding="utf-8")
    return folder / "pole.toml"


def test_the_page_is_carried_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config, etc = pole(tmp_path), tmp_path / "etc"
    (tmp_path / "secret").write_text("correct horse battery staple\n")
    (etc / "mosquitto" / "conf.d").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    gadelys = CommandLine(monkeypatch, capsys)
    broker: Mosquitto | None = None
    typed = ""
    try:
        for command in COMMANDS:
            line = command.replace("/etc/", f"{etc}/").replace("192.0.2.10", "127.0.0.1").removeprefix("sudo ")
            words = shlex.split(line)
            if words[0] == "systemctl":
                broker = served(etc / "mosquitto" / "conf.d" / "gadelys.conf", tmp_path)
            elif words[0] != "gadelys":
                subprocess.run(["sh", "-ec", line.replace(" -g mosquitto", "")], check=True)
            elif words[1] == "uplink":
                assert broker is not None
                carried = tmp_path / "authority" / "carry" / "platform"
                names = ("ca.pem", "certificate.pem", "key.pem")
                words = [str(carried / word) if word in names else word for word in words]
                words[words.index("broker.example") : words.index("broker.example") + 1] = [
                    "127.0.0.1",
                    "--port",
                    str(broker.port),
                ]
                words[words.index("--seconds") + 1] = "0.3"
                assert gadelys(*words[1:])[0] == 0
            else:
                more: tuple[object, ...] = ("--config", config) if words[1] == "enrol" else ()
                if words[1] == "authority" and words[2] not in {"invite", "list"}:
                    more = ("--passphrase-file", tmp_path / "secret")
                if words[2] == "request":
                    more = (*more, "--code", typed)
                code, said, complaint = gadelys(*words[1:], *more)
                assert code == 0, (command, said, complaint)
                typed = said.split()[0] if words[2] == "invite" else typed
    finally:
        if broker is not None:
            broker.close()
    assert "revoked" in gadelys("authority", "list", "--all")[1]


def served(conf: Path, folder: Path) -> Mosquitto:
    """Start a Mosquitto with the file of the page, on a free port of loopback."""
    lines = [
        line for line in conf.read_text().splitlines() if not line.startswith(("listener", "per_listener", "set_tcp"))
    ]
    text = "\n".join(lines).replace("/etc/mosquitto", str(conf.parent.parent))
    return Mosquitto(folder, options=text)


def test_the_options_of_the_page(tmp_path: Path) -> None:
    config = load_file(pole(tmp_path))
    assert config.controller.production
    assert config.uplink is not None
    assert config.uplink.tls is not None
    assert config.uplink.host == "broker.example"
    assert 'host = "broker.example"\n\n[uplink.tls]' in OPTIONS
