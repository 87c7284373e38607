"""Adverts of beacons as others publish them, and any beacon at all (hypothesis)."""

from __future__ import annotations

import string

from hypothesis import strategies as st

from drivers.ble.adverts import ENDS, SCHEMES
from drivers.ble.records import Beacon, EddystoneEid, EddystoneTlm, EddystoneUid, EddystoneUrl, IBeacon

EDDYSTONE_HEAD = "02 01 06 03 03 AA FE "

# Of a public test suite, and of the specification's own example.
CAPTURED: dict[str, Beacon] = {
    "02 01 06 1A FF 4C 00 02 15 FD A5 06 93 A4 E2 4F B1 AF CF C6 EB 07 64 78 25 27 11 4E 20 C5": IBeacon(
        "fda50693-a4e2-4fb1-afcf-c6eb07647825", 10001, 20000, -59
    ),
    EDDYSTONE_HEAD + "13 16 AA FE 10 EE 03 67 6F 6F 2E 67 6C 2F 41 71 31 38 7A 46": EddystoneUrl(
        "https://goo.gl/Aq18zF", -18
    ),
    EDDYSTONE_HEAD + "17 16 AA FE 00 E7 8B 0C A7 50 09 54 77 CB 3E 77 00 00 00 00 00 01 00 00": EddystoneUid(
        "8b0ca750095477cb3e77", "000000000001", -25
    ),
}
EVENT = (
    "04 3E 2A 02 01 00 01 12 42 62 58 4F DE 1E 02 01 06 1A FF 4C 00 02 15 "
    "B9 40 7F 30 F5 F8 46 6E AF F9 25 55 6B 57 FE 6D 42 12 58 62 BC C3"
)
EVENT_BEACON = IBeacon("b9407f30-f5f8-466e-aff9-25556b57fe6d", 16914, 22626, -68)


def frame(data: str) -> bytes:
    """Return the advert of a frame of Eddystone, which is written in hexadecimal."""
    frame_bytes = bytes.fromhex(data)
    return bytes.fromhex(EDDYSTONE_HEAD) + bytes((len(frame_bytes) + 3, 0x16, 0xAA, 0xFE)) + frame_bytes


_powers = st.integers(-100, 20)
_hexadecimal = st.binary(min_size=10, max_size=10).map(bytes.hex)
_shorts = st.binary(min_size=6, max_size=6).map(bytes.hex)

ibeacons = st.builds(IBeacon, st.uuids().map(str), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), _powers)
uids = st.builds(EddystoneUid, _hexadecimal, _shorts, _powers)
eids = st.builds(EddystoneEid, st.binary(min_size=8, max_size=8).map(bytes.hex), _powers)
urls = st.builds(
    EddystoneUrl,
    st.builds(
        "".join,
        st.tuples(
            st.sampled_from(SCHEMES[2:]),
            st.text(string.ascii_letters + string.digits + "-_~", min_size=1, max_size=8),
            st.sampled_from(("", *ENDS)),
            st.text(string.ascii_lowercase + "/?=&%#", max_size=8),
        ),
    ),
    _powers,
)
telemetry = st.builds(
    EddystoneTlm,
    st.none() | st.integers(1, 0xFFFF),
    st.none() | st.integers(-0x7FFF, 0x7FFF).map(lambda raw: raw / 256),
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 0xFFFFFFFF).map(lambda raw: raw / 10),
)
beacons = ibeacons | uids | urls | telemetry | eids
