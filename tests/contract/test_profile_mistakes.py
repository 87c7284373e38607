"""Each kind of mistake in a profile, with the message that a person will read."""
# ruff: noqa: E501 - a mistake and its message on a line

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.profile import ProfileError, parse_profile

GOOD = """\
title = "t"
source = "s"
kinds = ["meter"]
poll_s = 1.0
[[points]]
point = "sample/a"
title = "a"
space = "holding"
address = 0
type = "u16"
"""
LUMINAIRE = GOOD.replace('"meter"', '"luminaire"').replace("sample/a", "lamp/dimming_level") + 'unit = "%"\n'
OUTPUT = '[output]\naddress = 9\nsteps_per_pct = 1\nconfirmed_by = "lamp/dimming_level"\n'
KINDS = " or ".join(f'"{kind}"' for kind in (
    "air", "distance", "luminaire", "lux", "meter", "parking", "presence", "relay", "soil", "structure", "waste",
    "water_level", "weather",
))  # fmt: skip
TYPES = '"bcd16" or "bcd32" or "bits" or "bool" or "float32" or "float64" or "s16" or "s32" or "s64" or "text" or "u16" or "u32" or "u64"'


def said(document: str) -> list[str]:
    with pytest.raises(ProfileError) as caught:
        parse_profile("mine", document)
    return caught.value.lines()


TYPED = [
    # what is replaced, by what, the message
    ('title = "t"\n', "", "mine.toml: title: expected a text of 1 to 400 characters, found nothing"),
    ('title = "t"', "title = 3", "mine.toml:1: title: expected a text of 1 to 400 characters, found 3"),
    ('title = "t"', 'title = "t"\nname = "n"', "mine.toml:2: name: expected none: a profile is called as its file"),
    ('["meter"]', "[]", f"mine.toml:3: kinds: expected a list, not empty, of {KINDS}, found a list"),
    ('["meter"]', '["metre"]', f'mine.toml:3: kinds[0]: expected {KINDS} (did you mean meter?), found "metre"'),
    ("poll_s = 1.0", "poll_s = 0", "mine.toml:4: poll_s: expected a number from 0.1 to 3600, found 0"),
    ("poll_s = 1.0", 'poll_s = "1"', 'mine.toml:4: poll_s: expected a number from 0.1 to 3600, found "1"'),
    ("poll_s = 1.0", "poll_s = true", "mine.toml:4: poll_s: expected a number from 0.1 to 3600, found true"),
    ('"sample/a"', '"Sample A"', 'mine.toml:6: points[0] (Sample A).point: expected function/resource in small letters, such as "meter/voltage", found "Sample A"'),
    ('"holding"', '"cupboard"', 'mine.toml:8: points[0] (sample/a).space: expected "coil" or "discrete" or "holding" or "input", found "cupboard"'),
    ("address = 0", "address = 65536", "mine.toml:9: points[0] (sample/a).address: expected a whole number from 0 to 65535, found 65536"),
    ("address = 0", "address = 0.0", "mine.toml:9: points[0] (sample/a).address: expected a whole number from 0 to 65535, found 0.0"),
    ('"u16"', '"u24"', f'mine.toml:10: points[0] (sample/a).type: expected {TYPES} (did you mean u64?), found "u24"'),
]  # fmt: skip

