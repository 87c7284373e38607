"""Work orders from alarms: where to go, which part, what to do. One alarm is one way to go. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from agent.fleet.alarms import Alarm
from agent.fleet.faults import kind_of
from agent.fleet.plan import Plan, Pole

_NOWHERE = Pole("", "", "")


class WorkOrder(msgspec.Struct, frozen=True):
    """One way to go. `points` are the devices or nodes that it is about; `pole` and `position` are those of the inventory."""

    id: str
    severity: str
    street: str
    pole: str
    position: str
    part: str
    what: str
    since_ms: int
    instruction: str
    points: tuple[str, ...]


def work_orders(alarms: Iterable[Alarm], plan: Plan) -> list[WorkOrder]:
    """Return an order for each alarm, in the order of the alarms."""
    return [_order(alarm, plan) for alarm in alarms]


def _order(alarm: Alarm, plan: Plan) -> WorkOrder:
    kind = kind_of(alarm.kind, len(alarm.members))
    known = [plan.poles[of] for of in alarm.members if of in plan.poles]
    pole = known[0] if len(alarm.members) == 1 and known else _NOWHERE
    streets = dict.fromkeys(street for of in alarm.members if (street := _street(of, plan)))
    return WorkOrder(
        alarm.id,
        alarm.severity,
        ", ".join(streets),
        pole.pole or ", ".join(one.pole for one in known) or alarm.members[0].rpartition("/")[2],
        pole.position or (known[0].position if known else ""),
        f"{kind.part} ({pole.part})" if pole.part else kind.part,
        alarm.what,
        alarm.since_ms,
        kind.instruction,
        alarm.members,
    )


def _street(of: str, plan: Plan) -> str:
    return plan.street_of(of) if of.count("/") == 2 else plan.area_of(of)
