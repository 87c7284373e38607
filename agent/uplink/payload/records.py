"""What a payload says, and how much of it there may be. Pure."""

from __future__ import annotations

import msgspec

from agent.uplink.payload.datatypes import DataType, Value

LONGEST_BYTES = 65536
MOST_METRICS = 512
MOST_PROPERTIES = 16
LONGEST_NAME_BYTES = 256


class Property(msgspec.Struct, frozen=True, gc=False):
    """What is said of a metric beside its value."""

    name: str
    type: DataType
    value: bool | int | float | str


class Metric(msgspec.Struct, frozen=True, gc=False):
    """One value. None is null, unless `unreadable` says what else came; no `datatype`: the sender left it out.

    `number`, where it is not 0, is sent as the property `journal`; it is read as a property like others.
    """

    name: str
    value: Value | None
    datatype: DataType | None = None
    timestamp_ms: int | None = None
    historical: bool = False
    properties: tuple[Property, ...] = ()
    unreadable: str = ""
    number: int = 0


class Payload(msgspec.Struct, frozen=True, gc=False):
    """One message. Times are milliseconds since 1970, UTC."""

    metrics: tuple[Metric, ...] = ()
    timestamp_ms: int | None = None
    seq: int | None = None
    uuid: str = ""
