"""A profile as a page of a datasheet. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.cli import format as fmt
from agent.cli.text import Column, Line, Span, clip, line, plain, table, wrap
from drivers.profile import Identify, Profile, Row, Setting, Space

_FUNCTIONS: dict[Space, int] = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
_LABEL = 14  # cells of what a line is about
_COLUMNS = (
    Column("point"),
    Column("unit"),
    Column("fn", right=True),
    Column("address", right=True),
    Column("hex", right=True, spare=1),
    Column("type"),
    Column("scale", spare=2),
    Column("what", spare=3),
)


def sheet(profile: Profile, place: str, width: int) -> list[Line]:
    """Return the page; `place` says where the profile is from."""
    lines = [part for section in _sections(profile, place, width) for part in (*section, line())]
    return [clip(part, width) for part in lines[:-1]]


def _sections(profile: Profile, place: str, width: int) -> Iterator[list[Line]]:
    yield _head(profile, place, width)
    yield _said(_line_facts(profile), width)
    yield [_title("Points"), *_points(profile, width)]
    if profile.output is not None:
        yield [_title("Output"), *_said(_output_facts(profile), width)]
    if profile.setup:
        yield [_title("Setup, written before the first level"), *_settings(profile.setup, width)]
    if profile.safety is not None:
        yield [_title("Safety, what it does when it hears nothing"), *_settings(profile.safety, width)]
    if profile.commission is not None:
        yield [_title("Commissioning"), *_said(_commission_facts(profile), width)]
    if profile.identify:
        yield [_title("Known by"), *_said([("", _mark(mark)) for mark in profile.identify], width)]
    yield [_title("Quality card"), *_said(_card_facts(profile), width)]
    if profile.check:
        yield [_title("Check frames"), *_said(list(_frames(profile)), width)]


def _title(text: str) -> Line:
    return line(Span(text, "bold"))


def _head(profile: Profile, place: str, width: int) -> list[Line]:
    variant = f", {profile.variant}" if profile.variant else ""
    facts = [
        ("for", ", ".join(profile.kinds) + (f"; {fmt.count(profile.channels, 'channel')}" if profile.channels else "")),
        ("source", profile.source),
        ("profile", place),
    ]
    return [line(Span(profile.name, "bold"), f"  {profile.title}{variant}"), *_said(facts, width)]


def _said(facts: Sequence[tuple[str, str]], width: int) -> list[Line]:
    """Return a line a fact, longer ones on several."""
    rest = " " * (_LABEL + 2)
    return [part for label, text in facts for part in wrap(text, width, first=f"  {label:{_LABEL}}", rest=rest)]


def _line_facts(profile: Profile) -> list[tuple[str, str]]:
    facts = []
    if (link := profile.link) is not None:
        at = f"address {link.address}" if link.address is not None else "address on its label"
        facts.append(("line", f"{link.baud} 8{link.parity[0].upper()}{link.stop_bits}, {at}, as it leaves the factory"))
        if link.bauds:
            facts.append(("bauds", " ".join(map(str, link.bauds))))
    facts.append(("reads", f"each {profile.poll_s:g} s, at most {profile.max_read} registers at once"))
    if profile.forbidden:
        facts.append(
            ("never read", ", ".join(f"{one.space} {_range(one.first, one.last)}" for one in profile.forbidden))
        )
    functions = {"both": "single and multiple", "single": "single only", "multiple": "multiple only"}[profile.write]
    facts.append(("writes", functions + ("; all units at once by broadcast" if profile.broadcast else "")))
    if profile.timeout_ms is not None:
        facts.append(("answers", f"within {profile.timeout_ms} ms"))
    if profile.turnaround_ms:
        facts.append(("rests", f"{profile.turnaround_ms} ms between an answer and the next request"))
    return facts


def _points(profile: Profile, width: int) -> list[Line]:
    """Lay out a row a point, with what else is to be known of it below."""
    laid = table(_COLUMNS, [_cells(row, profile.channels) for row in profile.points], width - 2)
    lines = [_indented(laid[0])]
    titled = plain(laid[0]).endswith(_COLUMNS[-1].title)  # else the titles did not fit, and stand below
    for row, cells in zip(profile.points, laid[1:], strict=True):
        lines.append(_indented(cells))
        if notes := "; ".join((*(() if titled else (row.title,)), *_notes(row))):
            lines += wrap(notes, width, first="      ", rest="      ", tone="dim")
    return lines


def _indented(part: Line) -> Line:
    return line("  ", *part)


def _cells(row: Row, channels: int) -> list[Span | str]:
    last = row.address + max(channels - 1, 0) * row.stride
    return [
        row.point,
        row.unit,
        str(_FUNCTIONS[row.space]),
        _addresses(row.address, last, row.stride),
        f"0x{row.address:04X}",
        _type(row),
        "" if row.scale == 1 else f"x {row.scale:g}",
        row.title,
    ]


def _addresses(first: int, last: int, stride: int) -> str:
    return _range(first, last) + (f" by {stride}" if last > first and stride > 1 else "")


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _type(row: Row | Identify) -> str:
    if row.type == "bits":
        bit, width = row.bit or 0, row.width or 1
        kind = f"bit {bit}" if width == 1 else f"bits {bit}-{bit + width - 1}"
    else:
        kind = f"text of {2 * (row.words or 0)}" if row.type == "text" else row.type
    return kind if row.order == "ABCD" else f"{kind} {row.order}"


def _notes(row: Row) -> Iterator[str]:
    if row.doubt:
        yield f"uncertain: {row.doubt}"
    if row.offset:
        yield f"offset {row.offset:g}"
    if row.enum:
        yield ", ".join(f"{raw} = {name}" for raw, name in row.enum.items())
    if row.low is not None or row.high is not None:
        yield _limits(row.low, row.high)
    if row.errors:
        yield f"no value: {', '.join(_raw(error) for error in row.errors)}"
    if row.pace != "slow":
        yield {"fast": "read fast", "once": "read once"}[row.pace]
    if row.single:
        yield "read alone"


def _limits(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"from {low:g} to {high:g}"


def _raw(number: int) -> str:
    return f"0x{number:X}" if number > 9 else str(number)


def _output_facts(profile: Profile) -> list[tuple[str, str]]:
    output = profile.output
    if output is None:
        return []
    last = output.address + max(profile.channels - 1, 0) * output.stride
    step = "on above 0 %" if output.space == "coil" else f"{output.steps_per_pct:g} a per cent"
    facts = [("levels go to", f"{output.space} {_addresses(output.address, last, output.stride)}, {step}")]
    facts.append(("read back by", output.confirmed_by))
    if output.fade:
        facts.append(("fades itself", " and ".join(output.fade)))
    if output.curve == "dali":
        facts.append(("light", "by DALI's logarithmic curve, unless a device says otherwise"))
    return facts


def _settings(settings: Sequence[Setting], width: int) -> list[Line]:
    cells: list[list[Span | str]] = [
        [f"{one.space} {_range(one.address, one.address + one.count - 1)}", f"= {one.value}", one.what]
        for one in settings
    ]
    return [_indented(part) for part in table((Column(""), Column(""), Column("")), cells, width - 2)[1:]]


def _commission_facts(profile: Profile) -> list[tuple[str, str]]:
    commission, facts = profile.commission, []
    if commission is None:
        return []
    takes = {"at once": "at once", "saved": "at once, kept when saved", "restart": "when it is started again"}
    facts.append(("takes effect", takes[commission.effect]))
    for label, writes in (("unlock", commission.unlock), ("save", commission.save)):
        if writes:
            facts.append((label, ", ".join(f"{_register(one)} = 0x{value:04X}" for one, value in writes)))
    if (address := commission.address) is not None:
        facts.append(("address", f"register {_register(address.register)}{_mask(address.mask)}"))
    if (baud := commission.baud) is not None:
        codes = ", ".join(f"{rate} = {code}" for rate, code in baud.codes.items())
        codes = codes if baud.per is None else f"baud / {baud.per}"
        facts.append(("baud", f"register {_register(baud.register)}{_mask(baud.mask)}: {codes}"))
    if (parity := commission.parity) is not None:
        codes = ", ".join(f"{name} = {code}" for name, code in parity.codes.items())
        facts.append(("parity", f"register {_register(parity.register)}{_mask(parity.mask)}: {codes}"))
    return facts


def _register(address: int) -> str:
    return f"{address} (0x{address:04X})"


def _mask(mask: int) -> str:
    return "" if mask == 0xFFFF else f" under 0x{mask:04X}"


def _mark(mark: Identify) -> str:
    place = f"{mark.space} {_register(mark.address)}"
    if mark.refuses:
        return f"{place} is refused"
    if mark.equals is not None:
        return f"{place} reads {mark.equals} ({_type(mark)})"
    return f"{place} reads {mark.low:g} to {mark.high:g} ({_type(mark)})"


def _card_facts(profile: Profile) -> list[tuple[str, str]]:
    card = profile.card
    kinds = (("verified", card.verified), ("read", card.read), ("recalled", card.recalled))
    facts = [(label if not number else "", text) for label, texts in kinds for number, text in enumerate(texts)]
    return [*facts, ("on hardware", card.hardware)]


def _frames(profile: Profile) -> Iterator[tuple[str, str]]:
    for check in profile.check:
        yield "request", check.request
        if check.reply:
            yield "reply", check.reply
        if check.values:
            yield "reads", ", ".join(f"{point} = {value}" for point, value in check.values.items())
