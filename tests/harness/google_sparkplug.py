"""Sparkplug B payloads by Google's protobuf, from the field numbers of the specification: the other side's codec."""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_FIELD = descriptor_pb2.FieldDescriptorProto
_KINDS = {
    "u32": _FIELD.TYPE_UINT32,
    "u64": _FIELD.TYPE_UINT64,
    "f32": _FIELD.TYPE_FLOAT,
    "f64": _FIELD.TYPE_DOUBLE,
    "bool": _FIELD.TYPE_BOOL,
    "text": _FIELD.TYPE_STRING,
    "bytes": _FIELD.TYPE_BYTES,
}
_MESSAGES = {
    "PropertyValue": "type=1:u32 is_null=2:bool int_value=3:u32 long_value=4:u64 float_value=5:f32 double_value=6:f64 "
    "boolean_value=7:bool string_value=8:text",
    "PropertySet": "keys=1:*text values=2:*PropertyValue",
    "Metric": "name=1:text alias=2:u64 timestamp=3:u64 datatype=4:u32 is_historical=5:bool is_transient=6:bool "
    "is_null=7:bool properties=9:PropertySet int_value=10:u32 long_value=11:u64 float_value=12:f32 double_value=13:f64 "
    "boolean_value=14:bool string_value=15:text bytes_value=16:bytes",
    "Payload": "timestamp=1:u64 metrics=2:*Metric seq=3:u64 uuid=4:text body=5:bytes",
}
_PACKAGE = "canned.sparkplug"


def _made() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="canned_sparkplug.proto", package=_PACKAGE, syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for text in fields.split():
            field, _, kind = text.partition(":")
            label, number = field.split("=")
            made = message.field.add(name=label, number=int(number), label=_FIELD.LABEL_OPTIONAL)
            if kind.startswith("*"):
                made.label, kind = _FIELD.LABEL_REPEATED, kind[1:]
            if kind in _KINDS:
                made.type = _KINDS[kind]
            else:
                made.type, made.type_name = _FIELD.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in _MESSAGES
    }


_CLASSES = _made()
Payload: Any = _CLASSES["Payload"]
