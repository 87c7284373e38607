"""docs/api is what the code makes: the metric catalogue, the JSON Schemas, the AsyncAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from agent.cli.uplink.describe import DOCUMENTS
from agent.cli.uplink.described import asyncapi, catalogue, schemas
from agent.uplink import names
from agent.uplink.topics import Topics

API = Path(__file__).resolve().parents[2] / "docs" / "api"
FILES = {"asyncapi": "asyncapi.json", "schemas": "mirror.schema.json", "catalogue": "metrics.md"}
VALID = Draft202012Validator(schemas.document())


@pytest.mark.parametrize("what", sorted(DOCUMENTS))
def test_what_is_committed_is_what_the_code_makes(what: str) -> None:
    made = (API / FILES[what]).read_text(encoding="utf-8")
    assert made == DOCUMENTS[what](), f"gadelys uplink describe --{what} > docs/api/{FILES[what]}"


def references(node: object) -> Iterator[str]:
    """Every reference in a document."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


@pytest.mark.parametrize("document", [asyncapi.document(), schemas.document()], ids=["asyncapi", "schemas"])
def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = list(references(document))
    assert found
    for reference in found:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_topic_stands_in_the_document() -> None:
    topics = Topics("{group}", "{node}")
    addresses = {channel["address"] for channel in asyncapi.document()["channels"].values()}
    assert {topics.commands[0], topics.marker, topics.mirror_command, topics.mirror_result} <= addresses
    assert topics.commands[1].replace("+", "{device}") in addresses
    assert len(addresses) == 8 + 4


def test_the_schemas_are_schemas_and_take_no_rubbish() -> None:
    Draft202012Validator.check_schema(schemas.document())
    state = {
        "device": "lum-01",
        "time": "2026-11-25T20:30:00.000Z",
        "alive": True,
        "values": {"lamp/dimming_level": 4.0},
    }
    VALID.validate(state)
    for wrong in ({**state, "alive": 1}, {**state, "values": [1]}, {"device": "x"}, {**state, "presence": True}, 1):
        assert not VALID.is_valid(wrong), wrong


def test_of_people_the_catalogue_has_a_count_and_nothing_else() -> None:
    of_people = {each.name for each in catalogue.metrics() if each.name.partition("/")[0] in {"presence", "vehicles"}}
    assert of_people == {names.COUNTER, "presence/quality", "vehicles/quality"}


def test_every_metric_says_what_it_is() -> None:
    assert not [each.name for each in catalogue.metrics() if not each.says]


def test_what_may_be_written() -> None:
    written = {(each.of, each.name) for each in catalogue.metrics() if each.written}
    assert ("node", names.REBIRTH) in written
    assert ("device", names.DIMMING) in written
    assert not {name for _, name in written} - names.INPUTS - {names.DIMMING, names.LOG_LEVEL}


def test_describe_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    from agent.cli.uplink.describe import describe

    assert describe("schemas") == 0
    assert json.loads(capsys.readouterr().out)["$defs"]["Streetlight"]


def test_the_messages_of_the_page_are_as_the_schema_says() -> None:
    page = (API.parent / "uplink.md").read_text(encoding="utf-8")
    entity = re.search(r"^    (\{\"id\": \"urn:.*?\})$", page, re.MULTILINE | re.DOTALL)
    assert entity is not None
    told = re.findall(r"`(\{\"(?:point|id)\".*?\})`", page)
    assert len(told) == 3
    for message in (entity[1], *told):
        VALID.validate(json.loads(message.replace("…Z", "2026-11-25T20:30:00Z")))
