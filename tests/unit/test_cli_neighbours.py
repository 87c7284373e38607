"""What the command line says of neighbours."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.cli.neighbour.pages import WHY, sheet, show
from agent.cli.status_page import page, problems
from agent.cli.text import length, plain
from agent.cli.trouble import Trouble
from agent.local.records import NeighboursState
from canned_agent import Agent, neighbour, neighbours, status


def test_neighbours_at_80_columns() -> None:
    text = [plain(one) for one in page(status(neighbours=neighbours()), 80)]
    at = text.index("neighbour  end   state  heard     way   sent  received  refused  tells of")
    assert text[at + 1 : at + 4] == [
        "pole-8     up    heard  0.3 s  1.2 ms  1 201     1 198        0         1",
        "pole-6     down  heard  0.3 s  1.2 ms  1 201     1 198        0         1",
        "  link open, listens at tcp/0.0.0.0:7447, signed, not encrypted",
    ]
    assert not any("neighbour" in plain(one) for one in page(status(), 80))


@pytest.mark.parametrize("width", [40, 60, 132])
def test_neighbours_fit(width: int) -> None:
    state = neighbours(neighbour("pole-8", "up", state="silent", heard_s=None), dropped_in=3, refused={"stranger": 2})
    assert all(length(one) <= width for one in page(status(neighbours=state), width))


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (neighbours(), []),
        (
            neighbours(neighbour("pole-8", "up", state="silent", heard_s=75.0)),
            ["neighbour pole-8 is silent (last heard 1 min 15 s ago); its end of the street is kept lit"],
        ),
        (
            neighbours(
                neighbour("pole-8", "up", state="silent", heard_s=None), state="off", last_error="not installed"
            ),
            [
                "the link to neighbours is off (not installed)",
                "neighbour pole-8 is silent (never heard); its end of the street is kept lit",
            ],
        ),
        (
            neighbours(neighbour("pole-8", "up", state="blind", refused={"forged": 7})),
            [
                "neighbour pole-8 does not see who comes from there; its end of the street is kept lit",
                "7 messages in the name of pole-8 forged, or with another secret",
            ],
        ),
    ],
)
def test_what_of_neighbours_is_a_problem(state: NeighboursState, told: list[str]) -> None:
    assert problems(status(neighbours=state)) == told


def test_one_neighbour_says_why_its_messages_were_refused() -> None:
    one = neighbour("pole-8", "up", refused=dict.fromkeys(WHY, 3))
    text = [plain(part) for part in sheet(one, neighbours(one))]
    assert "round trip  1.2 ms" in text
    assert "place       our end of up; its position 0 is our 90 m" in text
    assert sum(line.startswith("refused ") for line in text) == len(WHY)


def test_a_neighbour_that_is_not_there(tmp_path: Path) -> None:
    agent = Agent(tmp_path / "api.sock")
    try:
        with pytest.raises(Trouble, match="no neighbours configured"):
            show(agent.path, "pole-8", as_json=False)
        agent.answers["status"] = status(neighbours=neighbours())
        with pytest.raises(Trouble, match="there are: pole-8, pole-6"):
            show(agent.path, "pole-9", as_json=False)
        assert show(agent.path, "pole-8", as_json=True) == 0
    finally:
        agent.close()
