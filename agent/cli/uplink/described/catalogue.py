"""The catalogue of metrics: all that any device of any profile or instrument can tell, and the node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from agent.control.task import lamp_points
from agent.services.heads import Bay, Container
from agent.services.lamp_health import health_points
from agent.services.street_health import meter_points
from agent.uplink import names, table
from agent.uplink.payload import DataType
from agent.uplink.table import Spec
from drivers.ble.records import EddystoneUid, EddystoneUrl, IBeacon
from drivers.ble.telling import Ear, points_of_ours
from drivers.lines import MODELS, load_model
from drivers.points import Point, PointType
from drivers.profile import load_profile, profile_names

_WORDS = {
    DataType.BOOLEAN: "Boolean", DataType.INT64: "Int64", DataType.FLOAT: "Float", DataType.STRING: "String",
    DataType.DATETIME: "DateTime",
}  # fmt: skip
_SAYS = {
    names.BD_SEQ: "counts the connections, 0 to 255; birth and death of one have the same",
    names.REBIRTH: "true in a command: tell all births again",
    names.VERSION: "release of the agent",
    names.CLOCK_TRUSTED: "whether times may be believed",
    names.STORE_ID: "which journal numbers belong to",
    names.TOLD: 'with `proof = "platform"`: a mark; all reports before it were sent',
    names.TOLD_SINCE: 'with `proof = "platform"`: the mark in the birth since which that is so',
    names.TOLD_MESSAGES: 'with `proof = "platform"`: messages since that birth, with it and this one',
    names.STORED: 'with `proof = "platform"`, in a command, with `journal/store_id`: all up to this mark is stored',
    names.WAITING: "reports that wait in the journal",
    names.THINNED: "telemetry that others of the same minute stand for, since the journal was made",
    names.QUARANTINED: "reports that no broker takes, put aside",
    names.WRITTEN: "bytes that the journal has written, since it was made",
    names.FAULT: "what is wrong with the journal; empty if nothing is",
    names.IDENTITY_EXPIRES: "when our certificate ends",
    names.IDENTITY_ALARM: "what is wrong with our identity; empty if nothing is",
    names.DROPPED: "reports that were dropped since the journal was made",
    names.REFUSED: "commands that were refused since the start",
    names.COMMAND_ID: "in a command: its name, told back",
    names.COMMAND_FOR: "in a command: how long it holds",
    names.COMMAND_NOT_AFTER: "in a command: not to be carried out later",
    names.RELEASE: "true in a command: end the platform's demand",
    names.LAST_ID: "the last command",
    names.LAST_STATUS: "what has become of it",
    names.LAST_REASON: "why",
    names.COMMAND_ISSUER: "in a command: whose key has signed it",
    names.COMMAND_COUNTER: "in a command: above that of the issuer's last signed command",
    names.COMMAND_SIGNATURE: "in a command: Ed25519, base64",
    names.RESTART: "true in a command: restart the agent",
    names.RELOAD: "true in a command: take up the configuration that lies on the disk",
    names.CONFIGURATION: "in a command: the text of a new configuration",
    names.LOG_LEVEL: "from which level on things are logged",
    names.BUNDLE: "true in a command: write down how everything is",
    names.COLLECT: "true in a command: tell the text of the configuration in force",
    names.CONFIGURATION_TEXT: "the text of the configuration in force, once for whoever has asked for it; else null",
    names.CONFIGURATION_DIGEST: "SHA-256 of the configuration in force",
    names.CONFIGURATION_STATE: "in force, on probation, or rolled back and why",
    names.HOLDER: "who holds the lamp",
    names.UNTIL: "until when",
    names.DIMMING: "confirmed level, read back; in a command: the level that is wanted",
    names.COUNTER: "how often somebody came into view since the agent's start; few are not told as such",
}
_WRITTEN = names.INPUTS | {names.DIMMING, names.LOG_LEVEL}


class Metric(msgspec.Struct, frozen=True):
    """A metric of `of` (a device or the node): Sparkplug's datatypes, its unit, when it is told, if it may be written."""

    of: str
    name: str
    datatypes: tuple[str, ...]
    unit: str
    told: str
    written: bool
    says: str


