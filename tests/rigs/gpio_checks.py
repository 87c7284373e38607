"""Checks of the product's pin drivers from outside. Each returns its figures."""

from __future__ import annotations

import asyncio
import os
import statistics
import threading
import time
from functools import cache
from itertools import pairwise

from board import Board
from drivers.gpio.counters import CounterSpec, GpioCounters
from drivers.gpio.factory import Chip, open_chip
from drivers.gpio.inputs import GpioInputs, InputSpec
from drivers.points import Reading
from outside import Registers, Trace, outside
from started import PATIENCE_S, beside, lamp, line_of, settles, tell

PULSES = int(os.environ.get("GADELYS_RIG_PULSES", "10000"))
PIR, DOOR, METER, RELAY, DIMMED = 17, 27, 22, 5, 18


@cache
def chip() -> Chip:
    return open_chip("rpi", None)


def pir(pin: int = PIR) -> InputSpec:
    return InputSpec(key="pir/presence/state", pin=pin, pull="down", active_high=True)


def lost(_key: str, reason: str, _at_s: float) -> None:
    raise AssertionError(reason)


def refused(pin: int) -> str:
    """Return what is said of a pin that cannot be had."""
    said: list[str] = []

    async def begin() -> None:
        pins = GpioInputs(chip, [pir(pin)], lambda *_: None, lambda _key, reason, _at_s: said.append(reason))
        pins.start()
        pins.stop()

    asyncio.run(begin())
    assert len(said) == 1, said
    return said[0]


# ---- The checks --------------------------------------------------------------------------------------------------------


def inputs_tell_levels_and_both_edges() -> str:
    """An input is driven from outside; each edge arrives, in order, with its level."""
    edges = 200
    outside().drive(PIR, 0)
    told: list[tuple[bool, float]] = []

    async def listen() -> list[float]:
        pins = GpioInputs(chip, [pir()], lambda _key, active, _s: told.append((active, time.monotonic())), lost)
        pins.start()
        made = await asyncio.to_thread(lambda: beside("outside.py", "square", PIR, edges).communicate()[0])
        await asyncio.sleep(0.1)
        pins.stop()
        return [float(line) for line in made.split()]

    made_s = asyncio.run(listen())
    levels = [active for active, _ in told]
    assert levels == [False, *(bool(1 - edge % 2) for edge in range(edges))], f"{len(told) - 1} of {edges}: {levels}"
    late_ms = sorted(1000 * (at_s - by_s) for (_, at_s), by_s in zip(told[1:], made_s, strict=True))
    return f"{edges} of {edges} edges, median {statistics.median(late_ms):.1f} ms, p99 {late_ms[-3]:.1f} ms"


def pull_resistors_hold_a_pin_that_nothing_drives() -> str:
    """The level of a pin that nothing is wired to is its resistor's, inside and outside."""
    side = outside()
    said = []
    for pull, level in (("up", True), ("down", False)):
        side.drive(DOOR, not level)
        told: list[bool] = []

        async def look(pull: str = pull, told: list[bool] = told) -> None:
            spec = InputSpec(key="door", pin=DOOR, pull="up" if pull == "up" else "down", active_high=True)
            pins = GpioInputs(chip, [spec], lambda _key, active, _s: told.append(active), lost)
            pins.start()
            pins.stop()

        asyncio.run(look())
        assert told == [level], (pull, told)
        said.append(f"{pull}: {int(level)}")
    return ", ".join(said)


def an_output_begins_with_its_level() -> str:
    """The kernel's own notes: one act makes the pin an output with its level, and no other level is ever set."""
    side, trace = outside(), Trace()
    said = []
    for active, level_pct, expected in (("low", 0, "1"), ("low", 100, "0"), ("high", 100, "1"), ("high", 0, "0")):
        side.drive(RELAY, int(expected))  # what is wired to it holds it there until then
        seen = len(trace.of(RELAY))
        with lamp(RELAY, "switch", active, level_pct):
            assert side.level(RELAY) == int(expected)
            done = [what for _, what in trace.of(RELAY)[seen:]]
        assert set(done) == {expected, "out"}, done
        assert done.count("out") == 1, done
        said.append("".join(f" {what}" for what in done))
    return "set to" + ";".join(said)


