"""What the agent lets be done to it by the platform: an interface, so that the uplink knows no process. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

import msgspec


class NotDone(Exception):
    """Something that the agent cannot do. The text says why; nothing has changed."""


class Trial(msgspec.Struct, frozen=True):
    """A new configuration and how it fares; `id` is that of the command that it came by."""

    id: str
    phase: Literal["on trial", "passed", "rolled back"]
    reason: str


class Ward(Protocol):
    """What the agent lets be done to it. NotDone if it cannot be."""

    watch: Callable[[], None]  # called when what stands here has changed

    @property
    def trial(self) -> Trial | None: ...

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the configuration in force."""

    @property
    def text(self) -> str:
        """Return the text of the configuration in force."""

    @property
    def logged(self) -> str:
        """Return from which level on things are logged."""

    def settled(self) -> None:
        """Forget a trial that has ended: its end is told, and kept."""

    def restart(self) -> None:
        """Stop in order and start again, as soon as the answer has gone."""

    async def configure(self, command_id: str, text: str | None) -> tuple[bool, str]:
        """Validate a new configuration (none: what lies on the disk), put it in place, restart with it.

        Returns whether it is in force already, and what is so far.
        """

    def log_level(self, level: str, for_s: float) -> None:
        """Log more or less for some seconds."""

    async def bundle(self) -> str:
        """Write down how everything is. Returns where."""
