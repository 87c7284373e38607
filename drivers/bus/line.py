"""Characters on a half-duplex line: the silence between frames, the wait for an answer, the drain after trouble. Pure.

Times are monotonic seconds, as the wire tells them.
"""

from __future__ import annotations

from typing import Protocol

from drivers.bus.recorder import Recorder
from drivers.bus.records import Link
from drivers.bus.trust import Latency
from drivers.bus.use import Use
from drivers.errors import BadAnswer
from drivers.modbus import rtu
from drivers.modbus.framer import Framer

FEW_BYTES = rtu.SHORTEST_FRAME_BYTES - 1  # what a transceiver that lets go of the line leaves behind: no frame
_LONGEST_NOISE_S = 1.0  # a line that never falls silent is not waited for longer than this, beyond the silence itself
_NOISE_NAP_S = 0.005  # a babbling unit does not wake us for each of its characters
_SHORTEST_NAP_S = 0.001
_AWAKE_CHARACTERS = 2  # before the end of an answer: from here on what comes is taken at once
_FIFO_CHARACTERS = 16  # a UART may hand on so many at once


class Wire(Protocol):
    """What a line needs of a device or a connection. All calls but `now` may raise LinkLost."""

    @property
    def link(self) -> Link | None:
        """How characters stand on the line; none if that is the business of the other end."""

    @property
    def gap_s(self) -> float:
        """Return how long a frame may pause inside."""

    def open(self) -> None:
        """Open it."""

    def close(self) -> None:
        """Close it; nothing if it is closed."""

    def set_link(self, link: Link) -> None:
        """Let characters stand otherwise. ValueError if that cannot be."""

    def now(self) -> float:
        """Return the time."""

    def nap(self, span_s: float) -> None:
        """Wait so long, whatever comes."""

    def write(self, data: bytes) -> None:
        """Send."""

    def read(self, wait_s: float) -> bytes:
        """Return what has come, or comes first in so many seconds; empty if nothing does."""


class Line:
    """One line. `trusted`: nothing speaks against what comes next being the answer to what is asked next."""

    def __init__(self, wire: Wire, recorder: Recorder, timeout_s: float) -> None:
        self._wire = wire
        self._recorder = recorder
        self._use = Use()
        self._rest = b""  # what came behind the last answer, in one piece with it
        self.latency = Latency(timeout_s)
        self.set_link(wire.link)
        self._quiet_from_s = self._failed_s = wire.now()
        self._free_s = 0.0
        self.trusted = False  # who knows what is still under way from before

    def set_link(self, link: Link | None) -> None:
        """Reckon with another speed from now on."""
        self._char_s = link.char_s if link is not None else 0.0
        self._silence_s = link.silence_s if link is not None else 0.0

    def use_pct(self) -> float:
        """Return the share of the last 10 whole seconds in which characters were on the line."""
        return self._use.pct(self._wire.now())

    def distrust(self) -> None:
        """Something went wrong: before the next request the line must be silent for the longest latency."""
        self.trusted = False
        self._failed_s = self._wire.now()

    def rest(self, until_s: float) -> None:
        """Send nothing before this time."""
        self._free_s = until_s

    def wait(self, least_s: float = 0.0) -> bytes:
        """Wait until the next frame may be sent; return what came in that time, with which the wait has ended early.

        `least_s`: how long a line that is not trusted must be silent at least, if its longest latency is shorter.
        """
        rest, self._rest = self._rest, b""
        if rest:
            return rest
        free_s = max(self._free_s, self._quiet_from_s + self._silence_s)
        if not self.trusted:
            free_s = max(free_s, self._failed_s + max(least_s, self.latency.longest_s))
        data = self._wire.read(free_s - self._wire.now())
        if data:
            self._heard(data)
        else:
            self.trusted = True
        return data

    def drain(self, data: bytes, framer: Framer, least_s: float = 0.0) -> int:
        """Hand on what comes, `data` first, until the line is silent; return how many bytes that were.

        Silent: as long as between frames, or after more than a few bytes, or on a line that is not trusted, for the longest
        latency; at least `least_s`. BadAnswer if the line does not fall silent.
        """
        came = 0
        until_s = self._wire.now() + _LONGEST_NOISE_S + self.latency.longest_s
        while data:
            came += len(data)
            framer.feed(data)
            if self._quiet_from_s > until_s:
                framer.pause()
                self.distrust()
                raise BadAnswer(f"the line does not fall silent: {came} bytes that nobody asked for", "noise")
            quiet_s = max(least_s, self._silence_s)
            if came > FEW_BYTES or not self.trusted:
                quiet_s = max(quiet_s, self.latency.longest_s)
            if quiet_s > _NOISE_NAP_S:
                self._wire.nap(_NOISE_NAP_S)
            data = self._wire.read(max(self._free_s, self._quiet_from_s + quiet_s) - self._wire.now())
            if data:
                self._heard(data)
        framer.pause()
        self.trusted = True
        return came

    def send(self, frame: bytes) -> float:
        """Send a frame; return when its last character will have left."""
        self._wire.write(frame)
        now_s = self._wire.now()
        self._recorder.note(now_s, ">", frame)
        self._use.add(now_s, len(frame) * self._char_s)
        self._quiet_from_s = now_s + len(frame) * self._char_s
        return self._quiet_from_s

    def hunt(self, framer: Framer, deadline_s: float) -> float:
        """Feed what comes until the answer is found, or cannot come any more; return when what came last began.

        The answer must begin before the deadline; once begun it may pause, but not for longer than the wire's gap.
        """
        began_s = until_s = deadline_s
        while True:
            data = self._wire.read(until_s - self._wire.now())
            now_s = self._heard(data) if data else self._wire.now()
            began_s = began_s if framer.begun or not data else now_s
            if framer.feed(data) if data else framer.pause():
                self._rest = framer.rest
                return began_s
            if now_s >= deadline_s:
                framer.shut()
            if framer.over or (framer.spoilt and not data):
                return began_s
            until_s = deadline_s
            if framer.begun or framer.spoilt:
                until_s = now_s + self._wire.gap_s + (framer.missing or _FIFO_CHARACTERS) * self._char_s
                self._nap(framer.missing)

    def _nap(self, missing: int) -> None:
        """Sleep while characters of a known number must still come, rather than wake for each of them."""
        nap_s = (missing - _AWAKE_CHARACTERS) * self._char_s
        if nap_s > _SHORTEST_NAP_S:
            self._wire.nap(nap_s)

    def _heard(self, data: bytes) -> float:
        """Note what came, and return when."""
        now_s = self._wire.now()
        self._recorder.note(now_s, "<", data)
        self._use.add(now_s, len(data) * self._char_s)
        self._quiet_from_s = max(self._quiet_from_s, now_s)
        return now_s
