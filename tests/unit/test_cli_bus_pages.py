"""What the commands of `gadelys bus` show: registers, changes, writes, meanings of errors, statistics."""

from __future__ import annotations

import msgspec
import pytest

from agent.cli.bus import product, registers, stats_page, typed, words, writing
from agent.cli.bus.registers import Told
from agent.cli.bus.typed import Block
from agent.cli.bus.words import Target
from agent.cli.bus.writing import Done, Plan
from agent.cli.text import Line, plain
from agent.local.bus_records import LineStats, UnitPlace
from drivers.bus.records import Histogram, Link, UnitState
from drivers.errors import BadAnswer, NoAnswer, Refused, WireError
from drivers.profile import load_profile

LAMPS = Target("lamps (/dev/ttyUSB0)", Link(19200, "none", 2), 11)
GATEWAY = Target("10.0.0.7:502", None, 5)


def shown(lines: list[Line]) -> list[str]:
    return [plain(one).rstrip() for one in lines]


def told(data: str, at: str = "holding:90", kind: str | None = None, **how: str) -> Told:
    raw = bytes.fromhex(data)
    block = typed.block(at)
    count = int(how.pop("bits", len(raw) // 2))
    code = None if kind is None else typed.code(kind, how.get("order"), float(how.get("scale", 1)))
    return Told(11, msgspec.structs.replace(block, count=count), raw, 0.0084, code)


def test_registers_as_they_are() -> None:
    assert shown(registers.page(told("1388 fffe"), "lamps", 80)) == [
        "lamps, unit 11, holding:90-91: answered after 8.4 ms",
        "address          hex       u16   s16",
        "     90  0x005A  0x1388   5000  5000",
        "     91  0x005B  0xFFFE  65534    -2",
    ]


def test_registers_with_their_values() -> None:
    assert shown(registers.page(told("0000 4060 7fc0 0000 0001", kind="float32", order="CDAB"), "lamps", 100))[1:] == [
        "address          hex       u16  float32 CDAB",
        "     90  0x005A  0x0000      0           3.5",
        "     91  0x005B  0x4060  16480",
        "     92  0x005C  0x7FC0  32704  4.582806e-41",
        "     93  0x005D  0x0000      0",
        "     94  0x005E  0x0001      1",
    ]


def test_what_has_no_value_says_why() -> None:
    page = shown(registers.page(told("7fc00000", kind="float32"), "lamps", 100))
    assert page[2] == "     90  0x005A  0x7FC0  32704        -  not a finite number (0x7FC00000)"


def test_few_bits_are_words_and_many_are_rows() -> None:
    assert shown(registers.page(told("05", "coil:3", bits="3"), "lamps", 80))[1:] == [
        "coil:3  on",
        "coil:4  off",
        "coil:5  on",
    ]
    assert shown(registers.page(told("25 80 01", "discrete:8", bits="17"), "lamps", 80))[2:] == [
        "      8  0x0008  1010 0100 0000 0001",
        "     24  0x0018  1",
    ]


def test_changes_are_told_by_what_was_asked() -> None:
    assert shown(registers.changes(told("0001 0002"), told("0001 0102"))) == ["holding:91  0x0002 2 -> 0x0102 258"]
    before, now = told("0000 0001", kind="u32"), told("0001 0000", kind="u32")
    assert shown(registers.changes(before, now)) == ["holding:90  1 -> 65536"]
    before, now = told("00", "coil:3", bits="2"), told("02", "coil:3", bits="2")
    assert shown(registers.changes(before, now)) == ["coil:4  off -> on"]
    assert registers.changes(now, now) == []


def test_registers_as_json() -> None:
    record = registers.record(told("0000 4060", kind="float32", order="CDAB"), "lamps")
    assert record == {
        "place": "lamps", "unit": 11, "space": "holding", "address": 90, "latency_ms": 8.4,
        "hex": "00004060", "registers": [0, 16480], "values": [{"address": 90, "value": 3.5, "reason": ""}],
    }  # fmt: skip
    assert registers.record(told("02", "coil:3", bits="2"), "lamps")["bits"] == [False, True]


def plan(*values: str, at: str = "holding:90", before: Told | None = None, **changes: object) -> Plan:
    write = typed.write(11, typed.block(at), values, typed.code("u16", None, None), multiple=False)
    return msgspec.structs.replace(
        Plan(target=LAMPS, write=write, over_tcp=False, before=before, why="" if before else "no answer"), **changes
    )


def test_a_write_shows_its_frame_and_what_is_there() -> None:
    assert shown(writing.page(plan("5000", before=told("0001", kind="u16")), 80)) == [
        "lamps (/dev/ttyUSB0), unit 11, function 6:",
        "address          now            then",
        "     90  0x005A  0x0001  1  ->  0x1388  5000",
        "frame  0B 06 00 5A 13 88 A4 25",
    ]
    over_tcp = writing.page(plan("5000", over_tcp=True, warning="the agent writes it"), 80)
    assert shown(over_tcp)[2:] == [
        "     90  0x005A  ?      ->  0x1388  5000",
        "now unknown: no answer",
        "frame  00 01 00 00 00 06 0B 06 00 5A 13 88",
        "careful: the agent writes it",
    ]


@pytest.mark.parametrize(
    ("after", "says", "verdict"),
    [
        ("1388", "written, and reads back as written: 5000 (0x1388)", "holds"),
        ("0001", "written, but it does not hold: reads back 1 (0x0001)", "differs"),
        (None, "written; not read back: no answer", "not read back"),
    ],
)
def test_a_write_is_believed_when_it_is_read_back(after: str | None, says: str, verdict: str) -> None:
    made = plan("5000", before=told("0001"))
    done = Done(None, "no answer") if after is None else Done(told(after, kind="u16"), "")
    assert shown(writing.result(made, done, 80)) == [says]
    assert writing.verdict(made, done) == verdict
    assert writing.record(made, done)["verdict"] == verdict


def test_coils_are_compared_as_far_as_they_were_written() -> None:
    made = plan("on", "off", at="coil:3")
    assert writing.verdict(made, Done(told("01", "coil:3", bits="2"), "")) == "holds"
    assert writing.verdict(made, Done(told("03", "coil:3", bits="2"), "")) == "differs"


def test_what_the_agent_writes_itself_is_known() -> None:
    unit = UnitPlace("dimmer-1", 11, "wb-mao4", [("holding", 90, 93), ("coil", 5, 5)])
    assert writing.written_by_agent(unit, Block("holding", 88, 3))
    assert not writing.written_by_agent(unit, Block("holding", 88, 2))
    assert not writing.written_by_agent(unit, Block("coil", 90, 1))
    assert not writing.written_by_agent(None, Block("holding", 90, 1))


@pytest.mark.parametrize(
    ("error", "target", "writes", "try_"),
    [
        (Refused("exception 1: illegal function", 1), LAMPS, False, "it has nothing in holding at all; try input:90"),
        (
            Refused("exception 2: illegal data address", 2),
            LAMPS,
            False,
            "try fewer at once, input:90, or an address less",
        ),
        (Refused("exception 3: illegal data value", 3), LAMPS, False, "it does not give 4 at once; try fewer"),
        (Refused("exception 1: illegal function", 1), LAMPS, True, "try --multiple"),
        (Refused("exception 2: illegal data address", 2), LAMPS, True, "only after an unlock"),
        (Refused("exception 3: illegal data value", 3), LAMPS, True, "the value is none that it takes"),
        (Refused("exception 6: device busy", 6), LAMPS, True, "try again in a moment"),
        (Refused("exception 11: gateway target did not answer", 11), GATEWAY, False, "is UNIT right"),
        (NoAnswer("no answer within 500 ms"), LAMPS, False, "is 11 its id, 19200 8N2 its speed? `gadelys bus scan`"),
        (NoAnswer("no answer within 500 ms"), GATEWAY, False, "are 255 or 1"),
        (BadAnswer("CRC", "crc"), LAMPS, False, "two units with one id, another speed than 19200 8N2"),
        (BadAnswer("unit", "unit"), LAMPS, False, "two masters"),
    ],
)
def test_an_error_says_what_it_means_and_what_to_try(error: WireError, target: Target, writes: bool, try_: str) -> None:
    trouble = words.trouble(error, target, Block("holding", 90, 4), writes=writes)
    assert str(trouble).startswith(f"{target.place}, unit {target.unit}, holding:90-93: {error}; ")
    assert try_ in str(trouble)
    assert trouble.code == (1 if isinstance(error, Refused) else 3)


def test_all_points_of_a_profile() -> None:
    spots = product.spots(load_profile("wb-mao4"))
    dimming = [spot for spot in spots if spot.point.startswith("lamp/dimming_level")]
    assert [(spot.point[-1], str(spot.at)) for spot in dimming[:2]] == [("1", "holding:90"), ("2", "holding:91")]
    good = product.found(dimming[0], bytes.fromhex("1388"))
    bad = product.Found(dimming[1], b"", None, "exception 2: illegal data address")
    page = shown(product.page([good, bad], 160))
    assert page[1].split()[:4] == ["lamp/dimming_level", "1", "50", "%"]
    assert page[2].endswith("exception 2: illegal data address")
    assert [row["value"] for row in product.record([good, bad])] == [50, None]


def latency(*counts: int) -> Histogram:
    return Histogram(bounds_ms=(1.0, 10.0, 100.0, 1000.0), counts=counts, median_ms=10.0, longest_ms=34.4)


def unit(**changes: object) -> UnitState:
    state = UnitState(
        id="dimmer-1", address=11, state="ok", device_safety=True, safety_verified=True, answers=1250, failures=0,
        timeouts=0, bad_answers=0, crc_errors=0, refusals=0, left_out=0, last_error="", timeout_s=0.03,
        latency=latency(0, 8, 1, 0, 0),
    )  # fmt: skip
    return msgspec.structs.replace(state, **changes)


def line_stats(*units: UnitState, **changes: object) -> LineStats:
    stats = LineStats(
        id="lamps", place="/dev/ttyUSB0", link=Link(19200, "none", 2), up=True, use_pct=50.0, transactions=1300,
        timeouts=0, bad_answers=0, refusals=0, crc_errors=0, stray_bytes=0, foreign_frames=0, late_frames=0, echo=None,
        questions=0, left_out=0, units=units,
    )  # fmt: skip
    return msgspec.structs.replace(stats, **changes)


def test_statistics_of_a_sound_line() -> None:
    assert shown(stats_page.page([line_stats(unit())], 100, blocks=True)) == [
        "lamps  /dev/ttyUSB0, 19200 8N2  up",
        "  in use ██████████░░░░░░░░░░ 50 % of the last 10 s",
        "  1 300 transactions, 0 time-outs, 0 bad answers, 0 refusals",
        "  unit      id  state  answers  time-outs  bad  refused   median  longest  waits  1 ms 1 s",
        "  dimmer-1  11  ok       1 250          0    0        0  ≤ 10 ms    34 ms  30 ms  ·█▁··",
    ]


def test_statistics_say_what_is_wrong() -> None:
    silent = unit(state="silent", timeouts=7, last_error="no answer within 100 ms")
    stats = line_stats(
        silent, up=False, crc_errors=3, bad_answers=3, stray_bytes=12, late_frames=1, echo=True, left_out=2
    )
    page = "\n".join(shown(stats_page.page([stats], 100, blocks=False)))
    assert "lamps  /dev/ttyUSB0, 19200 8N2  down" in page
    assert "3 bad answers (3 CRC)" in page
    assert "12 stray bytes, 1 late frame, the line echoes what is sent, 2 rounds of reads left out as too late" in page
    assert "  dimmer-1: no answer within 100 ms" in page
    assert page.isascii()


def test_pages_keep_to_the_width() -> None:
    many = [unit(id=f"radar-{n:02}", address=n, answers=10**7) for n in range(1, 12)]
    for width in (40, 60, 80):
        page = stats_page.page(
            [line_stats(*many, stray_bytes=10**9, place="/dev/serial/by-id/" + "x" * 60)], width, blocks=True
        )
        assert max(map(len, shown(page))) <= width


@pytest.mark.parametrize(("counts", "drawn"), [((), ""), ((0, 0), "··"), ((1, 1000), "▁█"), ((4, 8), "▄█")])
def test_a_histogram(counts: tuple[int, ...], drawn: str) -> None:
    assert stats_page.histogram(counts, blocks=True) == drawn
