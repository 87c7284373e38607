"""Configurations to many nodes: a canary, then stages, and a halt at the first failure. Pure.

Who was away follows when it is back, one at a time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from agent.fleet.group import GroupCommand, Outcome, Target
from agent.fleet.hearing import Message
from agent.fleet.proof import Order
from agent.fleet.records import Node
from agent.uplink import names

Key = tuple[str, str]  # group, node


class Desired(msgspec.Struct, frozen=True):
    """The configuration that a node shall have. `rollout` names what it came with; what fails of it halts all of it.

    `base`: the digest of the text that it was made of; another one in force is not replaced. "": whatever is in force is.
    """

    group: str
    node: str
    text: str
    rollout: str
    base: str = ""

    @property
    def key(self) -> Key:
        """Return group and node."""
        return self.group, self.node

    @property
    def path(self) -> str:
        """Return `group/node`."""
        return f"{self.group}/{self.node}"

    @property
    def digest(self) -> str:
        """Return the SHA-256 of its text, as nodes tell it."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def target(self) -> Target:
        """Return the command that brings it about; the same one has the same id, and is carried out once."""
        id_ = f"{self.rollout}-{self.digest[:12]}"
        return Target(self.group, self.node, Order("", names.CONFIGURATION, self.text, id_))


CHANGED = "changed since it was collected: collect it again"
Place = Literal["due", "same", "away", "changed"]


def place_of(wanted: Desired, nodes: Mapping[Key, Node]) -> Place:
    """Return whether a node has it already, is to get it, is not there, or has something that this was not made of."""
    node = nodes.get(wanted.key)
    if node is None or node.state != "online":
        return "away"
    found = digest_of(node)
    if found == wanted.digest:
        return "same"
    return "changed" if wanted.base and found != wanted.base else "due"


def digest_of(node: Node) -> str:
    """Return the digest of the configuration that a node says is in force; "" if it says none."""
    own = node.devices.get("")
    seen = own.values.get(names.CONFIGURATION_DIGEST) if own is not None else None
    return seen.value if seen is not None and isinstance(seen.value, str) else ""


def on_trial(node: Node) -> str | None:
    """Return what a node says of a configuration that is in place and not proven; none if it is in force."""
    own = node.devices.get("")
    seen = own.values.get(names.CONFIGURATION_STATE) if own is not None else None
    return (
        seen.value if seen is not None and isinstance(seen.value, str) and seen.value.startswith("on trial") else None
    )


class Rollout:
    """Stages of nodes that are there: `canary` first, then `size` at a time. Nothing follows a stage that failed."""

    def __init__(self, wanted: Sequence[Desired], canary: int, size: int) -> None:
        self._rest = list(wanted)
        self._next = canary
        self._size = size
        self.halted = False

    @property
    def rest(self) -> list[Desired]:
        """Return those that were not tried."""
        return list(self._rest)

    def next(self) -> list[Desired]:
        """Return the next stage; nobody when it is over."""
        if self.halted:
            return []
        stage, self._rest = self._rest[: self._next], self._rest[self._next :]
        self._next = self._size
        return stage

    def ended(self, outcomes: Iterable[Outcome]) -> None:
        """Take how a stage ended."""
        self.halted = self.halted or any(one.status != "verified" for one in outcomes)


class Reconciler:
    """Brings those that were away to what they shall have, one node at a time, once a connection."""

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._desired: dict[Key, Desired] = {}
        self._tried: dict[Key, int | None] = {}  # the bdSeq of the connection in which it was tried
        self._going: tuple[Desired, GroupCommand] | None = None

    def want(self, desired: Iterable[Desired]) -> None:
        """Take what is to be brought about."""
        self._desired = {one.key: one for one in desired}

    def due(self, nodes: Mapping[Key, Node], now_s: float) -> list[Target]:
        """Return the command to be sent now, if any."""
        if self._going is not None:
            return self._going[1].due(now_s)
        for key, wanted in self._desired.items():
            if place_of(wanted, nodes) != "due":
                continue
            bd_seq = nodes[key].bd_seq
            if key in self._tried and self._tried[key] == bd_seq:
                continue
            self._tried[key] = bd_seq
            self._going = wanted, GroupCommand([wanted.target()], self._within_s)
            return self._going[1].due(now_s)
        return []

    def see(self, message: Message, now_s: float) -> None:
        """Take in what a node says."""
        if self._going is not None:
            self._going[1].see(message, now_s)

    def ended(self, nodes: Mapping[Key, Node]) -> list[tuple[Desired, Outcome]]:
        """Return what is no more to be brought about, and why. A refusal ends all that came with it; silence ends nothing."""
        found = [
            (wanted, Outcome(wanted.path, "verified", "it has it", 0.0))
            for wanted in self._desired.values()
            if place_of(wanted, nodes) == "same" and (self._going is None or self._going[0] != wanted)
        ]
        found += [
            (wanted, Outcome(wanted.path, "refused", CHANGED, 0.0))
            for wanted in self._desired.values()
            if place_of(wanted, nodes) == "changed" and (self._going is None or self._going[0] != wanted)
        ]
        if self._going is not None and self._going[1].done:
            (wanted, group), self._going = self._going, None
            (outcome,) = group.outcomes
            if outcome.status in {"verified", "rejected"}:
                found.append((wanted, outcome))
            if outcome.status == "rejected":
                halted = Outcome(wanted.path, "halted", f"{wanted.path}: {outcome.reason}", 0.0)
                found += [
                    (one, halted)
                    for one in self._desired.values()
                    if one.rollout == wanted.rollout and one.key != wanted.key
                ]
        for one, _ in found:
            self._desired.pop(one.key, None)
        return found
