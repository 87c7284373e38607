"""What has become of commands, on its way to the log, to the metrics of the device, and to the mirror. Pure but for the log.

Answers are told by the next push and not as they come: a lamp does not wait for the log of its command.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Set as AbstractSet

import structlog

from agent.uplink import names
from agent.uplink.allowance import Allowance
from agent.uplink.commands import Answer
from agent.uplink.reports import Reporter

log = structlog.get_logger()


class Answers:
    """Keeps the answers of one turn of the event loop; of a flood of refusals some are told, and all are counted."""

    def __init__(self, reporter: Reporter, now_s: float) -> None:
        self._reporter = reporter
        self._refusals = Allowance(now_s)
        self._waiting: deque[tuple[Answer, int]] = deque()

    def take(self, answer: Answer, now_s: float) -> None:
        """Take an answer."""
        if not answer.refusal:
            self._waiting.append((answer, 0))
        elif self._refusals.grant(now_s):
            self._waiting.append((answer, self._refusals.passed_over))

    def tell(self, born: AbstractSet[str] | None, refused: int, now_s: float) -> list[Answer]:
        """Tell what was taken; return it. `born`: the devices that may speak, none = all; `refused`: how many so far."""
        told = []
        while self._waiting:
            answer, not_told = self._waiting.popleft()
            self._log(answer, not_told)
            # A device that is dead says nothing: the node answers for it.
            speaks = born is None or answer.device in born
            owner = answer.device if speaks else ""
            if answer.text:
                self._reporter.tell_in_passing("", names.CONFIGURATION_TEXT, answer.text, now_s)
            self._reporter.tell(owner, names.LAST_ID, answer.id, now_s)
            self._reporter.tell(owner, names.LAST_STATUS, answer.status, now_s)
            reason = answer.reason if speaks else f"{answer.device}: {answer.reason}"
            self._reporter.tell(owner, names.LAST_REASON, reason, now_s)
            self._reporter.set("", names.REFUSED, refused, now_s)
            told.append(answer)
        return told

    @staticmethod
    def _log(answer: Answer, not_told: int) -> None:
        more = {"not_told": not_told} if not_told else {}
        tell = log.warning if answer.status in {"rejected", "expired"} else log.info
        tell("command", device=answer.device, id=answer.id, status=answer.status, reason=answer.reason, **more)
