"""Two controllers that know each other: fresh messages are told from replayed and late ones, without a common clock. Pure.

Each side gives the other a random nonce and believes only who repeats it: what was recorded before its start, or before the
other's, does not know it. Within one start of both, sequence numbers count once. The echoed times give the round trip and by
that the difference of the two clocks, so that the age of a message is known to half a round trip.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from agent.neighbours.message import UNKNOWN_MS, Message
from agent.neighbours.window import Window

LATE_S = 1.0  # light that comes later than this is no light ahead of anybody
EARLY_S = 0.1  # clocks drift, and the way there and back need not be alike
TRIP_FOR_S = 30.0  # the best round trip is believed for so long: clocks of boards part by 3 ms in this time

Refusal = Literal["malformed", "stranger", "forged", "unacquainted", "replayed", "late", "future", "too_many"]


class Fresh(msgspec.Struct, frozen=True):
    """A message that may be believed, and when it was sent, in the receiver's monotonic seconds."""

    message: Message
    sent_s: float


class Trip(msgspec.Struct, frozen=True):
    """A round trip: how long it took, in seconds, and what it says of the sender's clock: theirs less ours, in seconds."""

    seconds: float
    ahead_s: float
    at_s: float


class Greeting(msgspec.Struct, frozen=True):
    """What a stranger said that must be repeated to them, once, so that they believe us."""

    echo: int
    heard_ms: int
    at_s: float


class Acquaintance:
    """What is known of one neighbour. `random` returns 64 random bits; `epoch` is ours, and began at `began_s`."""

    def __init__(self, epoch: int, began_s: float, random: Callable[[], int]) -> None:
        self._epoch = epoch
        self._began_s = began_s
        self._random = random
        self._nonce = random()
        self._spent: int | None = None  # the nonce by which the neighbour has made itself known
        self._theirs: int | None = None  # the neighbour's epoch
        self._echo = 0
        self._heard_ms = 0
        self._heard_s = float("-inf")
        self._window = Window()
        self._sequence = 0
        self.trip: Trip | None = None
        self.greeting: Greeting | None = None
        self.answer = False  # somebody has just made itself known, and waits to know us

    def take(self, message: Message, now_s: float) -> Fresh | Refusal:
        """Take a message with a good seal that is for us."""
        if not self._knows(message):
            if self._nonce == self._spent:
                self._nonce = self._random()
            self.greeting = Greeting(message.nonce, message.sent_ms, now_s)
            return "unacquainted"
        if not self._window.take(message.sequence):
            return "replayed"
        trip = self._measure(message, now_s)
        if trip is None:
            return "late"
        age_s = now_s - self._began_s + trip.ahead_s - message.sent_ms / 1000
        if age_s > LATE_S:
            return "late"
        if age_s < -EARLY_S - trip.seconds / 2:
            return "future"
        if message.sequence == self._window.newest:
            self._echo, self._heard_ms, self._heard_s = message.nonce, message.sent_ms, now_s
        return Fresh(message, now_s - max(age_s, 0.0))

    def head(self, sender: str, to: str, now_s: float, *, blind: bool, greeting: Greeting | None = None) -> Message:
        """Return the next message to the neighbour, without road users; to greet somebody, or to whom is known."""
        echo, heard_ms, heard_s = self._echo, self._heard_ms, self._heard_s
        if greeting is not None:
            echo, heard_ms, heard_s = greeting.echo, greeting.heard_ms, greeting.at_s
        self._sequence += 1
        return Message(
            sender=sender,
            to=to,
            epoch=self._epoch,
            nonce=self._nonce,
            echo=echo,
            sequence=self._sequence,
            sent_ms=max(0, round((now_s - self._began_s) * 1000)),
            heard_ms=heard_ms,
            held_ms=round(min((now_s - heard_s) * 1000, UNKNOWN_MS)),
            blind=blind,
            users=(),
        )

    def _knows(self, message: Message) -> bool:
        """Whether this is who is known already, or who repeats a nonce that nobody has used yet."""
        if message.epoch == self._theirs and message.echo in {self._spent, self._nonce}:
            return True
        if message.echo != self._nonce or self._nonce == self._spent:
            return False
        self._theirs, self._spent = message.epoch, self._nonce
        self._window, self.trip, self.answer = Window(), None, True
        return True

    def _measure(self, message: Message, now_s: float) -> Trip | None:
        """Return the best round trip of late; none if there is none that says anything."""
        here_s = now_s - self._began_s
        seconds = here_s - (message.heard_ms + message.held_ms) / 1000
        if message.held_ms < UNKNOWN_MS and -0.002 <= seconds <= 2 * LATE_S:  # both times are rounded
            trip = Trip(max(seconds, 0.0), message.sent_ms / 1000 - here_s + max(seconds, 0.0) / 2, now_s)
            if self.trip is None or trip.seconds <= self.trip.seconds or now_s - self.trip.at_s > TRIP_FOR_S:
                self.trip = trip
        return self.trip
