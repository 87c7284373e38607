"""Names of metrics that are not points, and the words of a command's life. docs/uplink.md explains them. Pure."""

from __future__ import annotations

from typing import Literal

BD_SEQ = "bdSeq"
REBIRTH = "Node Control/Rebirth"

# Of the node.
VERSION = "agent/version"
CLOCK_TRUSTED = "agent/clock_trusted"
STORE_ID = "journal/store_id"
WAITING = "journal/waiting"
DROPPED = "journal/dropped"
THINNED = "journal/thinned"
QUARANTINED = "journal/quarantined"
WRITTEN = "journal/written"
FAULT = "journal/fault"
REFUSED = "command/refused"

# Of a device: what may stand in a DCMD beside the value.
COMMAND_ID = "command/id"  # String: the platform's own name of the command, told back in last_id
COMMAND_FOR = "command/for_s"  # Int64: how long the demand holds, in seconds
COMMAND_NOT_AFTER = "command/not_after"  # DateTime: not to be carried out later than this
RELEASE = "command/release"  # Boolean: end the demand of the rung `operator`

# What became of the last command, of the node and of each device.
LAST_ID = "command/last_id"
LAST_STATUS = "command/last_status"
LAST_REASON = "command/last_reason"
LAST = frozenset({LAST_ID, LAST_STATUS, LAST_REASON})

DIMMING = "lamp/dimming_level"  # the one metric so far that may be written; read: the confirmed level
COUNTER = "presence/counter"
QUALITY = "quality"  # `<function>/quality`: the worst quality of that function's points, and why

# Properties of metrics.
QUALITY_PROPERTY = "Quality"  # Int32 of Sparkplug: 192 good, 0 bad, 500 stale
UNIT_PROPERTY = "engUnit"  # String, in births
NUMBER_PROPERTY = "journal"  # Int64, of metrics in data: with node and store id the key of a report

CommandStatus = Literal["accepted", "written", "verified", "rejected", "expired", "superseded"]
ENDED: frozenset[str] = frozenset({"verified", "rejected", "expired", "superseded"})
