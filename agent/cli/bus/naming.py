"""What a unit is, by the profiles: the questions of `drivers.modbus.marks`, asked on a line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from agent.cli.bus.access import Access
from drivers.bus.port import Answer
from drivers.errors import Busy, LinkLost, NoAnswer, Refused, WireError
from drivers.modbus import marks
from drivers.modbus.commission import Place
from drivers.modbus.products import probe_of
from drivers.modbus.questions import Probe, patience_s
from drivers.modbus.scan import Found
from drivers.profile import Profile, ProfileError, load_profile, profile_names

_QUICKEST_S = 0.03
_LATENCY_TIMES = 5
_BUSY_S = 0.2
_TRIES = 3  # after a silence a port may twice want other proof first that no late answer is taken for this one
_TRIES_LATER = 2


def all_profiles(folder: Path) -> tuple[Profile, ...]:
    """Return all profiles that are in order, shipped ones and one's own; the others are told and left out."""
    profiles = []
    for name in profile_names(folder):
        try:
            profiles.append(load_profile(name, folder))
        except ProfileError as error:
            sys.stderr.write(f"{error}; it is left out\n")
    return tuple(profiles)


async def fitting(access: Access, found: Found, profiles: Sequence[Profile]) -> marks.Fits:
    """Return the profiles that fit a unit. LinkLost, Trouble."""
    asking = marks.fitting(profiles)
    # A unit that is silent on what it does not have is asked some forty marks: it is not waited for as for a stranger.
    wait_s = patience_s(found.link)
    if found.latency_s is not None:
        wait_s = min(wait_s, _QUICKEST_S + _LATENCY_TIMES * found.latency_s)
    tries = _TRIES
    try:
        probe = next(asking)
        while True:
            outcome = await _asked(access, Place(found.unit, found.link), probe, wait_s, tries)
            if not isinstance(outcome, Answer | Refused):
                tries = _TRIES_LATER
            probe = asking.send(outcome)
    except StopIteration as end:
        return msgspec.convert(end.value, marks.Fits)


async def contradicts(access: Access, place: Place, profile: Profile) -> str:
    """Return how a unit contradicts a profile, "" if it does not. LinkLost, Trouble."""
    wait_s = max(2 * patience_s(place.link), (profile.timeout_ms or 0) / 1000)
    for mark in profile.identify:
        if told := marks.fault(mark, await _asked(access, place, probe_of(mark), wait_s, _TRIES)):
            return told
    return ""


async def _asked(access: Access, place: Place, probe: Probe, wait_s: float, tries: int) -> Answer | WireError:
    """Ask until an answer comes, a few times: one that is lost rules nothing out. LinkLost, Trouble."""
    outcome: Answer | WireError = NoAnswer("")
    for _ in range(tries):
        outcome = await _once(access, place, probe, wait_s)
        if isinstance(outcome, Answer | Refused):
            break
    return outcome


async def _once(access: Access, place: Place, probe: Probe, wait_s: float) -> Answer | WireError:
    link = None if place.link == access.link else place.link
    while True:
        try:
            return await access.ask(probe.of(place.unit), scan=True, link=link, timeout_s=wait_s)
        except Busy:
            await asyncio.sleep(_BUSY_S)
        except LinkLost:
            raise
        except WireError as error:
            return error
