"""What a profile says, as frozen records. Bounds stand where the option is; rules between options in `faults`. Pure.

docs/profiles.md is the same for people who write profiles.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, get_args

import msgspec

from drivers.modbus.code import LONGEST_TEXT, Code, RegisterType, WordOrder
from drivers.points import PointType

Space = Literal["coil", "discrete", "holding", "input"]
Pace = Literal["fast", "slow", "once"]
Parity = Literal["none", "even", "odd"]
DeviceKind = Literal[
    "luminaire",
    "presence",
    "meter",
    "lux",
    "soil",
    "water_level",
    "distance",
    "parking",
    "waste",
    "structure",
    "weather",
    "air",
    "relay",
]

KINDS: tuple[DeviceKind, ...] = get_args(DeviceKind)

Address = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Register = Annotated[int, msgspec.Meta(ge=0, le=65535)]  # what one holds
Stride = Annotated[int, msgspec.Meta(ge=0, le=1024)]
Baud = Annotated[int, msgspec.Meta(ge=1200, le=256000)]
Millis = Annotated[int, msgspec.Meta(ge=0, le=10000)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Point = Annotated[
    str,
    msgspec.Meta(
        pattern="^[a-z0-9_]+/[a-z0-9_]+$",
        max_length=64,
        description='function/resource in small letters, such as "meter/voltage"',
    ),
]
Frame = Annotated[
    str,
    msgspec.Meta(
        pattern="^([0-9A-F]{2}( [0-9A-F]{2})*)?$", description='bytes in capital letters, such as "01 03 00 07"'
    ),
]
Length = Annotated[int, msgspec.Meta(ge=1, le=LONGEST_TEXT)]

_BITS: tuple[Space, ...] = ("coil", "discrete")


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Row(_Record, frozen=True, kw_only=True):
    """One value of the device. With channels, channel n (from 1) stands at `address + (n - 1) * stride`."""

    point: Point
    title: Text
    unit: Annotated[str, msgspec.Meta(max_length=16)] = ""
    space: Space
    address: Address
    type: RegisterType
    order: WordOrder = "ABCD"
    bit: Annotated[int, msgspec.Meta(ge=0, le=15)] | None = None
    width: Annotated[int, msgspec.Meta(ge=1, le=16)] | None = None
    words: Length | None = None
    scale: float = 1.0
    offset: float = 0.0
    errors: tuple[int, ...] = ()
    enum: dict[int, Word] = {}
    low: float | None = None
    high: float | None = None
    stride: Stride = 1
    deadband: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    poll: Pace | None = None
    single: bool = False
    doubt: Annotated[str, msgspec.Meta(max_length=400)] = ""

    @property
    def code(self) -> Code:
        """Return how the value stands in its registers. ValueError if that makes no sense."""
        return Code(
            type=self.type,
            order=self.order,
            scale=self.scale,
            offset=self.offset,
            errors=self.errors,
            bit=self.bit or 0,
            width=self.width or 1,
            length=self.words or 0,
            names=tuple(self.enum.items()),
            low=-math.inf if self.low is None else self.low,
            high=math.inf if self.high is None else self.high,
        )

    @property
    def is_bit(self) -> bool:
        """Return whether the value is a bit of its own, not a part of registers."""
        return self.space in _BITS

    @property
    def pace(self) -> Pace:
        """Return how often it is read: presence fast, all else slow, unless it says otherwise."""
        return self.poll or ("fast" if self.point.startswith("presence/") else "slow")

    @property
    def point_type(self) -> PointType:
        """Return the type of the point as it is seen outside."""
        return self.code.point_type


class Output(_Record, frozen=True, kw_only=True):
    """Where levels go, a register a channel, `steps_per_pct` raw units a per cent; or a coil, on above 0 %.

    `fade`: the ways in which the unit itself fades, at what its setup says. `curve`: what a driver behind it usually makes of
    a level, light in proportion or the logarithmic curve of DALI.
    """

    space: Literal["holding", "coil"] = "holding"
    address: Address
    stride: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 1
    steps_per_pct: Annotated[float, msgspec.Meta(ge=0, le=655)] = 0.0  # not of a coil
    confirmed_by: Point  # the point that reads the output back by another function than the write
    fade: tuple[Literal["up", "down"], ...] = ()
    curve: Literal["linear", "dali"] = "linear"

    def raw(self, level_pct: float) -> int:
        """Return what is written for a level."""
        return int(level_pct > 0) if self.space == "coil" else round(level_pct * self.steps_per_pct)

    def level_pct(self, raw: int) -> float:
        """Return the level that such a write asks for."""
        return 100.0 * raw if self.space == "coil" else raw / self.steps_per_pct


Known = Literal["safe_after_s", "safe_pct", "fade_up_ms_per_pct", "fade_down_ms_per_pct"]


class Setting(_Record, frozen=True, kw_only=True):
    """Registers or coils written at the start; the same value for each of `count` in a row.

    `value` is a number, or a word for one that the configuration knows.
    """

    what: Text
    space: Literal["coil", "holding"] = "holding"
    address: Address
    count: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    value: Register | Known


class Forbidden(_Record, frozen=True, kw_only=True):
    """Registers that are never read, not even over."""

    space: Space
    first: Address
    last: Address


class FactoryLink(_Record, frozen=True, kw_only=True):
    """How the unit leaves the factory; `address` none: it is on its label. `bauds`: what it can be set to."""

    baud: Baud
    parity: Parity = "none"
    stop_bits: Annotated[int, msgspec.Meta(ge=1, le=2)] = 1
    address: Annotated[int, msgspec.Meta(ge=1, le=247)] | None = None
    bauds: tuple[Baud, ...] = ()


class AddressRegister(_Record, frozen=True, kw_only=True):
    """Where the unit's address is set. `mask`: the other bits are kept."""

    register: Address
    mask: Register = 0xFFFF


