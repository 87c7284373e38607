"""A calendar is replaced, and nothing else of a text changes by a byte."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.fleet.splice import calendar_of, with_calendar

BLOCK = '[lighting.calendar.late]  # the only one\nfrom = "22:00"\n# until light\nto = "06:00"\nclass_pct = 60\n'
NEW = f"# for the winter\n{BLOCK}# end\n"
OLD = '[lighting.calendar.late]\nfrom = "23:00"\nto = "05:30"\nbase_pct = 5  # old\n'
HEAD, TAIL = (
    "# pole\n[lighting]\nclass_pct = 100\n\n# the calendar:\n",
    "\n# monitoring\n[monitoring]\nmeter = 'none'\n",
)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        (HEAD + OLD + TAIL, HEAD + BLOCK + TAIL),
        (HEAD + OLD + '\n# about easter\n[lighting . calendar."easter"]\nfrom = "x"\n' + TAIL, HEAD + BLOCK + TAIL),
        (HEAD + OLD + TAIL + "[lighting.calendar.b]\nto = 1\n# end\n", HEAD + BLOCK + TAIL + "# end\n"),
        (HEAD + OLD.rstrip("\n"), HEAD + BLOCK),
        (HEAD + TAIL, HEAD + TAIL + "\n" + BLOCK),
        ((HEAD + TAIL).rstrip("\n"), HEAD + TAIL + "\n" + BLOCK),
        ("[lighting.calendar.z]\nto = 1\n[lighting]\nx = 1\n", BLOCK + "[lighting]\nx = 1\n"),
        ("s = '''\n[monitoring]\n'''\n" + OLD, "s = '''\n[monitoring]\n'''\n" + BLOCK),
        ("", "\n" + BLOCK),
    ],
)
def test_the_calendar_alone_is_another(text: str, made: str) -> None:
    assert with_calendar(text, NEW) == made
    assert with_calendar(made, NEW) == made


@pytest.mark.parametrize(
    "text",
    [
        "[lighting]\ncalendar = {late = {to = 1}}\n",
        "[lighting]\ncalendar.late.to = 1\n",
        "lighting = {class_pct = 1}\n",
        "[lighting.calendar]\nlate.to = '''\n[lighting.calendar.x]\n'''\nx = 1\n[a]\nb = '''\n[lighting.calendar.y]\n'''\n",
        "s = '''\n[lighting.calendar.x]\na = 1\n[b]\n'''\n",
        "not TOML",
    ],
)
def test_what_stands_in_another_form_is_left_alone(text: str) -> None:
    with pytest.raises(ValueError, match=r"write it as tables \[lighting\.calendar\.…\]"):
        with_calendar(text, NEW)


@pytest.mark.parametrize(
    ("document", "wrong"),
    [
        (NEW, ""),
        ("[lighting]\nbase_pct = 3\n[lighting.calendar.a]\nx = 1", "lighting.base_pct: expected tables"),
        ("[controller]\nid = 'x'", "controller: expected tables"),
        ("[lighting.calendar]", "expected tables [lighting.calendar.…], found none"),
        ("lighting = 3", "lighting: expected tables"),
    ],
)
def test_a_calendar_holds_nothing_else(document: str, wrong: str) -> None:
    found = calendar_of(tomllib.loads(document))
    assert found.startswith(wrong)
    assert bool(found) is bool(wrong)


ENDED = f"{OLD}[[m]]\n"  # what would follow would be of the calendar
PIECES = st.lists(
    st.sampled_from(
        ["# c\n", "\n", "[a]\n", "[a.b] # x\n", "[[l]]\n", "[lighting]\n", "k = 1\n", "k = [\n[1],\n[2]\n]\n",
         't = """\n[x]\n"""\n', ENDED]
    ),
    max_size=8,
)  # fmt: skip


@given(PIECES)
def test_any_text_keeps_all_else_or_is_refused(pieces: list[str]) -> None:
    text = "".join(pieces)
    try:
        made = with_calendar(text, NEW)
    except ValueError:
        return
    was, now = tomllib.loads(text), tomllib.loads(made)
    assert now["lighting"].pop("calendar") == tomllib.loads(NEW)["lighting"]["calendar"]
    was.setdefault("lighting", {}).pop("calendar", None)
    assert now == was
    assert made.replace(BLOCK, "").strip() == text.replace(OLD, "").strip()
    assert with_calendar(made, NEW) == made
