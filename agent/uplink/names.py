"""Names of metrics that are not points, and the words of a command's life. docs/uplink.md explains them. Pure."""

from __future__ import annotations

from typing import Literal, get_args

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
TOLD = "journal/told"  # Int64: a mark; all reports before it were sent
TOLD_SINCE = "journal/told_since"  # Int64: the mark of the birth since which that is so
TOLD_MESSAGES = "journal/told_messages"  # Int64: messages since that birth, with it and the one that says so
STORED = "journal/stored"  # Int64, in commands, with STORE_ID: the platform has stored all up to this mark
REFUSED = "command/refused"
IDENTITY_EXPIRES = "identity/expires"  # DateTime: when our certificate ends; null without TLS
IDENTITY_ALARM = "identity/alarm"  # String: what is wrong with our certificate, or that it ends soon; "" = nothing

# Of a device: what may stand in a DCMD beside the value.
COMMAND_ID = "command/id"  # String: the platform's own name of the command, told back in last_id
COMMAND_FOR = "command/for_s"  # Int64: how long the demand holds, in seconds
COMMAND_NOT_AFTER = "command/not_after"  # DateTime: not to be carried out later than this
COMMAND_ISSUER = "command/issuer"  # String: whose key has signed it
COMMAND_COUNTER = "command/counter"  # Int64: above that of the issuer's last signed command
COMMAND_SIGNATURE = "command/signature"  # String: Ed25519, base64; agent/uplink/envelope.py says over what
RELEASE = "command/release"  # Boolean: end the demand of the rung `operator`

# What the node may be asked for; each may be signed as above.
RESTART = "agent/restart"  # Boolean
RELOAD = "agent/reload"  # Boolean: take up the configuration that lies on the disk
CONFIGURATION = "agent/configuration"  # String: the text of a new one
LOG_LEVEL = "agent/log_level"  # String: what is logged now
BUNDLE = "agent/bundle"  # Boolean: write down how everything is, for whoever is to find a fault
COLLECT = "agent/collect"  # Boolean: tell the text of the configuration in force
CONFIGURATION_DIGEST = "configuration/digest"  # String: SHA-256 of the text in force
CONFIGURATION_STATE = "configuration/state"  # String: in force, on probation, rolled back with the reason
CONFIGURATION_TEXT = (
    "configuration/text"  # String: the text in force, for whoever has just asked; null before and after
)

# What only stands in commands: false or null in births.
INPUTS = frozenset(
    {COMMAND_ID, COMMAND_FOR, COMMAND_NOT_AFTER, COMMAND_ISSUER, COMMAND_COUNTER, COMMAND_SIGNATURE, RELEASE}
    | {REBIRTH, RESTART, RELOAD, CONFIGURATION, BUNDLE, COLLECT, STORED}
)
# What the journal tells of its own filling: to keep it, too, would never end.
OF_FILLING = frozenset({WAITING, DROPPED, THINNED, WRITTEN})

# Who holds a lamp, and until when.
HOLDER = "lamp/control_holder"  # String; null where no lease holds it
UNTIL = "lamp/control_until"  # DateTime; null where no lease holds it, or nobody knows the time

# What became of the last command, of the node and of each device.
LAST_ID = "command/last_id"
LAST_STATUS = "command/last_status"
LAST_REASON = "command/last_reason"
LAST = frozenset({LAST_ID, LAST_STATUS, LAST_REASON})
IN_PASSING = frozenset(
    {CONFIGURATION_TEXT}
)  # told to whoever listens just now: in no birth, in no journal, in no mirror
EACH_TOLD = LAST | IN_PASSING  # also what a birth has come after

DIMMING = "lamp/dimming_level"  # the one metric so far that may be written; read: the confirmed level
COUNTER = "presence/counter"
OCCUPANCY = "parking/occupancy"  # Boolean: a bay of a street is taken
QUALITY = "quality"  # `<function>/quality`: the worst quality of that function's points, and why

# Properties of metrics.
QUALITY_PROPERTY = "Quality"  # Int32 of Sparkplug: 192 good, 0 bad, 500 stale
UNIT_PROPERTY = "engUnit"  # String, in births
NUMBER_PROPERTY = "journal"  # Int64, of metrics in data: with node and store id the key of a report

CommandStatus = Literal["accepted", "written", "verified", "rejected", "expired", "superseded"]
STATUSES: tuple[CommandStatus, ...] = get_args(CommandStatus)
ENDED: frozenset[str] = frozenset({"verified", "rejected", "expired", "superseded"})
