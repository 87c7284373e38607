"""A head without a checksum: a digit that is lost is not another distance."""

from __future__ import annotations

from drivers.lines.maxbotix import Maxbotix
from drivers.points import Quality
from firmware_sim.instruments.maxbotix import Maxbotix as Head


def told(stream: bytes) -> list[float]:
    language = Maxbotix()
    language.opened(0.0)
    return [float(fact.value) for fact in language.feed(b"\r" + stream, 0.0) if fact.value is not None]


def test_a_lost_digit_is_a_lost_line_and_no_other() -> None:
    assert told(b"R0345\r" * 4 + b"R345\r" + b"R0345\r" * 2) == [0.345] * 4


def test_another_head_is_known_after_three_lines() -> None:
    assert told(b"R0345\r" * 4 + b"R123\r" * 4) == [0.345] * 2 + [1.23] * 2


def test_near_and_far() -> None:
    head, language = Head(0.1), Maxbotix()
    language.opened(0.0)
    (near,) = language.feed(b"\r" + head.line() * 3, 0.0)
    assert (near.value, near.quality) == (0.3, Quality.UNCERTAIN)
    head.distance_m = None
    (far,) = language.feed(head.line(), 0.0)
    assert far.reason == "nothing in view"


def test_its_name_at_power_up() -> None:
    language = Maxbotix()
    language.opened(0.0)
    language.feed(b"\rHRXL-MaxSonar-WR\rPN:MB7360\rR1234\r", 0.0)
    assert language.identity == "HRXL-MaxSonar-WR"
