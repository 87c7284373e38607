"""The simulated products against check frames from makers' documents and captures, byte for byte."""

from __future__ import annotations

import pytest

from firmware_sim import modbus
from firmware_sim.units import PRODUCTS, Unit
from firmware_sim.units.table import TableUnit

PRINTED_V = 230.20001220703125  # 43 66 33 34; the float nearest to 230.2 is one bit less


def asked(unit: Unit, request: str, now_s: float = 100.0) -> str | None:
    """What the unit puts on the line for a whole frame."""
    opened = modbus.unseal(bytes.fromhex(request))
    assert opened is not None, "the request's own check bytes are wrong"
    address, pdu = opened
    assert address == unit.address
    answer = unit.answer(pdu, now_s)
    return None if answer is None else modbus.seal(address, answer).hex(" ").upper()


def made(product: str, address: int | None = None, **values: float) -> Unit:
    unit = PRODUCTS[product].make(PRODUCTS[product].address if address is None else address)
    for name, value in values.items():
        assert isinstance(unit, TableUnit)
        unit.set(name, value)
    return unit


@pytest.mark.parametrize(
    ("unit", "request_text", "answer_text"),
    [
        (made("sdm120", voltage_v=PRINTED_V), "01 04 00 00 00 02 71 CB", "01 04 04 43 66 33 34 1B 38"),
        (made("sdm230", voltage_v=PRINTED_V), "01 04 00 00 00 02 71 CB", "01 04 04 43 66 33 34 1B 38"),
        (made("sdm630", voltage_v_l1=PRINTED_V), "01 04 00 00 00 02 71 CB", "01 04 04 43 66 33 34 1B 38"),
        (made("sdm72", voltage_v_l1=PRINTED_V), "01 04 00 00 00 02 71 CB", "01 04 04 43 66 33 34 1B 38"),
        (made("jxct-illuminance", illuminance_lux=132854), "01 03 00 07 00 02 75 CA", "01 03 04 00 02 06 F6 D8 15"),
        (made("nhzd210", illuminance_lux=296), "0A 04 00 00 00 02 70 B0", "0A 04 04 00 00 01 28 40 CA"),
        (made("nhzd210", illuminance_lux=309), "0A 04 00 01 00 01 61 71", "0A 04 02 01 35 DD 76"),
        (made("jxbs-3001-npk", conductivity_us_per_cm=1500), "01 03 00 15 00 01 95 CE", "01 03 02 05 DC BA 8D"),
        (made("jxbs-3001-npk", moisture_pct=7.4), "01 03 00 12 00 01 24 0F", "01 03 02 00 4A 39 B3"),
        (made("jxbs-3001-npk", ph=3.08), "01 03 00 06 00 01 64 0B", "01 03 02 01 34 B8 03"),
        (made("jxbs-3001-npk"), "01 03 00 1E 00 03 65 CD", "01 03 06 00 20 00 25 00 30 B1 6D"),
        (
            made("thc-s", moisture_pct=0, temperature_cel=22.5, conductivity_us_per_cm=0),
            "01 03 00 00 00 03 05 CB",
            "01 03 06 00 00 00 E1 00 00 71 43",
        ),
        (
            made("thc-s", moisture_pct=0, temperature_cel=20.1, conductivity_us_per_cm=0),
            "01 03 00 00 00 03 05 CB",
            "01 03 06 00 00 00 C9 00 00 F1 4B",
        ),
        (
            made("cwt-soil-4in1", moisture_pct=65.8, temperature_cel=-10.1, conductivity_us_per_cm=1000, ph=5.6),
            "01 03 00 00 00 04 44 09",
            "01 03 08 02 92 FF 9B 03 E8 00 38 57 B6",
        ),
        (
            made("qdy30a", level_cm=2.6),
            "01 03 00 00 00 07 04 08",
            "01 03 0E 00 01 00 03 00 11 00 01 00 1A 00 00 13 88 66 D4",
        ),
        (made("sen0492", distance_mm=1803), "50 03 00 34 00 01 C8 45", "50 03 02 07 0B 06 7F"),
        (made("wtvb01-485"), "50 06 00 69 B5 88 22 A1", "50 06 00 69 B5 88 22 A1"),
        (made("wtvb01-485"), "50 06 00 1A 00 02 24 4D", "50 06 00 1A 00 02 24 4D"),
        (made("wtvb01-485"), "50 06 00 00 00 00 84 4B", "50 06 00 00 00 00 84 4B"),
        (
            made("sensecap-s500", 1, temperature_cel=28.3),
            "01 04 00 00 00 02 71 CB",
            "01 04 04 00 00 6E 8C D6 41",
        ),
        (made("sensecap-s500", 1, temperature_cel=-1.0), "01 04 00 00 00 02 71 CB", "01 04 04 FF FF FC 18 BA AA"),
        (made("jxct-wind-direction", 2, wind_direction_deg=138), "02 03 00 00 00 01 84 39", "02 03 02 00 8A 7D E3"),
        (
            made("jxct-temperature-humidity", humidity_pct=65.8, temperature_cel=-10.1),
            "01 03 00 00 00 02 C4 0B",
            "01 03 04 02 92 FF 9B 5A 3D",
        ),
        (made("waveshare-relay8"), "01 05 00 00 FF 00 8C 3A", "01 05 00 00 FF 00 8C 3A"),
        (made("waveshare-relay8"), "01 05 00 00 00 00 CD CA", "01 05 00 00 00 00 CD CA"),
        (made("waveshare-relay8"), "01 05 00 07 FF 00 3D FB", "01 05 00 07 FF 00 3D FB"),
        (made("waveshare-relay8"), "01 05 00 FF FF 00 BC 0A", "01 05 00 FF FF 00 BC 0A"),
        (made("waveshare-relay8"), "01 01 00 00 00 08 3D CC", "01 01 01 00 51 88"),
        (made("waveshare-ao8"), "01 06 00 00 03 E8 89 74", "01 06 00 00 03 E8 89 74"),
        (made("waveshare-ao8-b"), "01 03 80 00 00 01 AD CA", "01 03 02 00 64 B9 AF"),
    ],
)
def test_check_frames(unit: Unit, request_text: str, answer_text: str) -> None:
    assert asked(unit, request_text) == answer_text


