"""What is urgent, what is thinned and in which order things are dropped; numbers given before; quarantine; dates."""

from __future__ import annotations

from pathlib import Path

import msgspec

from agent.journal.records import Lane, Limits, Report
from agent.journal.store import Store
from agent.journal.thinning import thin
from agent.journal.transaction import MOST_QUARANTINED
from journal_reports import ALL, alarm, bulky, numbers, opened, report, whole


def measured(count: int, begin_s: float) -> list[Report]:
    """One metric every 2 s, each with a value of its own that does not compress."""
    return [
        msgspec.structs.replace(each, mono_s=begin_s + 2.0 * n, wall_ms=round(1000 * (begin_s + 2.0 * n)))
        for n, each in enumerate(bulky(count, round(begin_s)))
    ]


def test_one_of_a_minute_and_every_turn_of_quality_stands_for_the_others() -> None:
    given = [(n, report(float(n), mono_s=7.0 * n)) for n in range(1, 30)]
    given[4] = (5, msgspec.structs.replace(given[4][1], quality=0))
    assert [number for number, _ in thin(given)] == [5, 6, 8, 17, 25, 29]
    assert thin([]) == []


def test_each_metric_is_thinned_for_itself() -> None:
    given = [(1, report(1.0)), (2, alarm()), (3, report(3.0))]
    assert [number for number, _ in thin(given)] == [2, 3]


def test_old_telemetry_is_thinned_before_any_is_dropped_and_the_newest_is_whole(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as store:
        known: dict[int, Report] = {}
        while store.facts().thinned < 4_000:
            new = measured(300, 600.0 * len(known) / 300)
            known |= dict(zip(store.commit(new, ()), new, strict=True))
        facts, entries = store.facts(), whole(store)
        assert facts.dropped == 0
        assert facts.waiting == len(entries) == len(known) - facts.thinned
        assert all(known[entry.number] == entry.report for entry in entries)
        newest = list(known)[-len(known) // 5 :]
        assert numbers(entries)[-len(newest) :] == newest, "the newest quarter keeps all"
        minutes = {int(each.mono_s // 60) for each in known.values()}
        assert {int(entry.report.mono_s // 60) for entry in entries} == minutes, "of no minute there is nothing"
        while not store.facts().dropped:
            new = measured(300, 600.0 * len(known) / 300)
            known |= dict(zip(store.commit(new, ()), new, strict=True))
        entries = whole(store)
        assert len(known) == store.facts().waiting + store.facts().thinned + store.facts().dropped
        assert 2.0 * len(known) / (entries[-1].report.mono_s - entries[0].report.mono_s) < 1.5, (
            "some of nearly all of it"
        )
        store.commit((), numbers(entries))
        assert whole(store) == []


def test_alarms_are_dropped_last(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as store:
        alarms = store.commit([alarm(mono_s=float(n)) for n in range(50)], ())
        for seed in range(60):
            store.commit(bulky(300, seed), ())
        assert store.facts().dropped > 5000
        assert numbers(store.oldest(ALL, 0, Lane.URGENT)) == alarms


def test_alarms_alone_are_bounded_too(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as store:
        given: list[int] = []
        for seed in range(30):
            given += store.commit([msgspec.structs.replace(each, urgent=True) for each in bulky(300, seed)], ())
        facts = store.facts()
        assert facts.dropped > 0
        assert numbers(whole(store)) == given[facts.dropped :]


def test_there_are_never_more_reports_than_allowed(tmp_path: Path) -> None:
    store = Store(tmp_path / "journal.db", Limits(4_000_000, max_reports=1000), "this boot")
    for seed in range(10):
        store.commit(bulky(300, seed), ())
    facts = store.facts()
    assert facts.waiting <= 1000
    assert facts.waiting + facts.dropped == 3000
    assert numbers(whole(store))[-1] == 3000
    store.close()


def test_numbers_that_were_given_before_are_kept_and_never_come_twice(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as store:
        store_id, first = store.number(10)
        assert (store_id, first) == (store.facts().store_id, 1)
        assert store.commit([report(), report()], (), [2, 5]) == [2, 5]
        assert store.commit([alarm()], (), [3]) == [3], "alarms are a lane of their own"
        assert store.commit([report(), report()], (), [4, 6]) == [11, 12], "4 would lie among others: they begin anew"
        assert store.commit([report(), report()], (), [99, 0]) == [13, 14], "99 was never given"
        assert store.number(1) == (store_id, 15)
    with opened(tmp_path / "journal.db") as store:
        assert store.commit([report()], ()) == [16]


def test_what_is_put_aside_waits_no_more_and_is_bounded(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db", max_bytes=4_000_000) as store:
        given = store.commit([report(n) for n in range(5)], ())
        store.quarantine([2, 4])
        assert numbers(whole(store)) == [1, 3, 5]
        assert [entry.report.value for entry in store.oldest(ALL, 0, Lane.QUARANTINE)] == [1, 3]
        facts = store.facts()
        assert (facts.waiting, facts.quarantined, facts.dropped) == (3, 2, 0)
        store.quarantine([given[0]])
        assert store.facts().quarantined == 3
        many = store.commit([report(n) for n in range(MOST_QUARANTINED)], ())
        store.quarantine(many)
        facts = store.facts()
        assert facts.quarantined <= MOST_QUARANTINED
        assert facts.quarantined + facts.dropped == MOST_QUARANTINED + 3


def test_what_goes_untold_is_counted(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as store:
        store.commit([report(n) for n in range(5)], ())
        store.drop([1, 2, 99])
        store.commit((), [3], dropped=7)
        facts = store.facts()
        assert (facts.waiting, facts.dropped) == (2, 9)


def test_a_boot_whose_clock_was_trusted_later_can_be_dated_after_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with opened(path, boot="boot 1") as store:
        store.commit([report(mono_s=5.0)], ())
        store.commit([report(mono_s=9.0, wall_ms=1_760_000_009_000)], (), offset_ms=1_760_000_000_000)
    with opened(path, boot="boot 2") as store:
        store.commit([report(mono_s=1.0)], ())
        assert [entry.report.wall_ms for entry in whole(store)] == [1_760_000_005_000, 1_760_000_009_000, None]


def test_what_is_written_is_counted_over_restarts(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with opened(path) as store:
        store.commit(bulky(100), ())
        written = store.facts().written_bytes
        assert 20_000 < written < 60_000
        store.commit((), [])
        assert store.facts().written_bytes == written, "what changes nothing writes nothing"
    with opened(path) as store:
        store.commit([report()], (), spent_bytes=5)
        assert store.facts().written_bytes > written
        assert store.spent_bytes == 5 + store.facts().written_bytes - written
