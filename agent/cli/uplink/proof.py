"""A command and its proof: what is asked, and which word of the node about it comes next. Pure."""

from __future__ import annotations

import msgspec

from agent.cli.uplink.hearing import Message
from agent.uplink import names
from agent.uplink.payload import DataType, Metric


class Order(msgspec.Struct, frozen=True):
    """What a device is asked: a value for a metric (none = null), under an id; for how long in seconds, none = not said."""

    device: str
    metric: str
    value: bool | float | None
    id: str
    for_s: int | None = None

    def metrics(self) -> list[Metric]:
        """Return it as the metrics of one payload."""
        boolean = isinstance(self.value, bool) or self.metric == names.RELEASE
        found = [
            Metric(self.metric, self.value, DataType.BOOLEAN if boolean else DataType.FLOAT),
            Metric(names.COMMAND_ID, self.id, DataType.STRING),
        ]
        if self.for_s is not None:
            found.append(Metric(names.COMMAND_FOR, self.for_s, DataType.INT64))
        return found


class Proof(msgspec.Struct, frozen=True):
    """A stage in the life of a command: `sent`, or what the node says of it; `after_s` since it was sent."""

    status: str
    reason: str
    after_s: float

    @property
    def ended(self) -> bool:
        """Return whether no other stage follows."""
        return self.status in names.ENDED


class Following:
    """Follows one command by its id through what its node says."""

    def __init__(self, id_: str) -> None:
        self._id = id_
        self._speaking: set[str] = set()  # devices (or "", the node) whose last word of a command is of this one
        self._status = ""

    def see(self, message: Message) -> tuple[str, str] | None:
        """Return status and reason if the message says something new of the command."""
        said = {told.name: told.value for told in message.metrics if isinstance(told.value, str)}
        if names.LAST_ID in said:
            (self._speaking.add if said[names.LAST_ID] == self._id else self._speaking.discard)(message.device)
        status = str(said.get(names.LAST_STATUS, ""))
        if message.retained or message.device not in self._speaking or status in {"", self._status}:
            return None
        self._status = status
        return status, str(said.get(names.LAST_REASON, ""))
