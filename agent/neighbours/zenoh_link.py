"""Messages between neighbours over Eclipse Zenoh: fixed endpoints, nobody is searched for, nothing is routed.

Zenoh has threads of its own. What they hear goes into a bounded queue and over to the loop; what is sent goes into a bounded
queue to a thread of ours, for a put may wait. `open` and `close` may take their time, so they run in threads too.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import queue
import random
import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import structlog
import zenoh

from agent.neighbours.link import MOST_WAITING, LinkState
from agent.neighbours.message import LONGEST_BYTES
from agent.uplink.allowance import Allowance
from agent.uplink.backoff import Backoff

LONGEST_WAIT_S = 30.0  # between two tries to open
MOST_AT_ONCE, MOST_A_SECOND = 400.0, 200.0  # messages that are looked at, whoever sends them: 20 us each
_LOOK_EVERY_S = 1.0
_PUT_WITHIN_US = 20_000  # a put that has to wait longer is dropped; at 0 every second one of a burst is
_LEASE_MS = 3000  # a connection that says nothing for so long is broken, and made anew

log = structlog.get_logger()


class Endpoints(msgspec.Struct, frozen=True):
    """Where this controller listens, where its neighbours do, and the three files of TLS (none: plain TCP)."""

    group: str
    me: str
    listen: str
    neighbours: tuple[tuple[str, str], ...]  # id, endpoint
    tls: tuple[Path, Path, Path] | None  # of the authority, our certificate, our key


class ZenohLink:
    """One session with all neighbours."""

    def __init__(self, endpoints: Endpoints, now: Callable[[], float], *, random: Callable[[], float] = random.random):
        self.heard: Callable[[bytes], None] = lambda _data: None
        self._endpoints = endpoints
        self._now = now
        self._backoff = Backoff(random, LONGEST_WAIT_S)
        self._state: LinkState = LinkState("opening", "", 0, 0)
        self._allowance = Allowance(now(), MOST_AT_ONCE, MOST_A_SECOND)
        self._in: deque[bytes] = deque()
        self._out: queue.Queue[tuple[str, bytes] | None] = queue.Queue(MOST_WAITING)
        self._woken = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._broken = ""
        self._dropped_in = self._dropped_out = 0

    def send(self, to: str, data: bytes) -> None:
        if self._state.state != "open":
            self._dropped_out += 1
            return
        try:
            self._out.put_nowait((to, data))
        except queue.Full:
            self._dropped_out += 1

    def state(self) -> LinkState:
        return msgspec.structs.replace(self._state, dropped_in=self._dropped_in, dropped_out=self._dropped_out)

    async def run(self) -> None:
        self._loop = asyncio.get_running_loop()
        lost = False
        while True:
            began_s = self._now()
            try:
                await self._session()
            except zenoh.ZError as error:
                reason = _short(str(error))
            else:
                reason = self._broken
            lived_s = self._now() - began_s if self._state.state == "open" else 0.0
            if not lost or lived_s:
                lost = True
                log.warning("neighbours_link_lost", reason=reason, listen=self._endpoints.listen)
            self._state = LinkState("waiting", reason, 0, 0)
            await asyncio.sleep(self._backoff.next_s(lived_s))

    async def _session(self) -> None:
        """Hold a session until it breaks. ZError if it cannot be had."""
        opening = asyncio.create_task(asyncio.to_thread(_open, self._endpoints))
        try:
            session = await asyncio.shield(opening)
        except asyncio.CancelledError:  # the thread goes on: what it opens is closed
            with contextlib.suppress(zenoh.ZError):
                await asyncio.to_thread(_close, await opening)
            raise
        ours = f"gadelys/{self._endpoints.group}/{self._endpoints.me}"
        self._broken = ""
        self._out = queue.Queue(MOST_WAITING)
        sender = threading.Thread(target=self._put, args=(session, self._out), name="neighbours-out", daemon=True)
        try:
            subscriber = await asyncio.to_thread(_subscribe, session, ours, self._take)
            sender.start()
            self._state = LinkState("open", "", 0, 0)
            log.info("neighbours_link_open", listen=self._endpoints.listen, tls=self._endpoints.tls is not None)
            while not self._broken:
                await asyncio.sleep(_LOOK_EVERY_S)
                if session.is_closed():
                    self._broken = "the session was closed"
            del subscriber  # it hears as long as somebody holds it
        finally:
            with contextlib.suppress(queue.Full):
                self._out.put_nowait(None)
            await asyncio.shield(asyncio.create_task(asyncio.to_thread(_close, session)))

    def _put(self, session: zenoh.Session, waiting: queue.Queue[tuple[str, bytes] | None]) -> None:
        """Put what is to be sent, in a thread, until told to end or until the session breaks."""
        prefix = f"gadelys/{self._endpoints.group}/"
        while (sent := waiting.get()) is not None:
            to, data = sent
            try:
                with _no_panic():
                    session.put(
                        prefix + to,
                        data,
                        congestion_control=zenoh.CongestionControl.DROP,
                        priority=zenoh.Priority.REAL_TIME,
                        express=True,
                    )
            except zenoh.ZError as error:
                self._broken = _short(str(error))
                return

    def _take(self, sample: zenoh.Sample) -> None:
        """Take what came, in a thread of Zenoh's."""
        if (
            len(sample.payload) > LONGEST_BYTES
            or len(self._in) >= MOST_WAITING
            or not self._allowance.grant(self._now())
        ):
            self._dropped_in += 1
            return
        self._in.append(sample.payload.to_bytes())
        if not self._woken and self._loop is not None:
            self._woken = True
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._hand_over)

    def _hand_over(self) -> None:
        self._woken = False
        for _ in range(MOST_WAITING):
            if not self._in:
                return
            self.heard(self._in.popleft())


