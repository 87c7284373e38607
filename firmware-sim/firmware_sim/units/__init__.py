"""Firmware of the simulated units, each register map written from its maker's documents."""

from firmware_sim.units.eastron import Sdm230
from firmware_sim.units.jxct import JxctLux
from firmware_sim.units.mtdx62 import Mtdx62
from firmware_sim.units.products import PRODUCTS, Product
from firmware_sim.units.unit import Output, Unit
from firmware_sim.units.waveshare import WaveshareAo8B
from firmware_sim.units.wb_mao4 import WbMao4

__all__ = ["PRODUCTS", "JxctLux", "Mtdx62", "Output", "Product", "Sdm230", "Unit", "WaveshareAo8B", "WbMao4"]
