"""One neighbour: what of its messages is believed, when it is spoken to, whether it is silent. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

import msgspec

from agent.neighbours.acquaintance import Acquaintance, Greeting, Refusal
from agent.neighbours.message import Message, Told
from agent.neighbours.telling import Announced, End, announced
from agent.uplink.allowance import Allowance

BEAT_EVERY_S = 0.5  # it hears of us so often, whatever happens
NEWS_EVERY_S = 0.1  # and of what is new at most so often
NEWS_M = 5.0  # somebody is news who is so far from where they were said to be by now
NEWS_M_PER_S = 1.5  # or goes so much faster or slower
CONFIRMED_S = 0.2  # or, of who is handed on, counts so much longer: a beat at each hop would eat up their time
MOST_AT_ONCE, MOST_A_SECOND = 40.0, 20.0  # messages of it that are taken
MOST_GREETINGS, GREETINGS_A_SECOND = 5.0, 2.0
MOST_ANNOUNCED = 32

State = Literal["silent", "blind", "heard"]


class Place(msgspec.Struct, frozen=True):
    """A neighbour: the id of its controller, at which end of ours it lies, where its zero is in our coordinate (m)."""

    id: str
    end: End
    offset_m: float


class Neighbour:
    """The exchange with one neighbour. `index` makes its road users' numbers differ from all others."""

    def __init__(
        self, place: Place, index: int, acquaintance: Acquaintance, *, silent_after_s: float, now_s: float
    ) -> None:
        self.place = place
        self.acquaintance = acquaintance
        self.state: State = "silent"
        self.heard_s: float | None = None
        self.age_s: float | None = None  # of the newest message, when it came
        self.sent = self.received = self.users_told = 0
        self.refused: Counter[Refusal] = Counter()
        self.announced: dict[int, Announced] = {}
        self._silent_after_s = silent_after_s
        self._numbers = (index + 1) << 32
        self._allowance = Allowance(now_s, MOST_AT_ONCE, MOST_A_SECOND)
        self._greetings = Allowance(now_s, MOST_GREETINGS, GREETINGS_A_SECOND)
        self._spoke_s = float("-inf")
        self._last: dict[int, tuple[float, Told]] = {}  # who it was told of, and when

    def take(self, message: Message, genuine: bool, now_s: float) -> list[Announced] | Refusal:
        """Take a message that bears its name; return who is announced by it, or why it is not believed."""
        taken = self._take(message, genuine, now_s)
        if isinstance(taken, str):
            self.refused[taken] += 1
        return taken

    def look(self, now_s: float) -> State:
        """Return how it is by now, and forget whom it announced and who counts no more."""
        self.announced = {number: one for number, one in self.announced.items() if one.until_s > now_s}
        if self.heard_s is None or now_s - self.heard_s >= self._silent_after_s:
            self.state = "silent"
        return self.state

    def silent_s(self, now_s: float) -> float:
        """Return when it will be silent if nothing is heard of it."""
        return now_s + self._silent_after_s if self.heard_s is None else self.heard_s + self._silent_after_s

    def greeting(self, now_s: float) -> Greeting | None:
        """Return whom to greet now, if somebody does not know us who has the secret; a flood of them is not answered."""
        wanted, self.acquaintance.greeting = self.acquaintance.greeting, None
        return wanted if wanted is not None and self._greetings.grant(now_s) else None

    def due_s(self, users: Sequence[Told], now_s: float) -> float:
        """Return when it is to be spoken to: at once if somebody waits to know us, soon if there is news, else by the beat."""
        if self.acquaintance.answer:
            return now_s
        return self._spoke_s + (NEWS_EVERY_S if self._news(users, now_s) else BEAT_EVERY_S)

    def say(self, sender: str, users: tuple[Told, ...], now_s: float, *, blind: bool) -> Message:
        """Return the message that is due."""
        self.acquaintance.answer = False
        self._spoke_s = now_s
        self._last = {told.user: (now_s, told) for told in users}
        self.users_told += len(users)
        head = self.acquaintance.head(sender, self.place.id, now_s, blind=blind)
        return msgspec.structs.replace(head, users=users)

    def _take(self, message: Message, genuine: bool, now_s: float) -> list[Announced] | Refusal:
        if not genuine:
            return "forged"
        if not self._allowance.grant(now_s):
            return "too_many"
        fresh = self.acquaintance.take(message, now_s)
        if isinstance(fresh, str):
            return fresh
        self.received += 1
        self.heard_s, self.age_s = now_s, now_s - fresh.sent_s
        self.state = "blind" if message.blind else "heard"
        made = [self._announced(told, fresh.sent_s, now_s) for told in message.users]
        return [one for one in made if one is not None]

    def _announced(self, told: Told, sent_s: float, now_s: float) -> Announced | None:
        """Keep who is announced; none for what is older than what is known, ended, or too many."""
        number = self._numbers | told.user
        one, known = announced(told, number, self.place.offset_m, sent_s, now_s), self.announced.get(number)
        if known is None and len(self.announced) >= MOST_ANNOUNCED:
            return None
        if one.until_s <= now_s or (known is not None and one.user.at_s <= known.user.at_s):
            return None
        if known is not None:  # a word never takes light away that was promised
            one = msgspec.structs.replace(one, until_s=max(one.until_s, known.until_s))
        self.announced[number] = one
        return one

    def _news(self, users: Sequence[Told], now_s: float) -> bool:
        return any(told.user not in self._last or _moved(told, *self._last[told.user], now_s) for told in users)


def _moved(now: Told, then_s: float, then: Told, now_s: float) -> bool:
    """Whether somebody is not where they were said to be by now, or (of who is handed on) has been confirmed since."""
    if then.hops and now.for_ms > then.for_ms - (now_s - then_s) * 1000 + CONFIRMED_S * 1000:
        return True
    foretold_cm = then.position_cm + then.velocity_cm_per_s * (now_s - then_s)
    return (
        abs(now.position_cm - foretold_cm) > NEWS_M * 100
        or abs(now.velocity_cm_per_s - then.velocity_cm_per_s) > NEWS_M_PER_S * 100
    )
