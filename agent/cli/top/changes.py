"""What is worth a line between one message and the next. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.cli.text import Tone
from agent.cli.top.street import StreetState
from agent.local.records import Status

Told = list[tuple[str, Tone]]

_NUMBERED = re.compile(r"(.*?)(\d+)")
_HANDS = {"technician", "operator"}


def of_agent(old: Status, new: Status) -> Told:
    """Return what has changed in the agent's word: lines, units, tasks, alarms, lamps taken by hand, the door."""
    told: Told = []
    if new.pid != old.pid:
        told.append((f"the agent was started again (pid {new.pid})", "warn"))
    lines = {bus.id: bus.state for bus in old.buses}
    for bus in new.buses:
        if bus.state != lines.get(bus.id, bus.state):
            told.append((f"line {bus.id} is {bus.state}", "good" if bus.state == "up" else "bad"))
    units = {unit.id: unit.state for unit in old.units}
    for unit in new.units:
        before = units.get(unit.id, unit.state)
        if unit.state != before and "silent" in {unit.state, before}:
            told.append((f"unit {unit.id} is {unit.state}", "good" if unit.state == "ok" else "bad"))
    restarts = {task.name: task.restarts for task in old.tasks} if new.pid == old.pid else {}
    told += [
        (f"task {task.name} was restarted: {task.last_error}", "bad")
        for task in new.tasks
        if task.restarts > restarts.get(task.name, task.restarts)
    ]
    return told + _alarms(old, new) + _by_hand(old, new) + _contacts(old, new)


def of_sensors(old: Status, new: Status, doubted: frozenset[str]) -> tuple[Told, frozenset[str]]:
    """Return which sensors the agent stopped believing or believes again, and those that it now doubts."""
    before = {sensor.id for sensor in old.sensors if sensor.quality == "good"}
    bad = {sensor.id: sensor for sensor in new.sensors if sensor.quality in {"bad", "stale"}}
    good = {sensor.id for sensor in new.sensors if sensor.quality == "good"}
    lost, found = sorted(before & set(bad)), sorted(doubted & good)
    told: Told = []
    if lost:
        reason = bad[lost[0]].reason
        because = f" ({reason})" if reason else ""
        told.append((f"the agent does not believe {names(lost)}{because}: lamps there are kept lit", "bad"))
    if found:
        told.append((f"the agent believes {names(found)} again", "good"))
    return told, (doubted | frozenset(lost)) - good


def of_street(old: StreetState, new: StreetState) -> Told:
    """Return what has changed on the street itself: sensors, device-side safety, rules that were broken."""
    told: Told = []
    alive = {sensor.id: sensor.alive for sensor in old.sensors}
    dead = [s.id for s in new.sensors if not s.alive and alive.get(s.id)]
    back = [s.id for s in new.sensors if s.alive and not alive.get(s.id, True)]
    if dead:
        told.append((f"{names(dead)} has died", "bad"))
    if back:
        told.append((f"{names(back)} lives again", "good"))
    output = {lamp.id: lamp.output for lamp in old.lamps}
    safe = [lamp.id for lamp in new.lamps if lamp.output == "safe mode" != output.get(lamp.id)]
    taken = [lamp.id for lamp in new.lamps if lamp.output != "safe mode" == output.get(lamp.id)]
    if safe:
        told.append((f"device-side safety lights {names(safe)}", "warn"))
    if taken:
        told.append((f"{names(taken)} commanded again", "good"))
    known = set(old.violations)
    told += [(f"RULE BROKEN: {v.rule}: {v.what}", "bad") for v in new.violations if v not in known]
    return told


def names(ids: Sequence[str]) -> str:
    """Return a list of names, runs of numbers as `lum-01…06`."""
    runs: list[list[str]] = []
    for name in ids:
        if runs and _follows(runs[-1][-1], name):
            runs[-1].append(name)
        else:
            runs.append([name])
    shown = [part for run in runs for part in ([f"{run[0]}…{_number(run[-1])}"] if len(run) > 2 else run)]
    return ", ".join(shown[:4]) + (f" and {len(shown) - 4} more" if len(shown) > 4 else "")


def _follows(before: str, name: str) -> bool:
    first, second = _NUMBERED.fullmatch(before), _NUMBERED.fullmatch(name)
    return bool(first and second and first[1] == second[1] and int(second[2]) == int(first[2]) + 1)


def _number(name: str) -> str:
    match = _NUMBERED.fullmatch(name)
    return match[2] if match else name


def _alarms(old: Status, new: Status) -> Told:
    before, now = {alarm.key: alarm for alarm in old.alarms}, {alarm.key: alarm for alarm in new.alarms}
    raised: Told = [
        (f"{alarm.device}: {alarm.what}: {alarm.text}", "bad") for key, alarm in now.items() if key not in before
    ]
    cleared: Told = [
        (f"{alarm.device}: {alarm.what} is over", "good") for key, alarm in before.items() if key not in now
    ]
    return raised + cleared


def _by_hand(old: Status, new: Status) -> Told:
    before = {lamp.id: lamp.winner in _HANDS for lamp in old.lamps}
    told: Told = []
    for lamp in new.lamps:
        held = lamp.winner in _HANDS
        if held and not before.get(lamp.id, False):
            told.append((f"{lamp.id} is held at {lamp.commanded_pct:g} % by {lamp.winner} ({lamp.holder})", "warn"))
        elif before.get(lamp.id, False) and not held:
            told.append((f"{lamp.id} is released", "plain"))
    return told


def _contacts(old: Status, new: Status) -> Told:
    before = {sensor.id: sensor.present for sensor in old.sensors if sensor.kind == "contact"}
    return [
        (f"{sensor.id} is {'open' if sensor.present else 'shut'}", "warn" if sensor.present else "plain")
        for sensor in new.sensors
        if sensor.kind == "contact" and None not in {sensor.present, before.get(sensor.id)}
        if sensor.present != before[sensor.id]
    ]
