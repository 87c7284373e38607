"""Whatever stands in a check frame, what is wrong with it is told and nothing escapes."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus import pdu, rtu
from drivers.profile import Check, Profile, load_profile
from drivers.profile.checks import check_faults

PROFILES = [load_profile(name) for name in ("thc-s", "qdy30a", "waveshare-io8", "ecodim-dali-gw2")]
POINTS = sorted({row.point for profile in PROFILES for row in profile.points})
VALUES = st.one_of(st.booleans(), st.integers(), st.floats(), st.sampled_from(["", "cm", "?"]))
ASKED = st.builds(
    lambda unit, function, address, count: rtu.frame(pdu.read(unit, function, address, count)),
    st.integers(1, 247),
    st.integers(1, 4),
    st.sampled_from([0, 2, 2000, 3000, 65535]),
    st.integers(1, 9),
)


def sealed(body: bytes) -> bytes:
    return body + rtu.crc16(body).to_bytes(2, "little")


FRAMES = st.one_of(st.binary(max_size=24), st.builds(sealed, st.binary(max_size=24)), ASKED)


@st.composite
def checks(draw: st.DrawFn) -> Check:
    request = draw(FRAMES)
    fitting = st.builds(lambda data: sealed(request[:2] + bytes([len(data)]) + data), st.binary(max_size=20))
    reply = draw(st.one_of(st.just(b""), FRAMES, fitting))
    values = draw(st.dictionaries(st.sampled_from(POINTS), VALUES, max_size=3))
    return Check(says="something", request=request.hex(" ").upper(), reply=reply.hex(" ").upper(), values=values)


@given(st.sampled_from(PROFILES), checks())
def test_any_check_is_right_or_named(profile: Profile, check: Check) -> None:
    for place, text in check_faults(msgspec.structs.replace(profile, check=(check,))):
        assert place[:2] == ("check", "0")
        assert place[2] in {"request", "reply", "values"}
        assert text
