"""What the uplink says and hears, for programs and for people: `gadelys uplink describe`."""

from __future__ import annotations

import json
from collections.abc import Callable

from agent.cli import terminal
from agent.cli.uplink.described import asyncapi, catalogue, schemas


def _catalogue() -> str:
    return "\n".join(catalogue.page()) + "\n"


def _json(document: dict[str, object]) -> str:
    return json.dumps(document, indent=1) + "\n"


DOCUMENTS: dict[str, Callable[[], str]] = {
    "asyncapi": lambda: _json(asyncapi.document()),
    "schemas": lambda: _json(schemas.document()),
    "catalogue": _catalogue,
}


def describe(what: str) -> int:
    """Print one of the documents."""
    terminal.write(DOCUMENTS[what]())
    return 0