@pytest.mark.parametrize(
    ("unit", "request_text", "words"),
    [
        (made("qdy30a", level_cm=2.6), "01 03 00 04 00 01 C5 CB", "001A"),
        (made("sen0676", empty_mm=2600), "01 03 00 01 00 01 D5 CA", "0A28"),
        (made("sen0676", empty_mm=2600), "01 03 00 03 00 01 74 0A", "0578"),
        (made("sen0676"), "01 03 00 05 00 01 94 0B", "0190"),
        (made("sen0676"), "01 03 03 F4 00 01 C5 BC", "0001"),
        (made("sen0676"), "01 03 07 D4 00 01 C5 46", "000A"),
        (
            made("wtvb01-485", velocity_x_mm_per_s=3, velocity_y_mm_per_s=-2, velocity_z_mm_per_s=5),
            "50 03 00 3A 00 03 28 47",
            "0003 FFFE 0005",
        ),
        (made("wtvb01-485", temperature_cel=21.4), "50 03 00 40 00 01 88 5F", "085C"),
        (
            made("wtvb01-485", frequency_x_hz=12.4, frequency_y_hz=0, frequency_z_hz=25),
            "50 03 00 44 00 03 48 5F",
            "007C 0000 00FA",
        ),
    ],
)
def test_requests_that_the_maker_prints_without_an_answer(unit: Unit, request_text: str, words: str) -> None:
    data = bytes.fromhex(words)
    answer = asked(unit, request_text)
    assert answer is not None
    assert bytes.fromhex(answer) == modbus.seal(unit.address, bytes([3, len(data)]) + data)


def test_all_relays_at_once() -> None:
    unit = made("waveshare-relay8")
    asked(unit, "01 05 00 FF FF 00 BC 0A")
    assert asked(unit, "01 01 00 00 00 08 3D CC") == "01 01 01 FF 11 C8"
    assert unit.answer(bytes.fromhex("01 00FF 0001"), 1.0) == bytes.fromhex("81 02")
    assert unit.answer(bytes.fromhex("0F 0000 0008 01 05"), 1.0) == bytes.fromhex("0F 0000 0008")
    assert asked(unit, "01 01 00 00 00 08 3D CC") == "01 01 01 05 91 8B"


@pytest.mark.parametrize(
    "printed",
    [
        "01 03 00 12 00 02 65 CB",
        "01 03 00 12 00 01 25 CA",
        "01 03 00 1E 00 03 34 0D",
        "01 03 06 00 20 00 25 00 30 B8 15",
        "01 03 02 00 20 5A 3D",
        "14 04 00 00 00 20 F3 06",
        "01 04 04 FF FF FC 18 D6 41",
        "02 03 02 00 8A FD A0",
    ],
)
def test_what_makers_printed_with_wrong_check_bytes_is_no_frame(printed: str) -> None:
    assert modbus.unseal(bytes.fromhex(printed)) is None
