"""`gadelys bus read`: registers and bits of a unit, raw and decoded, once or as they change."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import msgspec

from agent.cli import terminal
from agent.cli.bus import product, registers, typed
from agent.cli.bus.access import Access, Way
from agent.cli.bus.registers import Told
from agent.cli.bus.typed import Block
from agent.cli.bus.units import Unit, find_unit, own_profiles
from agent.cli.bus.words import Target, meaning, trouble
from agent.cli.text import Line, Span, line
from agent.cli.trouble import MISUSED, Trouble
from drivers.errors import Refused, WireError
from drivers.modbus.codec import Code
from drivers.profile import Profile, ProfileError, load_profile


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """The words of the command line; none = not said. `watch_s`: look again so often; `seconds`: end after so long."""

    unit: str
    at: str | None
    count: int | None
    kind: str | None
    order: str | None
    scale: float | None
    profile: str | None
    watch_s: float | None
    seconds: float | None
    as_json: bool

    def block(self) -> tuple[Block | None, Code | None]:
        """Return what to read and how values stand in it; no block if a profile says what. ValueError."""
        if self.at is None or self.profile is not None:
            if self.at is not None:
                raise ValueError(
                    "--profile: expected it without SPACE:ADDRESS: the profile says where its points stand"
                )
            if self.kind or self.order or self.scale is not None or self.watch_s is not None:
                raise ValueError("--as, --order, --scale, --watch: expected SPACE:ADDRESS with them")
            return None, None
        at = typed.block(self.at, self.count)
        if self.kind is None and self.order is None and self.scale is None:
            return at, None
        if at.is_bits:
            raise ValueError(f"--as, --order, --scale: expected registers (holding, input); {at.space} are single bits")
        code = typed.code(self.kind or "u16", self.order, self.scale, length=at.count)
        return (typed.block(self.at, code.words) if self.count is None else at), code


def read(way: Way, words: Typed) -> int:
    """Read, and print what came. Trouble if the unit refuses or does not answer."""
    if words.watch_s is not None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        at, code = words.block()
        access = way.open()
        unit = find_unit(access, words.unit)
        target = Target(access.place, access.link, unit.address)
    except ValueError as error:
        raise Trouble(str(error), MISUSED) from None
    try:
        if at is None:
            asyncio.run(_product(access, target, _profile(way, unit, words.profile), as_json=words.as_json))
        else:
            asyncio.run(_registers(access, target, at, code, words))
    except KeyboardInterrupt:
        pass
    return 0


async def ask_block(access: Access, target: Target, at: Block, code: Code | None = None) -> Told:
    """Read a block. Trouble, with what to try, if there is no answer that can be believed."""
    try:
        answer = await access.ask(at.read(target.unit))
    except WireError as error:
        raise trouble(error, target, at) from None
    return Told(target.unit, at, answer.data, answer.latency_s, code)


async def _registers(access: Access, target: Target, at: Block, code: Code | None, words: Typed) -> None:
    async with access:
        told = await ask_block(access, target, at, code)
        lines = registers.page(told, access.place, terminal.width())
        _say(lines, as_json=words.as_json, document=registers.record(told, access.place))
        if words.watch_s is None:
            return
        try:
            async with asyncio.timeout(words.seconds):
                await _watch(access, target, told, words)
        except TimeoutError:
            return


async def _watch(access: Access, target: Target, told: Told, words: Typed) -> None:
    """Print a line a change, until cancelled; as JSON a document a look."""
    trouble_before = ""
    while True:
        await asyncio.sleep(words.watch_s or 0.0)
        try:
            now = await ask_block(access, target, told.at, told.code)
        except Trouble as trouble:
            if str(trouble) != trouble_before:
                _say([line(Span(str(trouble), "warn"))], as_json=words.as_json, document={"error": str(trouble)})
            trouble_before = str(trouble)
            continue
        trouble_before = ""
        _say(registers.changes(told, now), as_json=words.as_json, document=registers.record(now, access.place))
        told = now


async def _product(access: Access, target: Target, profile: Profile, *, as_json: bool) -> None:
    """Read all points of a profile, each by itself, so that each says what is wrong with it."""
    rows: list[product.Found] = []
    async with access:
        for spot in product.spots(profile):
            try:
                answer = await access.ask(spot.at.read(target.unit))
                rows.append(product.found(spot, answer.data))
            except WireError as error:
                if not rows and not isinstance(error, Refused):
                    raise trouble(error, target, spot.at) from None
                rows.append(product.Found(spot, b"", None, meaning(error, target, spot.at)))
    if as_json:
        terminal.show_json(msgspec.json.encode(product.record(rows)))
        return
    title = f"{target}, as {profile.name}: {profile.title}"
    terminal.show([line(Span(title, "dim")), *product.page(rows, terminal.width())])


def _profile(way: Way, unit: Unit, name: str | None) -> Profile:
    name = name or (unit.known.profile if unit.known is not None else None)
    if name is None:
        raise Trouble(
            "expected SPACE:ADDRESS, such as holding:90, or --profile NAME for all points of a profile", MISUSED
        )
    folder: Path = own_profiles(way.socket)
    try:
        return load_profile(name, folder)
    except ProfileError as error:
        raise Trouble(f"--profile: {error}", MISUSED) from None


def _say(lines: list[Line], *, as_json: bool, document: dict[str, object]) -> None:
    if as_json:
        terminal.show_json(msgspec.json.encode(document))
    elif lines:
        terminal.show(lines)
