"""What is to be run where something was not installed: the commands of systemd/install.sh, as they are typed. Pure."""

from __future__ import annotations

REMOTE = "on the controller, in the clone: sudo systemd/install.sh remote, and sudo systemctl restart gadelys"


def missing(extra: str) -> str:
    """Return that an extra is missing, and what installs it: for the service, and into any other environment."""
    return (
        f"the extra `{extra}` is missing: in the clone, sudo systemd/install.sh {extra} "
        f"(into another environment: pip install --require-hashes -r requirements-{extra}.lock)"
    )
