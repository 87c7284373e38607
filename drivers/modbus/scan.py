"""Who is on a line: asks one question after the other, and knows what an answer proves. Pure.

A unit is there if a whole frame with its own id came back, be it an exception. Bytes that are no such frame are a hint:
another speed, two units on one address, a bad wire.
"""

from __future__ import annotations

import math
from collections import deque

import msgspec

from drivers.bus.port import Answer
from drivers.bus.records import Link
from drivers.errors import BadAnswer, NoAnswer, Refused
from drivers.modbus.pdu import Request
from drivers.modbus.questions import SENTINELS, Question, Wanted, again, questions

_TOO_NOISY = 8  # bad answers in a row: at this speed nothing can be learned
_OVER_S = 10.5  # within it a late answer could be taken for one to a like question: the port would ask more to know
_NOBODY = {10, 11}  # exceptions by which a gateway says that nobody is there


class Found(msgspec.Struct, frozen=True):
    """A unit that is there: at which speed, what it answered to what (`refusal`: an exception), and how soon."""

    link: Link | None
    request: Request
    data: bytes
    refusal: str
    latency_s: float | None

    @property
    def unit(self) -> int:
        """Return its id."""
        return self.request.unit


class Hint(msgspec.Struct, frozen=True):
    """Bytes that prove nothing: at which speed, who was asked (none: everybody), and what came.

    `asked`: it could be asked at that speed; `text` says why not.
    """

    link: Link | None
    unit: int | None
    text: str
    asked: bool = True


class Scan:
    """Asks by `next`, learns by `heard`, in turns, until `next` has nothing more to ask. Times are monotonic seconds."""

    def __init__(self, wanted: Wanted) -> None:
        self._ahead = deque(questions(wanted))
        self._second_round = False
        self._found: dict[tuple[int | None, int], Found] = {}  # by baud: a unit answers in one format of it alone
        self._odd: dict[tuple[Link | None, int], str] = {}
        self._lost: dict[Link | None, Hint] = {}  # speeds at which nothing can be learned
        self._alike: Hint | None = None
        self._bad_in_a_row = 0
        self._last: Question | None = None
        self._asked_s: dict[tuple[Link | None, int, int, int], float] = {}  # when what is alike was asked last
        self.asked = 0
        self.spent_s = 0.0  # what all questions so far would have taken if nobody had answered
        self.left_s = sum(question.silent_s for question in self._ahead)  # as much, of those ahead

    @property
    def found(self) -> tuple[Found, ...]:
        """Return the units that are there, in the order in which they were found."""
        return tuple(self._found.values())

    @property
    def hints(self) -> tuple[Hint, ...]:
        """Return what came and proves nothing."""
        odd = (Hint(link, unit, text) for (link, unit), text in self._odd.items() if link not in self._lost)
        return (*self._lost.values(), *odd, *([self._alike] if self._alike else []))

    def next(self, now_s: float) -> Question | None:
        """Return the next question; none at the end."""
        question = self._picked(now_s)
        if question is None and not self._second_round:
            self._begin_second_round()
            question = self._picked(now_s)
        if question is not None:
            self._asked_s[question.shape] = now_s
            self.left_s -= question.silent_s
        return question

    def cannot(self, question: Question, text: str) -> None:
        """The port cannot ask at the speed of a question."""
        self._lost[question.link] = Hint(question.link, None, text, asked=False)

    def heard(self, question: Question, outcome: Answer | NoAnswer | BadAnswer | Refused) -> Found | None:
        """Take what came of a question. Return the unit if it is known by it to be there."""
        self.asked += 1
        self.spent_s += question.silent_s
        before, self._last = self._last, question
        place = (question.link, question.unit)
        if isinstance(outcome, BadAnswer):
            self._noise(question, before, outcome)
            return None
        self._bad_in_a_row = 0
        if isinstance(outcome, NoAnswer) or (isinstance(outcome, Refused) and outcome.code in _NOBODY):
            return None
        self._odd.pop(place, None)
        if isinstance(outcome, Answer):
            found = Found(question.link, question.request, outcome.data, "", outcome.latency_s)
        else:
            found = Found(question.link, question.request, b"", str(outcome), None)
        self._found[_key(question)] = found
        self._look_for_one_under_every_id()
        return found

    def _picked(self, now_s: float) -> Question | None:
        """Take the first question that is not needless; what is like one of just now waits while there are others."""
        waiting: list[Question] = []
        try:
            while self._ahead:
                question = self._ahead.popleft()
                if self._needless(question):
                    self.left_s -= question.silent_s
                elif self._asked_s.get(question.shape, -math.inf) > now_s - _OVER_S:
                    waiting.append(question)
                else:
                    return question
            return waiting.pop(0) if waiting else None
        finally:
            self._ahead.extendleft(reversed(waiting))

    def _begin_second_round(self) -> None:
        """Ask whoever made a noise once more; what does not come again was a spark."""
        self._second_round = True
        self._ahead.extend(one for link, unit in self._odd for one in again(link, unit))
        self.left_s = sum(question.silent_s for question in self._ahead)
        self._odd.clear()

    def _noise(self, question: Question, before: Question | None, error: BadAnswer) -> None:
        self._odd[question.link, question.unit] = str(error)
        known = before is None or before.link != question.link or _key(before) in self._found
        if before is not None and not known and not self._second_round:
            # It may be the late answer of whoever was asked before.
            self._odd.setdefault((before.link, before.unit), f"when {question.unit} was asked after it: {error}")
        self._bad_in_a_row += 1
        if self._bad_in_a_row >= _TOO_NOISY:
            said = f"whoever is asked, bytes come that are no answer, the last time: {error}"
            self._lost[question.link] = Hint(question.link, None, said)
            self._bad_in_a_row = 0

    def _needless(self, question: Question) -> bool:
        return question.link in self._lost or self._alike is not None or _key(question) in self._found

    def _look_for_one_under_every_id(self) -> None:
        said = [self._found.get((None, unit)) for unit in SENTINELS]
        if len({(one.data, one.refusal) for one in said if one is not None}) == 1 and all(said):
            self._found = {key: one for key, one in self._found.items() if one is said[0]}
            self._alike = Hint(
                None, None, "it answers alike under every unit id: one device, which does not look at it"
            )


def _key(question: Question) -> tuple[int | None, int]:
    return (None if question.link is None else question.link.baud, question.unit)