ADDED = [
    # what is added, the message
    ("enum = { 0 = 3 }", "mine.toml:11: points[0] (sample/a).enum: expected a table of a whole number = a text of 1 to 64 characters, found 0 = 3"),
    ('enum = { no = "x" }', 'mine.toml:11: points[0] (sample/a).enum: expected a table of a whole number = a text of 1 to 64 characters, found no = "x"'),
    ("errors = [1, 0.5]", "mine.toml:11: points[0] (sample/a).errors[1]: expected a whole number, found 0.5"),
    ("errors = [70000]", "mine.toml:11: points[0] (sample/a).errors: expected raw values that u16 has, found 70000"),
    ("scale = 0", "mine.toml:11: points[0] (sample/a).scale: expected a finite number that is not 0, found 0"),
    ("scale = nan", "mine.toml:11: points[0] (sample/a).scale: expected a finite number that is not 0, found nan"),
    ("deadband = -1", "mine.toml:11: points[0] (sample/a).deadband: expected a number of at least 0, found -1"),
    ("deadband = inf", "mine.toml:11: points[0] (sample/a).deadband: expected a finite number"),
    ("bit = 3", 'mine.toml:11: points[0] (sample/a).bit: expected no bit and no width for type "u16"'),
    ("bit = 16", "mine.toml:11: points[0] (sample/a).bit: expected a whole number from 0 to 15, found 16"),
    ("words = 3", 'mine.toml:11: points[0] (sample/a).words: expected 1 to 125 for type "text", and none for other types'),
    ("low = 3\nhigh = 2", "mine.toml:11: points[0] (sample/a).low: expected at most high (2), found 3"),
    ('poll = "often"', 'mine.toml:11: points[0] (sample/a).poll: expected "fast" or "once" or "slow", found "often"'),
    ("single = 1", "mine.toml:11: points[0] (sample/a).single: expected true or false, found 1"),
    ('enum = { 0 = "a" }\nscale = 2', "mine.toml:12: points[0] (sample/a).scale: expected no scale and no offset for what is a text"),
    ('enum = { 0 = "a" }\nunit = "m"', "mine.toml:12: points[0] (sample/a).unit: expected no unit and no deadband for a text point"),
    ("[[points]]\n" + GOOD.partition("[[points]]\n")[2], "mine.toml:12: points[1] (sample/a).point: expected each point once, found sample/a again"),
    ("[link]\nbaud = 96", "mine.toml:12: link.baud: expected a whole number from 1200 to 256000, found 96"),
    ('[commission]\neffect = "now"', 'mine.toml:12: commission.effect: expected "at once" or "restart" or "saved", found "now"'),
    ('[commission]\neffect = "saved"', "mine.toml:11: commission: expected address, baud or parity, found none of them"),
    ('[commission]\neffect = "saved"\nsave = [[1]]', "mine.toml:13: commission.save[0]: expected a list of 2: a whole number from 0 to 65535, a whole number from 0 to 65535, found a list"),
    ('[commission]\neffect = "saved"\nbaud = { register = 1 }', "mine.toml:13: commission.baud: expected either codes or per"),
    ('[commission]\neffect = "saved"\nbaud = { register = 1, codes = { 96 = 1 } }', "mine.toml:13: commission.baud.codes: expected a table of a whole number from 1200 to 256000 = a whole number from 0 to 65535, found 96 = 1"),
    ('[commission]\neffect = "saved"\nbaud = { register = 1, codes = { 9600 = 70000 } }', "mine.toml:13: commission.baud.codes: expected a table of a whole number from 1200 to 256000 = a whole number from 0 to 65535, found 9600 = 70000"),
    ('[commission]\neffect = "saved"\nparity = { register = 1, codes = { nine = 1 } }', 'mine.toml:13: commission.parity.codes: expected a table of "even" or "none" or "odd" = a whole number from 0 to 65535, found nine = 1'),
    ('[commission]\neffect = "saved"\nparity = { register = 1, mask = 0xFF, codes = { none = 256 } }', "mine.toml:13: commission.parity.codes: expected codes within its mask, found 256"),
    ('[[setup]]\nwhat = "on"\naddress = 1\nvalue = "safe"', 'mine.toml:14: setup[0] (on).value: expected a whole number from 0 to 65535 or "fade_down_ms_per_pct" or "fade_up_ms_per_pct" or "safe_after_s" or "safe_pct" (did you mean safe_pct?), found "safe"'),
    ('[[setup]]\nwhat = "on"\naddress = 65535\ncount = 2\nvalue = 1', "mine.toml:13: setup[0] (on).address: expected its last address to be at most 65535, found 65536"),
    ('[[identify]]\nspace = "input"\naddress = 1', "mine.toml:11: identify[0]: expected either equals, or low and high, or refuses = true"),
    ('[[identify]]\nspace = "input"\naddress = 1\nlow = 1', "mine.toml:11: identify[0]: expected low and high, low not above high"),
    ('[[identify]]\nspace = "input"\naddress = 1\nequals = "x"', "mine.toml:14: identify[0].equals: expected a value of type int"),
    ('[[identify]]\nspace = "input"\naddress = 1\ntype = "text"\nequals = "x"', 'mine.toml:11: identify[0].words: expected 1 to 125 for type "text", and none for other types'),
    ('[[forbidden]]\nspace = "input"\nfirst = 4\nlast = 3', "mine.toml:14: forbidden[0].last: expected at least first (4), found 3"),
    ('[[forbidden]]\nspace = "holding"\nfirst = 0\nlast = 3', "mine.toml:9: points[0] (sample/a).address: expected none of the forbidden 0 to 3, found 0"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "message"), TYPED)
def test_a_wrong_option_is_named(before: str, after: str, message: str) -> None:
    assert before in GOOD
    assert said(GOOD.replace(before, after, 1)) == [message]


