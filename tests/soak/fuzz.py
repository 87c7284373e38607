"""One fuzz target, driven by the coverage of the code that it runs: python fuzz.py TARGET [libFuzzer options].

A target takes any bytes and makes a request and what came of them. It raises what it must not.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[1] / "harness"))

with atheris.instrument_imports(include=["drivers"]):
    from drivers.ble import hci
    from drivers.ble.adverts import from_bluez, service_uuid, take_apart
    from drivers.ble.encoding import payload
    from drivers.ble.records import APPLE, EDDYSTONE, Wrong, power_at_1_m_dbm
    from drivers.bus.reading import reader
    from drivers.bus.recorder import read_dump
    from drivers.errors import LinkLost, WireError
    from drivers.lines import MODELS, load_model
    from drivers.modbus import pdu, rtu, tcp
    from drivers.modbus.framer import Framer
    from drivers.points import Quality
    from drivers.profile import ProfileError, load_profile, parse_profile, profile_names
    from instrument_facts import language_of, wrong

REQUESTS = (
    *(pdu.read(1, function, 0x10, count) for function, count in product((1, 2, 3, 4), (1, 2, 9))),
    pdu.write_register(1, 5, 7),
    pdu.write_coil(1, 5, on=True),
    pdu.write_registers(1, 5, [7, 8]),
    pdu.server_id(1),
    pdu.device_id(1),
)
ROWS = [(row, row.code.words) for name in profile_names() for row in load_profile(name).points]


def framer(data: bytes) -> None:
    """What is found in a stream, cut at any place, is the answer to the request by every rule, or none."""
    request = REQUESTS[data[0] % len(REQUESTS)] if data else REQUESTS[0]
    cut = data[1] if len(data) > 1 else 0
    hunt = Framer(request, rtu.frame(request), echo=bool(cut & 1), pending=(pdu.read(1, 3, 0, 1),))
    for piece in (data[2 : 2 + cut], data[2 + cut :]):
        if hunt.feed(piece):
            break
    hunt.pause()
    hunt.shut()
    if hunt.answer is not None:
        assert rtu.crc16(hunt.answer[:-2]) == int.from_bytes(hunt.answer[-2:], "little")
        assert hunt.answer[0] == request.unit
        assert hunt.answer[1] & 0x7F == request.function
    else:
        hunt.verdict()


def answers(data: bytes) -> None:
    """An answer's PDU is believed, or a WireError."""
    for request in REQUESTS:
        try:
            pdu.check(request, 1, data)
        except WireError:
            continue


def stream(data: bytes) -> None:
    """A TCP stream is frames, or the link is lost."""
    at = 0
    while len(data) - at >= tcp.HEADER_BYTES:
        try:
            _, size = tcp.begin(data, at)
        except LinkLost:
            return
        frame = data[at : at + size]
        at += size
        for request in REQUESTS if len(frame) == size else ():
            try:
                tcp.check(request, frame)
            except WireError:
                continue


def registers(data: bytes) -> None:
    """Registers of any row of any profile are a reading: a value, or bad quality with a reason."""
    row, words = ROWS[int.from_bytes(data[:2], "big") % len(ROWS)]
    piece = (data[2:] + bytes(2 * words))[: 2 * words]
    reading = reader(row, data[0] % 8 if data and row.is_bit else None)(piece, 0.0)
    assert (reading.value is None) == (reading.quality is Quality.BAD)
    assert reading.quality is Quality.GOOD or reading.reason


def dump(data: bytes) -> None:
    """A text is a dump, or a ValueError that names the line."""
    try:
        read_dump("# gadelys bus dump 1\n" + data.decode(errors="replace"))
    except ValueError as error:
        said = str(error)
    else:
        return
    assert "line " in said


def profile(data: bytes) -> None:
    """A text is a profile, or a mistake that is named."""
    try:
        parse_profile("fuzzed", data.decode(errors="replace"))
    except ProfileError as error:
        said = str(error)
    else:
        return
    assert said.startswith("fuzzed.toml")


INSTRUMENTS = [load_model(name) for name in MODELS]


def instruments(data: bytes) -> None:
    """A stream, cut at any place, is facts of the instrument's data sheet. The first byte says of which instrument."""
    if len(data) < 2:
        return
    model = INSTRUMENTS[data[0] % len(INSTRUMENTS)]
    language, cut = language_of(model), 2 + data[1]
    for now_s, piece in ((0.1, data[2:cut]), (0.2, data[cut:]), (9.0, data[2:])):
        for fact in language.feed(piece, now_s):
            assert not wrong(model, fact), fact
        language.due(now_s)


def adverts(data: bytes) -> None:
    """Bytes are an advert, a controller's event, or what BlueZ tells: beacons that can be sent again, or a reason."""
    heard = hci.reports(data)
    pieces = [data] if isinstance(heard, Wrong) else [report.data for report in heard]
    said = [one for piece in pieces for one in take_apart(piece).beacons()]
    for one in (*said, *from_bluez({APPLE: data}, {service_uuid(EDDYSTONE): data})):
        if isinstance(one, Wrong):
            assert one.reason
            continue
        power_dbm = power_at_1_m_dbm(one)
        if power_dbm is None or -100 <= getattr(one, "power_dbm", 0) <= 20:
            sent = payload(one)
            assert from_bluez(sent.makers, sent.services) == (one,)


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (framer, answers, stream, registers, dump, profile, instruments, adverts)
}

if __name__ == "__main__":
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
    atheris.Fuzz()
