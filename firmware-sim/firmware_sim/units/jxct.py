"""JXCT (Weihai JXCT) heads for light, wind, air and rain. Source: the maker's manuals. 9600 8N1 and unit 1 from the factory.

The manuals print 0x0100 and 0x0101 for the illuminance head and the soil probe; the others of the family are taken to have them
too. They do not say when a change counts: here at once.
"""

from __future__ import annotations

from firmware_sim.modbus import Cell
from firmware_sim.units.settings import BAUDS_FROM_2400, Choice, Commission
from firmware_sim.units.table import Row, Table, TableUnit, wave

_COMMISSION = Commission(address=0x0100, addresses=range(1, 255), baud=Choice(0x0101, BAUDS_FROM_2400))
_READ_AND_SET = frozenset({3, 6})


def _head(product: str, title: str, *rows: Row) -> Table:
    return Table(product, title, _READ_AND_SET, holding=rows, commission=_COMMISSION, turnaround_s=0.006)


LUX = _head(
    "jxct-illuminance", "JXCT illuminance", Row(0x0007, "illuminance_lux", wave(240, 30, 120), "u32")
)  # fmt: skip
WIND_SPEED = _head("jxct-wind-speed", "JXCT wind speed", Row(0x0016, "wind_speed_m_per_s", wave(3.2, 2, 40), scale=0.1))
WIND_DIRECTION = _head(
    "jxct-wind-direction", "JXCT wind direction", Row(0x0000, "wind_direction_deg", wave(138, 30, 90))
)
AIR = _head(
    "jxct-temperature-humidity", "JXCT temperature and humidity",
    Row(0x0000, "humidity_pct", wave(65.8, 3, 600), scale=0.1),
    Row(0x0001, "temperature_cel", wave(-10.1, 1.5, 900), "s16", 0.1),
)  # fmt: skip
DUST = _head(
    "jxct-pm", "JXCT PM2.5 and PM10",
    Row(0x0004, "pm2_5_ug_per_m3", wave(12, 4, 300)),
    Row(0x0009, "pm10_ug_per_m3", wave(21, 6, 300)),
)  # fmt: skip
RAIN = _head("jxct-rain", "JXCT optical rain", Row(0x0003, "rain_mm", wave(0.3), scale=0.1))
SOIL = _head(
    "jxbs-3001-npk", "JXBS-3001-NPK-RS soil",
    Row(0x0006, "ph", wave(6.8, 0.1, 900), scale=0.01),
    Row(0x0012, "moisture_pct", wave(21, 2, 900), scale=0.1),
    Row(0x0013, "temperature_cel", wave(14.2, 1, 900), "s16", 0.1),
    Row(0x0015, "conductivity_us_per_cm", wave(1500, 40, 900)),
    Row(0x001E, "nitrogen_mg_per_kg", wave(32)),
    Row(0x001F, "phosphorus_mg_per_kg", wave(37)),
    Row(0x0020, "potassium_mg_per_kg", wave(48)),
)  # fmt: skip

TABLES = (LUX, WIND_SPEED, WIND_DIRECTION, AIR, DUST, SOIL)  # rain has more to it than a table


class JxctLux(TableUnit):
    """`lux` (0..4294967295) is what the head sees; read as u32, high word first."""

    turnaround_s = LUX.turnaround_s

    def __init__(self, address: int) -> None:
        super().__init__(LUX, address)
        self.lux = 0.0

    @property
    def lux(self) -> float:
        """What it sees."""
        return self.value("illuminance_lux", 0.0) or 0.0

    @lux.setter
    def lux(self, lux: float) -> None:
        self.set("illuminance_lux", lux)


class JxctRain(TableUnit):
    """Counts until 0 is written to 0x0105."""

    def __init__(self, address: int = 1) -> None:
        super().__init__(RAIN, address)

    def more_cells(self) -> dict[int, Cell]:
        return {0x0105: Cell(None, lambda _value, _now_s: self.set("rain_mm", 0.0), high=0)}
