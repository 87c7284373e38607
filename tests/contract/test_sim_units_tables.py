"""Each simulated product by the lists of its documents: where a value is, what it is, and what is said to a wrong request."""

from __future__ import annotations

import struct

import pytest

from firmware_sim.units import PRODUCTS, Unit
from firmware_sim.units.table import TableUnit

# Product, value, set to, function, register, and the words that a reader finds: from the documents, not from the tables.
READINGS = [
    ("sdm120", "current_a", 1.5, 4, 0x0006, struct.pack(">f", 1.5)),
    ("sdm120", "power_w", -250.0, 4, 0x000C, struct.pack(">f", -250.0)),
    ("sdm120", "total_kwh", 1234.5, 4, 0x0156, struct.pack(">f", 1234.5)),
    ("sdm230", "phase_angle_deg", 12.5, 4, 0x0024, struct.pack(">f", 12.5)),
    ("sdm230", "export_kwh", 3.25, 4, 0x004A, struct.pack(">f", 3.25)),
    ("sdm630", "voltage_v_l3", 231.5, 4, 0x0004, struct.pack(">f", 231.5)),
    ("sdm630", "power_w", 900.0, 4, 0x0034, struct.pack(">f", 900.0)),
    ("sdm630", "voltage_thd_pct_l2", 2.5, 4, 0x00EC, struct.pack(">f", 2.5)),
    ("sdm630", "import_kwh_l3", 77.5, 4, 0x015E, struct.pack(">f", 77.5)),
    ("sdm630", "total_kvarh_l1", 8.5, 4, 0x0178, struct.pack(">f", 8.5)),
    ("sdm72", "frequency_hz", 49.75, 4, 0x0046, struct.pack(">f", 49.75)),
    ("pzem-016", "voltage_v", 229.6, 4, 0x0000, struct.pack(">H", 2296)),
    ("pzem-016", "current_a", 70.0, 4, 0x0001, bytes.fromhex("1170 0001")),  # 70000 mA, low word first
    ("pzem-016", "power_w", 6553.7, 4, 0x0003, bytes.fromhex("0001 0001")),
    ("pzem-016", "energy_wh", 65536, 4, 0x0005, bytes.fromhex("0000 0001")),
    ("pzem-016", "power_factor", 0.98, 4, 0x0008, struct.pack(">H", 98)),
    ("jxct-wind-speed", "wind_speed_m_per_s", 12.3, 3, 0x0016, struct.pack(">H", 123)),
    ("jxct-pm", "pm10_ug_per_m3", 55, 3, 0x0009, struct.pack(">H", 55)),
    ("jxct-pm", "pm2_5_ug_per_m3", 15, 3, 0x0004, struct.pack(">H", 15)),
    ("jxct-rain", "rain_mm", 0.3, 3, 0x0003, struct.pack(">H", 3)),
    ("jxbs-3001-npk", "temperature_cel", -0.4, 3, 0x0013, struct.pack(">h", -4)),
    ("jxbs-3001-npk", "potassium_mg_per_kg", 48, 3, 0x0020, struct.pack(">H", 48)),
    ("cwt-soil-7in1", "potassium_mg_per_kg", 90, 3, 0x0006, struct.pack(">H", 90)),
    ("qdy30a", "level_cm", -3.2, 3, 0x0004, struct.pack(">h", -32)),
    ("sen0644", "illuminance_lux", 35.0, 3, 0x0002, struct.pack(">I", 35_000)),
    ("wtvb01-485", "acceleration_z_g", 1.0, 3, 0x0036, struct.pack(">h", 2048)),
    ("wtvb01-485", "vibration_x_deg", 90.0, 3, 0x003D, struct.pack(">h", 16384)),
    ("wtvb01-485", "displacement_z_um", 77, 3, 0x0043, struct.pack(">h", 77)),
    ("wt901c485", "roll_deg", -45.0, 3, 0x003D, struct.pack(">h", -8192)),
    ("wt901c485", "gyro_x_deg_per_s", 1000.0, 3, 0x0037, struct.pack(">h", 16384)),
    ("sensecap-s1000", "pressure_pa", 101325, 4, 0x0004, struct.pack(">i", 101_325_000)),
    ("sensecap-s1000", "wind_speed_m_per_s", 2.6, 4, 0x0012, struct.pack(">i", 2600)),
    ("sensecap-s1000", "co2_ppm", 430, 4, 0x0040, struct.pack(">i", 430_000)),
    ("wb-ms-v2", "temperature_cel", -5.25, 4, 4, struct.pack(">h", -525)),
    ("wb-ms-v2", "voc_ppb", 220, 4, 11, struct.pack(">H", 220)),
    ("wb-msw-v3", "illuminance_lux", 700.0, 4, 9, struct.pack(">I", 70_000)),
    ("wb-msw-v3", "motion", 40, 4, 283, struct.pack(">H", 40)),
]


def made(product: str) -> TableUnit:
    unit = PRODUCTS[product].make(PRODUCTS[product].address)
    assert isinstance(unit, TableUnit)
    return unit


def read(unit: Unit, function: int, register: int, count: int) -> bytes | None:
    return unit.answer(bytes([function]) + register.to_bytes(2, "big") + count.to_bytes(2, "big"), 5.0)


