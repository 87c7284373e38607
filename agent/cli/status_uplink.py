"""The uplink's part of the page of `gadelys status`. Pure."""

from __future__ import annotations

from agent.cli import format as fmt
from agent.cli.text import Column, Line, Span, clip, line, table, wrap
from agent.local.records import IdentityState, Status, UplinkState

_INDENT = "  "
_AWAY_S = 10.0  # a broker may be away so long without anybody having to look after it


def section(status: Status, width: int) -> list[Line]:
    """Return how it is, what it has done, what was last refused; nothing for a pole that works alone."""
    uplink = status.uplink
    if uplink is None:
        return []
    columns = [
        Column("uplink"),
        Column("broker"),
        Column("MQTT", spare=5),
        Column("sent", right=True, spare=2),
        Column("unproven", right=True, spare=1),
        Column("kept", right=True),
        Column("commands", right=True, spare=3),
        Column("refused", right=True),
        Column("mirror", spare=4),
    ]
    row: list[Span | str] = [
        Span(uplink.state, "good" if uplink.state == "online" else "bad"),
        f"{uplink.host}:{uplink.port}",
        uplink.mqtt,
        fmt.number(uplink.sent),
        fmt.number(uplink.unproven),
        Span(fmt.number(uplink.journal_waiting), "warn" if uplink.journal_waiting else "plain"),
        fmt.number(uplink.commands_accepted),
        fmt.number(uplink.commands_refused),
        "yes" if uplink.mirror else "no",
    ]
    proof = "nothing proven yet" if uplink.proof_age_s is None else f"last proof {fmt.span(uplink.proof_age_s)} ago"
    birth = "" if uplink.bd_seq is None else f", birth {uplink.bd_seq}"
    secure = "in the clear" if uplink.identity is None else f"TLS as {uplink.identity.name or fmt.MISSING}"
    lines = [line(Span(f"{_INDENT}node {uplink.node} of group {uplink.group}{birth}; {proof}; {secure}", "dim"))]
    if uplink.identity is not None:
        lines += wrap(_identity(uplink.identity), width, first=_INDENT, rest=_INDENT * 2, tone="dim")
    written = f"{uplink.journal_written_mb:.1f} MB written, {uplink.journal_budget_pct:.0f} % of what may be just now"
    if uplink.journal_thinned:
        written += f"; {fmt.number(uplink.journal_thinned, 'report')} thinned to one a minute"
    lines.append(line(Span(f"{_INDENT}journal: {written}", "dim")))
    if uplink.last_refusal:
        lines += wrap(f"last refused: {uplink.last_refusal}", width, first=_INDENT, rest=_INDENT * 2, tone="dim")
    return [*table(columns, [row], width), *(clip(one, width) for one in lines)]


def problems(uplink: UplinkState | None) -> list[str]:
    """Return what of it somebody has to look after."""
    if uplink is None:
        return []
    found = []
    if uplink.state != "online" and uplink.since_s > _AWAY_S:
        because = f" ({uplink.last_error})" if uplink.last_error else ""
        kept = fmt.number(uplink.journal_waiting, "report")
        found.append(
            f"uplink to {uplink.host}:{uplink.port} is {uplink.state} for {fmt.span(uplink.since_s)}"
            f"{because}: {kept} kept"
        )
    if uplink.identity is not None and uplink.identity.trouble:
        found.append(f"identity: {uplink.identity.trouble}")
    if uplink.journal_fault:
        found.append(f"the journal fails: {uplink.journal_fault}")
    if uplink.journal_dropped:
        found.append(f"the journal was full: {fmt.number(uplink.journal_dropped, 'report')} dropped")
    if uplink.journal_quarantined:
        found.append(f"no broker takes {fmt.number(uplink.journal_quarantined, 'report')}: put aside, see the log")
    return found


def _identity(identity: IdentityState) -> str:
    newer = "; a newer one is there, the next connection shows it" if identity.renewed else ""
    return f"our certificate {identity.says}{newer}" if identity.says else "our certificate cannot be read"
