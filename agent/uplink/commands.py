"""Commands of a platform, from a wish to its proof: accepted, written, verified; or rejected, expired, superseded. Pure.

A command takes the rung `operator` and ends by itself. Accepted: the demand is in force. Written: the unit has acknowledged
the level. Verified: another function than the write reads it back. Nothing is believed because it was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from agent.control.leases import Demand, Lease, Refusal
from agent.control.street import StreetControl
from agent.image import Image
from agent.uplink.names import CommandStatus
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
    """

    device: str
    id: str
    status: CommandStatus
    reason: str
    refusal: bool = False
    reply: Reply | None = None


class _Open:
    """A command that is not proven yet."""

    __slots__ = ("id", "lamp", "lease", "since_s", "status", "told_late")

    def __init__(self, command_id: str, lamp: int, lease: Lease, since_s: float) -> None:
        self.id = command_id
        self.lamp = lamp
        self.lease = lease
        self.since_s = since_s
        self.status: CommandStatus = "accepted"
        self.told_late = False


class Commands:
    """Carries out wishes on lamps and follows them to their proof. `answer` is told each stage."""

    def __init__(
        self,
        control: StreetControl,
        image: Image,
        lamps: Mapping[str, int],
        operator_s: float,
        answer: Callable[[Answer], None],
    ) -> None:
        self._control = control
        self._image = image
        self._lamps = lamps
        self._operator_s = operator_s
        self._answer = answer
        self._open: dict[str, _Open] = {}
        self.accepted = 0
        self.refused = 0
        self.last_refusal = ""

    @property
    def pending(self) -> bool:
        """Return whether a proof is still to come."""
        return bool(self._open)

    def fresh(self, now_s: float) -> bool:
        """Return whether a proof is to come that is not late yet."""
        return any(now_s - command.since_s <= PROOF_WITHIN_S for command in self._open.values())

    def take(self, device: str, wish: Wish, now_s: float) -> bool:
        """Carry out a wish: its demand is in force. False if it was refused, which is answered and counted."""
        lamp = self._lamps.get(device)
        if lamp is None:
            self.refuse("", Unwanted(f"{device[:64]!r}: expected one of {', '.join(self._lamps)}", wish.id))
            return False
        if wish.level_pct is None:
            self._release(device, lamp, wish, now_s)
            return True
        demand = Demand(HOLDER, wish.level_pct, self._operator_s if wish.for_s is None else wish.for_s)
        try:
            lease = self._control.leases.take(lamp, "operator", demand, now_s)
        except Refusal as refusal:
            self.refuse(device, Unwanted(_in_metrics(str(refusal)), wish.id))
            return False
        self._supersede(device, f"by the command {wish.id}")
        self.accepted += 1
        self._open[device] = _Open(wish.id, lamp, lease, now_s)
        self._answer(Answer(device, wish.id, "accepted", f"in force for {demand.for_s:g} s"))
        return True

    def refuse(self, device: str, why: Unwanted) -> None:
        """Answer and count a command that is not carried out."""
        self.refused += 1
        self.last_refusal = f"{device or 'node'}: {why}"
        self._answer(Answer(device, why.id, why.status, str(why), refusal=True))

    def follow(self, now_s: float) -> None:
        """Look how far each command has come; after each step of control, and when a lamp was read."""
        for device, command in list(self._open.items()):
            self._look(device, command, now_s)

    def _look(self, device: str, command: _Open, now_s: float) -> None:
        held = self._control.leases.holder(command.lamp, "operator", now_s)
        if held is not command.lease:
            gone: CommandStatus = "expired" if now_s >= command.lease.until_s else "superseded"
            self._end(device, command, gone, "the demand ended before it was proven")
            return
        proof_pct = self._control.proof_pct(command.lamp)
        winner = self._control.winner(command.lamp)
        if winner not in {"operator", "floor"}:
            self._end(device, command, "superseded", f"{winner} holds the lamp; the demand waits under it")
            return
        note = "" if winner == "operator" else f"; the floor keeps it from {command.lease.level_pct:g} %"
        sent = self._image.raw(f"{device}/lamp/sent_level")
        shown = self._image.get(f"{device}/lamp/dimming_level", now_s)
        if command.status == "accepted" and _shows(sent, proof_pct, _SAME_PCT):
            command.status = "written"
            self._answer(Answer(device, command.id, "written", f"the unit has acknowledged {proof_pct:g} %{note}"))
        if command.status == "written" and shown.mono_s > command.since_s and _shows(shown, proof_pct, NEAR_PCT):
            self._end(device, command, "verified", f"the lamp reads back {shown.value:g} %{note}")
        elif not command.told_late and now_s - command.since_s > PROOF_WITHIN_S:
            command.told_late = True
            reads = f"{shown.value:g} %" if isinstance(shown.value, int | float) else "nothing"
            why = shown.reason or f"reads back {reads}"
            self._answer(Answer(device, command.id, command.status, f"no proof within {PROOF_WITHIN_S:g} s: {why}"))

    def _release(self, device: str, lamp: int, wish: Wish, now_s: float) -> None:
        held = self._control.leases.holder(lamp, "operator", now_s) is not None
        self._supersede(device, f"by the release {wish.id}")
        self._control.leases.release(lamp, "operator")
        self.accepted += 1
        self._answer(Answer(device, wish.id, "verified", "released" if held else "nothing was held"))

    def _supersede(self, device: str, by: str) -> None:
        before = self._open.pop(device, None)
        if before is not None:
            self._answer(Answer(device, before.id, "superseded", by))

    def _end(self, device: str, command: _Open, status: CommandStatus, reason: str) -> None:
        del self._open[device]
        self._answer(Answer(device, command.id, status, reason))


def _shows(reading: Reading, level_pct: float, near_pct: float) -> bool:
    value = reading.value
    if reading.quality is not Quality.GOOD or isinstance(value, bool | str) or value is None:
        return False
    return abs(value - level_pct) <= near_pct


def _in_metrics(refusal: str) -> str:
    """Return a refusal of the street in the names that the platform used."""
    return refusal.replace("level_pct", "lamp/dimming_level").replace("for_s", "command/for_s")
