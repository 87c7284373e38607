"""A new configuration on trial: what it replaces lies beside it, and comes back by itself unless the new one proves itself.

Beside `pole.toml` there are then `pole.toml.before`, what was in force, and `pole.toml.trial`, what is going on. Each step is
on the disk before the next one, so that whoever starts after a kill knows what to do: a trial has one start only.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import msgspec
import structlog

from agent.kept import KeptFile, replace

log = structlog.get_logger()


class Marker(msgspec.Struct, frozen=True):
    """What is going on: by which command, the digest of the new text, the buses that lived before, starts with it so far."""

    id: str
    phase: Literal["on trial", "passed", "rolled back"]
    digest: str
    buses: list[str]
    starts: int = 0
    reason: str = ""


class TrialFiles:
    """The files of a trial beside one configuration."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.before = self.path.with_name(f"{self.path.name}.before")
        self._kept = KeptFile(self.path.with_name(f"{self.path.name}.trial"), lasting=True)
        self.marker: Marker | None = None

    @property
    def on_trial(self) -> bool:
        """Return whether what is in force has yet to prove itself."""
        return self.marker is not None and self.marker.phase == "on trial"

    def start(self) -> None:
        """Go on where the last start was cut off: before the configuration is read."""
        self.marker = marker = self._kept.read(Marker)
        if marker is None:
            return
        in_place = self._digest() == marker.digest
        if marker.phase == "on trial" and not in_place:
            self._mark(msgspec.structs.replace(marker, phase="rolled back", reason="cut off before it was in place"))
        elif marker.phase == "on trial" and marker.starts:
            self.roll_back("the agent ended before the probation was over")
        elif marker.phase == "on trial":
            self._mark(msgspec.structs.replace(marker, starts=1))
        elif marker.phase == "rolled back" and in_place:
            self._restore()

    def proven(self) -> Path:
        """Return where the configuration stands that has proven itself; nothing is changed."""
        marker = self._kept.read(Marker)
        unproven = marker is not None and marker.phase != "passed" and self._digest() == marker.digest
        return self.before if unproven and self.before.is_file() else self.path

    def begin(self, marker: Marker, text: str, before: str) -> None:
        """Put a new text in place of what was in force. OSError if it cannot be done: nothing has changed then."""
        replace(self.before, before.encode(), lasting=True, mode=self._mode())
        self._mark(marker)
        if self._kept.fault:
            raise OSError(0, self._kept.fault)
        try:
            self._put(text.encode())
        except OSError:
            self.forget()
            raise

    def roll_back(self, reason: str) -> bool:
        """Put back what was in force before. False if nothing is on trial."""
        if self.marker is None or self.marker.phase != "on trial":
            return False
        self._mark(msgspec.structs.replace(self.marker, phase="rolled back", reason=reason))
        log.warning("configuration_rolled_back", file=str(self.path), reason=reason)
        return self._restore()

    def passed(self, reason: str) -> None:
        """Take that the new one has proven itself."""
        if self.marker is not None:
            self._mark(msgspec.structs.replace(self.marker, phase="passed", reason=reason))
            log.info("configuration_in_force", file=str(self.path), reason=reason)

    def forget(self) -> None:
        """Forget a trial that has ended."""
        self.marker = None
        self._kept.path.unlink(missing_ok=True)

    def _restore(self) -> bool:
        try:
            self._put(self.before.read_bytes())
        except OSError as error:
            log.warning("configuration_not_put_back", file=str(self.path), reason=error.strerror or str(error))
            return False
        return True

    def _put(self, text: bytes) -> None:
        replace(self.path, text, lasting=True, mode=self._mode())

    def _mode(self) -> int:
        return self.path.stat().st_mode & 0o777

    def _mark(self, marker: Marker) -> None:
        self.marker = marker
        self._kept.write(marker)

    def _digest(self) -> str:
        try:
            return digest(self.path.read_bytes())
        except OSError:
            return ""


def digest(text: bytes) -> str:
    """Return the SHA-256 of a text in hexadecimal digits."""
    return hashlib.sha256(text).hexdigest()
