"""A command and its proof: what is asked, and which word of the node about it comes next. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from agent.fleet.hearing import Message, Told
from agent.uplink import names
from agent.uplink.payload import DataType, Metric


class Order(msgspec.Struct, frozen=True):
    """What a device (empty: the node itself) is asked: a value for a metric (none = null), under an id; for how long in s."""

    device: str
    metric: str
    value: bool | float | str | None
    id: str
    for_s: int | None = None

    def metrics(self) -> list[Metric]:
        """Return it as the metrics of one payload."""
        if isinstance(self.value, str):
            datatype = DataType.STRING
        else:
            asks = self.metric == names.RELEASE or not self.device
            datatype = DataType.BOOLEAN if isinstance(self.value, bool) or asks else DataType.FLOAT
        found = [Metric(self.metric, self.value, datatype), Metric(names.COMMAND_ID, self.id, DataType.STRING)]
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


class Result(msgspec.Struct, frozen=True):
    """What a message says of one command; what it does not say is empty."""

    id: str = ""
    status: str = ""
    reason: str = ""


_FIELDS = {names.LAST_ID: "id", names.LAST_STATUS: "status", names.LAST_REASON: "reason"}


def results(metrics: Iterable[Told]) -> list[Result]:
    """Return what metrics say of commands, in order: a message may hold several stages, one after the other."""
    found: list[dict[str, str]] = []
    for told in metrics:
        field = _FIELDS.get(told.name)
        if field is None or not isinstance(told.value, str):
            continue
        if not found or field in found[-1]:
            found.append({})
        found[-1][field] = told.value
    return [Result(**said) for said in found]


class Following:
    """Follows one command by its id through what its node says."""

    def __init__(self, id_: str) -> None:
        self._id = id_
        self._speaking: set[str] = set()  # devices (or "", the node) whose last word of a command is of this one
        self._last = Result()

    def see(self, message: Message) -> list[Result]:
        """Return what a message says of the command and was not said before."""
        new = []
        for result in [] if message.retained else results(message.metrics):
            if result.id:
                (self._speaking.add if result.id == self._id else self._speaking.discard)(message.device)
            said = msgspec.structs.replace(result, id=self._id)
            if result.status and message.device in self._speaking and said != self._last:
                self._last = said
                new.append(said)
        return new
