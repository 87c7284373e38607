"""The index of keys to lines, held against tomllib: each key path has a line, on which its last part stands."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from config_reading import POLE
from drivers.toml_lines import KeyPath, key_lines

TRICKY = (
    r'''
a = 1
"quoted key" = 'x' # a = [
dotted.key."with = sign" = """
not.a.key = 1
\""" [nor.this]"""
'literal key' = '''
    "'''\nb = 2\n'''"
    r"""
inline = {x = 1, y.z = "}", w = [1, {v = 2}]}
array = [ # comment with ] in it
  "a", # [[
  [1, 2,],
  {deep = true},
]
date = 2026-11-20T21:30:00+01:00
[table]
a = 1.5
  [ table . sub ]
  b = "x"
[[many]]
a = 1
[many.sub]
c = 1
[[many]]
a = 2
many-er = "]"
"""
)


def paths(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    """All key paths in dictionaries; elements of arrays by their number."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        if isinstance(value, dict):
            yield (*path, str(key))
        yield from paths(inner, (*path, str(key)))


def check(document: str) -> None:
    lines = key_lines(document)
    text = document.split("\n")
    for path in paths(tomllib.loads(document)):
        assert path in lines, path
        line = text[lines[path] - 1]
        assert path[-1] in line or path[-1].encode("unicode_escape").decode().split("\\")[0] in line, (path, line)


def test_a_tricky_document() -> None:
    check(TRICKY)


def test_the_annotated_example() -> None:
    check(POLE)
    assert (
        key_lines(POLE)["bus", "lamps", "baud"]
        == POLE.split("\n").index(next(line for line in POLE.split("\n") if line.startswith("baud = 19200"))) + 1
    )


names = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=6)
keys = names | names.map(lambda name: f'"{name} ="') | names.map(lambda name: f"'{name}#'")
values = st.recursive(
    st.sampled_from(
        ["1", "-1.5e3", "true", '"a # b"', "'c = d'", '"""x\ny"""', "'''\n]'''", "12:30:00", "inf", r'"\"{"']
    ),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: "[ " + ",\n".join(parts) + " # ]\n]")
        | st.dictionaries(names, inner, max_size=3).map(
            lambda d: "{" + ", ".join(f"{k} = {v}" for k, v in d.items()) + "}"
        )
    ),
    max_leaves=5,
)
pairs = st.tuples(st.lists(keys, min_size=1, max_size=3).map(" . ".join), values).map(
    lambda pair: f"{pair[0]} = {pair[1]}"
)
headers = st.lists(keys, min_size=1, max_size=2).map(lambda parts: f"[{'.'.join(parts)}]") | names.map(
    lambda n: f"[[{n}]]"
)


@given(st.lists(pairs | headers | st.just("# [x]\n"), max_size=12).map("\n".join))
def test_random_documents(document: str) -> None:
    try:
        tomllib.loads(document)
    except tomllib.TOMLDecodeError:
        return
    check(document)