@pytest.mark.parametrize(("added", "message"), ADDED)
def test_what_does_not_go_together_is_named(added: str, message: str) -> None:
    assert said(GOOD + added) == [message]


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("address = 0", "adress = 0", "(did you mean address?), found an unknown key"),
        ("poll_s = 1.0", "pol_s = 1.0", "(did you mean poll_s?), found an unknown key"),
    ],
)
def test_an_unknown_key_is_told_with_the_one_that_is_nearest(before: str, after: str, named: str) -> None:
    assert any(line.endswith(named) for line in said(GOOD.replace(before, after)))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (GOOD.replace('"meter"', '"presence"'), 'mine.toml:3: kinds: expected a point presence/state, which "presence" needs'),
        (GOOD.replace('"meter"', '"presence"').replace("sample/a", "presence/state"), "mine.toml:10: points[0] (presence/state).type: expected a value of type bool for presence/state, found int"),
        (LUMINAIRE, 'mine.toml:3: kinds: expected [output], which "luminaire" needs'),
        ("channels = 4\n" + LUMINAIRE.replace("%", "lx") + OUTPUT, 'mine.toml:12: points[0] (lamp/dimming_level).unit: expected "%" for lamp/dimming_level'),
        (LUMINAIRE + OUTPUT, "mine.toml:12: output: expected channels: as many as there are outputs, found none"),
        ("channels = 4\n" + LUMINAIRE + OUTPUT.replace("9", "65533"), "mine.toml:14: output.address: expected its last channel to be at most at 65535"),
        ("channels = 4\n" + LUMINAIRE + OUTPUT.replace("steps_per_pct = 1\n", ""), "mine.toml:13: output.steps_per_pct: expected raw units a per cent, found 0"),
        ("channels = 4\n" + LUMINAIRE + OUTPUT + 'space = "coil"', "mine.toml:15: output.steps_per_pct: expected none for a coil, found 1"),
        ("channels = 4\n" + LUMINAIRE + OUTPUT.replace("dimming_", ""), "mine.toml:16: output.confirmed_by: expected one of lamp/dimming_level, found 'lamp/level'"),
        ("broadcast = true\nchannels = 4\n" + LUMINAIRE + OUTPUT + "stride = 5", "mine.toml:1: broadcast: expected outputs in holding registers, one after the other, for one write to all units"),
        (GOOD.replace('"holding"', '"coil"'), 'mine.toml:10: points[0] (sample/a).type: expected "bool" in space "coil", found "u16"'),
        ("max_read = 1\n" + GOOD.replace("u16", "u32"), "mine.toml:11: points[0] (sample/a).type: expected one that max_read (1) allows, found 2 registers"),
        ("channels = 3\n" + GOOD.replace("address = 0", "address = 65534"), "mine.toml:10: points[0] (sample/a).address: expected the last register to be at most 65535, found 65536"),
        ("safety = []\n" + GOOD, "mine.toml:1: safety: expected a list, not empty, of a table, found a list"),
        ("link = 3\n" + GOOD, "mine.toml:1: link: expected a table, found 3"),
        ("title = [", "mine.toml:1: expected TOML, found invalid value"),
        ("\n\nx = [1,", "mine.toml:3: expected TOML, found invalid value"),
    ],
)  # fmt: skip
def test_a_profile_that_cannot_be_is_told_why(document: str, message: str) -> None:
    assert said(document) == [message]


def test_all_mistakes_are_told_in_the_order_of_their_lines() -> None:
    document = GOOD.replace("poll_s = 1.0", "poll_s = 0").replace('"u16"', '"u24"') + "[link]\nbaud = 96\n"
    assert [line.split(":")[1] for line in said(document)] == ["4", "10", "12"]
    with pytest.raises(ProfileError, match=r"^mine\.toml:4: .* \(and 2 more: gadelys profile check\)$"):
        parse_profile("mine", document)


def harmful(values: Any, path: list[int], thing: object) -> Any:
    """Replace one value deep in a document by another thing."""
    if isinstance(values, dict) and values and path:
        key = sorted(values)[path[0] % len(values)]
        return {**values, key: harmful(values[key], path[1:], thing)}
    if isinstance(values, list) and values and path:
        at = path[0] % len(values)
        return [*values[:at], harmful(values[at], path[1:], thing), *values[at + 1 :]]
    return thing


def toml(value: Any) -> str:
    """Write a value as TOML, in line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {toml(inner)}' for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).lower()


WHOLE = "channels = 2\n" + LUMINAIRE + OUTPUT + """\
[link]
baud = 9600
[commission]
effect = "saved"
unlock = [[1, 2]]
baud = { register = 1, codes = { 9600 = 1 } }
parity = { register = 2, codes = { none = 0 } }
[[setup]]
what = "on"
address = 1
value = "safe_pct"
[[identify]]
space = "input"
address = 1
equals = 7
"""  # fmt: skip


@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=5),
    st.sampled_from([0, -1, 70000, 0.5, float("nan"), True, "", "x", [], [1, "x"], {}, {"a": 1}, {"0": "x"}]),
)
def test_any_thing_in_any_place_is_a_profile_or_a_mistake_with_its_place(path: list[int], thing: object) -> None:
    values = harmful(tomllib.loads(WHOLE), path, thing)
    lines = []
    try:
        parse_profile("mine", "\n".join(f'"{key}" = {toml(value)}' for key, value in values.items()))
    except ProfileError as error:
        lines = error.lines()
    assert all(line.startswith("mine.toml:") and ": expected " in line for line in lines)