def _config(endpoints: Endpoints) -> zenoh.Config:
    """Return a session's configuration: fixed endpoints, no scouting, little memory."""
    way = "tls" if endpoints.tls is not None else "tcp"
    settings: dict[str, object] = {
        "mode": "peer",
        "listen/endpoints": [endpoints.listen],
        "listen/exit_on_failure": True,
        "connect/endpoints": [place for _, place in endpoints.neighbours],
        "connect/timeout_ms": 0,
        "connect/exit_on_failure": False,
        "connect/retry": {"period_init_ms": 500, "period_max_ms": 4000, "period_increase_factor": 2},
        "scouting/multicast/enabled": False,
        "scouting/gossip/enabled": False,
        "transport/shared_memory/enabled": False,
        "transport/link/protocols": [way],
        "transport/link/tx/lease": _LEASE_MS,
        "transport/link/tx/queue/congestion_control/drop/wait_before_drop": _PUT_WITHIN_US,
        "transport/link/rx/max_message_size": 4096,
        "transport/unicast/max_sessions": 2 * len(endpoints.neighbours) + 4,
    }
    if endpoints.tls is not None:
        ca, certificate, key = (str(path) for path in endpoints.tls)
        settings |= {
            "transport/link/tls/root_ca_certificate": ca,
            "transport/link/tls/enable_mtls": True,
            "transport/link/tls/listen_certificate": certificate,
            "transport/link/tls/listen_private_key": key,
            "transport/link/tls/connect_certificate": certificate,
            "transport/link/tls/connect_private_key": key,
        }
    config = zenoh.Config()
    for name, value in settings.items():
        config.insert_json5(name, json.dumps(value))
    return config


@contextlib.contextmanager
def _no_panic() -> Iterator[None]:
    """Turn a panic of Zenoh, which is no Exception and would end the agent, into an error of it."""
    try:
        yield
    except Exception:
        raise
    except BaseException as panic:  # noqa: BLE001 - it has no name that could be imported
        raise zenoh.ZError(f"panic: {panic}") from None


def _open(endpoints: Endpoints) -> zenoh.Session:
    with _no_panic():
        return zenoh.open(_config(endpoints))


def _subscribe(session: zenoh.Session, key: str, take: Callable[[zenoh.Sample], None]) -> zenoh.Subscriber[None]:
    with _no_panic():
        return session.declare_subscriber(key, take)


def _close(session: zenoh.Session) -> None:
    with contextlib.suppress(zenoh.ZError), _no_panic():
        session.close()  # type: ignore[no-untyped-call]


def _short(error: str) -> str:
    """Return what Zenoh says without the places in its sources."""
    return error.split(" at /", maxsplit=1)[0].strip().rstrip(".")