def metrics() -> list[Metric]:
    """Return all metrics: the node's first, each by its name."""
    titles: dict[str, Counter[str]] = {}
    datatypes: dict[str, dict[str, None]] = {}
    specs: dict[str, Spec] = {}
    for point in _points():
        built = table.build([point])
        for spec in (*built.points.values(), *(spec for (device, _), spec in built.own.items() if device)):
            specs[spec.name] = spec
            datatypes.setdefault(spec.name, {})[_WORDS[spec.datatype]] = None
            if spec.name == point.key.partition("/")[2]:
                titles.setdefault(spec.name, Counter())[point.title] += 1
    of_node = [Spec("", names.BD_SEQ, DataType.INT64), *table.build([], platform_proves=True).own.values()]
    node = [_metric("node", spec, (_WORDS[spec.datatype],), "") for spec in of_node]
    devices = [
        _metric("device", spec, tuple(sorted(datatypes[name])), _commonest(titles.get(name, Counter())))
        for name, spec in specs.items()
    ]
    return sorted(node, key=lambda metric: metric.name) + sorted(devices, key=lambda metric: metric.name)


def page() -> list[str]:
    """Return the catalogue as lines of Markdown."""
    lines = [
        "# Metrics",
        "",
        "Made by `gadelys uplink describe --catalogue`. What a device has of these is in its birth. *at once*: when it",
        "changes; *at the beat*: every `level_every_s`; *as a count*: every `presence_every_s` ([uplink.md](../uplink.md),",
        "[privacy.md](../privacy.md)).",
        "",
        "| of | metric | datatype | unit | told | may be written | what |",
        "|---|---|---|---|---|---|---|",
    ]
    for each in metrics():
        written = "yes" if each.written else ""
        cells = (each.of, f"`{each.name}`", " or ".join(each.datatypes), each.unit, each.told, written, each.says)
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _commonest(titles: Counter[str]) -> str:
    """Return what most profiles call a metric, of several the first in the alphabet."""
    return min(titles, key=lambda title: (-titles[title], title), default="")


def _metric(of: str, spec: Spec, datatypes: tuple[str, ...], title: str) -> Metric:
    told = "as a count" if spec.name == names.COUNTER else "at the beat" if spec.slow else "at once"
    quality = f"the worst quality of `{spec.function}`, and why"
    says = quality if spec.name.endswith(f"/{names.QUALITY}") else _SAYS.get(spec.name, title)
    written = spec.name in _WRITTEN
    return Metric(of, spec.name, datatypes, spec.unit, told, written, says)


def _points() -> Iterator[Point]:
    """Yield every point that any device can have; some of them more than once."""
    for name in profile_names():
        for row in load_profile(name).points:
            yield Point(key=f"x/{row.point}", type=row.point_type, unit=row.unit, title=row.title)
    for name in MODELS:
        for said in load_model(name).points:
            yield Point(key=f"x/{said.resource}", type=said.type, unit=said.unit, title=said.title)
    yield from _of_beacons()
    yield from lamp_points("x")
    yield from health_points("x", lambda _key: False, own_meter=True)
    yield from meter_points("x")
    yield Bay(1.0).point("x")
    yield Container(1.0, 0.0).point("x")
    yield Point(key="x/contact/state", type=PointType.BOOL, title="contact active")


def _of_beacons() -> Iterable[Point]:
    uid = EddystoneUid("", "", 0)
    for says in (IBeacon("", 0, 0, 0), uid, EddystoneUrl("", 0)):
        yield from points_of_ours("x", says)
    yield from Ear("x", uid, 60.0).points
