"""A chip of RPi.GPIO's interface that notes what is done to it; `edges` false: as RPi.GPIO where it cannot see any."""

from __future__ import annotations

from collections.abc import Callable


class PinChip:
    """Levels by pin; `done`: what was done, in order. A pin in `busy` belongs to somebody else."""

    BCM, OUT, IN, PUD_OFF, PUD_DOWN, PUD_UP, RISING, FALLING, BOTH = 11, 0, 1, 20, 21, 22, 31, 32, 33

    def __init__(self, *, edges: bool = True) -> None:
        self.levels: dict[int, int] = {}
        self.done: list[tuple[object, ...]] = []
        self.busy: set[int] = set()
        self.callbacks: dict[int, tuple[int, Callable[[int], None]]] = {}
        self.waves: dict[int, float | None] = {}
        self._edges = edges

    def setwarnings(self, on: bool) -> None: ...
    def setmode(self, mode: int) -> None: ...

    def setup(self, channel: int, direction: int, pull_up_down: int = 20, initial: int = -1) -> None:
        if channel in self.busy:
            raise RuntimeError("'GPIO busy'")
        self.done.append(("setup", channel, direction, pull_up_down if direction == self.IN else initial))
        self.levels[channel] = initial if direction == self.OUT else int(pull_up_down == self.PUD_UP)

    def input(self, channel: int) -> int:
        if channel in self.busy:
            raise RuntimeError("'GPIO busy'")
        return self.levels[channel]

    def output(self, channel: int, value: int) -> None:
        if channel in self.busy:
            raise RuntimeError("'GPIO busy'")
        self.done.append(("output", channel, value))
        self.levels[channel] = value

    def PWM(self, channel: int, frequency: float) -> PinWave:  # noqa: N802
        if channel in self.busy:
            raise RuntimeError("'GPIO busy'")
        self.done.append(("pwm", channel, frequency))
        return PinWave(self, channel)

    def add_event_detect(self, channel: int, edge: int, callback: Callable[[int], None], bouncetime: int = 0) -> None:
        if not self._edges:
            raise RuntimeError("Failed to add edge detection")
        self.done.append(("edges", channel, edge, bouncetime))
        self.callbacks[channel] = (edge, callback)

    def cleanup(self, chanlist: list[int] | int | None = None) -> None:
        self.done.append(("cleanup", chanlist))

    def drive(self, channel: int, level: int) -> None:
        """Somebody outside drives an input."""
        before, self.levels[channel] = self.levels[channel], level
        edge, callback = self.callbacks.get(channel, (0, None))
        if callback is not None and before != level and edge in {self.BOTH, self.RISING if level else self.FALLING}:
            callback(channel)


class PinWave:
    def __init__(self, chip: PinChip, channel: int) -> None:
        self._chip = chip
        self._channel = channel

    def start(self, dc: float) -> None:
        self._chip.waves[self._channel] = dc

    def ChangeDutyCycle(self, dc: float) -> None:  # noqa: N802
        if self._channel in self._chip.busy:
            raise RuntimeError("'GPIO busy'")
        self._chip.waves[self._channel] = dc

    def stop(self) -> None:
        self._chip.waves[self._channel] = None
        self._chip.done.append(("stop", self._channel))
