"""What a unit is: its answers against the marks by which profiles know their products. Pure."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from drivers.bus.port import Answer
from drivers.errors import Refused, WireError
from drivers.modbus.codec import NoValue, decode
from drivers.modbus.products import probe_of
from drivers.modbus.questions import Probe
from drivers.profile import Identify, Profile

EQUALS, RANGE = 3, 1  # how much a mark counts that is right
_LEAST = 2  # one range alone fits too many

Asking = Generator[Probe, Answer | WireError, tuple[Profile, ...]]


def fitting(profiles: Sequence[Profile]) -> Asking:
    """Ask for marks, each once, and return the profiles that have no wrong one, those with most right ones first.

    A profile without marks, or with one range alone, is not known again; a unit that is silent on a mark does not have it.
    """
    heard: dict[Probe, Answer | WireError] = {}
    scores: dict[str, int] = {}
    fits = []
    for profile in profiles:
        for mark in profile.identify:
            probe = probe_of(mark)
            if probe not in heard:
                heard[probe] = yield probe
            if fault(mark, heard[probe]):
                break
        else:
            score = sum(RANGE if mark.equals is None else EQUALS for mark in profile.identify)
            if score >= _LEAST:
                scores[profile.name] = score
                fits.append(profile)
    return tuple(sorted(fits, key=lambda profile: -scores[profile.name]))


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