class BaudRegister(_Record, frozen=True, kw_only=True):
    """Where the baud is set: by codes as they stand under the mask, or as baud / `per`."""

    register: Address
    mask: Register = 0xFFFF
    codes: dict[Baud, Register] = {}
    per: Annotated[int, msgspec.Meta(ge=1, le=1000)] | None = None


class ParityRegister(_Record, frozen=True, kw_only=True):
    """Where the parity is set, by codes as they stand under the mask."""

    register: Address
    mask: Register = 0xFFFF
    codes: dict[Parity, Register]


class Commission(_Record, frozen=True, kw_only=True):
    """How address, baud and parity of a unit are changed: unlock, write, save, each (register, value)."""

    effect: Literal["at once", "saved", "restart"]
    unlock: tuple[tuple[Address, Register], ...] = ()
    save: tuple[tuple[Address, Register], ...] = ()
    address: AddressRegister | None = None
    baud: BaudRegister | None = None
    parity: ParityRegister | None = None


class Identify(_Record, frozen=True, kw_only=True):
    """What tells this device from others: a raw value that it reads, a range of it, or that it refuses to be read."""

    space: Space
    address: Address
    type: RegisterType = "u16"
    order: WordOrder = "ABCD"
    bit: Annotated[int, msgspec.Meta(ge=0, le=15)] | None = None
    width: Annotated[int, msgspec.Meta(ge=1, le=16)] | None = None
    words: Length | None = None
    equals: int | float | bool | Text | None = None
    low: float | None = None
    high: float | None = None
    refuses: bool = False

    @property
    def code(self) -> Code:
        """Return how the value stands in its registers. ValueError if that makes no sense."""
        return Code(self.type, self.order, bit=self.bit or 0, width=self.width or 1, length=self.words or 0)


class Check(_Record, frozen=True, kw_only=True):
    """A frame of the maker's document, or captured: what it shows, the request, the answer and the values in it.

    Frames are hexadecimal, CRC and all. A profile whose rows read them otherwise is not in order.
    """

    says: Text
    request: Frame
    reply: Frame = ""
    values: dict[str, bool | int | float | str] = {}


class Card(_Record, frozen=True, kw_only=True):
    """How far the profile is to be trusted, and what each part of it rests on."""

    verified: tuple[Text, ...] = ()  # not in the file: what the check frames say
    read: tuple[Text, ...] = ()  # in the named source
    recalled: tuple[Text, ...] = ()
    hardware: Text = "not tried"


class Profile(_Record, frozen=True, kw_only=True):
    """A device model: what it is for, how it is read and written, and how it keeps itself safe.

    `setup` makes it work and is written before the first level. `safety` makes it light its lamps by itself when it has
    heard nothing for safe_after_s seconds; it is written after the first level and read back. A profile without
    `safety` has no device-side safety.
    """

    name: str = ""
    title: Text
    variant: Annotated[str, msgspec.Meta(max_length=64)] = ""  # of the product: a firmware, a range
    source: Text
    kinds: Annotated[tuple[DeviceKind, ...], msgspec.Meta(min_length=1)]
    channels: Annotated[int, msgspec.Meta(ge=0, le=64)] = 0
    poll_s: Annotated[float, msgspec.Meta(ge=0.1, le=3600)]
    max_read: Annotated[int, msgspec.Meta(ge=1, le=125)] = 125
    forbidden: tuple[Forbidden, ...] = ()
    turnaround_ms: Millis = 0  # from an answer of the unit to the next request to it
    timeout_ms: Annotated[int, msgspec.Meta(ge=10, le=5000)] | None = None  # what the unit needs; else the bus's
    write: Literal["both", "single", "multiple"] = "both"  # which functions it takes
    broadcast: bool = False  # takes writes to unit 0
    link: FactoryLink | None = None
    points: Annotated[tuple[Row, ...], msgspec.Meta(min_length=1)]
    output: Output | None = None
    setup: tuple[Setting, ...] = ()
    safety: Annotated[tuple[Setting, ...], msgspec.Meta(min_length=1)] | None = None
    commission: Commission | None = None
    identify: tuple[Identify, ...] = ()
    check: tuple[Check, ...] = ()
    card: Card = Card()
