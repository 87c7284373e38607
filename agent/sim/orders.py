"""What keeps a simulated controller's commands, and what lets itself be done by them: nothing lasts, nothing is done. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agent.control.leases import Lease
from agent.orders.ledger import Ledger
from agent.orders.ward import NotDone, Trial

_NO = "expected a controller of the street; this one is simulated"


class KeptNowhere:
    """Commands in memory: what is kept on the disk elsewhere is in force at once."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.fault = ""

    def commit(self, then: Callable[[], None], _change: Mapping[tuple[int, str], Lease | None]) -> None:
        """Take it as kept."""
        then()

    def after(self, then: Callable[[], None]) -> None:
        """Nothing is waited for."""
        then()


class NobodysWard:
    """A controller that cannot be restarted, configured, or asked how it is."""

    def __init__(self) -> None:
        self.watch: Callable[[], None] = lambda: None
        self.trial: Trial | None = None
        self.text = self.digest = ""
        self.logged = "error"

    def settled(self) -> None:
        """There is no trial."""

    def restart(self) -> None:
        raise NotDone(_NO)

    async def configure(self, _command_id: str, _text: str | None) -> tuple[bool, str]:
        raise NotDone(_NO)

    def log_level(self, _level: str, _for_s: float) -> None:
        raise NotDone(_NO)

    async def bundle(self) -> str:
        raise NotDone(_NO)
