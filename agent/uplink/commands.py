"""Commands of a platform, from a wish to its proof: accepted, written, verified; or rejected, expired, superseded. Pure.

A command takes the rung `operator` and ends by itself. Accepted: the demand is in force. Written: the unit has acknowledged
the level. Verified: another function than the write reads it back. Nothing is believed because it was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from agent.control.leases import Demand, Lease, Refusal, lease_of
from agent.control.street import StreetControl
from agent.image import Image
from agent.orders.ledger import Clash, Ledger, Seen
from agent.uplink.allowance import Allowance
from agent.uplink.names import STATUSES, CommandStatus
from agent.uplink.replies import Reply
from agent.uplink.wishes import Unwanted, Wish
from drivers.points import Quality, Reading

HOLDER = "platform"
NEAR_PCT = 2.0  # steps of a module and its read-back
PROOF_WITHIN_S = 15.0  # then it is said what is missing; the demand stays in force, and the proof may still come
_SAME_PCT = 0.51


class Answer(msgspec.Struct, frozen=True):
    """What has become of a command, so far or for good. `device` is empty where none could be made out.

    `refusal`: it was never in force. One that was in force may expire too. `reply`: where it is wanted besides.
    `text`: the configuration that was asked for, told in passing.
    """

    device: str
    id: str
    status: CommandStatus
    reason: str
    refusal: bool = False
    reply: Reply | None = None
    text: str = ""


class Keeper(Protocol):
    """What outlives a restart: commands and overrides. `then` is called when they are on the disk."""

    @property
    def ledger(self) -> Ledger: ...

    @property
    def fault(self) -> str: ...

    def commit(self, then: Callable[[], None], change: Mapping[tuple[int, str], Lease | None]) -> None: ...

    def after(self, then: Callable[[], None]) -> None:
        """Call `then` when all that was committed is on the disk: at once, if it is."""


class Bounds(msgspec.Struct, frozen=True):
    """How long a demand holds unless said (s), how many commands are taken at once, and how many a second after that."""

    operator_s: float
    at_once: float = 120.0
    a_second: float = 2.0


class _Open:
    """A command that is not proven yet."""

    __slots__ = ("id", "lamp", "level_pct", "since_s", "status", "told_late")

    def __init__(self, lamp: int, lease: Lease, since_s: float) -> None:
        self.id = lease.command
        self.lamp = lamp
        self.level_pct = lease.level_pct
        self.since_s = since_s
        self.status: CommandStatus = "accepted"
        self.told_late = False


class Commands:
    """Carries out wishes on lamps and follows them to their proof. `answer` is told each stage, `step` is control's."""

    def __init__(  # noqa: PLR0913 - what it stands between
        self,
        control: StreetControl,
        image: Image,
        lamps: Mapping[str, int],
        bounds: Bounds,
        *,
        keeper: Keeper,
        step: Callable[[], None],
        answer: Callable[[Answer], None],
        now: Callable[[], float],
    ) -> None:
        self._control = control
        self._image = image
        self._lamps = lamps
        self._bounds = bounds
        self._keeper = keeper
        self._step = step
        self._answer = answer
        self.now = now
        self._pace = Allowance(now(), bounds.at_once, bounds.a_second)
        self._open: dict[str, _Open] = {}
        self.accepted = 0
        self.refused = 0
        self.last_refusal = ""
        self._reopen()

    @property
    def pending(self) -> bool:
        """Return whether a proof is still to come."""
        return bool(self._open)

    def fresh(self, now_s: float) -> bool:
        """Return whether a proof is to come that is not late yet."""
        return any(now_s - command.since_s <= PROOF_WITHIN_S for command in self._open.values())

    def repeated(self, device: str, wish: Wish) -> bool:
        """Answer a command that was carried out before with what became of it; nothing changes. Unwanted for another one."""
        try:
            return self.known(device, wish.id, wish.asked)
        except Unwanted:
            if wish.id.startswith("@"):  # it has no name, and another one of the same millisecond is another command
                return False
            raise

    def known(self, device: str, command_id: str, asked: str) -> bool:
        """Do so for any command, by what it asks. Unwanted if its id was used for something else."""
        try:
            seen = self._keeper.ledger.find(device, command_id, asked)
        except Clash:
            raise Unwanted("expected an id of its own: it was used for another command before", command_id) from None
        if seen is None:
            return False
        self._keeper.after(lambda: self._answer_again(seen))
        return True

    def pace(self, command_id: str) -> None:
        """Take that one more command is to be carried out. Unwanted if they are too many."""
        if not self._pace.grant(self.now()):
            most = f"{self._bounds.at_once:g} commands at once and then {self._bounds.a_second:g} a second"
            raise Unwanted(f"too frequent: expected at most {most}", command_id)

    def take(self, device: str, wish: Wish, now_s: float) -> None:
        """Carry out a wish when it is on the disk. Unwanted if it is not to be; nothing has changed then."""
        lamp = self._lamps.get(device)
        if lamp is None:
            raise Unwanted(f"{device[:64]!r}: expected one of {', '.join(self._lamps)}", wish.id)
        lease = None if wish.level_pct is None else self._lease(wish, wish.level_pct, now_s)
        self.pace(wish.id)
        if lease is None:
            reason = "nothing was held" if self._control.leases.holder(lamp, "operator", now_s) is None else "released"
            self._keeper.ledger.note(Seen(device, wish.id, wish.asked, "verified", reason))
            self._keeper.commit(lambda: self._released(device, lamp, wish.id, reason), {(lamp, "operator"): None})
            return
        reason = f"in force for {lease.until_s - now_s:g} s"
        self._keeper.ledger.note(Seen(device, wish.id, wish.asked, "accepted", reason))
        self._keeper.commit(lambda: self._in_force(device, lamp, lease, reason), {(lamp, "operator"): lease})

    def refuse(self, device: str, why: Unwanted) -> None:
        """Answer and count a command that is not carried out."""
        self.count(device, why)
        self._answer(Answer(device, why.id, why.status, str(why), refusal=True))

    def count(self, device: str, why: Unwanted) -> None:
        """Count one that is not answered."""
        self.refused += 1
        self.last_refusal = f"{device or 'node'}: {why}"

    def follow(self, now_s: float) -> None:
        """Look how far each command has come; after each step of control, and when a lamp was read."""
        for device, command in list(self._open.items()):
            self._look(device, command, now_s)

    def _answer_again(self, seen: Seen) -> None:
        status: CommandStatus = next((word for word in STATUSES if word == seen.status), "accepted")
        reason = f"{seen.reason}; it came again and changed nothing"
        self._answer(Answer(seen.device, seen.id, status, reason, refusal=True))

    def _look(self, device: str, command: _Open, now_s: float) -> None:
        held = self._control.leases.holder(command.lamp, "operator", now_s)
        if held is None or held.command != command.id:
            gone: CommandStatus = "expired" if held is None else "superseded"
            self._end(device, command, gone, "the demand ended before it was proven")
            return
        proof_pct = self._control.proof_pct(command.lamp)
        winner = self._control.winner(command.lamp)
        if winner not in {"operator", "floor"}:
            self._end(device, command, "superseded", f"{winner} holds the lamp; the demand waits under it")
            return
        note = "" if winner == "operator" else f"; the floor keeps it from {command.level_pct:g} %"
        sent = self._image.raw(f"{device}/lamp/sent_level")
        shown = self._image.get(f"{device}/lamp/dimming_level", now_s)
        if command.status == "accepted" and _shows(sent, proof_pct, _SAME_PCT):
            command.status = "written"
            self._tell(Answer(device, command.id, "written", f"the unit has acknowledged {proof_pct:g} %{note}"))
        if command.status == "written" and shown.mono_s > command.since_s and _shows(shown, proof_pct, NEAR_PCT):
            self._end(device, command, "verified", f"the lamp reads back {shown.value:g} %{note}")
        elif not command.told_late and now_s - command.since_s > PROOF_WITHIN_S:
            command.told_late = True
            reads = f"{shown.value:g} %" if isinstance(shown.value, int | float) else "nothing"
            why = shown.reason or f"reads back {reads}"
            self._tell(Answer(device, command.id, command.status, f"no proof within {PROOF_WITHIN_S:g} s: {why}"))

    def _lease(self, wish: Wish, level_pct: float, now_s: float) -> Lease:
        for_s = self._bounds.operator_s if wish.for_s is None else wish.for_s
        try:
            return lease_of("operator", Demand(wish.issuer or HOLDER, level_pct, for_s), now_s, wish.id)
        except Refusal as refusal:
            raise Unwanted(_in_metrics(str(refusal)), wish.id) from None

    def _in_force(self, device: str, lamp: int, lease: Lease, reason: str) -> None:
        self._control.leases.put(lamp, lease)
        self._step()  # the lamp goes before the answer
        self._supersede(device, f"by the command {lease.command}")
        self.accepted += 1
        self._open[device] = _Open(lamp, lease, self.now())
        self._answer(Answer(device, lease.command, "accepted", reason + self.not_kept()))

    def _released(self, device: str, lamp: int, command_id: str, reason: str) -> None:
        self._control.leases.drop(lamp, "operator")
        self._step()
        self._supersede(device, f"by the release {command_id}")
        self.accepted += 1
        self._answer(Answer(device, command_id, "verified", reason + self.not_kept()))

    def not_kept(self) -> str:
        """Return what has to be said where a restart will have forgotten a command."""
        fault = self._keeper.fault
        return f"; a restart forgets it: it cannot be kept ({fault})" if fault else ""

    def _reopen(self) -> None:
        """Follow again what a restart has cut off from its proof."""
        now_s, unproven = self.now(), {"accepted", "written"}
        open_ids = {(seen.device, seen.id) for seen in self._keeper.ledger.all() if seen.status in unproven}
        for device, lamp in self._lamps.items():
            lease = self._control.leases.holder(lamp, "operator", now_s)
            if lease is not None and (device, lease.command) in open_ids:
                self._open[device] = _Open(lamp, lease, now_s)

    def _supersede(self, device: str, by: str) -> None:
        before = self._open.pop(device, None)
        if before is not None:
            self._tell(Answer(device, before.id, "superseded", by))

    def _end(self, device: str, command: _Open, status: CommandStatus, reason: str) -> None:
        del self._open[device]
        self._tell(Answer(device, command.id, status, reason))

    def _tell(self, answer: Answer) -> None:
        """Answer a stage, and note it for whoever asks again."""
        self._keeper.ledger.tell(answer.device, answer.id, answer.status, answer.reason)
        self._answer(answer)


def _shows(reading: Reading, level_pct: float, near_pct: float) -> bool:
    value = reading.value
    if reading.quality is not Quality.GOOD or isinstance(value, bool | str) or value is None:
        return False
    return abs(value - level_pct) <= near_pct


def _in_metrics(refusal: str) -> str:
    """Return a refusal of the street in the names that the platform used."""
    return refusal.replace("level_pct", "lamp/dimming_level").replace("for_s", "command/for_s")
