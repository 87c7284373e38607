"""Topics: what is built is read back; what is none is none."""

from __future__ import annotations

import pytest

from agent.uplink import topics
from agent.uplink.topics import Heard, Topics

OWN = Topics("albertslund", "pole-7")


def test_topics_of_a_node() -> None:
    assert OWN.of("NBIRTH") == "spBv1.0/albertslund/NBIRTH/pole-7"
    assert OWN.of("DDATA", "lum-03") == "spBv1.0/albertslund/DDATA/pole-7/lum-03"
    assert OWN.commands == ("spBv1.0/albertslund/NCMD/pole-7", "spBv1.0/albertslund/DCMD/pole-7/+")
    assert OWN.mirror_state("") == "gadelys/albertslund/pole-7/state/node"
    assert topics.all_of("+", "+") == ("spBv1.0/+/+/+", "spBv1.0/+/+/+/+")


def test_read() -> None:
    assert topics.read(OWN.of("DCMD", "lum-03")) == Heard("DCMD", "albertslund", "pole-7", "lum-03")
    assert topics.read(OWN.of("NDEATH")) == Heard("NDEATH", "albertslund", "pole-7", "")


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "spBv1.0",
        "spBv1.0/g/NDATA",
        "spBv1.0/g/NDATA/n/d",
        "spBv1.0/g/DDATA/n",
        "spBv1.0/g/XDATA/n",
        "spBv1.0/STATE/host",
        "spBv1.0/g/DDATA/n/d/e",
        "spBv1.0/g/DDATA//d",
        "spAv1.0/g/NDATA/n",
    ],
)
def test_what_is_no_topic_of_sparkplug(topic: str) -> None:
    assert topics.read(topic) is None
