"""What the node tells of itself, beside the points: its journal, its identity, what the platform may change of it."""

from __future__ import annotations

from agent.clock import Clock
from agent.identity.identity import Identity
from agent.journal.journal import Journal
from agent.orders.ward import Ward
from agent.uplink import names
from agent.uplink.outbox import Outbox
from agent.uplink.reports import Reporter
from drivers.points import Value


class OwnMetrics:
    """Sets the node's own metrics; what is the same is no report."""

    def __init__(self, reporter: Reporter, clock: Clock, version: str) -> None:
        self._reporter = reporter
        self._clock = clock
        self._set({names.VERSION: version, names.REFUSED: 0})

    def ward(self, ward: Ward) -> None:
        """Tell what of the agent itself the platform may change."""
        trial = ward.trial
        state = "in force"
        if trial is not None and trial.phase != "passed":
            state = trial.reason if trial.phase == "rolled back" else f"{trial.phase}: {trial.reason}"
        self._set(
            {names.CONFIGURATION_STATE: state, names.CONFIGURATION_DIGEST: ward.digest, names.LOG_LEVEL: ward.logged}
        )

    def identity(self, identity: Identity) -> None:
        """Tell when our certificate ends and what is wrong with it."""
        state = identity.look()
        ends_ms = None if state.expires is None else round(state.expires.timestamp() * 1000)
        self._set({names.IDENTITY_EXPIRES: ends_ms, names.IDENTITY_ALARM: state.trouble})

    def journal(self, journal: Journal, outbox: Outbox, refused: int) -> str:
        """Tell how the journal is, how many commands were refused, and whether the clock is trusted; return the store's id."""
        facts = journal.facts()
        self._set(
            {
                names.STORE_ID: facts.store_id,
                names.WAITING: facts.waiting + outbox.kept,
                names.DROPPED: facts.dropped + outbox.dropped,
                names.THINNED: facts.thinned + outbox.thinned,
                names.QUARANTINED: facts.quarantined,
                names.WRITTEN: facts.written_bytes,
                names.FAULT: facts.fault,
                names.REFUSED: refused,
                names.CLOCK_TRUSTED: self._clock.wall().trusted,
            }
        )
        return facts.store_id

    def _set(self, values: dict[str, Value | None]) -> None:
        now_s = self._clock.mono_s()
        for name, value in values.items():
            self._reporter.set("", name, value, now_s)
