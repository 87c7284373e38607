"""Lines of text of instruments, as their languages read them."""

from __future__ import annotations

import pytest

from drivers.lines import load_model
from instrument_facts import defaults
from lines_captures import NONE, SENTENCES, Capture


@pytest.mark.parametrize("end", ["\r\n", "\n"], ids=["CR LF", "LF"])
@pytest.mark.parametrize("capture", SENTENCES, ids=lambda capture: f"{capture.model}: {capture.says}")
def test_a_line_says_what_it_says(capture: Capture, end: str) -> None:
    model = load_model(capture.model)
    language = model.build(defaults(model))
    language.opened(0.0)
    for tenth in range(10):
        language.due(tenth / 10)  # what is asked at the start has been asked
    facts = list(language.feed(f"half a line{end}".encode(), 0.1))
    if capture.model == "ops243":
        language.feed(f'{{"Units":"m-per-sec"}}{end}'.encode(), 0.1)
    for character in (capture.bytes + end).encode():
        facts += language.feed(bytes([character]), 0.2)
    assert {fact.resource: NONE if fact.value is None else fact.value for fact in facts} == (capture.facts or {})
    assert language.identity == capture.identity
