"""The reader of [uplink.tls]: whom the uplink believes, and who it is. Pure."""

from __future__ import annotations

from pathlib import Path

from agent.config.records import Controller, Tls, Uplink
from agent.config.table import Table

_FOLDER = "/var/lib/gadelys/identity"


def read_tls(table: Table, folder: Path) -> Tls:
    """Read the files and when their end is told. Paths, if relative, are looked up from `folder`."""
    return Tls(
        ca=folder / table.text("ca", "a path", f"{_FOLDER}/ca.pem"),
        certificate=folder / table.text("certificate", "a path", f"{_FOLDER}/identity.pem"),
        key=folder / table.text("key", "a path") if table.has("key") else None,
        crl=folder / table.text("crl", "a path") if table.has("crl") else None,
        warn_days=table.number("warn_days", 0, 365, 30),
    )


def check_tls(root: Table, controller: Controller, uplink: Uplink | None) -> None:
    """Note a pole in production that would speak to a platform without an identity."""
    if controller.production and uplink is not None and uplink.tls is None:
        root.wrong_at(("uplink", "tls"), "a table [uplink.tls], as [controller] says production = true", "none")
