"""Texts of configurations from many nodes: each is asked, and what it tells is held against its digest. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from agent.fleet.group import GroupCommand, Outcome, Target
from agent.fleet.hearing import Message
from agent.fleet.proof import Order
from agent.uplink import names

MOST_AT_ONCE = 20  # 32 KiB each
Key = tuple[str, str]  # group, node


class Collecting:
    """Asks nodes for their texts. `take` returns what has come; what is not as its digest says is no text."""

    def __init__(self, keys: Iterable[Key], id_: str, within_s: float) -> None:
        asks = [Target(group, node, Order("", names.COLLECT, True, id_)) for group, node in keys]
        self._keys = {(ask.group, ask.node) for ask in asks}
        self._told: dict[Key, str] = {}
        self._judged = 0
        self._come: list[tuple[Key, str]] = []
        self.group = GroupCommand(asks, within_s, MOST_AT_ONCE)
        self.outcomes: list[Outcome] = []

    def see(self, message: Message) -> None:
        """Take in what a node says, before its group does."""
        key = message.group, message.node
        if message.type != "NDATA" or message.retained or key not in self._keys:
            return
        for told in message.metrics:
            if told.name == names.CONFIGURATION_TEXT and isinstance(told.value, str) and not told.historical:
                self._told[key] = told.value

    def take(self) -> list[tuple[Key, str]]:
        """Return the texts that have come since the last call."""
        for ended in self.group.outcomes[self._judged :]:
            group, node = ended.path.rstrip("/").split("/")
            text = self._told.pop((group, node), None)
            one = msgspec.structs.replace(ended, path=f"{group}/{node}")
            if ended.status == "verified" and text is not None and digest(text) == ended.reason:
                self._come.append(((group, node), text))
                one = msgspec.structs.replace(one, status="collected")
            elif ended.status == "verified":
                why = "nothing came" if text is None else "what came is not what its digest says"
                one = msgspec.structs.replace(one, status="no text", reason=f"{why}: ask again")
            self.outcomes.append(one)
        self._judged = len(self.group.outcomes)
        come, self._come = self._come, []
        return come


def digest(text: str) -> str:
    """Return the SHA-256 of a text, as nodes tell it."""
    return hashlib.sha256(text.encode()).hexdigest()
