"""A pole in production, from no identity to a revoked one: enrolled, renewed and refused while the street goes on."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from city import City
from mosquitto import Mosquitto
from running_street import Street, script, settled

NODE = "street-1"


@pytest.fixture
def city(tmp_path: Path) -> City:
    (tmp_path / "city").mkdir()
    made = City(tmp_path / "city")
    made.issued("platform", "platform")
    return made


@pytest.fixture
def broker(city: City, tmp_path: Path) -> Iterator[Mosquitto]:
    (tmp_path / "broker").mkdir()
    made = city.broker(tmp_path / "broker", "localhost", "127.0.0.1")
    yield made
    made.close()


@pytest.fixture
def street(broker: Mosquitto, tmp_path: Path) -> Iterator[Street]:
    """A street in production whose broker wants certificates."""
    (tmp_path / "street").mkdir()
    made = Street(tmp_path / "street")
    text = made.config.read_text(encoding="utf-8").replace("port = 1 ", f"port = {broker.port} ")
    text = text.replace("[api]", "production = true\n\n[api]").replace('host = "127.0.0.1"', 'host = "localhost"')
    text += '\n[uplink.tls]\nca = "identity/ca.pem"\ncertificate = "identity/identity.pem"\n'
    made.config.write_text(text, encoding="utf-8")
    try:
        yield made
    finally:
        made.close()


def gadelys(folder: Path, *words: object, code: int = 0) -> str:
    """Run a command, and return all that it says."""
    done = subprocess.run(
        [script("gadelys"), *map(str, words)], cwd=folder, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def online(street: Street) -> bool:
    return bool(street.uplink()["state"] == "online")


def test_a_pole_s_life(street: Street, city: City, broker: Mosquitto) -> None:
    folder, config = street.folder, ("--config", street.config)
    own = ("--dir", city.folder / "authority")

    says = gadelys(folder, "run", *config, code=2)
    assert says == (
        f"gadelys: production = true, and this controller has no identity: {folder / 'identity' / 'ca.pem'} is not there. "
        f"Run: gadelys enrol request --config {street.config}\n"
    )

    code = json.loads(gadelys(folder, "authority", "invite", NODE, "--group", "demo", "--json", *own))["code"]
    gadelys(folder, "enrol", "request", "--code", code.lower(), *config)
    gadelys(folder, "authority", "sign", f"{NODE}.request", *own)
    broker.kill()
    broker.start()  # its ACL knows the new group from now on
    assert "used at the next connection" in gadelys(folder, "enrol", "install", f"{NODE}.answer", *config)

    street.start_agent()
    street.until("online by TLS", lambda _: online(street))
    assert street.uplink()["identity"]["standing"] == "good"
    street.until("all is read back", lambda _: settled(street.status()))
    carried = city.folder / "authority" / "carry" / "platform"
    socket = ("--socket", folder / "api.sock")
    assert "name the platform's files with --ca" in gadelys(folder, "uplink", "tail", *socket, code=1)
    files = ("--ca", carried / "ca.pem", "--certificate", carried / "certificate.pem", "--key", carried / "key.pem")
    sent = gadelys(folder, "uplink", "send", "lum-08/lamp/dimming_level", 55, "--for", "1m", *socket, *files)
    assert "verified" in sent

    # Renewed without a restart: the next connection shows the new one, which ends soon.
    gadelys(folder, "enrol", "renew", *config)
    gadelys(folder, "authority", "sign", f"{NODE}.request", "--days", 12, *own)
    gadelys(folder, "enrol", "install", f"{NODE}.answer", *config)
    assert street.uplink()["identity"]["renewed"]
    broker.kill()
    broker.start()
    street.until("online with the new one", lambda _: online(street) and not street.uplink()["identity"]["renewed"])
    assert "! identity: our certificate expires in 11 days" in gadelys(folder, "status", *socket)
    ear = city.platform(broker.port, f"gadelys/demo/{NODE}/state/node")
    try:
        ear.until(lambda: any("our certificate expires in 11 days" in str(payload) for _, payload, _ in ear.heard))
    finally:
        ear.close()

    # Revoked: refused by the broker, said once, tried again with back-off, and the street goes on.
    gadelys(folder, "authority", "revoke", NODE, *own)
    broker.kill()
    broker.start()
    street.until("refused", lambda _: "it is revoked" in street.uplink()["last_error"])
    street.until(
        "refused again", lambda _: street.uplink()["state"] == "connecting" or street.uplink()["bd_seq"] is None
    )
    assert settled(street.status())
    assert all(task["restarts"] == 0 for task in street.status()["tasks"])
    log = (folder / "log").read_text(errors="replace")
    assert log.count("it is revoked") == 1
