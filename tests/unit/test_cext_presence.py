"""Debounce and hold: tables of edges, random pulses against a slow model, both forms to the last bit."""

from itertools import pairwise
from math import inf, nan
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kernels import FORMS, NoCompilerError, kernel


@pytest.fixture(scope="module", params=FORMS)
def presence(request: pytest.FixtureRequest) -> ModuleType:
    try:
        return kernel(request.param, "presence")
    except NoCompilerError as error:
        pytest.skip(str(error))


def test_a_level_counts_after_it_has_stood(presence: ModuleType) -> None:
    contact = presence.Debounce(0.05)
    assert (contact.step(0.0), contact.next_s(), contact.since_s()) == (False, inf, -inf)
    contact.edge(True, 1.0)
    assert (contact.step(1.0), contact.next_s()) == (False, 1.05)
    assert contact.step(1.049) is False
    assert (contact.step(1.05), contact.next_s(), contact.since_s()) == (True, inf, 1.05)


def test_bounces_start_it_anew(presence: ModuleType) -> None:
    contact = presence.Debounce(0.05)
    for n, now_s in enumerate((1.0, 1.01, 1.02, 1.03, 1.04)):
        contact.edge(n % 2 == 0, now_s)
    assert contact.step(1.08) is False
    contact.edge(True, 1.085)  # says again what stands
    assert contact.step(1.09) is True


def test_a_level_that_stood_counts_although_nobody_stepped(presence: ModuleType) -> None:
    contact = presence.Debounce(0.05)
    contact.edge(True, 1.0)
    contact.edge(False, 2.0)
    assert (contact.step(2.0), contact.since_s()) == (True, 1.05)
    assert contact.step(2.05) is False


def test_without_debounce_an_edge_counts_at_once(presence: ModuleType) -> None:
    contact = presence.Debounce(0.0)
    contact.edge(True, 1.0)
    assert contact.step(1.0) is True


def test_presence_is_held_after_the_last_confirmed_high(presence: ModuleType) -> None:
    pir = presence.PirDetector(0.05, 5.0)
    assert (pir.step(0.0), pir.next_s()) == (False, inf)
    pir.edge(True, 10.0)
    assert (pir.step(10.0), pir.next_s()) == (False, 10.05)
    assert (pir.step(10.05), pir.next_s()) == (True, inf)
    pir.edge(False, 12.0)
    assert (pir.step(12.0), pir.next_s()) == (True, 12.05)
    assert (pir.step(12.05), pir.next_s()) == (True, 17.05)
    assert pir.step(17.04) is True
    assert (pir.step(17.05), pir.next_s()) == (False, inf)


def test_another_pulse_extends(presence: ModuleType) -> None:
    pir = presence.PirDetector(0.05, 5.0)
    pir.edge(True, 10.0)
    pir.edge(False, 12.0)
    pir.edge(True, 16.0)
    assert (pir.step(16.0), pir.next_s()) == (True, 16.05)
    pir.edge(False, 16.1)
    assert pir.step(17.05) is True
    assert (pir.step(21.1), pir.next_s()) == (True, 16.1 + 0.05 + 5.0)
    assert pir.step(21.2) is False


def test_a_glitch_is_nobody(presence: ModuleType) -> None:
    pir = presence.PirDetector(0.05, 5.0)
    pir.edge(True, 10.0)
    pir.edge(False, 10.04)
    assert (pir.step(10.2), pir.next_s()) == (False, inf)


def test_time_going_backwards_is_no_time(presence: ModuleType) -> None:
    pir = presence.PirDetector(0.05, 5.0)
    pir.edge(True, 10.0)
    assert pir.step(10.05) is True
    pir.edge(False, 9.0)
    assert (pir.step(3.0), pir.next_s()) == (True, 10.05 + 0.05)


@pytest.mark.parametrize("now_s", [nan, inf, -inf])
def test_no_time_is_refused(presence: ModuleType, now_s: float) -> None:
    pir = presence.PirDetector(0.05, 5.0)
    with pytest.raises(ValueError, match="now_s"):
        pir.step(now_s)
    with pytest.raises(ValueError, match="now_s"):
        pir.edge(True, now_s)
    assert (pir.step(1.0), pir.next_s()) == (False, inf)


@pytest.mark.parametrize(
    ("debounce_s", "hold_s", "says"),
    [(-0.1, 5.0, "debounce_s = -0.1: expected seconds"), (0.05, nan, "hold_s = nan"), (inf, 5.0, "debounce_s = inf")],
)
def test_bad_construction(presence: ModuleType, debounce_s: float, hold_s: float, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        presence.PirDetector(debounce_s, hold_s)


def present_at(edges_s: list[float], now_s: float, debounce_s: float, hold_s: float) -> bool:
    """From the whole history: the line rises at the 1st, 3rd, … edge and falls at the others."""
    stood = [
        (edge_s + debounce_s, n % 2 == 0)
        for n, (edge_s, end_s) in enumerate(pairwise([*edges_s, inf]))
        if edge_s + debounce_s <= min(end_s, now_s)
    ]
    confirmed = [stood[n] for n in range(len(stood)) if n == 0 or stood[n][1] != stood[n - 1][1]]
    if not confirmed or not any(high for _, high in confirmed):
        return False
    since_s, high = confirmed[-1]
    return high or now_s < since_s + hold_s


SPAN = st.sampled_from([0.01, 0.05, 0.1, 1.0, 5.0]) | st.floats(0.001, 20)


@given(
    spans_s=st.lists(SPAN, max_size=12),
    steps_s=st.lists(st.floats(0, 60), max_size=30),
    debounce_s=st.sampled_from([0.0, 0.05, 0.3]),
    hold_s=st.sampled_from([0.0, 0.02, 5.0]),
)
def test_presence_follows_from_the_edges_alone(
    spans_s: list[float], steps_s: list[float], debounce_s: float, hold_s: float
) -> None:
    try:
        forms = [kernel(form, "presence") for form in FORMS]
    except NoCompilerError:
        forms = [kernel("interpreted", "presence")]
    edges_s = [sum(spans_s[: n + 1]) for n in range(len(spans_s))]
    pirs = [form.PirDetector(debounce_s, hold_s) for form in forms]
    done_s: list[float] = []
    for now_s, is_edge in sorted([(at, True) for at in edges_s] + [(at, False) for at in steps_s]):
        if is_edge:
            done_s.append(now_s)
            for pir in pirs:
                pir.edge(len(done_s) % 2 == 1, now_s)
        assert {pir.step(now_s) for pir in pirs} == {present_at(done_s, now_s, debounce_s, hold_s)}
        (due,) = {pir.next_s().hex() for pir in pirs}
        assert float.fromhex(due) > now_s
