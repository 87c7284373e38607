"""A configuration to paste, of what a scan has found: [bus.…], [unit.…] and [device.…]. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from drivers.bus.records import Link
from drivers.profile import Profile

_PLACED = {"luminaire", "presence"}
_SHORT = {"luminaire": "lum"}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """The line that was looked at: its name in a configuration. `port` of a serial line, else `host` and `tcp_port`.

    `configured`: it stands in the running agent's configuration, with this `link`.
    """

    id: str
    configured: bool = False
    link: Link | None = None
    port: str = ""
    host: str = ""
    tcp_port: int = 0


class Box(msgspec.Struct, frozen=True):
    """A unit that was found, and the profiles that fit it, the best first; none: it was not asked what it is.

    `perhaps`: those that may fit, for all that is known; nothing is configured by them.
    """

    unit: int
    link: Link | None
    profiles: tuple[Profile, ...] | None
    perhaps: tuple[Profile, ...] = ()


def configuration(line: Line, boxes: Sequence[Box]) -> list[str]:
    """Return the lines of a configuration. What cannot stand on this line, or fits no profile, is a comment."""
    link = line.link if line.configured else _commonest(boxes)
    fits = sorted((box for box in boxes if box.link == link and box.profiles), key=lambda box: box.unit)
    rest = [box for box in boxes if box not in fits]
    parts = [list(_bus(line, link))] if fits and not line.configured else []
    for box in fits:
        parts += [list(_unit(line, box)), *map(list, _devices(line, box))]
    parts += [[_remark(box, link) for box in rest]] if rest else []
    return [row for part in parts for row in (*part, "")][:-1]


def _commonest(boxes: Sequence[Box]) -> Link | None:
    """Return the speed at which most answer that fit a profile: a line has one."""
    links = Counter(box.link for box in boxes if box.profiles) or Counter(box.link for box in boxes)
    return links.most_common(1)[0][0] if links else None


def _bus(line: Line, link: Link | None) -> Iterator[str]:
    yield f"[bus.{line.id}]"
    if link is None:
        yield 'kind = "modbus-tcp"'
        yield f"host = {_text(line.host)}"
        yield f"port = {line.tcp_port}"
        return
    yield 'kind = "modbus-rtu"'
    yield f"port = {_text(line.port)}"
    yield f"baud = {link.baud}"
    yield f"parity = {_text(link.parity)}"
    yield f"stop_bits = {link.stop_bits}"


def _unit(line: Line, box: Box) -> Iterator[str]:
    best, *others = box.profiles or ()
    also = f"   # fits as well: {', '.join(profile.name for profile in others)}" if others else ""
    yield f"[unit.{_unit_id(line, box)}]"
    yield f"bus = {_text(line.id)}"
    yield f"address = {box.unit}"
    yield f"profile = {_text(best.name)}{also}"


def _devices(line: Line, box: Box) -> Iterator[Iterator[str]]:
    """Yield a device for each channel, or one for all."""
    for profile in (box.profiles or ())[:1]:
        for channel in range(1, profile.channels + 1) if profile.channels else (None,):
            yield _device(line, box, profile.kinds, channel)


def _device(line: Line, box: Box, kinds: Sequence[str], channel: int | None) -> Iterator[str]:
    kind = kinds[0]
    end = "" if channel is None else f"-{channel}"
    yield f"[device.{_SHORT.get(kind, kind)}-{line.id}-{box.unit}{end}]"
    yield f"kind = {_text(kind)}" + (f"   # or {', '.join(kinds[1:])}" if len(kinds) > 1 else "")
    yield f"unit = {_text(_unit_id(line, box))}"
    if channel is not None:
        yield f"channel = {channel}"
    if kind in _PLACED:
        yield "position_m = 0   # where it stands along the street"


def _remark(box: Box, link: Link | None) -> str:
    if box.profiles is None:
        return f"# unit {box.unit}: what it is was not asked any more"
    if not box.profiles and box.perhaps:
        name = box.perhaps[0].name
        return f"# unit {box.unit}: perhaps {name}; look with `gadelys bus read WHERE {box.unit} --profile {name}`"
    if not box.profiles:
        return f"# unit {box.unit}: fits no profile; `gadelys profile list` shows which there are"
    name = box.profiles[0].name
    move = f"`gadelys unit baud WHERE {box.unit} {link.baud} --profile {name}`" if link is not None else ""
    return f"# unit {box.unit} ({name}) answers at {box.link}, not at {link}: not on this line before {move}"


def _unit_id(line: Line, box: Box) -> str:
    return f"{line.id}-{box.unit}"


def _text(word: str) -> str:
    return json.dumps(word, ensure_ascii=False)
