"""A shared line and the units on it."""

from drivers.bus.field_bus import FieldBus
from drivers.bus.records import BusSink, BusSpec, BusStats, Link, RtuBus, RtuTcpBus, TcpBus, UnitSpec, UnitState

__all__ = [
    "BusSink",
    "BusSpec",
    "BusStats",
    "FieldBus",
    "Link",
    "RtuBus",
    "RtuTcpBus",
    "TcpBus",
    "UnitSpec",
    "UnitState",
]
