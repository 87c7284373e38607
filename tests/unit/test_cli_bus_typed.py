"""What is typed of units, registers and values."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cli.bus import typed
from agent.cli.bus.typed import Block
from drivers.modbus.codec import decode


@pytest.mark.parametrize(
    ("text", "count", "block"),
    [
        ("holding:90", None, Block("holding", 90, 1)),
        ("holding:0x5A", 4, Block("holding", 90, 4)),
        ("INPUT:0", 125, Block("input", 0, 125)),
        ("coil:0xffff", 1, Block("coil", 65535, 1)),
        ("discrete:7", 2000, Block("discrete", 7, 2000)),
    ],
)
def test_a_place(text: str, count: int | None, block: Block) -> None:
    assert typed.block(text, count) == block


@pytest.mark.parametrize(
    ("text", "count", "says"),
    [
        ("90", None, "SPACE:ADDRESS: expected coil, discrete, holding or input"),
        ("holdings:90", None, "found 'holdings:90'"),
        ("holding:0xZZ", None, "found 'holding:0xZZ'"),
        ("holding:-1", None, "found 'holding:-1'"),
        ("holding:٣", None, "SPACE:ADDRESS"),
        ("holding:70000", None, "ADDRESS: expected 0 to 65535 (as on the wire, from 0); found 70000"),
        ("holding:0", 126, "COUNT: expected 1 to 125 registers in one read; found 126"),
        ("coil:0", 2001, "COUNT: expected 1 to 2000 bits in one read; found 2001"),
        ("input:0xFFFF", 2, "COUNT: expected at most 1 from address 65535 on; found 2"),
    ],
)
def test_no_place(text: str, count: int | None, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        typed.block(text, count)


@given(st.text(max_size=20) | st.from_regex(r"(holding|coil|x):(0x)?[0-9a-f]{0,6}", fullmatch=True))
def test_any_place_is_one_that_can_be_read_or_refused(text: str) -> None:
    try:
        block = typed.block(text)
    except ValueError:
        return
    assert 0 <= block.address <= block.last <= 0xFFFF
    assert block.read(1).pdu[1:3] == block.address.to_bytes(2, "big")


@pytest.mark.parametrize("text", ["0", "248", "300", "-1", "x", "", "1.5", "٣"])
def test_no_unit(text: str) -> None:
    with pytest.raises(ValueError, match="UNIT: expected a unit's id from 1 to 247, 255"):
        typed.unit(text)


def test_units() -> None:
    assert [typed.unit(text) for text in ("1", "247", "255")] == [1, 247, 255]
    assert typed.unit("0", broadcast=True) == 0


@pytest.mark.parametrize(
    ("kind", "order", "says"),
    [
        ("u17", None, "--as: expected bool, u16"),
        ("bits", None, "bits:0 to bits:15"),
        ("bits:16", None, "bits:0 to bits:15"),
        ("bits:7-4", None, "bits:0 to bits:15"),
        ("u32", "ABDC", "--order: expected ABCD"),
    ],
)
def test_no_code(kind: str, order: str | None, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        typed.code(kind, order, None)
    with pytest.raises(ValueError, match="--scale: scale"):
        typed.code("u16", None, 0.0)


def test_bits_of_a_register() -> None:
    assert decode(typed.code("bits:4-7", None, None), b"\x00\xa5") == 10
    assert decode(typed.code("bits:0", None, None), b"\x00\xa5") is True


@pytest.mark.parametrize(("text", "number"), [("230.4", 230.4), ("-5", -5), ("0x1F", 31), ("1e3", 1000.0), ("7.", 7.0)])
def test_numbers(text: str, number: float) -> None:
    found = typed.number(text)
    assert (found, type(found)) == (number, type(number))


@given(st.text(max_size=12))
def test_any_number_is_finite_or_refused(text: str) -> None:
    try:
        number = typed.number(text)
    except ValueError:
        return
    assert text.isascii()
    assert number == number  # noqa: PLR0124 - no nan


@pytest.mark.parametrize(
    ("at", "words", "kind", "multiple", "pdu"),
    [
        ("holding:90", ("5000",), "u16", False, "06 005a 1388"),
        ("holding:90", ("5000",), "u16", True, "10 005a 0001 02 1388"),
        ("holding:5", ("-5",), "s16", False, "06 0005 fffb"),
        ("holding:5", ("1", "2"), "u16", False, "10 0005 0002 04 0001 0002"),
        ("holding:5", ("1.0",), "float32", False, "10 0005 0002 04 3f80 0000"),
        ("holding:5", ("Ac",), "text", False, "06 0005 4163"),
        ("coil:3", ("on",), "u16", False, "05 0003 ff00"),
        ("coil:3", ("0",), "u16", False, "05 0003 0000"),
        ("coil:3", ("1", "off", "true"), "u16", False, "0f 0003 0003 01 05"),
    ],
)
def test_what_is_written(at: str, words: tuple[str, ...], kind: str, multiple: bool, pdu: str) -> None:
    code = typed.code(kind, None, None, length=1)
    write = typed.write(11, typed.block(at), words, code, multiple=multiple)
    assert write.request.pdu == bytes.fromhex(pdu)
    assert write.at.count == max(len(words), len(write.wanted) // 2)


@pytest.mark.parametrize(
    ("at", "words", "says"),
    [
        ("input:5", ("1",), "SPACE: expected holding or coil; input can only be read"),
        ("holding:5", ("70000",), "VALUE: 70000"),
        ("holding:5", ("1.5x",), "VALUE: expected a number"),
        ("holding:5", ("1e400",), "VALUE"),
        ("holding:65535", ("1", "2"), "VALUE: expected at most 1 register in one write from 65535 on; found 2"),
        ("holding:5", ("1",) * 124, "VALUE: expected at most 123 registers"),
        ("coil:5", ("blue",), "VALUE: expected on or off"),
    ],
)
def test_what_cannot_be_written(at: str, words: tuple[str, ...], says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        typed.write(11, typed.block(at), words, typed.code("u16", None, None), multiple=False)
