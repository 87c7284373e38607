"""What stands before each field of a payload: its number and its wire type. Pure.

Source of the numbers: sparkplug_b.proto of Eclipse Tahu.
"""

from __future__ import annotations

from agent.uplink.payload.datatypes import Slot
from agent.uplink.payload.protobuf import FIXED32, FIXED64, LENGTH, VARINT, tag

# Of the payload.
TIMESTAMP, METRICS, SEQ, UUID = tag(1, VARINT), tag(2, LENGTH), tag(3, VARINT), tag(4, LENGTH)

# Of a metric. Aliases (2), is_transient (6) and metadata (8) are not used.
NAME, METRIC_TIMESTAMP, METRIC_TYPE = tag(1, LENGTH), tag(3, VARINT), tag(4, VARINT)
IS_HISTORICAL, IS_NULL, PROPERTIES = tag(5, VARINT), tag(7, VARINT), tag(9, LENGTH)

# Of its properties, and of each one's value.
KEYS, VALUES = tag(1, LENGTH), tag(2, LENGTH)
PROPERTY_TYPE, PROPERTY_IS_NULL = tag(1, VARINT), tag(2, VARINT)

_WIRES = {
    Slot.INT: VARINT,
    Slot.LONG: VARINT,
    Slot.FLOAT: FIXED32,
    Slot.DOUBLE: FIXED64,
    Slot.BOOLEAN: VARINT,
    Slot.STRING: LENGTH,
    Slot.BYTES: LENGTH,
}
METRIC_VALUE = {slot: tag(10 + slot, wire) for slot, wire in _WIRES.items()}
PROPERTY_VALUE = {slot: tag(3 + slot, wire) for slot, wire in _WIRES.items() if slot is not Slot.BYTES}

METRIC_SLOTS = {head: slot for slot, head in METRIC_VALUE.items()} | {
    tag(field, LENGTH): Slot.OTHER for field in (17, 18, 19)
}
PROPERTY_SLOTS = {head: slot for slot, head in PROPERTY_VALUE.items()} | {
    tag(field, LENGTH): Slot.OTHER for field in (9, 10, 11)
}
