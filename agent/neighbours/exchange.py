"""The exchange with all neighbours: who is told to whom, what comes in, which seams are silent. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from agent.neighbours.acquaintance import Acquaintance, Refusal
from agent.neighbours.message import MOST_USERS, Message, Seal, Told, decode, encode
from agent.neighbours.neighbour import BEAT_EVERY_S, Neighbour, Place, State
from agent.neighbours.telling import TOLD_FOR_S, Announced, End, concerns, handed_on, told
from agent.services.road_users import RoadUser

_OURS = (1 << 31) - 1  # the numbers of who is seen here; above it those of who is handed on
_LOG_EVERY_S = 60.0
_STARTS_S = 5.0  # a neighbour that is not heard so soon after the start is not news yet


class Street(Protocol):
    """What the exchange needs of the street's control."""

    def road_users(self, now_s: float) -> Sequence[RoadUser]: ...

    def announce(self, user: RoadUser, until_s: float) -> None: ...

    def seam(self, end: End, *, silent: bool) -> None: ...


class Controller(msgspec.Struct, frozen=True):
    """This controller: its id, where its street begins and ends and how far ahead vehicles are lit, in metres."""

    id: str
    low_m: float
    high_m: float
    sight_m: float

    def end_m(self, end: End) -> float:
        """Return where an end of this street is."""
        return self.high_m if end > 0 else self.low_m


