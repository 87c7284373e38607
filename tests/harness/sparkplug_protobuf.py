"""Sparkplug payloads by Google's protobuf: the message classes, built without protoc, and serializations of every shape.

Field numbers: sparkplug_b.proto of Eclipse Tahu, written here a second time.
"""

from __future__ import annotations

from random import Random
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_U32, _U64, _FLOAT, _DOUBLE, _BOOL, _TEXT, _BYTES = (
    descriptor_pb2.FieldDescriptorProto.TYPE_UINT32,
    descriptor_pb2.FieldDescriptorProto.TYPE_UINT64,
    descriptor_pb2.FieldDescriptorProto.TYPE_FLOAT,
    descriptor_pb2.FieldDescriptorProto.TYPE_DOUBLE,
    descriptor_pb2.FieldDescriptorProto.TYPE_BOOL,
    descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
    descriptor_pb2.FieldDescriptorProto.TYPE_BYTES,
)

# Message -> field -> (number, type or message, "*" repeated, "|" of the value's oneof).
_MESSAGES: dict[str, dict[str, tuple[int, Any, str]]] = {
    "PropertySetList": {"propertyset": (1, "PropertySet", "*")},
    "PropertySet": {"keys": (1, _TEXT, "*"), "values": (2, "PropertyValue", "*")},
    "PropertyValue": {
        "type": (1, _U32, ""),
        "is_null": (2, _BOOL, ""),
        "int_value": (3, _U32, "|"),
        "long_value": (4, _U64, "|"),
        "float_value": (5, _FLOAT, "|"),
        "double_value": (6, _DOUBLE, "|"),
        "boolean_value": (7, _BOOL, "|"),
        "string_value": (8, _TEXT, "|"),
        "propertyset_value": (9, "PropertySet", "|"),
        "propertysets_value": (10, "PropertySetList", "|"),
    },
    "MetaData": {"content_type": (2, _TEXT, ""), "size": (3, _U64, "")},
    "DataSet": {"num_of_columns": (1, _U64, ""), "columns": (2, _TEXT, "*"), "types": (3, _U32, "*")},
    "Template": {"version": (1, _TEXT, ""), "metrics": (2, "Metric", "*"), "is_definition": (5, _BOOL, "")},
    "Metric": {
        "name": (1, _TEXT, ""),
        "alias": (2, _U64, ""),
        "timestamp": (3, _U64, ""),
        "datatype": (4, _U32, ""),
        "is_historical": (5, _BOOL, ""),
        "is_transient": (6, _BOOL, ""),
        "is_null": (7, _BOOL, ""),
        "metadata": (8, "MetaData", ""),
        "properties": (9, "PropertySet", ""),
        "int_value": (10, _U32, "|"),
        "long_value": (11, _U64, "|"),
        "float_value": (12, _FLOAT, "|"),
        "double_value": (13, _DOUBLE, "|"),
        "boolean_value": (14, _BOOL, "|"),
        "string_value": (15, _TEXT, "|"),
        "bytes_value": (16, _BYTES, "|"),
        "dataset_value": (17, "DataSet", "|"),
        "template_value": (18, "Template", "|"),
    },
    "Payload": {
        "timestamp": (1, _U64, ""),
        "metrics": (2, "Metric", "*"),
        "seq": (3, _U64, ""),
        "uuid": (4, _TEXT, ""),
        "body": (5, _BYTES, ""),
    },
    # Fields that nobody knows, of each wire type.
    "Stranger": {
        "varint": (1000, _U64, ""),
        "fixed64": (1001, _DOUBLE, ""),
        "bytes": (2000000, _BYTES, ""),
        "fixed32": (536870911, _FLOAT, ""),
    },
}

_PACKAGE = "sparkplug_in_tests"


def _classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="sparkplug_in_tests.proto", package=_PACKAGE, syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field_name, (number, kind, marks) in fields.items():
            label = (
                descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED
                if "*" in marks
                else descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL
            )
            field = message.field.add(name=field_name, number=number, label=label)
            if isinstance(kind, str):
                field.type, field.type_name = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
            else:
                field.type = kind
            if "|" in marks:
                field.oneof_index = 0
        if any("|" in marks for _, _, marks in fields.values()):
            message.oneof_decl.add(name="value")
    made = message_factory.GetMessages([file], pool=descriptor_pool.DescriptorPool())
    return {name.removeprefix(f"{_PACKAGE}."): kind for name, kind in made.items()}


_CLASSES = _classes()
Payload: Any = _CLASSES["Payload"]
Metric: Any = _CLASSES["Metric"]
PropertySet: Any = _CLASSES["PropertySet"]
Stranger: Any = _CLASSES["Stranger"]


def shuffled(message: Any, random: Random, strangers: bytes = b"") -> bytes:
    """Serialize with the fields of each message in any order, and unknown ones (`strangers`) between them."""
    pieces: list[bytes] = []
    for field, value in message.ListFields():
        if field.message_type is None:
            pieces.append(_alone(message, field, value))
        else:
            for part in value if field.is_repeated else [value]:
                content = shuffled(part, random, strangers)
                pieces.append(varint(field.number << 3 | 2) + varint(len(content)) + content)
    if strangers and random.random() < 0.5:
        pieces.append(strangers)
    in_order = [
        piece for piece in pieces if piece[:1] == b"\x12"
    ]  # metrics, and values of properties, keep their order
    random.shuffle(pieces)
    places = [place for place, piece in enumerate(pieces) if piece[:1] == b"\x12"]
    for place, piece in zip(places, in_order, strict=True):
        pieces[place] = piece
    return b"".join(pieces)


def varint(number: int) -> bytes:
    """Return a varint, as this side of the wire writes it."""
    packed = b""
    while number > 127:
        packed += bytes([number % 128 + 128])
        number //= 128
    return packed + bytes([number])


def _alone(message: Any, field: Any, value: Any) -> bytes:
    single = type(message)()
    if field.is_repeated:
        getattr(single, field.name).extend(value)
    else:
        setattr(single, field.name, value)
    return bytes(single.SerializeToString())
