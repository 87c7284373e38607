"""`gadelys instrument find`: what speaks at a port, by listening at each speed and by asking those that only answer."""

from __future__ import annotations

import contextlib
import select
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import serial

from agent.cli import format as fmt
from agent.cli import terminal
from agent.cli.instrument.sheet import COLUMNS
from agent.cli.text import Column, Span, table
from agent.cli.trouble import REFUSED, UNREACHABLE, Trouble
from drivers.bus.serial_wire import reason
from drivers.lines import MODELS, load_model
from drivers.lines.instrument import Language, Model

_LISTEN_S = 1.5  # a GNSS and a particulate counter speak once a second
_ASK_S = 0.5
_ENOUGH = 2  # sound frames; one may be chance where there is no checksum


class Heard(msgspec.Struct, frozen=True):
    """A model that understands what comes at a speed: how many frames, how many that were wrong, stray bytes."""

    model: str
    title: str
    kinds: tuple[str, ...]
    baud: int
    frames: int
    bad_frames: int
    stray_bytes: int
    identity: str


def find(port: Path, *, as_json: bool) -> int:
    """Print what is understood at a port, the likeliest first; 1 if nothing is. Trouble if it cannot be opened."""
    models = [load_model(name) for name in MODELS]
    found: list[Heard] = []
    for step, baud in enumerate(bauds := _bauds(models), 1):
        if sys.stderr.isatty() and not as_json:
            sys.stderr.write(f"\r{port}: listening at {baud} baud ({step} of {len(bauds)}) \x1b[K")
        speaking = [model for model in models if baud in {model.baud, *model.bauds}]
        found += _at(port, baud, speaking)
    if sys.stderr.isatty() and not as_json:
        sys.stderr.write("\r\x1b[K")
    found.sort(key=lambda heard: (heard.stray_bytes + 100 * heard.bad_frames, -heard.frames))
    if as_json:
        terminal.show_json(msgspec.json.encode(found))
    elif found:
        terminal.show(table(_COLUMNS, [_cells(heard) for heard in found], terminal.width()))
    else:
        sys.stderr.write(f"gadelys: nothing was understood at {port}: check supply, ground, and that RX meets TX\n")
    return 0 if found else REFUSED


_COLUMNS = (
    *COLUMNS[:-1],
    Column("frames", right=True),
    Column("wrong", right=True),
    Column("says that it is"),
    Column("what", spare=1),
)


def _cells(heard: Heard) -> list[Span | str]:
    return [
        Span(heard.model, "bold"),
        ", ".join(heard.kinds),
        str(heard.baud),
        fmt.number(heard.frames),
        str(heard.bad_frames),
        heard.identity or fmt.MISSING,
        heard.title,
    ]


def _bauds(models: list[Model]) -> list[int]:
    """Return all speeds, those first that models leave the factory with."""
    return list(dict.fromkeys([model.baud for model in models] + [baud for model in models for baud in model.bauds]))


def _at(port: Path, baud: int, models: list[Model]) -> Iterator[Heard]:
    """Listen at one speed, then ask."""
    try:
        with serial.Serial(str(port), baud, timeout=0, exclusive=True) as opened:
            data = _heard(opened, _LISTEN_S)
            languages = [(model, _language(model)) for model in models]
            for model, language in languages:
                language.feed(data, _now())
                if language.counts.frames < _ENOUGH and not data:
                    _ask(opened, language)
                if language.counts.frames >= _ENOUGH or language.identity:
                    yield _said(model, baud, language)
    except termios.error:
        return  # the port does not take this speed
    except (serial.SerialException, OSError) as error:
        raise Trouble(f"{port}: {reason(error)}", UNREACHABLE) from None


def _ask(opened: serial.Serial, language: Language) -> None:
    """Send what the model begins with, and hear what comes."""
    end_s = _now() + _ASK_S
    language.opened(_now())
    while (now_s := _now()) < end_s and language.counts.frames < _ENOUGH:
        question = language.due(now_s)
        if question:
            with contextlib.suppress(serial.SerialTimeoutException):
                opened.write(question)
        language.feed(_heard(opened, min(0.05, end_s - now_s)), _now())


def _heard(opened: serial.Serial, span_s: float) -> bytes:
    """Return what comes in so many seconds."""
    data, end_s = bytearray(), _now() + span_s
    while (left_s := end_s - _now()) > 0:
        ready, _, _ = select.select([opened], [], [], left_s)
        if ready:
            data += opened.read(4096)
    return bytes(data)


def _language(model: Model) -> Language:
    language = model.build({option.name: option.default for option in model.options})
    language.opened(_now())
    return language


def _said(model: Model, baud: int, language: Language) -> Heard:
    counts = language.counts
    return Heard(
        model=model.name,
        title=model.title,
        kinds=tuple(model.kinds),
        baud=baud,
        frames=counts.frames,
        bad_frames=counts.bad_frames,
        stray_bytes=counts.stray_bytes,
        identity=language.identity,
    )


def _now() -> float:
    return time.monotonic()
