"""What a unit is: its answers against the marks by which profiles know their products. Pure."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import msgspec

from drivers.bus.port import Answer
from drivers.errors import Refused, WireError
from drivers.modbus.codec import NoValue, decode
from drivers.modbus.products import probe_of
from drivers.modbus.questions import Probe
from drivers.profile import Identify, Profile, Row

EQUALS, RANGE = 3, 1  # how much a mark counts that is right
_LEAST = 2  # one range alone fits too many


class Fits(msgspec.Struct, frozen=True):
    """Profiles that fit a unit, the best first: by their marks, or `perhaps`, since what they read can be read there."""

    sure: tuple[Profile, ...]
    perhaps: tuple[Profile, ...] = ()


Asking = Generator[Probe, Answer | WireError, Fits]


def fitting(profiles: Sequence[Profile]) -> Asking:
    """Ask for marks, and then whether points can be read, each once, and return the profiles that nothing contradicts.

    A unit that is silent on a mark does not have it, and what refuses a profile's first point is not of it. A unit that
    lets itself be read everywhere fits by nothing but a value that it must have. A profile that does not say how its
    product leaves the factory is of none, and fits nobody perhaps.
    """
    heard: dict[Probe, Answer | WireError] = {}
    sure: dict[str, int] = {}
    perhaps: list[Profile] = []
    for profile in profiles:
        score = yield from _marked(profile, heard)
        if score is None or not (yield from _readable(profile.points[0], heard)):
            continue
        if score >= _LEAST:
            sure[profile.name] = score
        elif profile.link is not None and (yield from _readable(profile.points[-1], heard)):
            perhaps.append(profile)
    choosy = any(not isinstance(outcome, Answer) for outcome in heard.values())
    fits = [one for one in profiles if one.name in sure and (choosy or _has_value(one))]
    fits.sort(key=lambda one: -sure[one.name])
    return Fits(tuple(fits), tuple(perhaps) if choosy and not fits else ())


def _has_value(profile: Profile) -> bool:
    return any(mark.equals is not None for mark in profile.identify)


def _marked(
    profile: Profile, heard: dict[Probe, Answer | WireError]
) -> Generator[Probe, Answer | WireError, int | None]:
    """Return how much the marks of a profile count; none if one of them is wrong. Where all is 0, no range counts."""
    said = False
    for mark in profile.identify:
        outcome = yield from _heard(probe_of(mark), heard)
        if fault(mark, outcome):
            return None
        said = said or (isinstance(outcome, Answer) and any(outcome.data))
    return sum((RANGE if said else 0) if mark.equals is None else EQUALS for mark in profile.identify)


def _readable(row: Row, heard: dict[Probe, Answer | WireError]) -> Generator[Probe, Answer | WireError, bool]:
    return isinstance((yield from _heard(probe_of(row), heard)), Answer)


def _heard(
    probe: Probe, heard: dict[Probe, Answer | WireError]
) -> Generator[Probe, Answer | WireError, Answer | WireError]:
    if probe not in heard:
        heard[probe] = yield probe
    return heard[probe]


def fault(mark: Identify, outcome: Answer | WireError) -> str:
    """Return how an answer contradicts a mark, "" if it does not."""
    place = f"{mark.space} {mark.address}"
    if mark.refuses:
        return f"{place} should be refused, and reads {outcome.data.hex(' ')}" if isinstance(outcome, Answer) else ""
    wanted = _wanted(mark)
    if not isinstance(outcome, Answer):
        how = "is refused" if isinstance(outcome, Refused) else f"brings: {outcome}"
        return f"{place} should be {wanted}, and {how}"
    try:
        found = decode(mark.code, _registers(mark, outcome.data))
    except NoValue as error:
        return f"{place} should be {wanted}, and is not: {error}"
    if mark.equals is not None:
        return "" if found == mark.equals else f"{place} should be {wanted}, and reads {found}"
    inside = not isinstance(found, str) and (mark.low or 0) <= found <= (mark.high or 0)
    return "" if inside else f"{place} should be {wanted}, and reads {found}"


def _registers(mark: Identify, data: bytes) -> bytes:
    """Return what is decoded: a bit of its own stands as the lowest of its byte."""
    return bytes([0, data[0] & 1]) if mark.space in {"coil", "discrete"} and data else data


def _wanted(mark: Identify) -> str:
    return (
        f"from {mark.low:g} to {mark.high:g}" if mark.low is not None and mark.high is not None else repr(mark.equals)
    )
