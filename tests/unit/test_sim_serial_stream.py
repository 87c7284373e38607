"""What goes between a port and its instrument, in virtual time: characters take their time, faults repeat with their seed."""

from __future__ import annotations

import pytest

from firmware_sim.faults import Faults
from firmware_sim.instruments.ld2410 import Ld2410
from firmware_sim.instruments.tfmini import Tfmini
from firmware_sim.link import Link
from firmware_sim.serial_stream import SerialStream

ENABLE = bytes.fromhex("FD FC FB FA 04 00 FF 00 01 00 04 03 02 01")


def heard(stream: SerialStream, seconds: float) -> list[tuple[float, bytes]]:
    """Return what the port receives, and when."""
    out = []
    while (now_s := stream.next_s()) is not None and now_s < seconds:
        if data := stream.due(now_s):
            out.append((now_s, data))
    return out


def test_characters_take_their_time() -> None:
    (first_s, first), *_ = heard(SerialStream(Tfmini()), 0.05)
    assert len(first) == 9
    assert abs(first_s - (0.01 + 9 * 10 / 115_200)) < 1e-9


def test_a_line_is_never_quicker_than_its_speed() -> None:
    stream = SerialStream(Tfmini())
    stream.faults = Faults(babble=True)
    said = heard(stream, 2.0)
    count = sum(len(data) for _, data in said)
    assert 0.99 * 2 * 11_520 < count <= 2 * 11_520


def test_a_babbling_one_fills_the_line_however_late_it_is_looked_at() -> None:
    stream = SerialStream(Ld2410())
    stream.faults = Faults(babble=True)
    count = sum(len(stream.due(0.003 * step)) for step in range(1001))
    assert 0.99 * 3 * 25_600 < count <= 3 * 25_600


def test_a_talker_that_is_quicker_than_its_line_loses_what_is_too_late() -> None:
    """A thousand frames of 9 characters a second, where 11520 characters fit with a pause of 1 ms after each of them."""
    lidar = Tfmini()
    lidar.interval_s = 0.001
    stream = SerialStream(lidar)
    stream.faults = Faults(gap_s=0.001)
    said = heard(stream, 10.0)
    a_frame_s = 9 * 10 / 115_200 + 8 * 0.001
    assert len(said) / 9 == pytest.approx((10 - 0.01) / a_frame_s, rel=0.01)


def spans(faults: Faults) -> list[tuple[float, float, int]]:
    """Return when the first and the last character of each report of 0.1 s came, and how many."""
    stream = SerialStream(Ld2410(2.0))
    stream.faults = faults
    said: dict[int, list[tuple[float, bytes]]] = {}
    for at_s, data in heard(stream, 5.0):
        said.setdefault(int(10 * at_s + 1e-6), []).append((at_s, data))
    return [(pieces[0][0], pieces[-1][0], sum(len(data) for _, data in pieces)) for pieces in said.values()]


def test_pauses_and_stalls_are_within_a_report() -> None:
    char_s, size = 10 / 256_000, 23
    for first_s, last_s, count in spans(Faults(gap_s=0.002)):
        assert count == size
        assert last_s - first_s == pytest.approx(22 * (0.002 + char_s))
    for first_s, last_s, count in spans(Faults(stall_s=0.05)):
        assert count == size
        assert 0.05 < last_s - first_s <= 0.05 + size * char_s
    at_s = [round(first_s % 0.1, 6) for first_s, _, _ in spans(Faults(late_s=0.04))]
    assert at_s == [round(0.04 + size * char_s, 6)] * len(at_s)


def test_what_is_cut_off_or_loses_characters_is_shorter() -> None:
    sound = [count for *_, count in spans(Faults())]
    assert set(sound) == {23}
    assert all(1 <= count < 23 for *_, count in spans(Faults(truncate=1.0)))
    assert sum(count for *_, count in spans(Faults(lose=0.2))) == pytest.approx(0.8 * sum(sound), rel=0.1)


def test_characters_to_the_instrument_get_lost_too() -> None:
    radar = Ld2410()
    stream = SerialStream(radar)
    stream.faults = Faults(lose=1.0)
    stream.arrived(ENABLE, 0.0)
    assert len(heard(stream, 1.05)) == 0
    stream.faults = Faults()
    stream.arrived(ENABLE, 1.05)
    (at_s, answer), *more = heard(stream, 2.0)
    assert answer == bytes.fromhex("FD FC FB FA 08 00 FF 01 00 00 01 00 40 00 04 03 02 01")
    assert at_s == pytest.approx(1.06 + 18 * 10 / 256_000)
    assert more == []  # while it is enabled a radar reports nothing


def test_a_dead_one_says_nothing_and_its_line_has_its_noise() -> None:
    radar = Ld2410()
    radar.alive = False
    stream = SerialStream(radar)
    assert heard(stream, 2.0) == []
    stream.faults = Faults(noise_per_s=10)
    assert 10 < len(heard(stream, 4.0)) < 40


def test_another_speed_hears_noise_and_is_not_heard() -> None:
    radar = Ld2410(2.0)
    stream = SerialStream(radar)
    stream.master = Link(9600, "none", 1)
    noise = b"".join(data for _, data in heard(stream, 1.0))
    assert noise
    assert b"\xf4\xf3\xf2\xf1" not in noise
    stream.arrived(ENABLE, 1.0)
    assert not radar._commands.enabled


def test_faults_are_shares_of_what_it_says_and_repeat() -> None:
    def run(faults: Faults) -> list[bytes]:
        stream = SerialStream(Tfmini(3.0))
        stream.faults = faults
        return [data for _, data in heard(stream, 10.0)]

    sound = run(Faults())
    assert len(sound) > 990
    assert 0.4 < len(run(Faults(drop=0.5))) / len(sound) < 0.6
    assert 0.4 < sum(data != sound[0] for data in run(Faults(corrupt=0.5))) / len(sound) < 0.6
    assert run(Faults(corrupt=0.5, seed=7)) == run(Faults(corrupt=0.5, seed=7))
    assert run(Faults(corrupt=0.5, seed=7)) != run(Faults(corrupt=0.5, seed=8))
    noisy = run(Faults(noise_per_s=20))
    assert sum(map(len, noisy)) > sum(map(len, sound)) + 200


def test_pulled_out_nothing_is_left() -> None:
    stream = SerialStream(Tfmini())
    stream.due(0.01)
    stream.cut()
    assert stream.due(0.0199) == b""
