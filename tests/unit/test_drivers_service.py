"""One unit over virtual time: what is due when, and how reads are merged."""

from __future__ import annotations

from drivers.bus import UnitSpec
from drivers.bus.service import UnitService
from drivers.bus.unit import UnitPlan
from drivers.errors import NoAnswer, Refused
from drivers.modbus.plan import serial_cost
from drivers.points import Quality
from drivers.profile import load_profile, parse_profile


def spec(profile: str, *devices: tuple[int | None, str], poll_s: float = 1.0) -> UnitSpec:
    loaded = load_profile(profile)
    return UnitSpec(id="u", address=1, profile=loaded, poll_s=poll_s, safe_after_s=3.0, safe_pct=80.0, devices=devices)


COST = serial_cost(10 / 9600, 0.01, 35 / 9600)
SILENCE = NoAnswer("no answer within 100 ms")


def service(profile: str, *devices: tuple[int | None, str], poll_s: float = 1.0) -> UnitService:
    return UnitService(spec(profile, *devices, poll_s=poll_s), COST, timeout_s=0.1)


def test_only_what_an_answer_says_anew_is_delivered_until_the_unit_is_distrusted() -> None:
    unit = service("mtdx62-mb", (None, "r"))
    block = unit.next_block(0.0, fast=True)
    answer = bytes.fromhex("0001 007B 015E")
    again, readings = unit.learnt(block, answer, 1.0)
    assert (again, len(readings)) == (False, 3)
    assert unit.learnt(block, answer, 2.0) == (True, [])
    again, readings = unit.learnt(block, bytes.fromhex("0000 007B 015E"), 3.0)
    assert again
    assert [(key, reading.value, reading.mono_s) for key, reading in readings] == [("r/presence/state", False, 3.0)]
    assert unit.cannot_read(block, Refused("exception 4", 4)) == block.keys
    assert not unit.learnt(block, answer, 4.0)[0]
    for _ in range(2):
        unit.failed(SILENCE, 5.0)
    again, readings = unit.learnt(block, answer, 6.0)
    assert (again, len(readings)) == (False, 3)


def must_programme(unit: UnitService, now_s: float) -> bool:
    return unit.command_due_s <= now_s


def test_two_failures_make_silence_and_pauses_that_double_up_to_10_s() -> None:
    unit = service("jxct-illuminance", (None, "lux"))
    assert not unit.failed(SILENCE, 0.0)
    assert unit.report().state == "starting"
    assert unit.failed(SILENCE, 0.0)
    assert unit.report().state == "silent"
    pauses_s = [unit.due_s]
    for _ in range(6):
        now_s = unit.due_s
        assert not unit.failed(SILENCE, now_s)
        pauses_s.append(unit.due_s - now_s)
    assert pauses_s == [0.5, 1, 2, 4, 8, 10, 10]
    assert unit.answered(0.01, 100.0)
    assert unit.report().state == "ok"
    assert (unit.report().failures, unit.report().answers) == (8, 1)
    assert not unit.failed(SILENCE, 100.0)
    assert not unit.answered(0.01, 100.0)


def test_a_silent_unit_begins_anew_with_what_lights_its_lamps() -> None:
    unit = service("wb-mao4", (1, "a"))
    unit.want("a", 50, 0.0)
    unit.settings.opening.clear()
    unit.wrote(dict(unit.levels.wanted), 0.0)
    while unit.settings.programme:
        unit.proved(0.0)
    assert unit.report().safety_verified
    unit.failed(SILENCE, 1.0)
    assert unit.report().safety_verified
    unit.failed(SILENCE, 1.0)
    assert not unit.report().safety_verified
    assert list(unit.settings.opening) == list(unit.plan.setup)
    assert not unit.levels.settled()
    assert unit.control_due_s == 1.5


def test_settings_wait_for_the_levels_and_what_cannot_be_proved_is_tried_a_minute_later() -> None:
    unit = service("wb-mao4", (1, "a"))
    unit.want("a", 50, 0.0)
    assert not must_programme(unit, 0.0)
    unit.wrote(dict(unit.levels.wanted), 0.0)
    assert must_programme(unit, 0.0)
    assert unit.not_proved("refused", 0.0)
    while unit.settings.programme and must_programme(unit, 0.0):
        unit.proved(0.0)
    assert not unit.report().safety_verified
    assert "refused" in unit.report().last_error
    assert not must_programme(unit, 59.0)
    assert must_programme(unit, 60.0)
    assert not unit.not_proved("refused", 60.0)  # no news
    assert must_programme(unit, 120.0)
    unit.proved(120.0)
    assert unit.report().safety_verified
    assert not must_programme(unit, 1e9)


