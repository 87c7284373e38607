"""What a fault of the wire costs: whatever is lost, doubled, turned or put between, at most one good reading is gone.

The bytes are made by the simulated firmware, whose encoders are not ours.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.lines import hilink, load_model
from drivers.lines.instrument import Language
from drivers.points import Quality
from firmware_sim.instruments import INSTRUMENTS, ld2450
from firmware_sim.instruments.ld2410 import Ld2410
from firmware_sim.instruments.ld2451 import Ld2451, Vehicle
from firmware_sim.instruments.maxbotix import Maxbotix
from firmware_sim.instruments.nmea import Gnss
from firmware_sim.instruments.ops243 import Ops243
from firmware_sim.instruments.tfmini import Tfmini, summed
from instrument_facts import defaults


def _ld2410(number: int) -> bytes:
    return Ld2410(moving_m=number / 100).due(0.1)


def _ld2451(number: int) -> bytes:
    return Ld2451((Vehicle(float(number), 10.0),)).due(0.1)


def _ld2450(number: int) -> bytes:
    return ld2450.report((ld2450.Person(0.0, number / 100),))


def _maxbotix(number: int) -> bytes:
    return Maxbotix(number / 10).line()


def _nmea(number: int) -> bytes:
    receiver = Gnss()
    receiver.altitude_m = float(number)
    return receiver.sentences(0.0)


def _ops243(number: int) -> bytes:
    radar = Ops243(float(number))
    radar.arrived(b"OJUM", 0.0)
    radar.names_unit = True
    return radar.report()


def _tfmini(number: int) -> bytes:
    return Tfmini(number / 100).due(0.01)


# How a report of a number from 1 on is made, which resource tells it, and how many of its unit make 1.
TALKS: dict[str, tuple[Callable[[int], bytes], str, float]] = {
    "ld2410": (_ld2410, "presence/distance", 100),
    "ld2450": (_ld2450, "presence/distance", 100),
    "ld2451": (_ld2451, "vehicles/distance", 1),
    "maxbotix": (_maxbotix, "distance/sensor_value", 10),
    "nmea": (_nmea, "location/altitude", 1),
    "ops243": (_ops243, "presence/speed", 1),
    "tfmini": (_tfmini, "distance/sensor_value", 100),
}
NUMBERS = range(30, 42)


def language_of(name: str) -> Language:
    model = load_model(name)
    language = model.build(defaults(model))
    language.opened(0.0)
    return language


def heard(name: str, pieces: list[bytes]) -> list[int]:
    """Return the numbers that were told, in their order."""
    report, resource, per_unit = TALKS[name]
    language = language_of(name)
    for tenth in range(10):
        language.due(tenth / 10)  # what is asked at the start has been asked
    for _ in range(4):  # some have to be heard a few times first
        language.feed(report(29), 0.0)
    return [
        round(float(fact.value) * per_unit)
        for place, piece in enumerate(pieces)
        for fact in language.feed(piece, 0.1 * place)
        if fact.resource == resource and fact.quality is Quality.GOOD and fact.value is not None
    ]


@pytest.mark.parametrize("name", TALKS)
@given(cuts=st.lists(st.integers(0, 2000), max_size=40))
def test_in_any_pieces(name: str, cuts: list[int]) -> None:
    stream = b"".join(map(TALKS[name][0], NUMBERS))
    places = sorted({0, len(stream), *(cut % len(stream) for cut in cuts)})
    pieces = [stream[begin:end] for begin, end in pairwise(places)]
    assert heard(name, pieces) == list(NUMBERS)


@pytest.mark.parametrize("name", TALKS)
@given(data=st.data())
def test_a_fault_costs_one_reading(name: str, data: st.DataObject) -> None:
    reports = list(map(TALKS[name][0], NUMBERS))
    hit = data.draw(st.integers(1, len(reports) - 3), label="report")
    at = data.draw(st.integers(0, len(reports[hit]) - 1), label="byte")
    kind = data.draw(
        st.sampled_from(["lost", "doubled", "cut off", "beginning lost", "wrong bit", "noise"]), label="fault"
    )
    bit = data.draw(st.integers(0, 7), label="bit")
    noise = data.draw(st.binary(min_size=1, max_size=20), label="noise")
    sound = reports[hit]
    reports[hit] = {
        "lost": sound[:at] + sound[at + 1 :],
        "doubled": sound[: at + 1] + sound[at:],
        "cut off": sound[:at],
        "beginning lost": sound[at + 1 :],
        "wrong bit": sound[:at] + bytes((sound[at] ^ 1 << bit,)) + sound[at + 1 :],
        "noise": sound[:at] + noise + sound[at:],
    }[kind]
    told = heard(name, reports)
    wanted = [number for place, number in enumerate(NUMBERS) if place != hit]
    missing = [number for number in wanted if number not in told]
    assert len(missing) <= (kind == "noise"), missing  # noise may look like the beginning of a frame


@pytest.mark.parametrize("name", TALKS)
@given(noise=st.lists(st.binary(max_size=60), min_size=len(NUMBERS), max_size=len(NUMBERS)))
def test_between_noise_each_noise_costs_one_at_most(name: str, noise: list[bytes]) -> None:
    reports = [before + TALKS[name][0](number) for before, number in zip(noise, NUMBERS, strict=True)]
    told = heard(name, [*reports, TALKS[name][0](60), TALKS[name][0](61)])
    missing = sum(number not in told for number in NUMBERS)
    assert missing <= sum(map(bool, noise))


ORDERS = st.lists(st.tuples(st.floats(0, 10), st.binary(max_size=40), st.integers(0, 0xFF)), max_size=12)


@pytest.mark.parametrize("name", ["ld2410", "ld2450", "ld2451", "tfmini"])
@given(orders=ORDERS)
def test_a_simulated_one_takes_any_bytes_and_any_command(name: str, orders: list[tuple[float, bytes, int]]) -> None:
    """And its reader understands it after them, but a lidar whose output they have turned off."""
    instrument, now_s = INSTRUMENTS[name](), 0.0
    for pause_s, value, word in orders:
        now_s += pause_s
        instrument.arrived(value + hilink.command(0xFF, b"\1\0") + hilink.command(word, value), now_s)
        instrument.arrived(summed(bytes((0x5A, 4 + len(value) % 8, word)) + value[: len(value) % 8]), now_s)
        for _ in range(3):  # a time may round to the same once more
            if instrument.next_s() <= now_s:
                instrument.due(now_s)
        assert instrument.next_s() > now_s
    if isinstance(instrument, Tfmini):
        instrument.on, instrument.interval_s = True, 0.01
    reader = language_of(name)
    reader.opened(now_s)
    end_s = now_s + 10
    while (now_s := max(now_s, min(reader.next_s(), instrument.next_s()))) < end_s:
        reader.feed(instrument.due(now_s), now_s)
        if asked := reader.due(now_s):
            instrument.arrived(asked, now_s)
    assert reader.counts.frames >= 50


def test_a_wrong_bit_is_seen_where_there_is_a_sum() -> None:
    stream = _tfmini(100)
    for bit in range(8 * len(stream)):
        hurt = bytearray(stream)
        hurt[bit // 8] ^= 1 << bit % 8
        assert heard("tfmini", [bytes(hurt)]) == []
