"""Our scheme: the control that runs on the pole, in virtual time, hearing of the scenario's sensors. Pure.

Each way has a control of its own with its lamps and their sensors; a lamp on several ways follows the highest. Control steps
at once on news, and at each step of the night while something moves, as the control task does. Lamps fade by themselves: what
is sent is the level to go to.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from agent.config.records import Lighting
from agent.control.street import Levels, Output, StreetControl
from agent.lab.commands import Command, Plan
from agent.lab.records import Scenario
from agent.lab.reports import Report, reports
from agent.lab.sensing import first_step
from agent.lab.ways import Way
from agent.services.cells import Sensor
from agent.services.lighting import Light

_Record = TypeVar("_Record", bound=msgspec.Struct)


def gadelys(scenario: Scenario, base_pct: float) -> Plan:
    """Return what the pole's control does, resting at a base level."""
    lighting = msgspec.structs.replace(
        scenario.lighting, base_pct=base_pct, floor_pct=min(scenario.lighting.floor_pct, base_pct)
    )
    return Plan(lighting.class_pct / 100, _commands(scenario, lighting))


def _commands(scenario: Scenario, lighting: Lighting) -> Iterator[Command]:
    heard = reports(scenario)
    ways = [_of_way(scenario, lighting, way, heard) for way in scenario.street.ways]
    if len(ways) == 1:
        yield from ways[0]
        return
    wanted = [[0.0] * len(ways) for _ in scenario.street.lamps]
    for number, way in enumerate(scenario.street.ways):
        for lamp, _ in way.lamps:
            wanted[lamp][number] = lighting.class_pct / 100
    for step, number, lamp, level in heapq.merge(*(_numbered(way, number) for number, way in enumerate(ways))):
        before = max(wanted[lamp])
        wanted[lamp][number] = level
        if max(wanted[lamp]) != before:
            yield step, lamp, max(wanted[lamp])


def _numbered(commands: Iterator[Command], number: int) -> Iterator[tuple[int, int, int, float]]:
    return ((step, number, lamp, level) for step, lamp, level in commands)


def _of_way(scenario: Scenario, lighting: Lighting, way: Way, heard: Sequence[Report]) -> Iterator[Command]:
    """Step one control through the night; its reports first, by rising time."""
    lamps = [lamp for lamp, _ in way.lamps]
    own = {lamp: number for number, lamp in enumerate(lamps)}
    news = [report for report in heard if report.lamp in own]
    control = _control(scenario, lighting, way)
    known = [(False, True)] * len(lamps)
    sent = [lighting.class_pct] * len(lamps)
    now_s, at, step_s = 0.0, 0, scenario.step_s
    while now_s < scenario.night_s:
        fresh = set()
        while at < len(news) and news[at].at_s <= now_s:
            sensor = own[news[at].lamp]
            known[sensor] = (news[at].present, news[at].faulty)
            fresh.add(sensor)
            at += 1
        for sensor, (present, faulty) in enumerate(known):
            if present or faulty or sensor in fresh:  # of the others nothing is new: nobody was there, nobody is
                control.see(sensor, present, faulty, now_s)
        step = first_step(now_s, step_s)
        for lamp, _level_pct in control.step(now_s):
            target_pct = control.kernel.target(lamp)
            if target_pct != sent[lamp]:
                sent[lamp] = target_pct
                yield step, lamps[lamp], target_pct / 100
        due_s = max(control.next_s(now_s), (step if now_s < step * step_s else step + 1) * step_s)
        now_s = min(due_s, news[at].at_s if at < len(news) else due_s)


def _control(scenario: Scenario, lighting: Lighting, way: Way) -> StreetControl:
    outputs = [Output(f"lamp-{lamp}", place_m, device_safety=True) for lamp, place_m in way.lamps]
    sensors = [_sensor(scenario, f"sensor-{lamp}", place_m) for lamp, place_m in way.lamps]
    return StreetControl(outputs, sensors, _filled(Levels, lighting), _filled(Light, lighting), night=True)


def _sensor(scenario: Scenario, device: str, place_m: float) -> Sensor:
    """Return a sensor, with what the record can be told of it."""
    sensing = msgspec.structs.asdict(scenario.sensing)
    told = {name: sensing[name] for name in Sensor.__struct_fields__ if name in sensing}
    return Sensor(device, place_m, **told)


def _filled(record: type[_Record], lighting: Lighting) -> _Record:
    """Return a record whose fields are options of [lighting]."""
    values: dict[str, Any] = {name: getattr(lighting, name) for name in record.__struct_fields__}
    return record(**values)
