"""Commands to the node itself, to their proof: restart, reload, a configuration on trial, its text, log level, bundle. Pure.

They are carried out when they are on the disk, so that each is carried out once; what nothing can keep is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from agent.orders.ledger import Seen
from agent.orders.ward import NotDone, Ward
from agent.uplink.allowance import Allowance
from agent.uplink.commands import Answer, Commands, Keeper
from agent.uplink.names import CommandStatus
from agent.uplink.node_wishes import NodeWish
from agent.uplink.payload.datatypes import LONGEST_TEXT_BYTES
from agent.uplink.wishes import Unwanted

TEXTS_AT_ONCE = 3  # texts of the configuration, 32 KiB each
TEXT_EVERY_S = 20.0  # and then so often


class NodeOrders:
    """Carries out wishes on the node. `spawn` runs what takes its time, on the event loop."""

    def __init__(
        self,
        commands: Commands,
        keeper: Keeper,
        ward: Ward,
        *,
        answer: Callable[[Answer], None],
        spawn: Callable[[Coroutine[None, None, None]], object],
    ) -> None:
        self._commands = commands
        self._keeper = keeper
        self._ward = ward
        self._answer = answer
        self._spawn = spawn
        self._texts = Allowance(commands.now(), TEXTS_AT_ONCE, 1 / TEXT_EVERY_S)
        self._finish_restarts()

    def take(self, wish: NodeWish) -> None:
        """Carry out a wish when it is on the disk. Unwanted if it is not to be; nothing has changed then."""
        self._commands.pace(wish.id)
        if wish.kind == "collect":
            self._judge_text(wish.id)
        if wish.kind in {"configuration", "reload"} and (trial := self._ward.trial) is not None:
            raise Unwanted(f"expected no other configuration while one is {trial.phase} (command {trial.id})", wish.id)
        self._keeper.ledger.note(Seen("", wish.id, wish.asked, "accepted", wish.kind))
        self._keeper.commit(lambda: self._begin(wish), {})

    def look(self) -> None:
        """Tell how a configuration on trial fares, each stage once."""
        trial = self._ward.trial
        if trial is None:
            return
        status: dict[str, CommandStatus] = {"on trial": "written", "passed": "verified", "rolled back": "rejected"}
        before = next((seen for seen in self._keeper.ledger.all() if (seen.device, seen.id) == ("", trial.id)), None)
        if before is None or before.status != status[trial.phase]:
            self._tell(trial.id, status[trial.phase], trial.reason)
        if trial.phase != "on trial":
            self._keeper.commit(self._ward.settled, {})

    def _begin(self, wish: NodeWish) -> None:
        if self._keeper.fault and wish.kind in {"restart", "configuration", "reload"}:
            self._tell(
                wish.id, "rejected", f"it cannot be kept, so it might be carried out twice: {self._keeper.fault}"
            )
            return
        self._commands.accepted += 1
        if wish.kind == "restart":
            self._tell(wish.id, "accepted", "stops in order and starts again")
            self._ward.restart()
        elif wish.kind == "collect":
            self._tell(wish.id, "verified", self._ward.digest, self._ward.text)
        elif wish.kind == "log_level":
            self._ward.log_level(wish.text, wish.for_s)
            self._tell(wish.id, "verified", f"logs {wish.text} for {wish.for_s:g} s")
        else:
            self._tell(wish.id, "accepted", "is being written" if wish.kind == "bundle" else "is being validated")
            self._spawn(self._work(wish))

    async def _work(self, wish: NodeWish) -> None:
        try:
            if wish.kind == "bundle":
                self._tell(wish.id, "verified", await self._ward.bundle())
            else:
                text = wish.text if wish.kind == "configuration" else None
                in_force, reason = await self._ward.configure(wish.id, text)
                self._tell(wish.id, "verified" if in_force else "accepted", reason)
        except NotDone as why:
            self._tell(wish.id, "rejected", str(why))

    def _finish_restarts(self) -> None:
        """Tell that a restart that was asked for before this start has come to its end."""
        for seen in self._keeper.ledger.all():
            if (seen.device, seen.asked, seen.status) == ("", "restart", "accepted"):
                self._tell(seen.id, "verified", "has started again")

    def _judge_text(self, command_id: str) -> None:
        size = len(self._ward.text.encode())
        if not size:
            raise Unwanted("expected a controller with a configuration; this one has none", command_id)
        if size > LONGEST_TEXT_BYTES:
            raise Unwanted(
                f"expected a configuration of at most {LONGEST_TEXT_BYTES} bytes, this one has {size}", command_id
            )
        if not self._texts.grant(self._commands.now()):
            most = f"{TEXTS_AT_ONCE} texts at once and then one every {TEXT_EVERY_S:g} s"
            raise Unwanted(f"too frequent: expected at most {most}", command_id)

    def _tell(self, command_id: str, status: CommandStatus, reason: str, text: str = "") -> None:
        self._keeper.ledger.tell("", command_id, status, reason)
        self._answer(Answer("", command_id, status, reason, text=text))
