"""Whether a controller in production may start: not without an identity."""

from __future__ import annotations

from pathlib import Path

from agent.config.records import Config


def lacking(config: Config) -> str:
    """Return why a controller in production may not start, and what to run; "" if it may.

    A file that is there is enough: what is wrong with it, or that it has ended, must not darken a street at its next start.
    """
    tls = config.uplink.tls if config.uplink is not None else None
    if not config.controller.production or tls is None:
        return ""
    for path in (tls.ca, tls.certificate, *((tls.key,) if tls.key is not None else ())):
        if not _is_there(path):
            return (
                f"production = true, and this controller has no identity: {path} is not there. "
                f"Run: gadelys enrol request --config {config.path}"
            )
    return ""


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:  # of a folder on the way: not ours to judge
        return True
