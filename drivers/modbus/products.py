"""What profiles say to whoever looks for units, or gives them another id or speed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from drivers.bus.records import Link, Parity
from drivers.modbus import pdu
from drivers.modbus.commission import LOOK_S, Change, Place, Register
from drivers.modbus.questions import ANYBODY, UNITS, Known, Probe
from drivers.profile import Commission, Identify, Profile, Row

_FUNCTIONS = {
    "coil": pdu.READ_COILS,
    "discrete": pdu.READ_DISCRETE,
    "holding": pdu.READ_HOLDING,
    "input": pdu.READ_INPUT,
}


class NotPossible(Exception):
    """A unit of this profile cannot be changed so; the text says why, and what it can."""


def known(profiles: Iterable[Profile]) -> tuple[Known, ...]:
    """Return how products leave their factories, where their profiles tell."""
    return tuple(
        Known(
            profile.link.address,
            Link(profile.link.baud, profile.link.parity, profile.link.stop_bits),
            probes(profile)[0],
            None if profile.timeout_ms is None else profile.timeout_ms / 1000,
        )
        for profile in profiles
        if profile.link is not None and profile.link.address is not None
    )


def probes(profile: Profile) -> tuple[Probe, ...]:
    """Return reads that a unit of this profile answers, the surest first, and what most units answer."""
    sure = [probe_of(mark) for mark in profile.identify if not mark.refuses]
    return tuple(dict.fromkeys((*sure[:1], probe_of(profile.points[0]), ANYBODY[0])))


def probe_of(row: Row | Identify) -> Probe:
    """Return the read of a row."""
    return Probe(_FUNCTIONS[row.space], row.address, row.code.words)


def change_of_address(profile: Profile, old: Place, unit: int) -> Change:
    """Return how a unit gets another id. NotPossible."""
    commission = profile.commission
    if commission is None or commission.address is None:
        raise NotPossible(f"{profile.name}: its profile does not say how the id is changed")
    if unit not in UNITS:
        raise NotPossible(f"{unit}: expected an id from {UNITS[0]} to {UNITS[-1]}")
    if unit == old.unit:
        raise NotPossible(f"{unit}: it has this id already")
    if unit > commission.address.mask:
        raise NotPossible(f"{unit}: expected an id of at most {commission.address.mask}, as {profile.name} keeps it")
    register = Register(
        "id", commission.address.register, commission.address.mask, old.unit, unit, Place(unit, old.link)
    )
    return _change(profile, commission, old, (register,))


def change_of_speed(profile: Profile, old: Place, baud: int, parity: Parity | None) -> Change:
    """Return how a unit gets another speed, and another parity if one is said. NotPossible."""
    commission, link = profile.commission, old.link
    if link is None:
        raise NotPossible(
            "the speed of a unit behind an address cannot be followed from here; do it on its serial line"
        )
    if commission is None:
        raise NotPossible(f"{profile.name}: its profile does not say how the speed is changed")
    parity = parity or link.parity
    stop_bits = link.stop_bits if parity == link.parity else 1
    registers = []
    if baud != link.baud:
        link = Link(baud, link.parity, link.stop_bits)
        registers.append(_baud(profile, commission, old, link))
    if parity != link.parity:
        registers.append(_parity(profile, commission, old, Link(baud, parity, stop_bits)))
    if not registers:
        raise NotPossible(f"it is at {link} already")
    return _change(profile, commission, old, tuple(_joined(registers)))


def _baud(profile: Profile, commission: Commission, old: Place, link: Link) -> Register:
    field = commission.baud
    if field is None or old.link is None:
        raise NotPossible(f"{profile.name}: its profile does not say how the baud is changed")
    can = profile.link.bauds if profile.link is not None else ()
    codes = {one: code for one, code in field.codes.items() if not can or one in can}
    if field.per is not None and not can:
        after: int | None = link.baud // field.per if link.baud % field.per == 0 else None
        before: int | None = old.link.baud // field.per
        choice = f"a multiple of {field.per}"
    else:
        codes = codes or {one: one // (field.per or 1) for one in can}
        after, before = codes.get(link.baud), codes.get(old.link.baud)
        choice = ", ".join(map(str, sorted(codes)))
    if after is None or after > field.mask:
        raise NotPossible(f"{link.baud} baud: {profile.name} can {choice}")
    return Register("baud", field.register, field.mask, before, after, Place(old.unit, link))


def _parity(profile: Profile, commission: Commission, old: Place, link: Link) -> Register:
    field = commission.parity
    if field is None or old.link is None:
        raise NotPossible(f"{profile.name}: its profile does not say how the parity is changed")
    if link.parity not in field.codes:
        raise NotPossible(f"parity {link.parity}: {profile.name} can {', '.join(field.codes)}")
    before = field.codes.get(old.link.parity)
    return Register("parity", field.register, field.mask, before, field.codes[link.parity], Place(old.unit, link))


def _joined(registers: list[Register]) -> Iterator[Register]:
    """Where baud and parity stand in one register, they are written at once."""
    first, *rest = registers
    if not rest or rest[0].address != first.address:
        yield from registers
        return
    second = rest[0]
    known_before = first.before is not None and second.before is not None
    before = (first.before or 0) | (second.before or 0) if known_before else None
    yield Register(
        f"{first.what} and {second.what}",
        first.address,
        first.mask | second.mask,
        before,
        first.after | second.after,
        second.then,
    )


def _change(profile: Profile, commission: Commission, old: Place, registers: tuple[Register, ...]) -> Change:
    return Change(
        old=old,
        registers=registers,
        effect=commission.effect,
        unlock=commission.unlock,
        save=commission.save,
        by_16=profile.write == "multiple",
        probes=probes(profile),
        look_s=max(LOOK_S, (profile.timeout_ms or 0) / 1000),
    )
