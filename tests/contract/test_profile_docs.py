"""docs/profiles.md, held against the schema: its example is a profile, and it has every key that there is."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from drivers.points import PointType
from drivers.profile import parse_profile, records

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "profiles.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
SPANS = re.findall(r"`([^`\n]+)`", PAGE.replace(EXAMPLE, "").replace("```", ""))
WORDS = {word for span in SPANS for word in re.findall(r"\w+", span)}
KEYS = {
    (record.__name__, field.name)
    for record in vars(records).values()
    if isinstance(record, type) and issubclass(record, msgspec.Struct) and record.__module__ == records.__name__
    for field in msgspec.structs.fields(record)
} - {("Profile", "name"), ("Card", "verified")}


def test_the_example_is_a_profile_with_all_that_a_profile_can_have() -> None:
    profile = parse_profile("acme-d2", EXAMPLE)
    assert [row.point_type for row in profile.points] == [
        PointType.FLOAT, PointType.BOOL, PointType.FLOAT, PointType.FLOAT, PointType.TEXT,
    ]  # fmt: skip
    assert profile.output is not None
    assert profile.safety is not None
    assert profile.commission is not None
    assert profile.commission.parity is not None
    assert profile.link is not None
    assert (len(profile.identify), len(profile.forbidden)) == (1, 1)
    assert profile.card.verified == ("page 14: both outputs at 50 %",)


@pytest.mark.parametrize(("record", "key"), sorted(KEYS))
def test_the_page_has_every_key(record: str, key: str) -> None:
    assert key in WORDS, f"{record}.{key}"


def test_the_page_names_every_word_that_a_key_can_be() -> None:
    words = {*records.KINDS, "fast", "slow", "once", "at once", "saved", "restart", "both", "single", "multiple"}
    words |= set(records.RegisterType.__args__) | set(records.WordOrder.__args__) | set(records.Known.__args__)  # type: ignore[attr-defined]
    assert words - {span.strip('"') for span in SPANS} == set()
