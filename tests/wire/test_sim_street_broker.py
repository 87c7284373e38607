"""The street's own broker: it speaks MQTT, dies and comes back on its port, and never outlives the street."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from firmware_sim import broker as broker_module
from firmware_sim.broker import Broker, NoBroker
from firmware_sim.main import main
from street_hand import Tried

PATIENCE_S = 20.0
CONNECT = bytes.fromhex(
    "10 10 00 04 4d 51 54 54 05 02 00 3c 00 00 03 65 79 65"
)  # MQTT 5, 3.1: clean start, client id "eye"
CONNACK, SUCCESS = 0x20, 0

pytestmark = pytest.mark.skipif(
    shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin") is None, reason="apt install mosquitto"
)


def connack(port: int) -> tuple[int, int]:
    """Connect as an MQTT 5 client; the kind of packet and the reason code that come back."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as link:
        link.sendall(CONNECT)
        answer = b""
        while len(answer) < 4 and (more := link.recv(4 - len(answer))):
            answer += more
    kind, _length, _flags, reason = answer
    return kind, reason


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), PATIENCE_S).close()
    except ConnectionRefusedError:
        return True
    return False


def closed(link: socket.socket) -> bool:
    """Whether the other side closes, in a time that is long."""
    try:
        return link.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    broker = Broker(tmp_path)
    await broker.start()
    yield broker
    await broker.stop()
    assert not broker.up
    assert [path.name for path in tmp_path.iterdir()] == ["broker.log"]


Thief = Callable[[int], AbstractContextManager[None]]


@pytest.fixture(params=[False, True], ids=["bound", "listening"])
def thief(request: pytest.FixtureRequest) -> Thief:
    """Take a port; who listens there too seems to be a broker to whoever only connects."""

    @contextmanager
    def take(port: int) -> Iterator[None]:
        with socket.socket() as thief:
            thief.bind(("127.0.0.1", port))
            if request.param:
                thief.listen()
            yield

    return take


async def test_a_program_that_ends_at_once_is_told_with_its_last_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_module, "CONFIGURATION", "no such option {port}\n")
    broker = Broker(tmp_path)
    with pytest.raises(NoBroker, match=r"^mosquitto ended at once: \S"):
        await broker.start()
    assert not broker.up


async def test_it_comes_back_though_connections_to_it_are_fading_away(broker: Broker) -> None:
    with socket.create_connection(("127.0.0.1", broker.port), PATIENCE_S) as link:
        link.sendall(CONNECT)
        assert link.recv(1)[0] == CONNACK
        await broker.dies()
        while link.recv(1024):  # all of it: who leaves some ends the connection at once
            pass
    with socket.socket() as probe, pytest.raises(OSError, match="Address already in use"):
        probe.bind(("127.0.0.1", broker.port))
    await broker.back()
    assert connack(broker.port) == (CONNACK, SUCCESS)


async def test_it_answers_as_soon_as_it_has_started(broker: Broker) -> None:
    assert connack(broker.port) == (CONNACK, SUCCESS)
    assert broker.port in broker_module.PORTS


async def test_it_dies_and_comes_back_on_the_same_port(broker: Broker) -> None:
    port = broker.port
    for _ in range(3):
        await broker.dies()
        assert refused(port)
        await broker.dies()  # dead is dead
        await broker.back()
        await broker.back()  # up is up
        assert connack(port) == (CONNACK, SUCCESS)
    assert broker.port == port


async def test_clients_hear_at_once_that_it_died(broker: Broker) -> None:
    with socket.create_connection(("127.0.0.1", broker.port), PATIENCE_S) as link:
        await broker.dies()
        assert closed(link)


async def test_one_that_died_by_itself_is_seen_to_be_away(broker: Broker) -> None:
    assert broker._process is not None
    os.kill(broker._process.pid, signal.SIGKILL)
    await broker._process.wait()
    assert not broker.up


async def test_a_port_that_was_taken_meanwhile_is_told(broker: Broker, thief: Thief) -> None:
    await broker.dies()
    with thief(broker.port):
        with pytest.raises(NoBroker, match=f"^port {broker.port} of 127.0.0.1 is taken by another program$"):
            await broker.back()
        assert not broker.up
    await broker.back()
    assert broker.up