class Exchange:
    """Call `heard` with each message that comes, and `step` when it said so, or when a sensor has news."""

    def __init__(  # noqa: PLR0913 - what it stands between
        self,
        ours: Controller,
        places: Sequence[Place],
        street: Street,
        *,
        silent_after_s: float,
        sees: Callable[[End], bool],
        random: Callable[[], int],
        send: Callable[[str, bytes], None],
        event: Callable[..., None],
        now_s: float,
    ) -> None:
        """`sees` tells whether the street can see who is at an end; `random` returns 64 random bits."""
        self._ours = ours
        self._street = street
        self._sees = sees
        self._send = send
        self._event = event
        self.seal: Seal | None = None  # until it is known nothing is said, and nothing believed
        epoch = random()
        self.neighbours = {
            place.id: Neighbour(
                place, index, Acquaintance(epoch, now_s, random), silent_after_s=silent_after_s, now_s=now_s
            )
            for index, place in enumerate(places)
        }
        self.refused: Counter[Refusal] = Counter()  # of whom is none of the neighbours
        self._shown: dict[str, State] = {}
        self._logged: dict[tuple[str, Refusal], float] = {}
        self._handed: dict[int, int] = {}
        self._next_handed = 0
        self._silent: dict[End, bool] = {}
        self._began_s = now_s
        self._seams()

    def heard(self, data: bytes, now_s: float) -> bool:
        """Take what came. True if the light, and `step`, have to know at once: somebody is announced, or a seam has turned."""
        opened = None if self.seal is None else decode(data, self.seal)
        if opened is None:
            self._refuse("", "malformed", now_s)
            return False
        message = opened.message
        neighbour = self.neighbours.get(message.sender)
        if neighbour is None or message.to != self._ours.id:
            self._refuse("", "stranger", now_s)
            return False
        taken = neighbour.take(message, opened.genuine, now_s)
        if isinstance(taken, str):
            self._tell_refusal(message.sender, taken, now_s)
            self._greet(neighbour, now_s)
            return False
        for one in taken:
            self._street.announce(one.user, one.until_s)
        if neighbour.acquaintance.answer:
            self._speak(neighbour, (), now_s)
        return self._look(neighbour, now_s) or bool(taken)

    def step(self, now_s: float) -> tuple[float, bool]:
        """Say what is due. Return when to be called again at the latest, and whether the light has to know at once."""
        own = [user for user in self._street.road_users(now_s) if 0 <= user.user <= _OURS]
        turned = False
        next_s = now_s + BEAT_EVERY_S
        for neighbour in self.neighbours.values():
            turned |= self._look(neighbour, now_s)
        for neighbour in self.neighbours.values():
            users = self._concerned(neighbour, own, now_s)
            if neighbour.due_s(users, now_s) <= now_s:
                self._speak(neighbour, users, now_s)
            next_s = min(next_s, neighbour.due_s(users, now_s), neighbour.silent_s(now_s))
        return next_s, turned

    def deaf(self, now_s: float) -> None:
        """Take that nobody can be heard: all seams are silent, until somebody speaks."""
        for neighbour in self.neighbours.values():
            neighbour.heard_s = None
            self._look(neighbour, now_s)

    def _concerned(self, neighbour: Neighbour, own: Sequence[RoadUser], now_s: float) -> tuple[Told, ...]:
        """Return who is told to a neighbour, the nearest to the seam first: own ones, and those of the other end."""
        end, end_m = neighbour.place.end, self._ours.end_m(neighbour.place.end)
        sight_m = self._ours.sight_m

        def away_m(user: RoadUser) -> float:
            return abs(user.at_m(now_s) - end_m)

        users = [
            (away_m(user), told(user, user.user, now_s)) for user in own if concerns(user, end_m, end, sight_m, now_s)
        ]
        users += [
            (away_m(one.user), self._onward(one, now_s))
            for one in handed_on(self._beyond(end), own, now_s)
            if concerns(one.user, end_m, end, sight_m, now_s)
        ]
        users.sort(key=lambda pair: pair[0])
        return tuple(one for _, one in users if one is not None)[:MOST_USERS]

    def _beyond(self, end: End) -> Iterable[Announced]:
        """Return who is announced from the other end."""
        for other in self.neighbours.values():
            if other.place.end != end:
                yield from other.announced.values()

    def _onward(self, one: Announced, now_s: float) -> Told | None:
        """Return somebody to be handed on, under a number of ours that stays theirs. They end when they would have ended."""
        number = self._handed.get(one.user.user)
        if number is None:
            self._next_handed = (self._next_handed + 1) & _OURS
            number = self._next_handed + _OURS + 1
            live = {key for neighbour in self.neighbours.values() for key in neighbour.announced}
            self._handed = {key: value for key, value in self._handed.items() if key in live}
            self._handed[one.user.user] = number
        return told(one.user, number, now_s, for_s=min(one.until_s - now_s, TOLD_FOR_S), hops=one.hops + 1)

    def _speak(self, neighbour: Neighbour, users: tuple[Told, ...], now_s: float) -> None:
        blind = not self._sees(neighbour.place.end)
        self._post(neighbour, neighbour.say(self._ours.id, users, now_s, blind=blind))

    def _greet(self, neighbour: Neighbour, now_s: float) -> None:
        greeting = neighbour.greeting(now_s)
        if greeting is not None:
            blind = not self._sees(neighbour.place.end)
            head = neighbour.acquaintance.head(self._ours.id, neighbour.place.id, now_s, blind=blind, greeting=greeting)
            self._post(neighbour, head)

    def _post(self, neighbour: Neighbour, message: Message) -> None:
        if self.seal is not None:
            neighbour.sent += 1
            self._send(neighbour.place.id, encode(message, self.seal))

    def _look(self, neighbour: Neighbour, now_s: float) -> bool:
        """Tell what a neighbour has become, and set the seam at its end. True if a seam has turned."""
        heard_s, state, name = neighbour.heard_s, neighbour.look(now_s), neighbour.place.id
        starting = heard_s is None and now_s - self._began_s < _STARTS_S
        if state != self._shown.get(name) and not starting:
            self._shown[name] = state
            self._event(
                f"neighbour_{'back' if state == 'heard' else state}",
                neighbour=name,
                end="up" if neighbour.place.end > 0 else "down",
                heard_ago_s=None if heard_s is None else round(now_s - heard_s, 1),
            )
        return self._seams()

    def _seams(self) -> bool:
        """Set the seam of each end that has a neighbour: silent while one of those there is, or does not see."""
        silent: dict[End, bool] = {}
        for neighbour in self.neighbours.values():
            end = neighbour.place.end
            silent[end] = silent.get(end, False) or neighbour.state != "heard"
        turned = [end for end, now in silent.items() if self._silent.get(end) is not now]
        for end in turned:
            self._street.seam(end, silent=silent[end])
        self._silent = silent
        return bool(turned)

    def _refuse(self, name: str, reason: Refusal, now_s: float) -> None:
        self.refused[reason] += 1
        self._tell_refusal(name, reason, now_s)

    def _tell_refusal(self, name: str, reason: Refusal, now_s: float) -> None:
        """Log a refusal, each kind of it once a minute; a neighbour that has just started is refused until it is known."""
        if reason == "unacquainted" or now_s - self._logged.get((name, reason), -_LOG_EVERY_S) < _LOG_EVERY_S:
            return
        self._logged[name, reason] = now_s
        self._event("neighbour_refused", neighbour=name or None, reason=reason)