@pytest.mark.parametrize(("product", "name", "value", "function", "register", "words"), READINGS)
def test_a_value_is_where_its_document_has_it(
    product: str, name: str, value: float, function: int, register: int, words: bytes
) -> None:
    unit = made(product)
    unit.set(name, value)
    assert read(unit, function, register, len(words) // 2) == bytes([function, len(words)]) + words


def test_every_product_answers_in_the_first_register_that_it_has() -> None:
    for product in PRODUCTS.values():
        unit = product.make(product.address)
        answers = [read(unit, function, register, 1) for function in (1, 3, 4) for register in range(0x0060)]
        assert any(answer is not None and not answer[0] & 0x80 for answer in answers), product.name


def test_values_vary_by_themselves_and_stand_still_when_set() -> None:
    unit = made("jxct-wind-speed")
    first, second = (unit.answer(bytes.fromhex("03 0016 0001"), now_s) for now_s in (10.0, 20.0))
    assert first != second
    unit.set("wind_speed_m_per_s", 4.0)
    first, second = (unit.answer(bytes.fromhex("03 0016 0001"), now_s) for now_s in (10.0, 20.0))
    assert first == second == bytes.fromhex("03 02 0028")


def test_a_counter_counts() -> None:
    unit = made("pzem-016")
    first, later = (unit.answer(bytes.fromhex("04 0005 0002"), now_s) for now_s in (0.0, 36_000.0))
    assert first == bytes.fromhex("04 04 1170 0001")
    assert later == bytes.fromhex("04 04 152A 0001")


@pytest.mark.parametrize(
    ("product", "name", "function", "register", "words"),
    [
        ("wb-ms-v2", "temperature_cel", 4, 4, "7FFF"),
        ("wb-ms-v2", "humidity_pct", 4, 5, "FFFF"),
        ("wb-msw-v3", "illuminance_lux", 4, 9, "FFFF FFFF"),
        ("thc-s", "moisture_pct", 3, 0, "0000"),
    ],
)
def test_a_broken_sensor_reads_as_its_error_value(
    product: str, name: str, function: int, register: int, words: str
) -> None:
    unit = made(product)
    unit.set(name, None)
    data = bytes.fromhex(words)
    assert read(unit, function, register, len(data) // 2) == bytes([function, len(data)]) + data


@pytest.mark.parametrize(
    ("product", "request_text", "answer_text"),
    [
        ("sdm120", "03 0000 0002", "83 01"),
        ("sdm630", "04 0000 0051", "84 03"),  # more than 40 values
        ("pzem-016", "04 0009 0001", "84 02"),
        ("jxbs-3001-npk", "03 0006 000D", "83 02"),  # there is a hole
        ("thc-s", "03 0000 0005", "83 02"),
        ("sensecap-s200", "03 0000 0002", "83 01"),
        ("wb-msw-v3", "04 0008 0010", "84 02"),
        ("waveshare-ao8", "06 0000 4E21", "86 03"),
        ("waveshare-relay8", "02 0000 0008", "82 01"),
        ("waveshare-io8", "02 0000 0008", "02 01 00"),
        ("nhzd210", "04 0002 0001", None),  # says nothing
        ("qdy30a", "03 0007 0001", None),
        ("qdy30a", "04 0004 0001", None),
        ("sen0644", "03 0000 0001", None),
    ],
)
def test_wrong_requests(product: str, request_text: str, answer_text: str | None) -> None:
    answer = PRODUCTS[product].make(PRODUCTS[product].address).answer(bytes.fromhex(request_text), 1.0)
    assert answer == (None if answer_text is None else bytes.fromhex(answer_text))


def test_holes_read_as_0_where_readers_take_whole_blocks() -> None:
    answer = read(made("sdm630"), 4, 0x0000, 80)
    assert answer is not None
    assert answer[2 + 2 * 0x0036 :][:4] == bytes(4)
    assert read(made("wt901c485"), 3, 0x0050, 16) == b"\x03\x20" + bytes(32)


def test_settings_that_lie_in_a_block() -> None:
    unit = made("sen0644")
    assert read(unit, 3, 0x0064, 1) == bytes.fromhex("03 02 0001")
    assert read(unit, 3, 0x0064, 2) == bytes.fromhex("03 04 0000 0000")


def test_the_level_follows_unit_and_decimals() -> None:
    unit = made("qdy30a")
    unit.set("level_cm", 142.0)
    for register, value, level in ((2, 0x12, 14), (3, 2, 142), (2, 0x13, 1393), (2, 0x11, 14_200)):
        unit.answer(b"\x06" + register.to_bytes(2, "big") + value.to_bytes(2, "big"), 1.0)
        assert read(unit, 3, 0x0004, 1) == b"\x03\x02" + struct.pack(">h", level)


def test_empty_and_level_make_the_height() -> None:
    unit = made("sen0676")
    unit.set("empty_mm", 2600)
    assert unit.answer(bytes.fromhex("06 0005 012C"), 1.0) == bytes.fromhex("06 0005 012C")  # 300 cm
    assert read(unit, 3, 0x0003, 1) == bytes.fromhex("03 02 0190")
    unit.set("empty_mm", 4000)
    assert read(unit, 3, 0x0003, 1) == bytes.fromhex("03 02 0000")


def test_rain_is_cleared() -> None:
    unit = made("jxct-rain")
    unit.set("rain_mm", 12.5)
    assert unit.answer(bytes.fromhex("06 0105 0001"), 1.0) == bytes.fromhex("86 03")
    assert unit.answer(bytes.fromhex("06 0105 0000"), 1.0) == bytes.fromhex("06 0105 0000")
    assert read(unit, 3, 0x0003, 1) == bytes.fromhex("03 02 0000")
    assert read(unit, 3, 0x0105, 1) == bytes.fromhex("83 02")


def test_what_is_not_finite_is_not_measured() -> None:
    with pytest.raises(ValueError, match="finite"):
        made("thc-s").set("moisture_pct", float("nan"))
