"""What `gadelys profile` prints, and how it ends."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from agent.cli import format as fmt
from agent.cli import terminal
from agent.cli.options import SYSTEM_CONFIG
from agent.cli.profile.sheet import sheet
from agent.cli.text import Column, Span, line, table
from agent.cli.trouble import MISUSED, Trouble
from drivers.profile import (
    KINDS,
    Profile,
    ProfileError,
    load_profile,
    own_folder,
    profile_names,
    read_profile,
    shipped_names,
)
from drivers.toml_words import did_you_mean


def list_(config: Path, kind: str | None, *, as_json: bool) -> int:
    """List the profiles for a kind of device, or all; 2 if one of one's own is not in order."""
    if kind is not None and kind not in KINDS:
        raise Trouble(f"--kind: expected one of {', '.join(KINDS)}{did_you_mean(kind, KINDS)}; found {kind!r}", MISUSED)
    folder, found, wrong = _folder(config), [], []
    for name in profile_names(folder):
        try:
            found.append(load_profile(name, folder))
        except ProfileError as error:
            wrong.append(error)
    found = [profile for profile in found if kind is None or kind in profile.kinds]
    if as_json:
        terminal.show_json(msgspec.json.encode([_row(profile) for profile in found]))
    elif found:
        terminal.show(table(_COLUMNS, [_cells(profile) for profile in found], terminal.width()))
    for mistaken in wrong:
        sys.stderr.write(f"gadelys: {folder}/{mistaken}\n")
    return MISUSED if wrong else 0


def show(config: Path, name: str, *, as_json: bool) -> int:
    """Show one profile."""
    folder = _folder(config)
    names = profile_names(folder)
    if name not in names:
        raise Trouble(f"no profile is named {name!r}{did_you_mean(name, names)}; see `gadelys profile list`", MISUSED)
    try:
        profile = load_profile(name, folder)
    except ProfileError as error:
        raise Trouble(f"{folder}/{error}", MISUSED) from None
    if as_json:
        terminal.show_json(msgspec.json.encode(profile))
    else:
        terminal.show(
            sheet(profile, "shipped" if name in shipped_names() else f"{folder}/{name}.toml", terminal.width())
        )
    return 0


def check(files: Sequence[Path], *, as_json: bool) -> int:
    """Check files, a line a mistake; 2 if there is one."""
    answers = []
    for path in files:
        try:
            profile = read_profile(path)
        except ProfileError as error:
            mistakes = [{"line": one.line, "place": one.place, "text": one.text} for one in error.mistakes]
            answers.append({"file": str(path), "ok": False, "mistakes": mistakes})
            if not as_json:
                sys.stderr.write("".join(f"{said}\n" for said in error.lines(str(path))))
        else:
            answers.append({"file": str(path), "ok": True, "mistakes": []})
            if not as_json:
                terminal.show([line(f"{path}: ", Span("ok", "good"), f" ({_contents(profile)})")])
    if as_json:
        terminal.show_json(msgspec.json.encode(answers))
    return 0 if all(answer["ok"] for answer in answers) else MISUSED


_COLUMNS = (
    Column("profile"),
    Column("for"),
    Column("ch", right=True),
    Column("safe"),
    Column("what"),
)


def _cells(profile: Profile) -> list[Span | str]:
    safety = fmt.MISSING if profile.output is None else "yes" if profile.safety is not None else "no"
    what = f"{profile.title} ({profile.variant})" if profile.variant else profile.title
    return [
        Span(profile.name, "plain" if profile.name in shipped_names() else "bold"),
        ", ".join(profile.kinds),
        str(profile.channels or fmt.MISSING),
        safety,
        what,
    ]


def _row(profile: Profile) -> dict[str, object]:
    return {
        "name": profile.name,
        "title": profile.title,
        "variant": profile.variant,
        "kinds": profile.kinds,
        "channels": profile.channels,
        "device_safety": profile.safety is not None,
        "shipped": profile.name in shipped_names(),
    }


def _contents(profile: Profile) -> str:
    checks = fmt.count(len(profile.check), "check frame")
    return f"{profile.title}: {fmt.count(len(profile.points), 'point')}, {checks}"


def _folder(config: Path) -> Path:
    """Return where one's own profiles are; Trouble if a configuration was named that is not there."""
    if config != SYSTEM_CONFIG and not config.is_file():
        raise Trouble(f"--config: expected a configuration, found no file {config}", MISUSED)
    return own_folder(config)
