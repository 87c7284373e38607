"""Every language of an instrument: whatever bytes come, facts of its data sheet, and nothing kept for ever."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.lines import MODELS, load_model
from instrument_facts import defaults, language_of, wrong

PIECES = st.lists(st.binary(max_size=80), max_size=30)


@pytest.mark.parametrize("name", MODELS)
@given(pieces=PIECES)
def test_any_bytes(name: str, pieces: list[bytes]) -> None:
    model = load_model(name)
    language, now_s = language_of(model), 0.0
    for piece in pieces:
        now_s += 0.05
        for fact in language.feed(piece, now_s):
            assert not wrong(model, fact), fact
        assert isinstance(language.due(now_s), bytes)
        assert language.next_s() > now_s
        assert language.counts.stray_bytes >= 0
    assert language.counts.stray_bytes <= sum(map(len, pieces))


@pytest.mark.parametrize("name", MODELS)
def test_a_data_sheet_is_whole(name: str) -> None:
    model = load_model(name)
    assert model.name == name
    assert model.points
    assert model.source
    assert len({row.resource for row in model.points}) == len(model.points)
    for row in model.points:
        assert row.kind in model.kinds
    for option in model.options:
        if isinstance(option.default, str):
            assert option.default in option.words
        elif not isinstance(option.default, bool):
            assert option.low <= option.default <= option.high
    assert (model.silent_s(defaults(model)) if model.silent_s else model.silent_after_s) > 0


@pytest.mark.parametrize("name", MODELS)
def test_noise_for_long_is_not_kept(name: str) -> None:
    language = language_of(load_model(name))
    noise = bytes(range(256)) * 16
    for step in range(1000):
        language.feed(noise, step / 10)
    held = [value for value in vars(language).values() if isinstance(value, bytes | bytearray | list)]
    assert all(len(value) < 4096 for value in held)
