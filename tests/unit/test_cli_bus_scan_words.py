"""What a scan and a change of a unit say, at any width."""

from __future__ import annotations

import pytest

from agent.cli.bus.scan_words import Configured, Named, Progress, Result, bar, found_line, page, record, told
from agent.cli.text import length, plain
from agent.cli.unit import words
from drivers.bus.port import Answer
from drivers.bus.records import Link
from drivers.errors import NoAnswer
from drivers.modbus import pdu
from drivers.modbus.commission import End, Place, writes
from drivers.modbus.marks import Fits
from drivers.modbus.products import change_of_address, change_of_speed
from drivers.modbus.questions import Question
from drivers.modbus.scan import Found, Hint
from drivers.profile import load_profile

LINK = Link(19200, "none", 2)
ASKED = Question(LINK, pdu.read(77, 3, 0, 1), 0.06)
DIMMER, RADAR, LUX = (load_profile(name) for name in ("wb-mao4", "mtdx62-mb", "jxct-illuminance"))


def found(unit: int, *, link: Link | None = LINK, refusal: str = "") -> Found:
    return Found(link, pdu.read(unit, 3, 0, 1), b"", refusal, None if refusal else 0.0042)


RESULT = Result(
    place="/dev/ttyUSB0",
    asked=1228,
    took_s=214.0,
    stopped="",
    named=(
        Named(found(31), Fits((RADAR, DIMMER))),
        Named(found(7), Fits((), (LUX,))),
        Named(found(2, refusal="exception 2: illegal data address"), Fits(())),
        Named(found(3), None),
    ),
    hints=(
        Hint(LINK, 9, "CRC of 7 bytes is wrong"),
        Hint(Link(9600), None, "noise"),
        Hint(Link(4800), None, "no such", asked=False),
    ),
    known=(Configured(11, "dimmer-1", "wb-mao4"),),
    configuration=("[bus.line]", "# unit 7: perhaps jxct-illuminance"),
)


@pytest.mark.parametrize("width", [1, 20, 40, 60, 80, 200])
@pytest.mark.parametrize("share", [0.0, 0.31, 1.0])
def test_a_bar_fits_and_tells_what_there_is_room_for(width: int, share: float) -> None:
    shown = bar(Progress(share, ASKED, 2, 72.0), width, blocks=False)
    assert length(shown) <= width
    if width >= 80:
        assert plain(shown).count("#") == round(24 * share)
        assert plain(shown).count("#") + plain(shown).count(".") == 24
        assert plain(shown).endswith(f"{share * 100:3.0f} %  19200 8N2  unit 77   2 found  1 min 12 s left")


def test_a_bar_with_blocks_and_without_a_speed() -> None:
    progress = Progress(0.5, Question(None, pdu.read(255, 3, 0, 1), 0.3), 0, None)
    assert plain(bar(progress, 80, blocks=True)) == "█" * 12 + "░" * 12 + "   50 %  unit 255  0 found"
    assert plain(told(progress)) == " 50 %  unit 255  0 found"


def test_a_unit_as_soon_as_it_is_found() -> None:
    said = [plain(found_line(named)) for named in RESULT.named]
    assert said == [
        "found  unit 31 at 19200 8N2: mtdx62-mb or wb-mao4",
        "found  unit 7 at 19200 8N2: perhaps jxct-illuminance",
        "found  unit 2 at 19200 8N2: fits no profile (exception 2: illegal data address)",
        "found  unit 3 at 19200 8N2: fits no profile",
    ]


