"""`gadelys instrument listen`: an instrument on its port, without an agent; a line a change, until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from agent.cli import format as fmt
from agent.cli import terminal
from agent.cli.instrument.models import model_named, settings_of
from agent.cli.show import TONES
from agent.cli.text import Line, Span, clip, line
from agent.cli.trouble import REFUSED, UNREACHABLE, Trouble
from drivers.lines.instrument import Model
from drivers.lines.port import InstrumentPort, InstrumentSpec, InstrumentState
from drivers.points import Point, Reading


def spec_of(port: Path, name: str, baud: int | None, words: Sequence[str]) -> InstrumentSpec:
    """Return an instrument with a device of each kind that it serves; `words`: OPTION=VALUE each. Trouble."""
    model = model_named(name)
    return InstrumentSpec(
        id=port.name,
        model=model,
        port=port,
        baud=baud,
        options=settings_of(model, words),
        devices=tuple((kind, port.name) for kind in model.kinds),
    )


def listen(spec: InstrumentSpec, *, as_json: bool, seconds: float | None) -> int:
    """Print what an instrument says; 0 if it was understood, 1 if not. Trouble if the port cannot be opened."""
    state = asyncio.run(_listen(spec, as_json=as_json, seconds=seconds))
    if state.frames == 0:
        sys.stderr.write(f"gadelys: {_not_understood(spec, state)}\n")
        return REFUSED
    if not as_json:
        terminal.show_text(_summary(spec.model, state))
    return 0


async def _listen(spec: InstrumentSpec, *, as_json: bool, seconds: float | None) -> InstrumentState:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGINT, ended.set)
    sink = _Printer(ended, as_json=as_json)
    port = InstrumentPort(spec, now=time.monotonic, sink=sink)
    sink.points = {point.key: point for point in port.points()}
    running = asyncio.create_task(port.run())
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await ended.wait()
    state = port.state()
    running.cancel()
    await asyncio.wait([running])
    if sink.lost:
        raise Trouble(f"{sink.lost}{_hint(sink.lost)}", UNREACHABLE)
    return state


class _Printer:
    """Prints each change of a value or quality."""

    def __init__(self, ended: asyncio.Event, *, as_json: bool) -> None:
        self.points: dict[str, Point] = {}
        self.lost = ""
        self._ended = ended
        self._as_json = as_json
        self._last: dict[str, Reading] = {}

    def reading(self, key: str, reading: Reading) -> None:
        before, self._last[key] = self._last.get(key), reading
        if self.lost or (before and (before.value, before.quality) == (reading.value, reading.quality)):
            return
        now = datetime.now(UTC)  # noqa: TID251 - the time of the person who looks
        if self._as_json:
            terminal.show_json(msgspec.json.encode(_row(self.points[key], reading, now)))
        else:
            terminal.show([clip(_said(self.points[key], reading, now), terminal.width())])

    def event(self, name: str, **keys: object) -> None:
        if name == "instrument_lost":
            self.lost = str(keys["reason"])
            self._ended.set()


def _said(point: Point, reading: Reading, now: datetime) -> Line:
    quality = reading.quality if not reading.reason else f"{reading.quality}: {reading.reason}"
    resource = point.key.partition("/")[2]
    return line(
        Span(f"{now.astimezone():%H:%M:%S.%f}"[:-3], "dim"),
        f"  {resource:<24}  ",
        Span(f"{fmt.value(reading.value, point.unit):>12}", "bold"),
        "  ",
        Span(quality, TONES.get(reading.quality, "bad")),
    )


def _row(point: Point, reading: Reading, now: datetime) -> dict[str, object]:
    return {
        "time": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "resource": point.key.partition("/")[2],
        "value": reading.value,
        "unit": point.unit,
        "quality": reading.quality,
        "reason": reading.reason,
    }


def _summary(model: Model, state: InstrumentState) -> str:
    identity = f", {state.identity}" if state.identity else ""
    return (
        f"{model.title}{identity}: {fmt.count(state.frames, 'frame')} at {state.baud} baud, {state.bad_frames} wrong, "
        f"{fmt.count(state.stray_bytes, 'stray byte')}"
    )


def _not_understood(spec: InstrumentSpec, state: InstrumentState) -> str:
    if state.stray_bytes or state.bad_frames:
        came = f"{fmt.count(state.stray_bytes, 'byte')} came that make no frame of a {spec.model.name}"
        return f"{came} at {state.baud} baud; what is there: gadelys instrument find {spec.port}"
    return f"nothing came at {state.baud} baud: check supply, ground, and that RX meets TX"


def _hint(lost: str) -> str:
    return "; the agent has it: `gadelys watch` shows what it hears" if "temporarily unavailable" in lost else ""
