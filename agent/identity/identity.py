"""The identity that the uplink shows: loaded anew for each connection, looked after in between.

A new certificate file is seen within a minute, said in the log, and used by the next connection; the one that is up stays up.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec
import structlog

from agent.clock import RELEASED, Clock
from agent.config.records import Tls
from agent.identity.der import LONGEST_BYTES, Certificate, NoCertificate, first
from agent.identity.standing import Now, distrust, judge
from agent.identity.tls import TlsContext, context
from agent.local.records import IdentityState

LOOK_EVERY_S = 60.0
_OF_OTHERS = 0o077

log = structlog.get_logger()


class _Seen(msgspec.Struct, frozen=True):
    """The file at one moment: what stands in it or why that cannot be said, and by what a new one is told."""

    mark: tuple[int, int, int]
    certificate: Certificate | None
    fault: str


_NOTHING = _Seen((0, 0, 0), None, "")


class Identity:
    """The files of [uplink.tls]. `kernel_clock`: whether the agent's time, when it is trusted, is the kernel's."""

    def __init__(self, files: Tls, clock: Clock, *, kernel_clock: bool) -> None:
        self._files = files
        self._clock = clock
        self._kernel_clock = kernel_clock
        self._seen = _NOTHING
        self._used: tuple[int, int, int] | None = None
        self._told: tuple[str, str] | None = None

    def context(self) -> TlsContext:
        """Return what a connection is made with, of the files as they are now. TlsFault. Runs in any thread."""
        by_kernel = self._kernel_clock and self._clock.wall().trusted
        mark = _mark(self._files.certificate)
        files = self._files
        made = context(files.ca, files.certificate, files.key, None if by_kernel else self._distrust, files.crl)
        self._used = mark
        return made

    def look(self) -> IdentityState:
        """Look at the certificate; whatever has changed about it is said once."""
        before, now = self._seen, _see(self._files.certificate, self._seen)
        self._seen = now
        if now.certificate is not None and before.certificate not in {None, now.certificate}:
            log.info("certificate_changed", name=now.certificate.name, ends=now.certificate.not_after.isoformat())
        state = self._state()
        told = (state.standing, state.fault) if state.trouble else None  # not all of its words, which change each day
        if told is not None and told != self._told:
            log.warning("certificate_trouble", certificate=str(self._files.certificate), reason=state.trouble)
        self._told = told
        return state

    def _state(self) -> IdentityState:
        own, seen = self._seen.certificate, self._seen
        if own is None:
            return IdentityState("", None, "none", "", seen.fault, renewed=False)
        judged = judge(own, self._now(), self._files.warn_days)
        renewed = self._used is not None and self._used != seen.mark
        fault = seen.fault or _exposed(self._files.key or self._files.certificate)
        return IdentityState(own.name, own.not_after, judged.standing, judged.says, fault, renewed)

    def _now(self) -> Now:
        wall = self._clock.wall()
        return Now(wall.utc if wall.trusted else RELEASED, wall.trusted)

    def _distrust(self, not_before: datetime, not_after: datetime) -> str:
        return distrust(not_before, not_after, self._now())


def _mark(path: Path) -> tuple[int, int, int]:
    """Return what differs when a file is another one; zeros when it cannot be looked at."""
    try:
        facts = path.stat()
    except OSError:
        return 0, 0, 0
    return facts.st_ino, facts.st_mtime_ns, facts.st_size


def _see(path: Path, before: _Seen) -> _Seen:
    """Read a certificate's file, if it is not the one of before."""
    mark = _mark(path)
    if mark == before.mark and any(mark):
        return before
    try:
        with path.open("rb") as file:
            found = first(file.read(LONGEST_BYTES))
    except OSError as error:
        return _Seen(mark, None, f"{path}: {(error.strerror or str(error)).lower()}")
    except NoCertificate as error:
        return _Seen(mark, None, f"{path}: expected a certificate (PEM), {error}")
    return _Seen(mark, found, "")


def _exposed(key: Path) -> str:
    """Return what is wrong with who may read a key; "" if nothing, or if that cannot be seen: the connection tells."""
    try:
        mode = key.stat().st_mode
    except OSError:
        return ""
    return f"{key}: others may read the key; chmod 600 {key}" if mode & _OF_OTHERS else ""
