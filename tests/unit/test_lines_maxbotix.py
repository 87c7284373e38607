"""Heads without a checksum: a digit that is lost is not another distance."""

from __future__ import annotations

import pytest

from drivers.lines.maxbotix import Maxbotix
from drivers.points import Quality
from firmware_sim.instruments.maxbotix import Maxbotix as Head


def told(stream: bytes, head: str = "hrxl-5m") -> list[float]:
    language = Maxbotix(head)
    language.opened(0.0)
    return [float(fact.value) for fact in language.feed(b"\r" + stream, 0.0) if fact.value is not None]


def test_a_lost_digit_is_a_lost_line_and_no_other() -> None:
    assert told(b"R0345\r" * 2 + b"R345\r" + b"R0345\r" * 2) == [0.345] * 4


@pytest.mark.parametrize(
    ("head", "line", "far"),
    [
        ("hrxl-5m", b"R4999\r", [4.999]),
        ("hrxl-5m", b"R5000\r", []),
        ("hrxl-10m", b"R5000\r", [5.0]),
        ("hrxl-10m", b"R9999\r", []),
        ("xl-7m", b"R764\r", [7.64]),
        ("xl-7m", b"R765\r", []),
        ("xl-10m", b"R1067\r", [10.67]),
        ("xl-10m", b"R1068\r", []),
    ],
)
def test_each_type_has_its_end(head: str, line: bytes, far: list[float]) -> None:
    assert told(line, head) == far


def test_near_and_far() -> None:
    head, language = Head(0.1), Maxbotix()
    language.opened(0.0)
    (near,) = language.feed(b"\r" + head.line(), 0.0)
    assert (near.value, near.quality) == (0.3, Quality.UNCERTAIN)
    head.distance_m = None
    (far,) = language.feed(head.line(), 0.0)
    assert far.reason == "nothing in view"


def test_its_name_at_power_up() -> None:
    language = Maxbotix()
    language.opened(0.0)
    language.feed(b"\rHRXL-MaxSonar-WR\rPN:MB7360\rR1234\r", 0.0)
    assert language.identity == "HRXL-MaxSonar-WR"