def test_the_page() -> None:
    text = "\n".join(plain(one).rstrip() for one in page(RESULT, 120))
    assert text.startswith("/dev/ttyUSB0: 4 units found (1 228 questions in 3 min 34 s)\n")
    rows = [row.split() for row in text.splitlines()[3:7]]
    assert rows[0][:8] == ["2", "19200", "8N2", "-", "holding", "0", "none", "fits"]
    assert rows[1][3:9] == ["4", "ms", "holding", "0", "not", "known"]
    assert rows[2][3:9] == ["4", "ms", "holding", "0", "perhaps", "jxct-illuminance"]
    assert rows[3][7:11] == ["mtdx62-mb", "(or", "1", "more)"]
    assert "configured, not asked: 11 (dimmer-1, wb-mao4)" in text
    assert "not sure: unit 9 at 19200 8N2: CRC of 7 bytes is wrong. Another speed, two units on one address" in text
    assert "not sure: everybody at 9600 8N1: noise." in text
    assert "not asked: 4800 8N1: no such\n" in text
    assert text.endswith("to paste into the configuration:\n\n[bus.line]\n# unit 7: perhaps jxct-illuminance")


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_page_is_as_wide_as_the_terminal_but_for_what_is_copied(width: int) -> None:
    lines = page(RESULT, width)
    copied = len(RESULT.configuration)
    assert all(length(one) <= width for one in lines[1:-copied])
    assert "unit" in plain(lines[2])
    assert "profile" in plain(lines[2])


def test_the_record() -> None:
    told = record(RESULT)
    assert told["configuration"] == "[bus.line]\n# unit 7: perhaps jxct-illuminance"
    units = told["found"]
    assert isinstance(units, list)
    assert units[0] == {
        "unit": 31,
        "baud": 19200,
        "parity": "none",
        "stop_bits": 2,
        "latency_ms": 4.2,
        "answers": "holding 0",
        "refusal": "",
        "profiles": ["mtdx62-mb", "wb-mao4"],
        "perhaps": [],
    }
    assert [(one["profiles"], one["perhaps"]) for one in units[1:]] == [([], ["jxct-illuminance"]), ([], []), ([], [])]


# ---- A change of a unit ------------------------------------------------------------------------------------------------

MOVE = change_of_address(load_profile("wtvb01-485"), Place(0x50, Link(9600)), 2)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_plan_has_every_write_and_its_frame(width: int) -> None:
    lines = words.plan(MOVE, width)
    assert all(length(one) <= width for one in lines)
    text = "\n".join(map(plain, lines))
    if width >= 80:
        assert "1  unlock  register 105 of unit 80 at 9600 8N1  50 06 00 69 B5 88 22 A1" in text
        assert "2  id: 2   register 26 of unit 80 at 9600 8N1   50 06 00 1A 00 02 24 4D" in text
    assert "register 26" in text


def test_a_plan_says_what_is_kept_beside_a_mask() -> None:
    relay = load_profile("waveshare-relay8")
    narrow = words.plan(change_of_speed(relay, Place(1, Link(9600)), 19200, None), 100)
    assert "Other bits of these registers are read first and kept." in map(plain, narrow)
    whole = words.plan(change_of_speed(relay, Place(1, Link(9600)), 19200, "even"), 100)
    assert not any("Other bits" in plain(one) for one in whole)


def test_steps_and_ends() -> None:
    first = next(writes(MOVE))
    assert plain(words.step(first, Answer(b"", 0.01))) == "written  unlock  50 06 00 69 B5 88 22 A1"
    assert plain(words.step(first, NoAnswer("no answer within 1000 ms"))).endswith("22 A1  no answer within 1000 ms")
    ends = {
        End(True, "it is there"): ["done: it is there"],
        End(False, "it is not", "try again"): ["not done: it is not", "  try again"],
        End(False, "later", "look", pending=True): ["written, not proved: later", "  look"],
    }
    for end, said in ends.items():
        assert [plain(one) for one in words.ending(end, 80)] == said


def test_what_to_change_in_a_configuration() -> None:
    assert words.configured(MOVE, None, None) == "In the configuration: address = 2 in its [unit.…]"
    assert words.configured(MOVE, "tilt", None) == "In the configuration: address = 2 in [unit.tilt]"
    assert words.configured(MOVE, "tilt", "spare") == "In the agent's configuration it is spare now."
    assert words.lost("tilt", MOVE, back=False).endswith("until its configuration says address = 2.")
    faster = change_of_speed(load_profile("mtdx62-mb"), Place(1, Link(9600)), 19200, "even")
    assert words.configured(faster, None, None) == (
        'In the configuration: baud = 19200, parity = "even", stop_bits = 1 in its [bus.…]; '
        "all units of a line have one speed"
    )
