"""From a name or a text to a profile. Shipped ones are in the package, one's own in a folder `profiles.d`."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from drivers.profile.faults import faults
from drivers.profile.places import Fault
from drivers.profile.records import Profile
from drivers.toml_lines import key_lines

LONGEST_FILE_BYTES = 1 << 20

_OWN = "profiles.d"
_SHIPPED = Path(__file__).parents[1] / "profiles"


class Mistake(msgspec.Struct, frozen=True):
    """One mistake: the line (none if it is the file's as a whole), the place in words, what was expected and found."""

    line: int | None
    place: str
    text: str


class ProfileError(Exception):
    """A profile that cannot be used, with all its mistakes. The text names file, line, place and what was expected."""

    def __init__(self, file: str, mistakes: Sequence[Mistake]) -> None:
        self.file = file
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.line or 0))
        more = len(self.mistakes) - 1
        super().__init__(self.lines()[0] + (f" (and {more} more: gadelys profile check)" if more else ""))

    def lines(self, file: str = "") -> list[str]:
        """Return a line a mistake; `file` is what the file is called in it, its name unless said."""
        return [
            f"{file or self.file}:{f'{mistake.line}:' if mistake.line else ''} "
            f"{f'{mistake.place}: ' if mistake.place else ''}{mistake.text}"
            for mistake in self.mistakes
        ]


def own_folder(configuration: Path) -> Path:
    """Return the folder of one's own profiles, beside a configuration; it need not be there."""
    return configuration.parent / _OWN


@cache
def shipped_names() -> tuple[str, ...]:
    """Return the names of the profiles that are shipped, sorted."""
    return _names(_SHIPPED)


def profile_names(folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of all profiles, sorted: those that are shipped, and one's own in a folder."""
    return tuple(sorted({*shipped_names(), *(_names(folder) if folder is not None else ())}))


def profile_file(name: str, folder: Path | None = None) -> Path:
    """Return where a profile is. ProfileError if there is none of that name, or two."""
    own = folder / f"{name}.toml" if folder is not None and name in _names(folder) else None
    if own is not None and name in shipped_names():
        raise ProfileError(f"{name}.toml", [Mistake(None, "", "expected a name that no shipped profile has")])
    if own is None and name not in shipped_names():
        known = ", ".join(profile_names(folder))
        raise ProfileError(f"{name}.toml", [Mistake(None, "", f"expected one of {known}, found none of that name")])
    return own or _SHIPPED / f"{name}.toml"


@cache
def load_profile(name: str, folder: Path | None = None) -> Profile:
    """Return a profile by its name: a shipped one, or one's own in a folder.

    ProfileError if there is none of that name, or two, or if it is not in order.
    """
    return read_profile(profile_file(name, folder))


def read_profile(path: Path) -> Profile:
    """Read a profile from its file. ProfileError if it is not in order, or one's own has the name of a shipped one."""
    if path.parent.name == _OWN and path.stem in shipped_names():
        raise ProfileError(path.name, [Mistake(None, "", "expected a name that no shipped profile has")])
    return parse_profile(path.stem, _document(path))


def parse_profile(name: str, document: str) -> Profile:
    """Read a profile from its text."""
    file = f"{name}.toml"
    try:
        values = tomllib.loads(document)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(file, [_syntax(document, str(error))]) from None
    except RecursionError:
        raise ProfileError(file, [Mistake(None, "", "expected a profile, found brackets nested without end")]) from None
    if "name" in values:  # the file's name is the profile's
        raise _refused(file, document, values, [(("name",), "expected none: a profile is called as its file")])
    try:
        profile = msgspec.convert({**values, "name": name}, Profile, str_keys=True)
    except msgspec.ValidationError:
        from drivers.profile.mistakes import type_faults  # noqa: PLC0415  only what is wrong pays for it

        raise _refused(file, document, values, type_faults(values)) from None
    if found := list(faults(profile)):
        raise _refused(file, document, values, found)
    verified = tuple(dict.fromkeys(check.says for check in profile.check))
    return msgspec.structs.replace(profile, card=msgspec.structs.replace(profile.card, verified=verified))


def _refused(file: str, document: str, values: dict[str, Any], found: Sequence[Fault]) -> ProfileError:
    from drivers.profile.mistakes import told  # noqa: PLC0415

    lines = key_lines(document)

    def line(place: tuple[str, ...]) -> int | None:
        while place and place not in lines:
            place = place[:-1]
        return lines.get(place)

    return ProfileError(file, [Mistake(line(place), told(place, values), text) for place, text in found])


def _syntax(document: str, message: str) -> Mistake:
    """Turn tomllib's message, which ends in its place, into ours."""
    what, _, place = message.partition(" (at ")
    line = document.count("\n") + 1
    if place.startswith("line "):
        line = int(place.removeprefix("line ").split(",")[0])
    return Mistake(line, "", f"expected TOML, found {what[:1].lower()}{what[1:]}")


def _names(folder: Path) -> tuple[str, ...]:
    try:
        return tuple(sorted(path.stem for path in folder.iterdir() if path.suffix == ".toml"))
    except OSError:  # no folder, no profiles
        return ()


def _document(path: Path) -> str:
    def refused(text: str) -> ProfileError:
        return ProfileError(path.name, [Mistake(None, "", text)])

    try:
        with path.open("rb") as file:
            raw = file.read(LONGEST_FILE_BYTES + 1)
    except OSError as error:
        raise refused(f"expected a file that can be read, found {error.strerror or error}") from None
    if len(raw) > LONGEST_FILE_BYTES:
        raise refused(f"expected at most {LONGEST_FILE_BYTES} bytes, found more")
    try:
        return raw.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = f"expected text in UTF-8, found the byte 0x{raw[error.start]:02x}"
        raise ProfileError(path.name, [Mistake(line, "", found)]) from None
