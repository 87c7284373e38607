"""The openssl command: keys, requests, signatures, lists of the revoked. Private keys go from it into files, not through us."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from agent.identity.refusal import Refusal

_WITHIN_S = 60.0
NEW_KEY = ("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")


class Failed(Exception):
    """openssl refused. The text is its own reason, `said` all that it complained of."""

    def __init__(self, said: str) -> None:
        super().__init__(_reason(said))
        self.said = said


def openssl(*words: str | Path, stdin: bytes = b"", folder: Path | None = None) -> bytes:
    """Run one command and return what it prints. Failed with its reason; Refusal where there is no openssl."""
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and what comes from outside is in files or on stdin
            ["openssl", *map(str, words)],  # noqa: S607 - the system's own
            input=stdin,
            cwd=folder,
            capture_output=True,
            timeout=_WITHIN_S,
            check=False,
        )
    except FileNotFoundError:
        raise Refusal("openssl is not installed: apt-get install openssl") from None
    if done.returncode:
        raise Failed(done.stderr.decode(errors="replace"))
    return done.stdout


def _reason(said: str) -> str:
    """Return the part of openssl's complaint that a person can use."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    for line in lines:
        if found := re.search(r"error:[0-9A-F]+:[^:]*:[^:]*:([^:]+)", line):
            return found[1]
    return lines[-1] if lines else "no reason given"
