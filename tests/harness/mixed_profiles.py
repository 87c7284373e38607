"""Profiles of the units of `mixed_line`: one's own, in a folder."""

from __future__ import annotations

from pathlib import Path

_PROFILE = """\
title = "Box: a thing on a line"
source = "its maker"
kinds = ["meter"]
poll_s = 1.0

[link]
baud = {baud}
address = 1
bauds = [9600, 19200]

[[points]]
point = "meter/voltage"
title = "voltage"
unit = "V"
space = "holding"
address = 1
type = "u16"

[[identify]]
space = "holding"
address = 1
equals = {mark}

[commission]
effect = "{effect}"

[commission.address]
register = 7

[commission.baud]
register = 8
per = 100
"""


def write(folder: Path, *, baud: int = 9600, mark: int = 4711) -> Path:
    """Write the profiles box-at-once and box-restart; return their folder."""
    own = folder / "profiles.d"
    own.mkdir(exist_ok=True)
    for effect in ("at once", "restart"):
        text = _PROFILE.format(baud=baud, mark=mark, effect=effect)
        (own / f"box-{effect.replace(' ', '-')}.toml").write_text(text, encoding="utf-8")
    return own
