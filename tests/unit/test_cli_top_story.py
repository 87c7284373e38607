"""The story: its captions fit, what is broken is mended, and each scene has its time."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import get_args

import pytest

from agent.cli.top import deeds, state, story
from agent.cli.top import plain as log
from agent.cli.top.state import Moment, Picture
from agent.cli.top.story import LENGTH_S, SCENES, WIDEST_CAPTION, Deed, Scene
from canned_agent import status

NOW = Moment(datetime(2026, 11, 24, 20, 30, tzinfo=UTC), 0.0)
UNDONE_BY = {"sensor_dies": "sensor_back", "broker_dies": "broker_back"}


def when(deed: Deed) -> float:
    (at_s,) = [scene.at_s for scene in SCENES if scene.deed == deed]
    return at_s


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: str(scene.at_s))
def test_a_caption_is_one_sentence_or_two_on_one_line(scene: Scene) -> None:
    assert 30 < len(scene.caption) <= WIDEST_CAPTION
    assert scene.caption[0].isupper()
    assert scene.caption.endswith(".")
    assert scene.caption.isascii()


def test_it_begins_at_once_and_every_caption_can_be_read() -> None:
    times = [*(scene.at_s for scene in SCENES), LENGTH_S]
    assert times[0] == 0
    assert all(later - earlier >= 4 for earlier, later in pairwise(times))


def test_everything_that_can_be_done_is_done_once_and_mended() -> None:
    done = [scene.deed for scene in SCENES if scene.deed is not None]
    assert sorted(done) == sorted(get_args(Deed))
    assert set(deeds.SCENES) | {"platform_command"} == set(done)
    for trouble, mended in UNDONE_BY.items():
        assert done.index(trouble) < done.index(mended)  # type: ignore[arg-type]


def test_troubles_do_not_hide_each_other() -> None:
    """The platform's command and the backlog need broker and agent; times that getting over it takes are in the story."""
    assert when("platform_command") + 6 <= when("broker_dies")
    assert when("broker_back") + 10 <= when("kill_agent")
    assert when("kill_agent") + 5 + 3 <= when("sensor_back")
    assert when("platform_command") + story.DEMAND.for_s < when("kill_agent")


def test_captions_and_events_stand_in_the_log_as_they_came() -> None:
    picture = state.agent_said(Picture(NOW), status(), NOW)
    picture = state.happened(picture, "before")
    picture = state.captioned(picture, "Now it comes.")
    picture = state.happened(picture, "after")
    lines = ["  * before", "  > Now it comes.", "  * after"]
    assert [one[8:] for one in log.news(picture, 0, "")] == lines
    assert [one[8:] for one in log.news(picture, 1, "")] == lines[1:]
    assert [one[8:] for one in log.news(picture, 1, "Now it comes.")] == lines[2:]
    assert log.news(picture, 2, "Now it comes.") == []
