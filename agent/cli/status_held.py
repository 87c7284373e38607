"""What people and the platform hold: demands on lamps, and a configuration on trial, for the page of `gadelys status`. Pure."""

from __future__ import annotations

from agent.cli import format as fmt
from agent.cli.text import Column, Line, Span, table
from agent.local.records import LeaseState, Status, TrialState


def section(status: Status, width: int) -> list[Line]:
    """Return every demand that holds, also those that a higher rung outdoes; nothing if there is none."""
    if not status.leases:
        return []
    columns = [
        Column("held"),
        Column("to", right=True),
        Column("by"),
        Column("until"),
        Column("still", right=True, spare=1),
        Column("command", spare=2),
    ]
    return table(columns, [_lease(lease, status.time_zone) for lease in status.leases], width)


def problems(trial: TrialState | None) -> list[str]:
    """Return a configuration that did not prove itself."""
    if trial is None or trial.phase != "rolled back":
        return []
    return [f"the configuration of command {trial.id} was not kept: {trial.reason}"]


def notes(trial: TrialState | None) -> list[str]:
    """Return a configuration that is on trial."""
    if trial is None or trial.phase != "on trial":
        return []
    left = "" if trial.remaining_s is None else f" for {fmt.span(trial.remaining_s)} more"
    return [
        f"the configuration of command {trial.id} is on trial{left}; unless it proves itself, the one of before comes back"
    ]


def _lease(lease: LeaseState, time_zone: str) -> list[Span | str]:
    return [
        Span(lease.lamp, "bold"),
        fmt.pct(lease.level_pct),
        Span(f"{lease.rung} ({lease.holder})" if lease.holder else lease.rung, "warn"),
        fmt.local(lease.until, time_zone, "%d %b %H:%M"),
        "" if lease.remaining_s is None else fmt.span(lease.remaining_s),
        lease.command,
    ]
