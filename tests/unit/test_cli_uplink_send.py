"""What `gadelys uplink send` reads and says."""

from __future__ import annotations

import math

import pytest

from agent.cli.text import plain
from agent.cli.uplink.send import Typed, asked, stage
from agent.fleet.proof import Order, Proof


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (55.0, "55 %"),
        (1.0, "1 %"),
        (0.0, "0 %"),
        (-1.0, "-1 %"),
        (math.nan, "nan %"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
    ],
)
def test_what_is_asked(value: bool | float | None, shown: str) -> None:
    assert asked(Order("lum-03", "lamp/dimming_level", value, "a")) == f"lum-03/lamp/dimming_level = {shown} (id a)"
    assert asked(Order("x", "gate/level", 1.0, "\x1b", 90)) == "x/gate/level = 1, for 1 min 30 s (id �)"


def test_what_is_typed_becomes_an_order() -> None:
    order, within_s = Typed("lum-03/lamp/dimming_level", "55", "1h", "a1", "90s").read()
    assert (order, within_s) == (Order("lum-03", "lamp/dimming_level", 55.0, "a1", 3600), 90)
    first, second = (Typed("a/b/c", "1", None, None, "15s").read()[0] for _ in range(2))
    assert first.id.startswith("cli-")
    assert first.id != second.id
    assert first.for_s is None


@pytest.mark.parametrize(
    ("proof", "said"),
    [
        (Proof("accepted", "", 0.0031), "accepted  after 3 ms"),
        (Proof("written", "", 0.041), "written   after 41 ms"),
        (Proof("verified", "the lamp reads back 55 %", 1.23), "verified  after 1.2 s: the lamp reads back 55 %"),
        (Proof("superseded", "by a2", 75.0), "superseded  after 1 min 15 s: by a2"),
    ],
)
def test_stages(proof: Proof, said: str) -> None:
    assert plain(stage(proof, Order("a", "b", 1.0, "i"))) == said


@pytest.mark.parametrize("id_", ["", "x" * 65])
def test_an_id_that_the_node_would_cut_is_refused(id_: str) -> None:
    with pytest.raises(ValueError, match="--id: expected a name of 1 to 64 letters"):
        Typed("a/b/c", "1", None, id_, "15s").read()
