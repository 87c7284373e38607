"""Expected trouble of a command: one clear line and an exit code. Pure."""

from __future__ import annotations

REFUSED = 1
MISUSED = 2
UNREACHABLE = 3


class Trouble(Exception):
    """Ends a command. The text is for a technician; `code` is the exit code."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code
