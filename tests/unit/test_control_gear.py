"""From light to what drivers are told: constant light by age, curves and fades of units, through control and back."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import parts
from agent.control.gear import Gear
from agent.control.street import Output, StreetControl
from agent.image import Image
from config_reading import POLE, read_text
from drivers.points import Point, PointType, Quality, Reading
from drivers.profile import load_profile
from street_levels import LEVELS, LIGHT

NIGHT_S = 100.0
WORN = ((0.0, 1.0), (20_000.0, 0.95), (100_000.0, 0.8))


def street(*gears: Gear, fades: tuple[str, ...] = ()) -> StreetControl:
    outputs = [
        Output(f"lum-{i}", 30.0 * i, device_safety=True, fades=fades, gear=gear)  # type: ignore[arg-type]
        for i, gear in enumerate(gears)
    ]
    return StreetControl(outputs, [], LEVELS, LIGHT, night=True)


def told(control: StreetControl, lamp: int, level_pct: float, begin_s: float = NIGHT_S) -> list[float]:
    """What the driver of a lamp is told within 10 s, until it has come to the level that an operator asks for."""
    control.kernel.set_lease(lamp, 5, level_pct, math.inf)
    steps = [control.step(begin_s + tick * 0.05) for tick in range(200)]
    return [output_pct for step in steps for number, output_pct in step if number == lamp]


@pytest.mark.parametrize(
    ("hours", "factor"),
    [(-1.0, 0.8), (0.0, 0.8), (20_000.0, 0.85), (60_000.0, 0.92), (99_999.0, 1.0), (100_000.0, 1.0), (1e9, 1.0)],
)
def test_constant_light_rises_to_the_end_of_the_curve(hours: float, factor: float) -> None:
    assert Gear(lumen_maintenance=WORN).clo(hours) == pytest.approx(factor)


@given(hours=st.floats(0, 200_000))
def test_there_is_never_less_light_than_at_the_end(hours: float) -> None:
    left = Gear(lumen_maintenance=WORN)._share(hours)
    given_share = Gear(lumen_maintenance=WORN).clo(hours) * left
    assert 0.8 - 1e-9 <= given_share <= max(0.8 + 0.01, left * 0.8)


def test_a_lamp_without_a_curve_gives_what_is_asked() -> None:
    assert Gear().clo(1e6) == 1.0
    assert Gear(lumen_maintenance=((0.0, 1.0),)).clo(5.0) == 1.0
    assert Gear().plain
    assert not Gear("dali").plain


def test_levels_on_a_dali_line() -> None:
    """50 % of the light is arc power level 229, which the gateway's register gets, and comes back as light."""
    output = load_profile("arlight-dali-tcp").output
    assert output is not None
    control = street(Gear(output.curve), Gear())
    output_pct = told(control, 0, 50.0)[-1]
    assert output.raw(output_pct) == 229
    assert control.commanded_pct(0) == 50.0
    assert control.proof_pct(0) == pytest.approx(50.5, abs=0.05)
    assert told(control, 1, 50.0, 120.0)[-1] == control.proof_pct(1) == 50.0


def test_a_lamp_that_cannot_give_so_little() -> None:
    control = street(Gear("dali", 10.0), Gear(minimum_pct=10.0), Gear("dali"))
    assert told(control, 0, 5.0)[-1] == pytest.approx(170 / 2.54)
    assert told(control, 1, 5.0, 120.0)[-1] == 10.0
    assert told(control, 2, 5.0, 140.0)[-1] == pytest.approx(144 / 2.54)
    assert [round(control.commanded_pct(lamp), 1) for lamp in range(3)] == [10.1, 10.0, 5.0]
    assert [round(control.proof_pct(lamp), 1) for lamp in range(3)] == [10.1, 10.0, 5.0]
    control.kernel.set_lease(0, 4, 0.0, math.inf)
    control.step(160.0)
    control.step(170.0)
    assert (control.commanded_pct(0), control.proof_pct(0), control.kernel.output(0)) == (0.0, 0.0, 0.0)


def test_a_young_lamp_is_told_less_and_that_is_not_seen() -> None:
    control = street(Gear(lumen_maintenance=WORN))
    assert told(control, 0, 100.0)[-1] == 100.0  # its age is not known
    control.aged(0, 0.0)
    ((_, output_pct),) = control.step(NIGHT_S + 20)
    assert output_pct == pytest.approx(80.0)
    assert control.commanded_pct(0) == 100.0
    assert control.proof_pct(0) == pytest.approx(100.0)
    assert control.safe_output_pct(0) == pytest.approx(0.8 * LEVELS.class_pct)


def test_a_unit_that_fades_up_by_itself_is_told_the_target_once_and_stepped_down() -> None:
    control = street(Gear(), fades=("up",))
    told(control, 0, 20.0)
    assert told(control, 0, 90.0, 120.0) == [90.0]
    down = told(control, 0, 20.0, 140.0)
    assert down[0] == 89.0
    assert down[-1] == 20.0
    assert len(down) > 20


DALI = POLE.replace(
    'unit = "dimmer-2"\nchannel = 1\n',
    'unit = "dimmer-2"\nchannel = 1\ncurve = "dali"\nminimum_pct = 10\nlumen_maintenance = [[0, 1], [50000, 0.8]]\n',
).replace("class_pct = 100", "class_pct = 50", 1)


def test_options_reach_control_and_the_units_own_safety() -> None:
    config = read_text(DALI)
    lamp = next(device for device in config.devices if device.id == "lum-02")
    output = parts.output(config, lamp)
    assert output.gear == Gear("dali", 10.0, ((0.0, 1.0), (50_000.0, 0.8)))
    assert (output.device_safety, output.fades) == (False, ())
    assert parts.gear(lamp, None).curve == "dali"
    first = parts.output(config, config.devices[0])
    assert (first.gear.curve, first.device_safety, first.fades) == ("linear", True, ("up",))
    safe_pct = {unit.id: unit.safe_pct for _, units in parts.lines(config, config.devices).values() for unit in units}
    assert safe_pct["dimmer-1"] == 50.0
    assert safe_pct["dimmer-2"] == pytest.approx(229 / 2.54)


def test_the_sink_makes_light_of_what_a_driver_was_told() -> None:
    control = street(Gear("dali"), Gear())
    keys = [f"lum-{i}/lamp/{level}" for i in range(2) for level in ("sent_level", "dimming_level")]
    sink = parts.Sink()
    sink.image = Image([Point(key=key, type=PointType.FLOAT, max_age_s=1.0) for key in keys])
    sink.lights = parts.lights(control)
    sink.sent("lum-0", 229 / 2.54, 1.0)
    sink.sent("lum-1", 90.0, 1.0)
    sink.reading("lum-0/lamp/dimming_level", Reading(170 / 2.54, Quality.UNCERTAIN, "the gateway's", 1.0))
    assert [sink.image.raw(key).value for key in (keys[0], keys[2])] == [50.53, 90.0]
    assert sink.image.raw(keys[1]) == Reading(10.09, Quality.UNCERTAIN, "the gateway's", 1.0)
    sink.reading("lum-0/lamp/dimming_level", Reading(None, Quality.BAD, "no answer", 2.0))
    assert sink.image.raw(keys[1]).value is None
