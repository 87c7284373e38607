"""What a row holds: reports as compressed columns, and the store's state, both with a checksum. Pure."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

import msgspec

from agent.journal.records import Report
from drivers.points import Value

MOST = 400  # reports in a chunk: what one settling rewrites at most, and what making room drops at once


class Damaged(Exception):
    """The bytes are not those that were kept. The text says what is wrong with them."""


class Chunk(msgspec.Struct, frozen=True):
    """Up to MOST reports of one boot with their numbers in order, none above `last`, which names the chunk."""

    last: int
    boot: str
    numbers: tuple[int, ...]
    reports: tuple[Report, ...]


class State(msgspec.Struct, omit_defaults=True):
    """What the store knows of itself; a transaction changes it. The next number is `last_number` + 1, whatever is left.

    `spent_bytes` is how full the bucket of the day's writes is. `offsets_ms`: of a boot, what makes wall time of monotonic
    time, as it was known last.
    """

    store_id: str
    bd_seq: int = -1
    last_number: int = 0
    waiting: int = 0
    dropped: int = 0
    thinned: int = 0
    quarantined: int = 0
    written_bytes: int = 0
    spent_bytes: int = 0
    offsets_ms: dict[str, int] = {}


class _Columns(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A chunk as it is kept. A step is the difference to the one before; a wall step's is that of wall - monotonic."""

    last: int
    boot: str
    series: list[tuple[str, str, int, int]]  # device, metric, datatype, quality: each once
    which: list[int]
    number_steps: list[int]
    values: list[Value | None]
    mono_steps_ms: list[int]
    wall_steps_ms: list[int | None]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Columns)
_state_decoder = msgspec.msgpack.Decoder(State)


def pack(chunk: Chunk) -> bytes:
    """Return the bytes of a chunk. ValueError for a value or time that is not finite, too large, or no UTF-8."""
    places: dict[tuple[str, str, int, int], int] = {}
    which = [
        places.setdefault((report.device, report.metric, report.datatype, report.quality), len(places))
        for report in chunk.reports
    ]
    for report in chunk.reports:
        _check(report)
    try:
        monos_ms = [round(report.mono_s * 1000) for report in chunk.reports]
        columns = _Columns(
            last=chunk.last,
            boot=chunk.boot,
            series=list(places),
            which=which,
            number_steps=_steps(chunk.numbers),
            values=[report.value for report in chunk.reports],
            mono_steps_ms=_steps(monos_ms),
            wall_steps_ms=_wall_steps(chunk.reports, monos_ms),
        )
        return zlib.compress(_encoder.encode(columns))
    except OverflowError as error:
        raise ValueError(f"a number of more than 64 bits cannot be kept ({error})") from error


def unpack(body: bytes) -> Chunk:
    """Return the chunk that was packed. Damaged if a bit of it has changed."""
    try:
        columns = _decoder.decode(zlib.decompress(body))
        numbers = tuple(accumulate(columns.number_steps))
        reports = tuple(_reports(columns))
    except (zlib.error, msgspec.DecodeError, ValueError, IndexError) as error:
        raise Damaged(str(error)) from error
    if len(numbers) != len(reports):
        raise Damaged(f"{len(numbers)} numbers, {len(reports)} reports")
    return Chunk(columns.last, columns.boot, numbers, reports)


def pack_state(state: State) -> bytes:
    """Return the bytes of a state."""
    body = _encoder.encode(state)
    return zlib.crc32(body).to_bytes(4, "big") + body


def unpack_state(body: bytes) -> State:
    """Return the state that was packed. Damaged if a bit of it has changed."""
    if zlib.crc32(body[4:]).to_bytes(4, "big") != body[:4]:
        raise Damaged("the checksum of its state is wrong")
    try:
        return _state_decoder.decode(body[4:])
    except msgspec.DecodeError as error:
        raise Damaged(str(error)) from error


def _check(report: Report) -> None:
    for number in (report.value, report.mono_s):
        if isinstance(number, float) and not math.isfinite(number):
            raise ValueError(f"{report.device}/{report.metric}: {number} cannot be kept; it is not finite")


def _steps(numbers: Iterable[int]) -> list[int]:
    before = 0
    steps = []
    for number in numbers:
        steps.append(number - before)
        before = number
    return steps


def _wall_steps(reports: Sequence[Report], monos_ms: Sequence[int]) -> list[int | None]:
    steps: list[int | None] = []
    before_ms = 0
    for report, mono_ms in zip(reports, monos_ms, strict=True):
        if report.wall_ms is None:
            steps.append(None)
        else:
            offset_ms = report.wall_ms - mono_ms
            steps.append(offset_ms - before_ms)
            before_ms = offset_ms
    return steps


def _reports(columns: _Columns) -> Iterator[Report]:
    offset_ms = 0
    rows = zip(columns.which, columns.values, accumulate(columns.mono_steps_ms), columns.wall_steps_ms, strict=True)
    for place, value, mono_ms, step_ms in rows:
        device, metric, datatype, quality = columns.series[place]
        wall_ms = None
        if step_ms is not None:
            offset_ms += step_ms
            wall_ms = mono_ms + offset_ms
        yield Report(device, metric, datatype, value, quality, mono_ms / 1000, wall_ms)
