"""What a scan asks, and in which order: the likeliest first, each unit with the fewest questions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from drivers.bus.records import Link
from drivers.modbus import pdu
from drivers.modbus.pdu import Request

UNITS = range(1, 248)
ITSELF = 255  # over TCP: the device at the address itself

LIKELY = (  # what lines are set to, likeliest first
    Link(9600), Link(19200, "even"), Link(19200), Link(19200, "none", 2), Link(4800), Link(2400), Link(38400),
    Link(57600), Link(115200), Link(1200),
)  # fmt: skip
SENTINELS = (1, 247, 246, 245)  # a device that answers under all of these does not look at the id

_USUAL = range(1, 33)  # ids that people give
_REQUEST_CHARS = 8
_WAIT_S = 0.06  # beyond the silence: most units answer within 50 ms
_WAIT_CHARS = 8  # units on slow lines are slow themselves
_TCP_WAIT_S = 0.3
_AGAIN_TIMES = 4


class Probe(msgspec.Struct, frozen=True):
    """A read that some units answer."""

    function: int
    address: int
    count: int = 1

    def of(self, unit: int) -> Request:
        """Return the request to one unit."""
        return pdu.read(unit, self.function, self.address, self.count)


# Most units answer the first, be it by an exception; many a cheap sensor is silent on what it does not have.
ANYBODY = (Probe(pdu.READ_HOLDING, 0), Probe(pdu.READ_INPUT, 0), Probe(pdu.READ_COILS, 0))


class Known(msgspec.Struct, frozen=True):
    """How a product leaves its factory, and a read that it answers; `wait_s`: what it needs, none = as all others."""

    unit: int
    link: Link
    probe: Probe
    wait_s: float | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for. `links`: the line's own speed first; one that is none: no speed, or none that is known here.

    `fast`: everybody is asked one question. Otherwise whoever is silent is asked others, which other units answer.
    """

    links: tuple[Link | None, ...]
    units: tuple[int, ...]
    known: tuple[Known, ...] = ()
    fast: bool = False


class Question(msgspec.Struct, frozen=True):
    """One request, at a speed, and how long its answer may take to begin, in seconds."""

    link: Link | None
    request: Request
    wait_s: float

    @property
    def unit(self) -> int:
        """Return who is asked."""
        return self.request.unit

    @property
    def shape(self) -> tuple[Link | None, int, int, int]:
        """Return what all questions have in common of which one could be answered by a late answer to another."""
        return (self.link, self.unit, self.request.function, self.request.answer_bytes)

    @property
    def silent_s(self) -> float:
        """Return how long it takes on the line if nobody answers, in seconds."""
        if self.link is None:
            return self.wait_s
        return _REQUEST_CHARS * self.link.char_s + self.link.silence_s + self.wait_s


def questions(wanted: Wanted) -> Iterator[Question]:
    """Yield all that is asked, likeliest first.

    Everybody on the line's own speed; on others, products as they leave the factory, then the ids that people give;
    then on the own speed what else may be answered, with more patience each time; then all the others.
    """
    own, *others = wanted.links
    units = ordered(wanted)
    usual = [unit for unit in units if unit in _USUAL or any(unit == known.unit for known in wanted.known)]
    rest = [unit for unit in units if unit not in usual]
    yield from _sweep(own, units, ANYBODY[0], wanted.known)
    for link in others:
        yield from _sweep(link, units, None, tuple(known for known in wanted.known if known.link == link))
    for link in others:
        yield from _sweep(link, usual, ANYBODY[0])
    for times, probe in enumerate(() if wanted.fast else ANYBODY[1:], 2):
        yield from _sweep(own, units, probe, times=times)
    for link in others:
        yield from _sweep(link, rest, ANYBODY[0])
    for link in () if wanted.fast else others:
        yield from _sweep(link, units, ANYBODY[1])


def again(link: Link | None, unit: int) -> Iterator[Question]:
    """Yield what to ask a unit that made a noise: the same, with patience."""
    for probe in ANYBODY[:2]:
        yield Question(link, probe.of(unit), _AGAIN_TIMES * patience_s(link))


def ordered(wanted: Wanted) -> tuple[int, ...]:
    """Return the units, likeliest first: as products leave the factory, then upwards. Over TCP the sentinels lead."""
    lead = dict.fromkeys((*(SENTINELS if wanted.links[0] is None else (1,)), *(known.unit for known in wanted.known)))
    asked = set(wanted.units)
    return (*(unit for unit in lead if unit in asked), *sorted(asked - set(lead)))


def patience_s(link: Link | None) -> float:
    """Return how long an answer may take to begin, in seconds."""
    if link is None:
        return _TCP_WAIT_S
    return 3.5 * link.char_s + max(_WAIT_S, _WAIT_CHARS * link.char_s)


def _sweep(
    link: Link | None, units: Sequence[int], probe: Probe | None, known: Iterable[Known] = (), times: int = 1
) -> Iterator[Question]:
    """Ask each unit one question, and those at which a product may be what that product answers."""
    special: dict[int, dict[Probe, float | None]] = {}
    for one in known:
        special.setdefault(one.unit, {}).setdefault(one.probe, one.wait_s)
    for unit in units:
        probes = {probe: None, **special.get(unit, {})} if probe is not None else special.get(unit, {})
        for asked, wait_s in probes.items():
            yield Question(link, asked.of(unit), wait_s or times * patience_s(link))
