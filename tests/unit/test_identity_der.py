"""Certificates from bytes: openssl is the judge of what stands in them, and no bytes do harm."""

from __future__ import annotations

import contextlib
import subprocess
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.identity.der import Certificate, NoCertificate, blocks, first, read
from neighbour_certificates import KEY, run


@cache
def certificate(
    *, begins: str = "20260101000000Z", ends: str = "20280102030405Z", subject: str = "/O=g/CN=pole-7"
) -> bytes:
    """A certificate (PEM) that openssl makes, alone on standard output."""
    made = subprocess.run(
        ["openssl", "req", "-x509", *KEY, "-keyout", "/dev/null", "-utf8", "-subj", subject,
         "-set_serial", "0x00f1e2d3c4b5a69788", "-days", "2"],
        check=True, capture_output=True,
    ).stdout  # fmt: skip
    der = bytearray(blocks(made)[0])
    where = [place for place in range(len(der)) if der[place : place + 2] == b"\x17\x0d"]
    for place, text in zip(where, (begins, ends), strict=True):
        der[place + 2 : place + 15] = text[2:].encode()
    return bytes(der)


def test_what_openssl_says(tmp_path: Path) -> None:
    run(tmp_path, "req", "-x509", *KEY, "-keyout", "key", "-out", "one.pem", "-utf8", "-days", "800",
        "-subj", "/O=Københavns Kommune/OU=node/CN=pole-7")  # fmt: skip
    said = subprocess.run(
        ["openssl", "x509", "-in", "one.pem", "-noout", "-serial", "-startdate", "-enddate", "-dateopt", "iso_8601"],
        cwd=tmp_path, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    found = first((tmp_path / "one.pem").read_bytes())
    assert (found.organisation, found.name) == ("Københavns Kommune", "pole-7")
    assert said == [
        f"serial={found.number}",
        f"notBefore={found.not_before:%Y-%m-%d %H:%M:%SZ}",
        f"notAfter={found.not_after:%Y-%m-%d %H:%M:%SZ}",
    ]


def test_the_first_of_a_chain_with_a_key_before_it(tmp_path: Path) -> None:
    for name in ("one", "two"):
        run(tmp_path, "req", "-x509", *KEY, "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}")
    text = b"".join((tmp_path / name).read_bytes() for name in ("one.key", "one.pem", "two.pem"))
    assert [read(der).name for der in blocks(text)] == ["one", "two"]
    assert first(text.replace(b"\n", b"\r\n")).name == "one"


@pytest.mark.parametrize(
    ("text", "year"), [("20490101000000Z", 2049), ("19500101000000Z", 1950), ("19991231235959Z", 1999)]
)
def test_two_digits_of_a_year(text: str, year: int) -> None:
    assert read(certificate(begins=text)).not_before.year == year


@pytest.mark.parametrize("text", ["20281302030405Z", "2028010203040\x00Z", "20280102030461Z", "2028010203040٣"[:15]])
def test_a_time_that_is_none(text: str) -> None:
    der = certificate().replace(b"280102030405Z", text[2:].encode()[:13].ljust(13, b"Z"))
    with pytest.raises(NoCertificate):
        read(der)


def test_four_digits_of_a_year() -> None:
    whole = certificate()
    place = whole.index(b"\x17\x0d280102030405Z")
    longer = bytearray(whole[:place] + b"\x18\x0f20990102030405Z" + whole[place + 15 :])
    longer[place - 15 - 1] += 2  # the length of the validity, and of all around it
    longer[2:4] = (int.from_bytes(longer[2:4], "big") + 2).to_bytes(2, "big")
    longer[6:8] = (int.from_bytes(longer[6:8], "big") + 2).to_bytes(2, "big")
    assert read(bytes(longer)).not_after == datetime(2099, 1, 2, 3, 4, 5, tzinfo=UTC)


def reads(der: bytes) -> Certificate | None:
    """What any bytes give: facts, or NoCertificate, and nothing else."""
    try:
        return read(der)
    except NoCertificate:
        return None


@given(st.binary(max_size=300))
def test_any_bytes(der: bytes) -> None:
    reads(der)


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
def test_a_damaged_one(place: int, damage: bytes) -> None:
    whole = certificate()
    at = place % len(whole)
    reads(whole[:at] + damage + whole[at + len(damage) :])
    assert reads(whole[:at]) is None


@given(st.binary(max_size=400))
def test_any_pem(body: bytes) -> None:
    with contextlib.suppress(NoCertificate):
        first(b"-----BEGIN CERTIFICATE-----\n" + body + b"\n-----END CERTIFICATE-----\n")


@pytest.mark.parametrize(("serial", "number"), [(0x95E431, "95E431"), (0x5E431, "05E431"), (0, "00")])
def test_numbers_as_openssl_writes_them(serial: int, number: str) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert Certificate("n", "g", serial, moment, moment).number == number
