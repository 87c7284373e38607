"""Sessions of the uplink by TLS against a broker of a test's own, and a clock by which certificates are judged."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from agent.clock import Wall
from agent.config.records import Tls
from agent.identity.enrolment import Board
from agent.identity.tls import TlsContext, context
from agent.uplink.broker import Broken, Broker
from agent.uplink.edge import Message
from agent.uplink.mqtt import MqttSession
from city import GROUP, City, now, secured
from mosquitto import Mosquitto

DAY = timedelta(days=1)
COMMANDS = f"spBv1.0/{GROUP}/NCMD/pole-7"
MARKER = f"gadelys/{GROUP}/pole-7/marker"


class HandClock:
    """A clock that a test sets, with its trust."""

    def __init__(self, utc: datetime | None = None, *, trusted: bool = True) -> None:
        self.utc = utc or now()
        self.trusted = trusted

    def mono_s(self) -> float:
        return 0.0

    def wall(self) -> Wall:
        return Wall(self.utc, self.trusted)

    street = wall


def of(board: Board, *, key: Path | None = None, ca: Path | None = None, warn_days: float = 30) -> Tls:
    return Tls(ca=ca or board.ca, certificate=board.identity, key=key, warn_days=warn_days)


def plain(files: Tls) -> Callable[[], TlsContext]:
    return lambda: context(files.ca, files.certificate, files.key)


@contextlib.asynccontextmanager
async def opened(
    port: int, tls: Callable[[], TlsContext] | None, host: str = "localhost", version: Literal["5", "3.1.1"] = "5"
) -> AsyncIterator[MqttSession]:
    session = MqttSession(
        Broker(host, port, version, 30, f"{GROUP}/pole-7", tls=tls), Message(f"spBv1.0/{GROUP}/NDEATH/pole-7", b"will")
    )
    try:
        await session.open([COMMANDS])
        yield session
    finally:
        await session.close()


async def refused(port: int, tls: Callable[[], TlsContext] | None, host: str = "localhost") -> str:
    """Return why a connection cannot be had."""
    with pytest.raises(Broken) as broken:
        async with opened(port, tls, host):
            pass
    return str(broken.value)


def carried(city: City, tmp_path: Path, **replaced: Path) -> Mosquitto:
    """A broker whose files are those of the authority but for some."""
    folder = tmp_path / "carried"
    shutil.copytree(city.folder / "authority" / "carry" / "localhost", folder)
    for name, path in replaced.items():
        shutil.copyfile(path, folder / f"{name}.pem")
    (tmp_path / "broker").mkdir()
    return secured(tmp_path / "broker", folder)
