"""Check frames: each profile's own are read as they are printed, and one that is not is found."""

from __future__ import annotations

import msgspec
import pytest

from drivers.errors import WireError
from drivers.modbus import pdu, rtu
from drivers.modbus.codec import decode
from drivers.modbus.pdu import Request
from drivers.profile import Check, Profile, ProfileError, Row, load_profile, parse_profile, profile_names
from drivers.profile.checks import check_faults

FUNCTIONS = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
CHECKS = [(name, check) for name in profile_names() for check in load_profile(name).check]
ANSWERED = [(name, check) for name, check in CHECKS if check.reply]
READING = [(name, check) for name, check in CHECKS if check.values]


def asked(check: Check) -> Request:
    frame = bytes.fromhex(check.request)
    return pdu.request_of(frame[0], frame[1:-2])


def registers_of(row: Row, check: Check) -> bytes:
    request = asked(check)
    assert request.function == FUNCTIONS[row.space]
    at = row.address - int.from_bytes(request.pdu[1:3], "big")
    return rtu.check(request, bytes.fromhex(check.reply))[2 * at :][: 2 * row.code.words]


def found(profile: Profile, check: Check) -> list[str]:
    """Return the places of what is wrong with a check of a profile."""
    return [place[-1] for place, _ in check_faults(msgspec.structs.replace(profile, check=(check,)))]


@pytest.mark.parametrize(("name", "check"), CHECKS)
def test_we_send_the_request_byte_for_byte(name: str, check: Check) -> None:
    assert rtu.frame(asked(check)) == bytes.fromhex(check.request), name


@pytest.mark.parametrize(("name", "check"), ANSWERED)
def test_the_answer_is_believed_and_with_any_bit_turned_it_is_not(name: str, check: Check) -> None:
    reply = bytes.fromhex(check.reply)
    rtu.check(asked(check), reply)
    for bit in range(8 * len(reply)):
        turned = bytearray(reply)
        turned[bit // 8] ^= 1 << bit % 8
        with pytest.raises(WireError):
            rtu.check(asked(check), bytes(turned))


@pytest.mark.parametrize(("name", "check"), READING)
def test_the_rows_read_the_printed_values(name: str, check: Check) -> None:
    rows = {row.point: row for row in load_profile(name).points}
    for point, expected in check.values.items():
        read = decode(rows[point].code, registers_of(rows[point], check))
        assert read == (expected if isinstance(expected, str) else pytest.approx(expected, rel=1e-6, abs=1e-9))


@pytest.mark.parametrize(("name", "check"), READING)
def test_a_value_that_is_one_step_off_is_found(name: str, check: Check) -> None:
    profile = load_profile(name)
    rows = {row.point: row for row in profile.points}
    assert found(profile, check) == []
    for point, value in check.values.items():
        off = f"{value}?" if isinstance(value, str) else value + rows[point].scale
        assert found(profile, msgspec.structs.replace(check, values={point: off})) == ["values"]


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("request", "01 03 00 07 00 02 75 CB", "request"),
        ("request", "01 55 00 07 00 02 75 CB", "request"),
        ("request", "01 03", "request"),
        ("reply", "01 03 04 00 02 06 F6 D8 16", "reply"),
        ("reply", "02 03 04 00 02 06 F6 D8 15", "reply"),
        ("values", {"illuminance/sensor_value": 132855}, "values"),
        ("values", {"illuminance/sensor_value": "132854"}, "values"),
        ("values", {"illuminance/lux": 132854}, "values"),
    ],
)
def test_a_check_that_is_not_so_is_named(key: str, value: object, place: str) -> None:
    profile = load_profile("jxct-illuminance")
    (check,) = profile.check
    assert found(profile, check) == []
    assert found(profile, msgspec.structs.replace(check, **{key: value})) == [place]


def test_a_value_needs_a_reply_that_holds_it_whole() -> None:
    profile = load_profile("jxct-illuminance")
    (check,) = profile.check
    assert found(profile, msgspec.structs.replace(check, reply="")) == ["values"]
    assert found(profile, msgspec.structs.replace(check, reply="01 83 02 C0 F1")) == ["values"]
    short = msgspec.structs.replace(check, request="01 03 00 07 00 01 35 CB", reply="01 03 02 00 02 39 85")
    assert found(profile, short) == ["values"]


RELAYS = """
title = "Acme A8: eight relays"
source = "Acme A8 manual"
kinds = ["relay"]
channels = 8
poll_s = 1.0
points = [{ point = "relay/state", title = "on", space = "coil", address = 2, type = "bool" }]
output = { space = "coil", address = 2, confirmed_by = "relay/state" }

[[check]]
says = "relay 1"
request = "01 01 00 00 00 08 3D CC"
reply = "01 01 01 04 50 4B"
values = { "relay/state" = true }
"""


def test_a_bit_is_read_from_its_place() -> None:
    profile = parse_profile("mine", RELAYS)
    assert profile.card.verified == ("relay 1",)
    with pytest.raises(ProfileError, match=r"mine.toml:14: check\[0\].values: relay/state: expected False") as caught:
        parse_profile("mine", RELAYS.replace("= true }", "= false }"))
    assert caught.value.lines() == ["mine.toml:14: check[0].values: relay/state: expected False, the row reads True"]


def test_what_is_verified_is_not_said_without_a_frame() -> None:
    with pytest.raises(ProfileError, match=r"card.verified: expected none: what is verified is said by \[\[check\]\]"):
        parse_profile("mine", RELAYS + '[card]\nverified = ["all of it"]\n')


@pytest.mark.parametrize("name", profile_names())
def test_a_card_says_what_was_tried_on_hardware_and_a_product_what_it_rests_on(name: str) -> None:
    card = load_profile(name).card
    assert card.hardware == "not tried"
    assert bool(card.verified or card.read) != name.startswith("generic-")
