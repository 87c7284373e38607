"""Which answers may still come on a line, and what to ask so that the next one can be believed. Pure.

Modbus RTU has no number that ties an answer to its request, but a unit answers in order: an answer that can only be that to
the last request, the fence, says that all earlier ones have come or never will.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter

import msgspec

from drivers.modbus import pdu
from drivers.modbus.pdu import Request

OVER_S = 10.0  # assumed: no unit, adapter or device server keeps an answer for so long
_LONGEST_LATENCY_S = 2.0  # an answer that is later teaches no more than this: each drain takes as long
_LONGEST_TIMEOUTS = 5  # nor than so many of the line's time-outs
_FORGET_S = 60.0  # one slow answer is held against the line for so long, and as long again
_NO_FENCES_S = 600.0
_MOST_PENDING = 16
_MOST_KNOWN = 4  # requests that a unit is known to answer
_MOST_FENCES = 2  # unanswered ones, after which the request itself is asked and its answer thrown away

_OTHER = {pdu.READ_HOLDING: pdu.READ_INPUT, pdu.READ_INPUT: pdu.READ_HOLDING}
_READING = {
    pdu.WRITE_COIL: pdu.READ_COILS,
    pdu.WRITE_COILS: pdu.READ_COILS,
    pdu.WRITE_REGISTER: pdu.READ_HOLDING,
    pdu.WRITE_REGISTERS: pdu.READ_HOLDING,
}
_ANSWER_BYTES = attrgetter("answer_bytes")
READS = frozenset({pdu.READ_COILS, pdu.READ_DISCRETE, pdu.READ_HOLDING, pdu.READ_INPUT})


class Latency:
    """The longest time that answers have lately taken. Times are monotonic seconds."""

    def __init__(self, until_learned_s: float) -> None:
        self._first_s = until_learned_s
        self.most_s = min(_LONGEST_LATENCY_S, _LONGEST_TIMEOUTS * until_learned_s)
        self._longest_s: tuple[float, float] | None = None  # of the last two spans of time
        self._since_s = 0.0

    @property
    def longest_s(self) -> float:
        """Return the longest latency known, or what was said at first."""
        return self._first_s if self._longest_s is None else max(self._longest_s)

    def learn(self, latency_s: float, now_s: float) -> None:
        """An answer took so long."""
        latency_s = min(latency_s, self.most_s)
        if self._longest_s is None:
            self._longest_s, self._since_s = (latency_s, latency_s), now_s
        elif now_s - self._since_s > _FORGET_S:
            self._longest_s, self._since_s = (self._longest_s[1], latency_s), now_s
        elif latency_s > self._longest_s[1]:
            self._longest_s = (self._longest_s[0], latency_s)


class _Pending(msgspec.Struct, frozen=True, gc=False):
    request: Request
    sent_s: float


class Trust:
    """What was asked on one line and not answered, by unit, in the order of asking."""

    def __init__(self) -> None:
        self._pending: dict[int, list[_Pending]] = {}
        self._known: dict[int, dict[tuple[int, int], Request]] = {}
        self._failed: dict[int, list[Request]] = {}  # fences that were not answered, since the unit last answered
        self._no_fences_s: dict[int, float] = {}  # units that have answered none, and until when none is tried

    def pending(self) -> tuple[Request, ...]:
        """Return all requests that may still be answered, the oldest of each unit first."""
        if not self._pending:
            return ()
        return tuple(pending.request for unit in self._pending.values() for pending in unit)

    def unanswered(self, request: Request, sent_s: float) -> None:
        """A request has left and was not answered, or not well."""
        unit = self._pending.setdefault(request.unit, [])
        unit.append(_Pending(request, sent_s))
        del unit[:-_MOST_PENDING]

    def answered(self, request: Request) -> None:
        """A request was answered, with what it asked for."""
        self.over(request.unit)
        if request.function in READS:
            known = self._known.setdefault(request.unit, {})
            if len(known) < _MOST_KNOWN:
                known[request.function, request.answer_bytes] = request

    def over(self, unit: int) -> None:
        """A unit has answered the last request, so nothing earlier can come any more."""
        if self._pending:
            self._pending.pop(unit, None)
        if self._failed:
            self._failed.pop(unit, None)

    def late(self, request: Request, now_s: float) -> float:
        """An answer to one of the pending came: the oldest that it fits and all before it are over; return how late."""
        unit = self._pending.get(request.unit, [])
        for place, pending in enumerate(unit):
            if alike(pending.request, request):
                self._keep(request.unit, unit[place + 1 :])
                return now_s - pending.sent_s
        return 0.0

    def doubtful(self, request: Request, now_s: float) -> bool:
        """Return whether an answer to an earlier request could be taken for one to this."""
        unit = self._pending.get(request.unit)
        if unit is None:
            return False
        self._keep(request.unit, [pending for pending in unit if now_s - pending.sent_s < OVER_S])
        return any(alike(pending.request, request) for pending in self._pending.get(request.unit, ()))

    def fence(self, request: Request, now_s: float) -> Request | None:
        """Return what to ask before this request; None if the unit answers nothing that would prove anything."""
        unit = request.unit
        failed = self._failed.get(unit, [])
        if len(failed) >= _MOST_FENCES or self._no_fences_s.get(unit, now_s) > now_s:
            return None
        before = [pending.request for pending in self._pending.get(unit, ())]
        return next(
            (
                fence
                for fence in self._fences(request, before)
                if fence not in failed and _proves(fence, request, before)
            ),
            None,
        )

    def fence_failed(self, fence: Request) -> None:
        """A fence was not answered: another one is tried the next time."""
        self._failed.setdefault(fence.unit, []).append(fence)

    def no_fences(self, unit: int, now_s: float) -> None:
        """A unit answers no fence; silence has shown instead that nothing of it can come any more."""
        self._no_fences_s[unit] = now_s + _NO_FENCES_S
        self.over(unit)

    def _fences(self, request: Request, before: Iterable[Request]) -> Iterator[Request]:
        """Yield reads that the unit may answer, those first that are the likeliest to be answered."""
        yield from sorted(self._known.get(request.unit, {}).values(), key=_ANSWER_BYTES)
        for asked in (request, *before):
            if asked.function in READS or asked.function in _READING:
                yield from _reads_at(asked)

    def _keep(self, unit: int, pending: list[_Pending]) -> None:
        if pending:
            self._pending[unit] = pending
        else:
            self._pending.pop(unit, None)


def alike(one: Request, other: Request) -> bool:
    """Return whether a normal answer to one would be believed as an answer to the other."""
    if one.unit != other.unit or one.function != other.function:
        return False
    if one.function == pdu.DEVICE_ID:
        return one.pdu[1:3] == other.pdu[1:3]
    return one.answer_bytes == other.answer_bytes and one.echo == other.echo


def _proves(fence: Request, request: Request, before: Iterable[Request]) -> bool:
    return not alike(fence, request) and not any(alike(fence, earlier) for earlier in before)


def _reads_at(asked: Request) -> Iterator[Request]:
    """Yield small reads at the address of a request whose answers have another shape, the likeliest to be answered first."""
    address, count = int.from_bytes(asked.pdu[1:3], "big"), int.from_bytes(asked.pdu[3:5], "big")
    function = _READING.get(asked.function, asked.function)
    step = 1 if function in _OTHER else 8  # bits are answered by the byte
    other = [pdu.read(asked.unit, _OTHER[function], address, 1)] if function in _OTHER else []
    reads = [pdu.read(asked.unit, function, address, held) for held in (1, 1 + step, 1 + 2 * step)]
    if asked.function in READS and count <= step:
        # An exception to the same function would prove nothing: an earlier request may have caused it.
        yield from other
    yield from reads
    yield from other


def mirror_probe(request: Request) -> Request:
    """Return a read of one coil or register where a request reads or writes: no echo can pass for its answer."""
    function = _READING.get(request.function, request.function)
    return pdu.read(request.unit, function, int.from_bytes(request.pdu[1:3], "big"), 1)
