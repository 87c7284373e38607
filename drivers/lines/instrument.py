"""What a framed serial instrument is: its data sheet, its language, and what it says. Pure; times are monotonic seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from drivers.points import PointType, Quality, Value

Kind = Literal["presence", "vehicles", "distance", "air", "location"]  # of a device, as the city sees it
Setting = float | str | bool


class Fact(msgspec.Struct, frozen=True, gc=False):
    """What an instrument says of one resource, such as `presence/state`: a value, or none with the reason why not."""

    resource: str
    value: Value | None
    quality: Quality = Quality.GOOD
    reason: str = ""


def bad(resource: str, reason: str) -> Fact:
    """Return that there is no value, and why."""
    return Fact(resource, None, Quality.BAD, reason)


class PointRow(msgspec.Struct, frozen=True, kw_only=True):
    """One resource of the instrument. A change below `deadband` is none; changes are told at most every `every_s` s."""

    kind: Kind
    resource: str
    type: PointType
    unit: str = ""
    title: str
    deadband: float = 0.0
    every_s: float = 0.0


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """What an installer may choose, by the default's type: a number with its bounds, one of some words, or yes and no.

    Where the default is an int the number is whole: write 1.0 where fractions may be.
    """

    name: str
    default: Setting
    says: str
    low: float = 0.0
    high: float = 0.0
    words: tuple[str, ...] = ()


class Counts:
    """How much of what came made sense, since the start; `last_error` of the last frame that did not."""

    __slots__ = ("bad_frames", "frames", "last_error", "stray_bytes")

    def __init__(self) -> None:
        self.frames = 0
        self.bad_frames = 0
        self.stray_bytes = 0
        self.last_error = ""


class Language(Protocol):
    """What an instrument and its reader say to each other. Whatever bytes come, nothing is raised."""

    @property
    def counts(self) -> Counts:
        """How much of what came made sense."""

    @property
    def identity(self) -> str:
        """What the instrument says it is (model, firmware, number); empty until it has said so, or if it never does."""

    def opened(self, now_s: float, /) -> None:
        """The port has been opened: half a frame of before is forgotten, and what is asked at the start is asked."""

    def feed(self, data: bytes, now_s: float, /) -> Sequence[Fact]:
        """Take bytes that have come; return what they say, the latest last."""

    def due(self, now_s: float, /) -> bytes:
        """Return what is to be sent now; often nothing."""

    def next_s(self) -> float:
        """Return when `due` is to be asked next, if nothing comes before; inf for never."""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """An instrument's data sheet. All of them speak 8N1.

    `bauds`: other speeds that it may be set to; they are tried where nothing is understood at `baud` and no other was
    configured. `silent_after_s`: without a frame for so long it is silent, and its values are stale.
    """

    name: str
    title: str
    source: str
    baud: int
    bauds: tuple[int, ...] = ()
    points: tuple[PointRow, ...]
    options: tuple[Option, ...] = ()
    silent_after_s: float
    silent_s: Callable[[Mapping[str, Setting]], float] | None = None  # the same, where options decide it
    build: Callable[[Mapping[str, Setting]], Language]
    verified: tuple[str, ...] = ()  # what check frames of the maker, or captured ones, show
    recalled: tuple[str, ...] = ()  # what no source was found for
    hardware: str = "not tried"

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Return the kinds of device that it serves."""
        return tuple(dict.fromkeys(row.kind for row in self.points))
