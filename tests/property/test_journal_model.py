"""The store against a plain list: commits, settlings, reads, restarts and kills in any order."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agent.journal.records import TOLD, Entry, Lane, Limits, Report
from agent.journal.store import Store
from journal_reports import alarm, copied, report, whole

MAX_BYTES = 1_000_000


class AgainstAList(RuleBasedStateMachine):
    """`waiting` is the model; `everything` are all numbers that were ever given."""

    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.TemporaryDirectory()
        self.generation = 0
        self.boot = 0
        self.waiting: dict[int, tuple[Report, int]] = {}
        self.everything: list[int] = []
        self.bd_seqs = 0

    @initialize()
    def start(self) -> None:
        self.path = Path(self.place.name) / "0" / "journal.db"
        self.store = Store(self.path, Limits(MAX_BYTES), "0")
        self.store.open()
        self.store_id = self.store.facts().store_id

    @rule(sizes=st.integers(0, 900), data=st.data())
    def commit(self, sizes: int, data: st.DataObject) -> None:
        new = [report(float(len(self.everything) + n), mono_s=n / 8, wall_ms=n % 3 or None) for n in range(sizes)]
        settled = data.draw(self._some())
        given = self.store.commit(new, settled)
        self._settled(settled)
        assert len(given) == len(new)
        assert given == sorted(given)
        assert not self.everything or not given or given[0] > self.everything[-1]
        self.everything += given
        self.waiting |= {number: (kept, self.boot) for number, kept in zip(given, new, strict=True)}

    @rule(sizes=st.integers(1, 500), data=st.data())
    def commit_numbered(self, sizes: int, data: st.DataObject) -> None:
        """What was sent before goes back with the numbers that it has, but for some that were proven."""
        store_id, first = self.store.number(sizes)
        assert store_id == self.store_id
        assert not self.everything or first > self.everything[-1]
        self.everything.append(first + sizes - 1)
        numbers = data.draw(st.lists(st.integers(first, first + sizes - 1), max_size=20, unique=True).map(sorted))
        new = [report(float(number)) for number in numbers]
        assert self.store.commit(new, (), numbers) == numbers
        self.waiting |= {number: (kept, self.boot) for number, kept in zip(numbers, new, strict=True)}

    @rule(count=st.integers(1, 60))
    def commit_alarms(self, count: int) -> None:
        new = [alarm(n) for n in range(count)]
        given = self.store.commit(new, ())
        assert not self.everything or given[0] > self.everything[-1]
        self.everything += given
        self.waiting |= {number: (kept, self.boot) for number, kept in zip(given, new, strict=True)}

    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        settled = data.draw(self._some())
        self.store.commit((), settled)
        self._settled(settled)

    @rule()
    def drain(self) -> None:
        self.store.commit((), list(self.waiting))
        self.waiting.clear()

    @rule(count=st.integers(0, 1000), after=st.integers(0, 3000))
    def oldest(self, count: int, after: int) -> None:
        for lane in TOLD:
            entries = self.store.oldest(count, after, lane)
            assert entries == [entry for entry in self._entries(lane) if entry.number > after][:count]

    @rule(next_boot=st.booleans())
    def restart(self, next_boot: bool) -> None:
        self.store.close()
        self._start(next_boot)

    @rule(next_boot=st.booleans())
    def killed(self, next_boot: bool) -> None:
        self.generation += 1
        path = copied(self.path, Path(self.place.name) / str(self.generation))
        self.store.close()
        self.path = path
        self._start(next_boot)

    @rule()
    def bd_seq(self) -> None:
        assert self.store.next_bd_seq() == self.bd_seqs % 256
        self.bd_seqs += 1

    @invariant()
    def facts(self) -> None:
        if self.everything:
            facts = self.store.facts()
            assert (facts.waiting, facts.dropped, facts.fault) == (len(self.waiting), 0, "")
            assert facts.store_id == self.store_id

    def teardown(self) -> None:
        assert whole(self.store) == self._entries()
        self.store.close()
        self.place.cleanup()

    def _start(self, next_boot: bool) -> None:
        self.boot += next_boot
        self.store = Store(self.path, Limits(MAX_BYTES), str(self.boot))
        self.store.open()

    def _some(self) -> st.SearchStrategy[list[int]]:
        """Numbers that wait, at random or from the oldest on, and some that do not."""
        waiting = sorted(self.waiting)
        at_random = st.lists(st.sampled_from(waiting or [1]), max_size=20)
        from_oldest = st.integers(0, len(waiting)).map(lambda count: waiting[:count])
        return at_random | from_oldest | st.lists(st.integers(-5, 10**6), max_size=5)

    def _settled(self, settled: list[int]) -> None:
        for number in settled:
            self.waiting.pop(number, None)

    def _entries(self, *lanes: Lane) -> list[Entry]:
        return [
            Entry(number, kept, boot == self.boot)
            for lane in lanes or TOLD
            for number, (kept, boot) in sorted(self.waiting.items())
            if kept.urgent is (lane is Lane.URGENT)
        ]


TestAgainstAList = AgainstAList.TestCase
TestAgainstAList.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