def an_output_begins_with_its_level_in_the_registers() -> str:
    """Whenever the pin is seen to be an output it has its level."""
    side = outside()
    assert isinstance(side, Registers | Board)
    looks = 0
    cases = (("low", 0, 1), ("high", 100, 1), ("low", 100, 0), ("high", 0, 0))
    for pin, (active, level_pct, level) in zip((12, 13, 19, 20), cases, strict=True):
        side.drive(pin, 1 - level)
        assert not side.is_output(pin)
        process = beside("product.py", "lamps", pin, "switch", active, level_pct)
        end_s = time.monotonic() + PATIENCE_S
        while not side.is_output(pin) and time.monotonic() < end_s:
            looks += 1
        assert side.level(pin) == level
        process.kill()
        process.communicate()
    return f"4 outputs, {looks} looks"


def levels_are_driven() -> str:
    """A relay follows its lamp's level, and is left at it when the driver is stopped."""
    side = outside()
    with lamp(RELAY, "switch", "low", 100) as process:
        for level_pct in (0, 100, 30, 0, 100):
            tell(process, f"level {level_pct}")
            assert settles(lambda lit=level_pct > 0: side.level(RELAY) == int(not lit)), level_pct  # type: ignore[misc]
        tell(process, "stop")
        assert side.level(RELAY) == 0
    return "5 levels, and the last one kept"


def counters_lose_no_pulse() -> str:
    """Pulses of 5 ms, 5 ms apart, made by another process."""
    counted, hz = pulses_counted(PULSES)
    assert counted == PULSES, f"{counted} of {PULSES} at {hz} Hz"
    return f"{counted} of {PULSES} at {hz} Hz"


def polled_counters_lose_no_pulse_of_30_ms() -> str:
    """The shortest that a meter's S0 output makes, with the shortest pause: EN 62053-31."""
    count = PULSES // 10
    counted, hz = pulses_counted(count, 30)
    assert counted == count, f"{counted} of {count} at {hz} Hz"
    return f"{counted} of {count} at {hz} Hz"


