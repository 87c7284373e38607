"""Device models as data, one TOML file each, here in `profiles/` or one's own; a row reads like its datasheet."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from drivers.modbus.codec import Code, RegisterType, WordOrder
from drivers.points import PointType

OWN = ".toml"  # a profile whose name ends so is a file of one's own

LONGEST_FILE_BYTES = 1 << 20

_ADDRESSES = 1 << 16
_NEEDED = {"luminaire": "lamp/dimming_level", "presence": "presence/state"}  # by whoever works with such devices
_FOLDER = Path(__file__).parent / "profiles"

Space = Literal["coil", "discrete", "holding", "input"]
Address = Annotated[int, msgspec.Meta(ge=0, le=65535)]
DeviceKind = Literal["luminaire", "presence", "meter", "lux"]


class ProfileError(Exception):
    """A profile that cannot be used. The text names file, row and what was expected."""


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One value of the device. With channels, channel n (from 1) stands at `address + (n - 1) * stride`."""

    point: Annotated[str, msgspec.Meta(pattern="^[a-z_]+/[a-z_]+$")]  # function/resource
    title: str
    unit: str = ""
    space: Space
    address: Address
    type: RegisterType
    order: WordOrder = "ABCD"
    scale: float = 1.0
    offset: float = 0.0
    errors: tuple[int, ...] = ()
    stride: Annotated[int, msgspec.Meta(ge=1, le=16)] = 1
    deadband: float = 0.0

    @property
    def code(self) -> Code:
        """Return how the value stands in its registers."""
        return Code(self.type, self.order, self.scale, self.offset, self.errors)

    @property
    def point_type(self) -> PointType:
        """Return the type of the point as it is seen outside."""
        if self.type == "bool" or self.space in {"coil", "discrete"}:
            return PointType.BOOL
        whole = self.type != "float32" and self.scale == 1.0 and self.offset == 0.0
        return PointType.INT if whole else PointType.FLOAT


class Output(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where levels go: holding registers from `address`, one a channel, `steps_per_pct` raw units a per cent."""

    address: Address
    steps_per_pct: Annotated[float, msgspec.Meta(gt=0, le=655)]
    confirmed_by: str  # the point that reads the output back by another function than the write


class Setting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Registers or coils written at the start; the same value for each of `count` in a row.

    `value` is a number, or a word for one that the configuration knows: safe_after_s, safe_pct.
    """

    what: str
    space: Literal["coil", "holding"] = "holding"
    address: Address
    count: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    value: Annotated[int, msgspec.Meta(ge=0, le=65535)] | Literal["safe_after_s", "safe_pct"]


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A device model: what it is for, how it is read and written, and how it keeps itself safe.

    `setup` makes it work and is written before the first level. `safety` makes it light its lamps by itself when it has
    heard nothing for safe_after_s seconds; it is written after the first level and read back. A profile without
    `safety` has no device-side safety.
    """

    name: str = ""
    title: str
    source: str
    kinds: tuple[DeviceKind, ...]
    channels: Annotated[int, msgspec.Meta(ge=0, le=64)] = 0
    poll_s: Annotated[float, msgspec.Meta(ge=0.1, le=3600)]
    max_read: Annotated[int, msgspec.Meta(ge=1, le=125)] = 125
    points: tuple[Row, ...]
    output: Output | None = None
    setup: tuple[Setting, ...] = ()
    safety: tuple[Setting, ...] | None = None


@cache
def profile_names() -> tuple[str, ...]:
    """Return the names of all profiles, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


@cache
def load_profile(name: str, folder: Path | None = None) -> Profile:
    """Return a profile by its name, or one's own by its file in a folder (the name ends in .toml).

    ProfileError if there is none of that name, or if it is not in order.
    """
    if folder is not None and name.endswith(OWN):
        return parse_profile(name.removesuffix(OWN), _document(folder / name, name))
    if name not in profile_names():
        raise ProfileError(f"profile {name!r}: expected one of {', '.join(profile_names())}")
    return parse_profile(name, (_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def parse_profile(name: str, document: str) -> Profile:
    """Read a profile from its text."""
    try:
        profile = msgspec.convert({**tomllib.loads(document), "name": name}, Profile)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as error:
        raise ProfileError(f"{name}.toml: {error}") from None
    except RecursionError:
        raise ProfileError(f"{name}.toml: brackets nested without end") from None
    for fault in _faults(profile):
        raise ProfileError(f"{name}.toml: {fault}")
    return profile


def _document(path: Path, name: str) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(LONGEST_FILE_BYTES + 1)
        if len(raw) > LONGEST_FILE_BYTES:
            raise ProfileError(f"{name}: expected at most {LONGEST_FILE_BYTES} bytes")
        return raw.decode()
    except OSError as error:
        raise ProfileError(f"{name}: {error.strerror or error}") from None
    except ValueError as error:  # no UTF-8, or a name that no file can have
        raise ProfileError(f"{name}: {error}") from None


def _faults(profile: Profile) -> Iterator[str]:
    """Find what the types do not say."""
    rows = [row.point for row in profile.points]
    for number, row in enumerate(profile.points):
        place = f"points[{number}] ({row.point})"
        if row.point in rows[:number]:
            yield f"{place}: expected each point once"
        for fault in _row_faults(row, profile):
            yield f"{place}: {fault}"
    for kind, point in _NEEDED.items():
        if kind in profile.kinds and point not in rows:
            yield f'kinds: "{kind}" needs the point {point}'
    yield from _write_faults(profile, rows)


def _row_faults(row: Row, profile: Profile) -> Iterator[str]:
    if row.scale == 0:
        yield "scale: expected a number that is not 0"
    if not all(math.isfinite(number) for number in (row.scale, row.offset, row.deadband)):
        yield "scale, offset, deadband: expected finite numbers"
    if row.space in {"coil", "discrete"} and row.type != "bool":
        yield f'type: expected "bool" in space "{row.space}"'
    if row.code.words > profile.max_read:
        yield f"type: expected one that max_read ({profile.max_read}) allows"
    if row.address + max(profile.channels - 1, 0) * row.stride + row.code.words > _ADDRESSES:
        yield f"address: expected the last register to be at most {_ADDRESSES - 1}"


def _write_faults(profile: Profile, rows: list[str]) -> Iterator[str]:
    output = profile.output
    if output is None and "luminaire" in profile.kinds:
        yield 'kinds: "luminaire" needs [output]'
    if output is not None and (output.confirmed_by not in rows or not profile.channels):
        yield f"output: expected channels, and confirmed_by to be one of {', '.join(rows)}"
    if output is not None and output.address + profile.channels > _ADDRESSES:
        yield f"output: expected its last channel to be at most at {_ADDRESSES - 1}"
    for setting in (*profile.setup, *(profile.safety or ())):
        if setting.address + setting.count > _ADDRESSES:
            yield f"{setting.what}: expected its last address to be at most {_ADDRESSES - 1}"
