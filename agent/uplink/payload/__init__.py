"""Payloads of Sparkplug B 3.0: records to bytes, hostile bytes to records. Pure."""

from agent.uplink.payload.datatypes import DataType
from agent.uplink.payload.packing import encode
from agent.uplink.payload.protobuf import PayloadError
from agent.uplink.payload.reading import decode, value_as
from agent.uplink.payload.records import Metric, Payload, Property

__all__ = ["DataType", "Metric", "Payload", "PayloadError", "Property", "decode", "encode", "value_as"]