def test_outputs_that_lie_apart_are_written_in_the_order_of_wanting() -> None:
    plan = UnitPlan(spec("waveshare-ao8-b", *((channel, f"d{channel}") for channel in (1, 2, 4, 5, 8))), COST)
    assert [
        write.pdu[:3].hex(" ") for write in plan.level_writes(dict.fromkeys(("d8", "d5", "d1", "d2", "d4"), 50.0))
    ] == [
        "06 00 07",
        "10 00 03",
        "10 00 00",
    ]


def test_neighbours_are_read_together_across_small_holes() -> None:
    plan = UnitPlan(spec("eastron-sdm230", (None, "m")), COST)
    spans = [
        (int.from_bytes(block.request.pdu[1:3], "big"), int.from_bytes(block.request.pdu[3:5], "big"))
        for block in plan.read("slow")
    ]
    assert spans == [(0x00, 32), (0x46, 6)]


def polled(unit: UnitService, lacks: set[int], now_s: float) -> tuple[set[str], int]:
    """Read all that is due from a unit that lacks some registers; return the points that came, and how often it refused."""
    delivered: set[str] = set()
    refused = 0
    while min(unit.slow_due_s, unit.fast_due_s) <= now_s:
        block = unit.next_block(now_s, fast=unit.fast_due_s <= now_s)
        if lacks & set(range(*block.read.range)):
            refused += 1
            assert unit.cannot_read(block, Refused("exception 2", 2)) == ()
        else:
            delivered |= {key for key, _ in unit.learnt(block, bytes(2 * block.read.count), now_s)[1]}
    return delivered, refused


def holes(unit: UnitService) -> list[int]:
    named = {row.address + word for row in unit.spec.profile.points for word in range(row.code.words)}
    return sorted({address for block in unit.plan.blocks for address in range(*block.read.range)} - named)


def test_a_strict_unit_is_known_within_its_first_round_and_gives_every_point_in_it() -> None:
    """It has nothing but what the profile names: each read across a hole is refused, and what comes of it follows at once."""
    unit = service("eastron-sdm630", (None, "meter"))
    delivered, refused = polled(unit, set(holes(unit)), 0.0)
    assert refused > 1
    assert delivered == {point.key for point in unit.plan.points}
    assert holes(unit) == []
    assert unit.report().left_out == 0


def test_any_one_hole_that_a_unit_does_not_have_costs_at_most_one_read_more() -> None:
    most_refused = 0
    for lacks in holes(service("eastron-sdm630", (None, "meter"))):
        unit = service("eastron-sdm630", (None, "meter"))
        reads = len(unit.plan.blocks)
        delivered, refused = polled(unit, {lacks}, 0.0)
        assert delivered == {point.key for point in unit.plan.points}
        assert len(unit.plan.blocks) <= reads + 1
        assert polled(unit, {lacks}, 60.0)[1] == 0
        most_refused = max(most_refused, refused)
    assert most_refused > 1  # on the way some were parted that need not be


def test_a_block_is_never_larger_than_the_unit_gives() -> None:
    rows = "".join(
        f'[[points]]\npoint = "x/v{chr(97 + n)}"\ntitle = "v"\nspace = "input"\naddress = {n}\ntype = "u16"\n'
        for n in range(7)
    )
    head = 'title = "t"\nsource = "s"\nkinds = ["meter"]\npoll_s = 1.0\nmax_read = 3\n'
    profile = parse_profile("p", head + rows)
    plan = UnitPlan(
        UnitSpec(
            id="u", address=1, profile=profile, poll_s=1.0, safe_after_s=None, safe_pct=0.0, devices=((None, "d"),)
        ),
        COST,
    )
    assert sorted(len(block.items) for block in plan.read("slow")) == [1, 3, 3]


def test_error_values_are_bad_readings_and_their_neighbours_are_good() -> None:
    document = """
        title = "t"
        source = "s"
        kinds = ["lux"]
        poll_s = 1.0
        [[points]]
        point = "x/broken"
        title = "broken"
        space = "input"
        address = 0
        type = "s16"
        scale = 0.1
        errors = [0x7FFF]
        [[points]]
        point = "x/sound"
        title = "sound"
        space = "input"
        address = 1
        type = "s16"
    """
    profile = parse_profile("p", document)
    plan = UnitPlan(
        UnitSpec(
            id="u", address=1, profile=profile, poll_s=1.0, safe_after_s=None, safe_pct=0.0, devices=((None, "d"),)
        ),
        COST,
    )
    (block,) = plan.read("slow")
    readings = dict(plan.readings(block, block.cut(bytes.fromhex("7FFF FFFE")), 5.0))
    assert readings["d/x/broken"].quality is Quality.BAD
    assert "0x7FFF" in readings["d/x/broken"].reason
    assert (readings["d/x/sound"].value, readings["d/x/sound"].mono_s) == (-2, 5.0)
