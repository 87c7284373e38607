"""What goes between a port and its instrument, in virtual time: characters take their time, faults repeat with their seed."""

from __future__ import annotations

from firmware_sim.faults import Faults
from firmware_sim.instruments.ld2410 import Ld2410
from firmware_sim.instruments.tfmini import Tfmini
from firmware_sim.link import Link
from firmware_sim.serial_stream import SerialStream


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
    assert 0.95 * 2 * 11_520 < count <= 2 * 11_520


def test_another_speed_hears_noise_and_is_not_heard() -> None:
    radar = Ld2410(2.0)
    stream = SerialStream(radar)
    stream.master = Link(9600, "none", 1)
    noise = b"".join(data for _, data in heard(stream, 1.0))
    assert noise
    assert b"\xf4\xf3\xf2\xf1" not in noise
    stream.arrived(bytes.fromhex("FD FC FB FA 04 00 FF 00 01 00 04 03 02 01"), 1.0)
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
