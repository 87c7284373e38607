"""What is wrong with a profile's text, and on which line. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, get_type_hints

import msgspec
from msgspec import inspect

from drivers.profile.places import Fault, Place
from drivers.profile.records import Check, Forbidden, Identify, Profile, Row, Setting
from drivers.toml_words import did_you_mean, shown

_ELEMENTS: Mapping[str, type] = {
    "points": Row, "setup": Setting, "safety": Setting, "identify": Identify, "forbidden": Forbidden,
    "check": Check,
}  # fmt: skip
_MESSAGE = re.compile(r"(?P<what>.*?)(?: - at (?P<key>`key` in )?`\$(?P<path>[^`]*)`)?", re.DOTALL)
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_NAMED = re.compile(r"Object (?P<how>missing required|contains unknown) field `(?P<key>.*)`", re.DOTALL)


def type_faults(values: Mapping[str, Any]) -> list[Fault]:
    """Find what is missing, unknown or of the wrong type or range: the first in each table and row."""
    found: list[Fault] = []
    for key, type_ in get_type_hints(Profile, include_extras=True).items():
        if key == "name" or key not in values:
            continue
        element, value = _ELEMENTS.get(key), values[key]
        if element is not None and isinstance(value, list) and value:
            for number, item in enumerate(value):
                found += _faults(item, element, (key, str(number)))
        else:
            found += _faults(value, type_, (key,))
    known = [field.name for field in msgspec.structs.fields(Profile) if field.name != "name"]
    needed = [field.name for field in msgspec.structs.fields(Profile) if field.required]
    found += [((key,), _unknown(key, known)) for key in values if key not in known]
    info = inspect.type_info(Profile)
    return found + [((key,), f"expected {_says(info, (key,))}, found nothing") for key in needed if key not in values]


def told(place: Place, values: Mapping[str, Any]) -> str:
    """Return a place in words: `points[2] (meter/voltage).scale`."""
    said, inside = "", values
    for step in place:
        inside = _inside(inside, step)
        if step.isdecimal():
            name = inside.get("point") or inside.get("what") if isinstance(inside, dict) else None
            said += f"[{step}]" + (f" ({name})" if isinstance(name, str) else "")
        else:
            said += f".{step}" if said else step
    return said


def _faults(value: object, type_: Any, place: Place) -> list[Fault]:
    try:
        msgspec.convert(value, type_, str_keys=True)
    except msgspec.ValidationError as error:
        return [_fault(str(error), value, type_, place)]
    return []


def _fault(message: str, value: object, type_: Any, place: Place) -> Fault:
    """Turn msgspec's message into ours: where, what was expected, what was found."""
    match = _MESSAGE.fullmatch(message)
    path = tuple(name or number for name, number in _STEP.findall(match["path"] or "")) if match else ()
    named = _NAMED.fullmatch(match["what"]) if match else None
    info, inside = inspect.type_info(type_), value
    for step in path:
        info, inside = _below(info, step), _inside(inside, step)
    where = (*place, *path)
    if named is not None and named["how"] == "contains unknown":
        return (*where, named["key"]), _unknown(named["key"], [field.name for field in _bare(info).fields])
    if named is not None:
        return (*where, named["key"]), f"expected {_says(info, (named['key'],))}, found nothing"
    bare = _bare(info)
    if isinstance(bare, inspect.DictType) and isinstance(inside, dict):
        return where, f"expected {_describe(bare)}, found {_first_wrong(bare, inside)}"
    hint = did_you_mean(inside, _words(info))
    return where, f"expected {_describe(info)}{hint}, found {shown(inside)}"


def _unknown(key: str, known: Sequence[str]) -> str:
    return f"expected one of {', '.join(known)}{did_you_mean(key, known)}, found an unknown key"


def _says(info: inspect.Type, path: Iterable[str]) -> str:
    for step in path:
        info = _below(info, step)
    return _describe(info)


def _bare(info: inspect.Type) -> Any:
    """Take a type out of what is wrapped around it: its description, and that it may be left out."""
    if isinstance(info, inspect.Metadata):
        return _bare(info.type)
    if isinstance(info, inspect.UnionType):
        some = [one for one in info.types if not isinstance(one, inspect.NoneType)]
        return _bare(some[0]) if len(some) == 1 else info
    return info


def _below(info: inspect.Type, step: str) -> inspect.Type:
    bare = _bare(info)
    if isinstance(bare, inspect.StructType):
        return next(field.type for field in bare.fields if field.name == step)
    if isinstance(bare, inspect.VarTupleType):
        return bare.item_type
    return bare.item_types[int(step)] if isinstance(bare, inspect.TupleType) else inspect.AnyType()


def _inside(value: Any, step: str) -> Any:
    if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
        return value[int(step)]
    return value.get(step) if isinstance(value, dict) else None


def _first_wrong(info: inspect.DictType, table: Mapping[str, Any]) -> str:
    """Return the first pair of a table that is not as it says; msgspec names only the table."""
    for key, value in table.items():
        if not _fits(info, key, value):
            return f"{key} = {shown(value)}"
    return "a table"


def _fits(info: inspect.DictType, key: str, value: object) -> bool:
    words = _words(info.key_type)
    if not (key in words if words else _in_range(_bare(info.key_type), key)):
        return False
    if isinstance(_bare(info.value_type), inspect.IntType):
        return isinstance(value, int) and not isinstance(value, bool) and _in_range(_bare(info.value_type), str(value))
    return isinstance(value, str) and bool(value)


def _in_range(info: inspect.IntType, text: str) -> bool:
    if not text.removeprefix("-").isdecimal():
        return False
    return (info.ge is None or info.ge <= int(text)) and (info.le is None or int(text) <= info.le)


def _words(info: inspect.Type) -> list[str]:
    bare = _bare(info)
    if isinstance(bare, inspect.UnionType):
        return [word for one in bare.types for word in _words(one)]
    return [str(word) for word in bare.values] if isinstance(bare, inspect.LiteralType) else []


def _describe(info: inspect.Type) -> str:
    """Return a type in words, as in "expected …"."""
    if isinstance(info, inspect.Metadata) and info.extra_json_schema and "description" in info.extra_json_schema:
        return str(info.extra_json_schema["description"])
    bare = _bare(info)
    describe = _DESCRIBED.get(type(bare))
    return "a table" if describe is None else describe(bare)


_DESCRIBED: Mapping[type, Callable[[Any], str]] = {
    inspect.IntType: lambda info: f"a whole number{_range(info.ge, info.le)}",
    inspect.FloatType: lambda info: f"a number{_range(info.ge, info.le)}",
    inspect.BoolType: lambda _: "true or false",
    inspect.LiteralType: lambda info: " or ".join(f'"{word}"' for word in info.values),
    inspect.StrType: lambda info: f"a text of {info.min_length or 0} to {info.max_length} characters",
    inspect.VarTupleType: lambda info: (
        f"a list{', not empty,' if info.min_length else ''} of {_describe(info.item_type)}"
    ),
    inspect.TupleType: lambda info: f"a list of {len(info.item_types)}: {', '.join(map(_describe, info.item_types))}",
    inspect.DictType: lambda info: f"a table of {_describe(info.key_type)} = {_describe(info.value_type)}",
    inspect.UnionType: lambda info: " or ".join(
        _describe(one) for one in info.types if type(one) is not inspect.NoneType
    ),
}


def _range(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return ""
    return f" of at least {low:g}" if high is None else f" from {low:g} to {high:g}" if low is not None else ""