def polled_counters_at_100_hz() -> str:
    """Not all can be promised here: who looks for pulses of 5 ms must not be kept waiting for 5 ms."""
    said = []
    for busy in (False, True):
        counted, hz = pulses_counted(PULSES // 2, busy=busy)
        said.append(f"{counted} of {PULSES // 2} at {hz} Hz" + " beside a loop that is busy a fifth of the time" * busy)
        assert 0.98 * PULSES <= 2 * counted <= PULSES, said
    return ", ".join(said)


async def works() -> None:
    """Keep the loop busy for 20 ms ten times a second."""
    while True:
        await asyncio.sleep(0.08)
        end_s = time.monotonic() + 0.02
        while time.monotonic() < end_s:
            pass


def pulses_counted(made: int, *level_ms: int, busy: bool = False) -> tuple[int, str]:
    """Return how many pulses the product counts of those made, and how many a second they were."""
    outside().drive(METER, 1)
    read: dict[str, Reading] = {}
    spec = CounterSpec(
        device="meter", kind="meter", pin=METER, pull="up", active_high=False, debounce_s=0.0, per_pulse=1.0
    )

    async def count() -> tuple[int, str]:
        counters = GpioCounters(chip, [spec], read.__setitem__, {})
        running = [asyncio.create_task(task) for task in (counters.run(), *([works()] if busy else []))]
        await asyncio.sleep(0.5)
        words = ("pulses", METER, made, *level_ms)
        hz = await asyncio.to_thread(lambda: beside("outside.py", *words).communicate()[0])
        await asyncio.sleep(1.5)
        for task in running:
            task.cancel()
        counters.stop()
        return counters.counts()["meter"], hz.strip()

    counted, hz = asyncio.run(count())
    assert read["meter/meter/active_energy_import"].value == counted, "what is told is not what is counted"
    return counted, hz


def pulse_widths_as_the_kernel_notes_them() -> str:
    """What part of 2 s the pin is high, by the kernel's notes of each change."""
    said = []
    with lamp(DIMMED, "pwm", "high", 50) as process:
        trace = Trace()
        for level_pct in (10, 50, 90):
            tell(process, f"level {level_pct}")
            threading.Event().wait(0.2)
            seen = len(trace.of(DIMMED))
            threading.Event().wait(2.0)
            changes = [(at_s, what) for at_s, what in trace.of(DIMMED)[seen:] if what in "01"]
            pairs = list(pairwise(changes))
            high_s = sum(end_s - at_s for (at_s, what), (end_s, _) in pairs if what == "1")
            span_s = changes[-1][0] - changes[0][0]
            duty_pct, hz = 100 * high_s / span_s, sum(what == "1" for _, what in changes) / span_s
            said.append(f"{level_pct} %: {duty_pct:.1f} % at {hz:.1f} Hz")
            assert abs(duty_pct - level_pct) < 5, said
            assert abs(hz - 100) < 10, said
        tell(process, "stop")
        assert outside().level(DIMMED) == 1
    return ", ".join(said)


def pulse_widths_as_looked_at() -> str:
    """What part of 2 s the pin is high, by looking at it all the time."""
    side, said = outside(), []
    assert isinstance(side, Registers | Board)
    with lamp(DIMMED, "pwm", "high", 50) as process:
        for level_pct in (0, 10, 50, 90, 100):
            tell(process, f"level {level_pct}")
            threading.Event().wait(0.2)
            # The pulses come from a thread of the library's, which a busy machine keeps waiting: the best of three.
            looks_pct = [side.high_pct(DIMMED, 2.0)]
            while abs(looks_pct[-1] - level_pct) > 2 and len(looks_pct) < 3:
                looks_pct.append(side.high_pct(DIMMED, 2.0))
            off_pct, high_pct = min((abs(look_pct - level_pct), look_pct) for look_pct in looks_pct)
            said.append(f"{level_pct} %: {high_pct:.1f} %")
            assert off_pct < (side.slack_pct if 0 < level_pct < 100 else 0.5), said
        tell(process, "stop")
        assert settles(lambda: side.level(DIMMED) == 1)
    return ", ".join(said)


def what_is_left_of_an_output() -> str:
    """Not a demand: what the level of a pin is after its process, which had driven it against what is wired to it."""
    side, said = outside(), []
    for level in (0, 1):
        for end in ("in order", "kill -9"):
            side.drive(RELAY, 1 - level)
            with lamp(RELAY, "switch", "high", 100 * level) as process:
                assert side.level(RELAY) == level
                if end == "in order":
                    tell(process, "stop")
                    process.communicate()
                else:
                    process.kill()
                process.wait(PATIENCE_S)
                threading.Event().wait(0.2)
                said.append(f"{level} after {end}: {side.level(RELAY)}")
    return ", ".join(said)


def a_pin_that_there_is_not() -> str:
    said = refused(54)
    assert said.startswith("pin 54: "), said
    return said


def a_pin_that_is_in_use() -> str:
    with lamp(RELAY, "switch", "high", 100):
        said = refused(RELAY)
        other = beside("product.py", "lamps", RELAY, "switch", "high", 0)
        says = line_of(other)
        other.kill()
        other.communicate()
        assert outside().level(RELAY) == 1
    assert said.startswith(f"pin {RELAY}: GPIO busy. "), said
    assert says == f"lost {said}", says
    return said


def a_pin_that_gets_free_is_had() -> str:
    """Another program has a pin. When it has ended, the pin is had by itself, and each edge is told once."""
    side, edges = outside(), 10
    told: list[bool] = []
    said: list[str] = []

    async def listen() -> float:
        pins = GpioInputs(
            chip, [pir(RELAY)], lambda _key, active, _s: told.append(active), lambda _key, why, _s: said.append(why)
        )
        with lamp(RELAY, "switch", "high", 0):
            pins.start()
            assert not told
        side.drive(RELAY, 0)
        begin_s = time.monotonic()
        while not told and time.monotonic() < begin_s + PATIENCE_S:  # noqa: ASYNC110 - there is nothing to wait for
            await asyncio.sleep(0.05)
        free_s = time.monotonic() - begin_s
        for edge in range(edges):
            side.drive(RELAY, 1 - edge % 2)
            await asyncio.sleep(0.05)
        pins.stop()
        return free_s

    free_s = asyncio.run(listen())
    assert len(said) == 1, said
    assert told == [False, *(bool(1 - edge % 2) for edge in range(edges))], told
    return f"had after {free_s:.1f} s, {edges} of {edges} edges"


def a_chip_that_there_is_not() -> str:
    os.environ["RPI_LGPIO_CHIP"] = "7"
    said = refused(PIR)
    assert said.endswith("Is there a /dev/gpiochip, and is this user in the group gpio?"), said
    return said
