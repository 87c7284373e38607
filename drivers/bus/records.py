"""What a bus is built from, and what it tells. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol

import msgspec

from drivers.points import Reading
from drivers.profile import Profile

Parity = Literal["none", "even", "odd"]


class Link(msgspec.Struct, frozen=True):
    """How characters stand on a serial line: 8 data bits, `baud` bits a second."""

    baud: int = 9600
    parity: Parity = "none"
    stop_bits: int = 1

    @property
    def char_s(self) -> float:
        """Return how long one character takes, in seconds."""
        return (9 + self.stop_bits + (self.parity != "none")) / self.baud

    @property
    def silence_s(self) -> float:
        """Return the silence between frames: 3.5 characters, fixed at 1.75 ms above 19200 baud (Serial Line V1.02)."""
        return 3.5 * self.char_s if self.baud <= 19200 else 0.00175

    def __str__(self) -> str:
        return f"{self.baud} 8{self.parity[0].upper()}{self.stop_bits}"


class RtuBus(msgspec.Struct, frozen=True, kw_only=True):
    """A serial line. `timeout_s`: longest wait for the first character of an answer; `rs485`: the kernel turns the line."""

    id: str
    port: Path
    link: Link
    timeout_s: float
    rs485: bool = False

    @property
    def place(self) -> str:
        """Return what the line is called in messages: its port."""
        return str(self.port)


class RtuTcpBus(msgspec.Struct, frozen=True, kw_only=True):
    """A serial line behind a device server: RTU frames in a TCP connection. `timeout_s` as of a serial line."""

    id: str
    host: str
    port: int
    timeout_s: float

    @property
    def place(self) -> str:
        """Return what the line is called in messages: its address."""
        return _address(self.host, self.port)


class TcpBus(msgspec.Struct, frozen=True, kw_only=True):
    """The units behind one Modbus TCP address. `timeout_s`: longest wait for an answer.

    `in_flight`: so many requests may be under way at a time, 1 to 16; many gateways take one.
    """

    id: str
    host: str
    port: int
    timeout_s: float
    in_flight: int = 1

    @property
    def place(self) -> str:
        """Return what the line is called in messages: its address."""
        return _address(self.host, self.port)


BusSpec = RtuBus | RtuTcpBus | TcpBus


class UnitSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A unit on a line and the devices that it carries: (channel from 1, or none; device).

    `fade_up_s`, `fade_down_s`: from 0 to 100 % and back, for units that fade by themselves.
    """

    id: str
    address: int
    profile: Profile
    poll_s: float
    safe_after_s: float | None
    safe_pct: float
    devices: tuple[tuple[int | None, str], ...]
    fade_up_s: float = 0.0
    fade_down_s: float = 0.0


class BusSink(Protocol):
    """Where a bus delivers. All calls are made on the event loop."""

    def reading(self, key: str, reading: Reading) -> None:
        """A point was read, or could not be."""

    def same(self, keys: tuple[str, ...], mono_s: float) -> None:
        """Points that are always read together were read again; what differs from before is delivered after this."""

    def sent(self, device_id: str, level_pct: float, mono_s: float) -> None:
        """A unit has acknowledged a level."""

    def event(self, name: str, **keys: object) -> None:
        """Something changed its state: link_lost, link_up, unit_silent, unit_back, safety_mismatch."""


class BusStats(msgspec.Struct, frozen=True, kw_only=True):
    """How busy and how sound a line is, since the start; `use_pct` over the last 10 s. `link` of a serial line.

    `late_frames` came after their time-out, `foreign_frames` were not for us, `stray_bytes` were no frames;
    `echo`: whether the line gives back what is sent, none if that is not known; `questions`: what people asked.
    """

    id: str
    place: str
    link: Link | None
    up: bool
    use_pct: float
    transactions: int
    timeouts: int
    bad_answers: int
    refusals: int
    crc_errors: int
    stray_bytes: int
    foreign_frames: int
    late_frames: int
    echo: bool | None
    questions: int
    left_out: int


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """How long answers took: `counts` up to each bound (ms), and one more beyond the last. Rounded up to the bounds."""

    bounds_ms: tuple[float, ...]
    counts: tuple[int, ...]
    median_ms: float | None
    longest_ms: float


class UnitState(msgspec.Struct, frozen=True, kw_only=True):
    """How a unit is doing. `safety_verified`: its safety registers were written and read back as meant.

    `left_out`: rounds of reads that could not be made in time; `timeout_s`: how long it is waited for now.
    """

    id: str
    address: int
    state: Literal["starting", "ok", "silent"]
    device_safety: bool
    safety_verified: bool
    answers: int
    failures: int
    timeouts: int
    bad_answers: int
    crc_errors: int
    refusals: int
    left_out: int
    last_error: str
    timeout_s: float
    latency: Histogram


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
