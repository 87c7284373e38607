"""Every product that the simulator has firmware of, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from firmware_sim.link import Link
from firmware_sim.units import jxct, level, light, mtdx62, peacefair, sdm, seeed, soil, wb_sensors, witmotion
from firmware_sim.units.dali_gateways import Arlight, EcodimGw2
from firmware_sim.units.mtdx62 import Mtdx62
from firmware_sim.units.table import Table, TableUnit
from firmware_sim.units.unit import Unit
from firmware_sim.units.waveshare import LINK as WAVESHARE_LINK
from firmware_sim.units.waveshare import WaveshareAo8, WaveshareAo8B, WaveshareIo8, WaveshareRelay8
from firmware_sim.units.wb_mao4 import WbMao4
from firmware_sim.units.wb_sensors import LINK as WB_LINK


@dataclass(frozen=True, slots=True)
class Product:
    """How it leaves the factory, and how to make one. No `link`: it is on Modbus TCP only."""

    name: str
    title: str
    address: int
    link: Link | None
    make: Callable[[int], Unit]


def _of_tables() -> Iterator[Product]:
    for table in (
        *sdm.TABLES, *peacefair.TABLES, *jxct.TABLES, *soil.TABLES, *level.TABLES, *light.TABLES, *seeed.TABLES,
        *witmotion.TABLES, *wb_sensors.TABLES,
    ):  # fmt: skip
        yield _of_table(table, _maker(table))


def _maker(table: Table) -> Callable[[int], Unit]:
    return lambda address: TableUnit(table, address)


def _of_table(table: Table, make: Callable[[int], Unit]) -> Product:
    return Product(table.product, table.title, table.address, table.link, make)


def _all() -> Iterator[Product]:
    yield from _of_tables()
    yield _of_table(jxct.RAIN, jxct.JxctRain)
    yield _of_table(level.QDY30A, level.Qdy30a)
    yield _of_table(level.SEN0676, level.Sen0676)
    yield Product("waveshare-ao8", "Waveshare Analog Output 8CH", 1, WAVESHARE_LINK, WaveshareAo8)
    yield Product("waveshare-ao8-b", "Waveshare Analog Output 8CH (B)", 1, WAVESHARE_LINK, WaveshareAo8B)
    yield Product("waveshare-relay8", "Waveshare Relay 8CH", 1, WAVESHARE_LINK, WaveshareRelay8)
    yield Product("waveshare-io8", "Waveshare IO 8CH", 1, WAVESHARE_LINK, WaveshareIo8)
    yield Product("wb-mao4", "Wiren Board WB-MAO4", 1, WB_LINK, WbMao4)
    yield Product("mtdx62-mb", "Saifuli MTDX62-MB", 1, mtdx62.LINK, Mtdx62)
    yield Product("ecodim-gw2", "ECOdim DALI GW2", 1, EcodimGw2.LINK, EcodimGw2)
    yield Product("arlight-dali", "Arlight DALI-LOGIC-LITE-PS-x1", 1, None, Arlight)


PRODUCTS = {product.name: product for product in _all()}
