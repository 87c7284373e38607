"""Lighting classes: levels between them, and which one a volume chooses."""

from __future__ import annotations

import pytest

from agent.control.classes import LIGHT, Volume, base_weight, by_volume, level_pct, select, volume


@pytest.mark.parametrize(
    ("wanted", "design", "expected_pct"),
    [("M4", "M3", 75.0), ("M5", "M3", 50.0), ("M6", "M3", 30.0), ("P4", "P2", 50.0), ("M3", "M3", 100.0),
     ("C5", "C0", 15.0), ("M2", "M3", 100.0)],
)  # fmt: skip
def test_a_level_is_the_ratio_of_the_classes_light(wanted: str, design: str, expected_pct: float) -> None:
    assert level_pct(wanted, design, 100.0) == pytest.approx(expected_pct)
    assert level_pct(wanted, design, 60.0) <= 100.0


def test_a_level_in_an_installation_that_is_dimmed_to_its_class() -> None:
    assert level_pct("M5", "M3", 80.0) == pytest.approx(40.0)


def test_classes_of_two_letters_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="one letter"):
        level_pct("P4", "M4", 100.0)


def test_light_falls_with_the_number_of_a_class() -> None:
    for letter in "MCP":
        values = [light for name, light in sorted(LIGHT.items()) if name[0] == letter]
        assert values == sorted(values, reverse=True)
        assert len(set(values)) == 6


@pytest.mark.parametrize(
    ("letter", "weights", "expected"),
    [("M", 3, "M3"), ("M", 9, "M1"), ("M", -4, "M6"), ("C", 6, "C0"), ("C", 9, "C0"), ("C", 0, "C5"), ("P", 6, "P1"),
     ("P", 2, "P4")],
)  # fmt: skip
def test_a_class_is_six_less_its_weights_as_far_as_there_are_classes(letter: str, weights: int, expected: str) -> None:
    assert select(letter, weights) == expected


@pytest.mark.parametrize(
    ("design", "moderate", "low"), [("M3", "M4", "M5"), ("M5", "M6", "M6"), ("C0", "C1", "C2"), ("P2", "P3", "P4")]
)
def test_a_street_designed_for_high_volume_goes_down_with_it(design: str, moderate: str, low: str) -> None:
    assert select(design[0], base_weight(design) + 1) == design
    assert [by_volume(design, v) for v in (Volume.HIGH, Volume.MODERATE, Volume.LOW)] == [design, moderate, low]


@pytest.mark.parametrize(
    ("per_h", "two_lane", "motorway"),
    [(0, -1, -1), (149, -1, -1), (150, 0, -1), (349, 0, -1), (350, 0, 0), (450, 0, 0), (451, 1, 0), (650, 1, 0),
     (651, 1, 1), (5000, 1, 1)],
)  # fmt: skip
def test_bands_of_volume_by_share_of_what_the_street_can_take(per_h: float, two_lane: int, motorway: int) -> None:
    assert volume(per_h, 1000.0, "two-lane") == two_lane
    assert volume(per_h, 1000.0, "motorway") == motorway