async def test_a_port_that_was_taken_before_the_start_is_given_up_for_another(tmp_path: Path, thief: Thief) -> None:
    broker = Broker(tmp_path)
    port = broker.port
    with thief(port):
        await broker.start()
        assert broker.port != port
        assert broker.port in broker_module.PORTS
        assert connack(broker.port) == (CONNACK, SUCCESS)
        assert broker.up
    await broker.stop()


async def test_one_that_never_takes_connections_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    mute = tmp_path / "bin" / "mosquitto"
    mute.write_text("#!/bin/sh\nexec sleep 60\n")
    mute.chmod(0o755)
    monkeypatch.setenv("PATH", f"{mute.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(broker_module, "START_WITHIN_S", 0.2)
    broker = Broker(tmp_path)
    with pytest.raises(NoBroker, match=r"did not take connections within 0\.2 s: see .*broker\.log$"):
        await broker.start()
    assert not broker.up


@pytest.mark.parametrize(("missing", "package"), [("mosquitto", "mosquitto"), ("setpriv", "util-linux")])
def test_a_program_that_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, package: str
) -> None:
    real = shutil.which

    def which(name: str, path: str) -> str | None:
        return None if name == missing else real(name, path=path)

    monkeypatch.setattr(shutil, "which", which)
    with pytest.raises(NoBroker, match=f"^{missing} is not installed: apt-get install {package}$"):
        Broker(tmp_path)


@pytest.fixture
async def tried(tmp_path: Path) -> AsyncIterator[Tried]:
    tried = Tried(tmp_path, broker=Broker(tmp_path))
    await tried.start()
    yield tried
    await tried.stop()


async def test_the_hand_takes_the_broker_away_and_brings_it_back(tried: Tried) -> None:
    client = await tried.client()
    assert tried.street.broker is not None
    port = tried.street.broker.port
    assert tried.socket.state()["broker"] == {"port": port, "up": True}
    assert await client.do(do="broker_dies") == {"ok": True}
    assert tried.socket.state()["broker"] == {"port": port, "up": False}
    assert refused(port)
    with socket.socket() as thief:
        thief.bind(("127.0.0.1", port))
        told = await client.do(do="broker_back")
        assert not told["ok"]
        assert told["error"] == f"broker_back: port {port} of 127.0.0.1 is taken by another program"
    assert await client.do(do="broker_back") == {"ok": True}
    assert tried.socket.state()["broker"] == {"port": port, "up": True}
    assert connack(port) == (CONNACK, SUCCESS)


def started(folder: Path) -> tuple[subprocess.Popen[str], int]:
    """A street with a broker as a process of its own, and the broker's port."""
    command = [sys.executable, "-m", "firmware_sim.main", "street", "--dir", str(folder), "--broker"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    if process.stdout.readline() != "ready\n":
        process.kill()
        pytest.fail(process.communicate()[1])
    with socket.socket(socket.AF_UNIX) as eye:
        eye.settimeout(PATIENCE_S)
        eye.connect(str(folder / "street.sock"))
        eye.sendall(b'{"do": "watch", "interval_s": 0.05}\n')
        with eye.makefile("rb") as lines:
            assert json.loads(lines.readline()) == {"ok": True}
            state: dict[str, Any] = json.loads(lines.readline())["state"]
    assert state["broker"]["up"] is True
    return process, state["broker"]["port"]


def broker_pid(folder: Path) -> int:
    """The process of the street's Mosquitto."""
    return next(
        int(process.name)
        for process in Path("/proc").iterdir()
        if process.name.isdigit()
        and f"{folder}/broker.conf".encode() in (process / "cmdline").read_bytes().split(b"\0")
    )


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_dies_with_the_street_whatever_that_dies_of(tmp_path: Path, number: signal.Signals) -> None:
    street, port = started(tmp_path)
    end = os.pidfd_open(broker_pid(tmp_path))
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as link:
            street.send_signal(number)
            assert closed(link)
            street.communicate(timeout=PATIENCE_S)
        assert select.select([end], [], [], PATIENCE_S)[0] == [end]
    finally:
        os.close(end)
    if number != signal.SIGKILL:
        assert [path.name for path in tmp_path.iterdir()] == ["broker.log"]


def test_a_street_without_mosquitto_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(broker_module, "SYSTEM_FOLDERS", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["firmware-sim", "street", "--dir", str(tmp_path / "street"), "--broker"])
    assert main() == 2
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "firmware-sim: mosquitto is not installed: apt-get install mosquitto\n")
    assert list((tmp_path / "street").iterdir()) == []
