"""Frames of makers and captures, as the instruments' languages read them: in one piece, byte by byte, twice in a row."""

from __future__ import annotations

import pytest

from drivers.lines import load_model
from drivers.lines.instrument import Language
from drivers.points import Quality
from instrument_facts import defaults
from lines_captures import CAPTURES, NONE, Capture

CUTS = {"whole": 1000, "byte by byte": 1, "by threes": 3}


def language_of(capture: Capture) -> Language:
    model = load_model(capture.model)
    language = model.build(defaults(model) | capture.options)
    language.opened(0.0)
    return language


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("capture", CAPTURES, ids=lambda capture: f"{capture.model}: {capture.says}")
def test_a_capture_says_what_it_says(capture: Capture, cut: int) -> None:
    language, data = language_of(capture), bytes.fromhex(capture.bytes)
    facts = [fact for at in range(0, len(data), cut) for fact in language.feed(data[at : at + cut], 1.0)]
    if capture.facts is None:
        assert facts == []
    else:
        said = {fact.resource: NONE if fact.value is None else fact.value for fact in facts}
        assert said == capture.facts
        assert all(fact.reason for fact in facts if fact.quality is not Quality.GOOD)
        assert language.counts.stray_bytes == 0
    assert language.identity == capture.identity


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda capture: f"{capture.model}: {capture.says}")
def test_a_capture_after_noise_and_another_one(capture: Capture) -> None:
    language, data = language_of(capture), bytes.fromhex(capture.bytes)
    facts = language.feed(b"\x00\x01\x02" + data + data, 1.0)
    assert len(facts) == 2 * len(capture.facts or {})
