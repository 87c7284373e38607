"""Each check frame of each instrument says what its source says, whole and byte by byte; the wrong ones say nothing."""

from __future__ import annotations

import pytest

from drivers.lines import load_model
from drivers.lines.instrument import Language
from instrument_facts import language_of
from line_capture import Capture
from lines_captures_c import CAPTURES


def reader(capture: Capture) -> Language:
    """One that has asked what it asks first, and has been answered so far."""
    language = language_of(load_model(capture.model))
    language.due(0.0)
    for frame in capture.before:
        language.feed(bytes.fromhex(frame), 0.0)
        language.due(0.0)
    return language


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda one: f"{one.model}: {one.name}")
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_frame(capture: Capture, size: int) -> None:
    language = reader(capture)
    frames = language.counts.frames
    data = bytes.fromhex(capture.frame)
    facts = [fact for at in range(0, len(data), size) for fact in language.feed(data[at : at + size], 0.01)]
    assert {fact.resource: fact.value for fact in facts} == (capture.says or {})
    assert language.counts.frames == frames + (capture.says is not None)
