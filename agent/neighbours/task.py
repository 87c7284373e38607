"""The neighbours' task: between the link, the street's control and the log. Zenoh is loaded only here, beside the street."""

from __future__ import annotations

import asyncio
import importlib
import secrets
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import structlog

from agent.clock import Clock
from agent.config import Config, Neighbours
from agent.image import Image
from agent.local.records import NeighbourRow, NeighboursState
from agent.neighbours.acquaintance import Refusal
from agent.neighbours.exchange import Controller, Exchange, Street
from agent.neighbours.link import Link, LinkState
from agent.neighbours.message import Seal
from agent.neighbours.neighbour import Neighbour, Place
from agent.neighbours.telling import End
from agent.remedies import missing
from drivers.points import Quality

NOT_INSTALLED = missing("neighbours")
LEAST_REST_S = 0.01
SHORTEST, LONGEST = 32, 1024  # characters of a secret
_NEWS = {"presence": ("state",), "vehicles": ("count", "distance", "speed")}
_AGAIN_S = 10.0  # until a secret that could not be read is read again

log = structlog.get_logger()


class NoSecret(Exception):
    """The shared secret cannot be had: why, and what to do."""


class Neighbourhood:
    """All neighbours of a configuration. `step` lets control compute at once; `link` stands for Zenoh in tests."""

    def __init__(  # noqa: PLR0913 - what it stands between
        self,
        config: Config,
        options: Neighbours,
        clock: Clock,
        *,
        image: Image,
        street: Street,
        step: Callable[[], None],
        link: Link | None = None,
    ) -> None:
        self._options = options
        self._config = config
        self._clock = clock
        self._step = step
        self._image = image
        self._wake = asyncio.Event()
        self._link = link
        self._off = ""
        self._watches = {end: _outermost(config, end) for end in (-1, 1)}
        lamps_m = [lamp.position_m or 0.0 for lamp in config.devices if lamp.kind == "luminaire"]
        self._exchange = Exchange(
            Controller(config.controller.id, min(lamps_m), max(lamps_m), config.lighting.sight_m),
            [Place(one.id, one.end, one.offset_m) for one in options.all],
            street,
            silent_after_s=options.silent_after_s,
            sees=self._sees,
            random=lambda: secrets.randbits(64),
            send=self._send,
            event=log.warning,
            now_s=clock.mono_s(),
        )
        self.beat: Callable[[], None] = lambda: None
        self._news = {
            f"{device.id}/{device.kind}/{resource}"
            for device in config.devices
            for resource in _NEWS.get(device.kind, ())
        }
        image.listeners.append(self._note)

    async def run(self) -> None:
        """Speak with the neighbours until cancelled; whenever that ends, their seams are silent."""
        self._exchange.seal = Seal(await self._secret(), self._config.controller.group)
        link = self._link = self._link or await self._zenoh()
        self._off = ""
        async with asyncio.TaskGroup() as group:
            group.create_task(link.run(), name="neighbours-link")
            group.create_task(self._speak(link), name="neighbours-speak")

    def state(self) -> NeighboursState:
        """Return how the link and each neighbour are."""
        link = self._link.state() if self._link is not None else LinkState("off" if self._off else "opening", "", 0, 0)
        now_s = self._clock.mono_s()
        return NeighboursState(
            state=link.state,
            listen=self._options.listen,
            signed=self._options.secret is not None,
            encrypted=self._options.ca is not None,
            last_error=self._off or link.last_error,
            dropped_in=link.dropped_in,
            dropped_out=link.dropped_out,
            refused=_counts(self._exchange.refused),
            neighbours=[_row(self._exchange.neighbours[one.id], one.endpoint, now_s) for one in self._options.all],
        )

    async def _speak(self, link: Link) -> None:
        link.heard = self._heard
        try:
            await self._step_again_and_again()
        finally:  # at once, though the link may take its time to close
            link.heard = lambda _data: None
            self._exchange.deaf(self._clock.mono_s())
            self._step()

    async def _step_again_and_again(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            now_s = self._clock.mono_s()
            next_s, turned = self._exchange.step(now_s)
            if turned:
                self._step()
            self.beat()
            alarm = loop.call_later(max(next_s - now_s, LEAST_REST_S), self._wake.set)
            await self._wake.wait()
            alarm.cancel()

    def _heard(self, data: bytes) -> None:
        if self._exchange.heard(data, self._clock.mono_s()):
            self._step()  # the light first, then those who have to know it too
            self._wake.set()

    def _send(self, to: str, data: bytes) -> None:
        if self._link is not None:
            self._link.send(to, data)

    def _note(self, key: str) -> None:
        if key in self._news:
            self._wake.set()  # behind control, which hears of it first

    def _sees(self, end: End) -> bool:
        """Return whether the presence sensor that is nearest to an end can be believed."""
        watch = self._watches[end]
        return watch is not None and self._image.get(watch, self._clock.mono_s()).quality in {
            Quality.GOOD,
            Quality.UNCERTAIN,
        }

    async def _secret(self) -> bytes | None:
        """Return the shared secret, as soon as it can be had; none where the configuration says that there is none."""
        if self._options.secret is None:
            log.warning("neighbours_unsigned", remedy="configure neighbours.secret")
            return None
        while True:
            try:
                return await asyncio.to_thread(read_secret, self._options.secret)
            except NoSecret as fault:
                self._tell_off(str(fault))
            self.beat()
            await asyncio.sleep(_AGAIN_S)

    async def _zenoh(self) -> Link:
        """Return the link over Zenoh; stay here for ever if it is not installed."""
        try:
            await asyncio.to_thread(importlib.import_module, "agent.neighbours.zenoh_link")
        except ImportError:
            self._tell_off(NOT_INSTALLED)
            while True:
                self.beat()
                await asyncio.sleep(3600)
        from agent.neighbours.zenoh_link import Endpoints, ZenohLink  # noqa: PLC0415

        options, controller = self._options, self._config.controller
        tls = (
            (options.ca, options.certificate, options.key)
            if options.ca is not None and options.certificate is not None and options.key is not None
            else None
        )
        places = tuple((one.id, one.endpoint) for one in options.all)
        return ZenohLink(Endpoints(controller.group, controller.id, options.listen, places, tls), self._clock.mono_s)

    def _tell_off(self, reason: str) -> None:
        if reason != self._off:
            self._off = reason
            log.error("neighbours_off", reason=reason)


def read_secret(path: Path) -> bytes:
    """Return the secret that a file holds. NoSecret says what is wrong, and how a new one is made."""
    remedy = f"make one with: openssl rand -hex 32 > {path}"
    try:
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise NoSecret(f"there is no {path}; {remedy}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise NoSecret(f"{path} cannot be read: {error}") from None
    if not SHORTEST <= len(text) <= LONGEST or not text.isprintable():
        raise NoSecret(f"{path}: expected one line of {SHORTEST} to {LONGEST} characters; {remedy}")
    return text.encode()


def _outermost(config: Config, end: End) -> str | None:
    """Return the key of the presence sensor that is nearest to an end."""
    placed = [(device.position_m or 0.0, device.id) for device in config.devices if device.kind == "presence"]
    return f"{max(placed, key=lambda one: one[0] * end)[1]}/presence/state" if placed else None


def _row(one: Neighbour, endpoint: str, now_s: float) -> NeighbourRow:
    trip = one.acquaintance.trip
    return NeighbourRow(
        id=one.place.id,
        endpoint=endpoint,
        end="up" if one.place.end > 0 else "down",
        offset_m=one.place.offset_m,
        state=one.look(now_s),
        heard_s=None if one.heard_s is None else round(now_s - one.heard_s, 3),
        sent=one.sent,
        received=one.received,
        users_told=one.users_told,
        users_announced=len(one.announced),
        refused=_counts(one.refused),
        round_trip_ms=None if trip is None else round(trip.seconds * 1000, 1),
        age_ms=None if one.age_s is None else round(one.age_s * 1000, 1),
    )


def _counts(refused: Counter[Refusal]) -> dict[str, int]:
    return {str(reason): count for reason, count in refused.items()}
