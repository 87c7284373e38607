"""A reader and a simulated instrument on one wire, in virtual time: each sends when it says that something is due."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from drivers.lines import load_model
from drivers.lines.instrument import Fact, Model, Setting
from drivers.points import Quality, Value
from firmware_sim.instruments import Instrument

_MOST_STEPS = 200_000


def settings(model: Model, given: Mapping[str, Setting]) -> dict[str, Setting]:
    return {option.name: option.default for option in model.options} | dict(given)


class Wired:
    """`said`: (time, fact) of all that the reader has understood; `sent`: (time, bytes) of all that it has sent.

    `spoil`: what becomes of the instrument's bytes on their way; `deaf`: nothing reaches the instrument.
    """

    def __init__(self, name: str, instrument: Instrument, **options: Setting) -> None:
        model = load_model(name)
        self.language = model.build(settings(model, options))
        self.instrument = instrument
        self.now_s = 0.0
        self.said: list[tuple[float, Fact]] = []
        self.sent: list[tuple[float, bytes]] = []
        self.spoil: Callable[[bytes], bytes] = lambda data: data
        self.deaf = False
        self.language.opened(0.0)

    def run(self, seconds: float) -> Wired:
        """Let time pass."""
        end_s = self.now_s + seconds
        for _ in range(_MOST_STEPS):
            due_s = max(self.now_s, min(self.language.next_s(), self.instrument.next_s()))
            if due_s > end_s:
                self.now_s = end_s
                return self
            self.now_s = due_s
            if data := self.spoil(self.instrument.due(due_s)):
                self.said += [(due_s, fact) for fact in self.language.feed(data, due_s)]
            if data := self.language.due(due_s):
                self.sent.append((due_s, data))
                if not self.deaf:
                    self.instrument.arrived(data, due_s)
        raise AssertionError(f"something is due for ever, at {self.now_s} s")

    def of(self, resource: str) -> list[tuple[float, Fact]]:
        return [(at_s, fact) for at_s, fact in self.said if fact.resource == resource]

    def good(self, resource: str) -> list[tuple[float, Value | None]]:
        return [(at_s, fact.value) for at_s, fact in self.of(resource) if fact.quality is Quality.GOOD]
