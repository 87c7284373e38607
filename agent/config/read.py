"""The reader: each option with its bounds and default, and the rules between options. Pure.

docs/pole.toml is its specification for people; a test holds the two against each other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from agent.config.brokers import read_fallbacks, read_primary_host
from agent.config.commands import read_command_rules, read_issuer
from agent.config.devices import check_devices, read_device
from agent.config.instruments import read_instrument
from agent.config.monitoring import check_monitoring, read_monitoring
from agent.config.neighbours import check_neighbours, read_neighbour, read_neighbours
from agent.config.records import (
    Api,
    Ble,
    Bus,
    CommandRules,
    Config,
    Controller,
    Gpio,
    Lighting,
    Monitoring,
    Neighbours,
    Place,
    Unit,
    Uplink,
)
from agent.config.seasons import check_senses, read_design_class, read_period, read_traffic
from agent.config.table import Ledger, Table
from agent.config.tls import check_tls, read_tls
from drivers.bus.records import Link, RtuBus, RtuTcpBus, TcpBus
from drivers.profile import ProfileError
from drivers.toml_words import did_you_mean

_Record = TypeVar("_Record")

_BUS_OPTIONS = {
    "modbus-rtu": {"port", "baud", "parity", "stop_bits", "timeout_ms", "rs485"},
    "modbus-rtu-tcp": {"host", "port", "timeout_ms"},
    "modbus-tcp": {"host", "port", "timeout_ms", "in_flight"},
}

_ADAPTER = re.compile(r"hci[0-9]{1,3}")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}|(?=.*:.*:)[0-9A-Fa-f:.]{2,45}(%[A-Za-z0-9]{1,15})?")  # a name, IPv4, IPv6


class ProfileFacts(Protocol):
    """What the reader must know of a profile."""

    @property
    def kinds(self) -> Sequence[str]: ...
    @property
    def channels(self) -> int: ...
    @property
    def poll_s(self) -> float: ...
    @property
    def safety(self) -> object | None: ...


class World(Protocol):
    """What the reader asks of the world outside the file."""

    def profile(self, name: str) -> ProfileFacts:
        """Return a profile that there is. ProfileError if it is one's own, and that is not in order."""

    def profile_names(self) -> Sequence[str]:
        """Return the names of all profiles."""

    def is_time_zone(self, name: str) -> bool:
        """Return whether there is such an IANA time zone."""


def read(path: Path, values: dict[str, Any], ledger: Ledger, world: World) -> Config:
    """Read a parsed file. Mistakes go to the ledger; the result is only to be used if there are none."""
    root = Table(ledger, (), values)
    reader = _Reader(path.parent, world)
    config = Config(
        path=path,
        controller=reader.controller(root.table("controller")),
        api=reader.api(root.table("api")),
        buses=tuple(reader.bus(table) for table in root.tables("bus").values()),
        units=tuple(reader.unit(table) for table in root.tables("unit").values()),
        instruments=tuple(
            reader.finish(table, read_instrument(table, path.parent)) for table in root.tables("instrument").values()
        ),
        devices=tuple(reader.finish(table, read_device(table)) for table in root.tables("device").values()),
        gpio=reader.gpio(root.table("gpio")) if "gpio" in root else None,
        ble=reader.ble(root.table("ble")) if "ble" in root else None,
        lighting=reader.lighting(root.table("lighting")),
        monitoring=reader.monitoring(root.table("monitoring")),
        uplink=reader.uplink(root.table("uplink")) if "uplink" in root else None,
        neighbours=reader.neighbours(root),
    )
    reader.rules(root, config)
    root.finish()
    return config


def read_lighting(table: Table) -> Lighting:
    """Read the options of [lighting]; also for the lab, which has no pole around them."""
    light = Lighting(
        class_pct=table.number("class_pct", 1, 100, 100),
        base_pct=table.number("base_pct", 0, 100, 10),
        floor_pct=table.number("floor_pct", 0, 100, 5),
        night_minimum_pct=table.number("night_minimum_pct", 1, 100, 10),
        presence_pct=table.number("presence_pct", 1, 100, 100),
        near_pct=table.number("near_pct", 0, 100, 60),
        far_pct=table.number("far_pct", 0, 100, 20),
        hold_s=table.number("hold_s", 1, 600, 4),
        vehicle_hold_s=table.number("vehicle_hold_s", 1, 600, 3),
        sight_m=table.number("sight_m", 30, 500, 120),
        speed_limit_km_per_h=table.number("speed_limit_km_per_h", 5, 130, 50),
        response_s=table.number("response_s", 0, 5, 0.5),
        fade_up_s=table.number("fade_up_s", 0, 60, 1),
        fade_down_s=table.number("fade_down_s", 0, 60, 4),
        dusk_deg=table.number("dusk_deg", -18, 10, -0.833),
    )
    # Each of these must not be above the next, or light would fall where it is needed more.
    ladder = ("far_pct", "near_pct", "presence_pct")
    for low, high in (*pairwise(ladder), ("base_pct", "class_pct"), ("floor_pct", "class_pct"),
                      ("night_minimum_pct", "class_pct")):  # fmt: skip
        if getattr(light, low) > getattr(light, high):
            table.wrong(low, f"at most {high} ({getattr(light, high):g})", f"{getattr(light, low):g}")
    return light


class _Reader:
    def __init__(self, folder: Path, world: World) -> None:
        self._folder = folder
        self._world = world
        self._tables: dict[tuple[str, ...], Table] = {}
        self._tcp: set[str] = set()
        self._profiles: dict[str, ProfileFacts] = {}

    def controller(self, table: Table) -> Controller:
        zone = table.text("time_zone", 'an IANA time zone such as "Europe/Copenhagen"')
        if zone and not self._world.is_time_zone(zone):
            table.wrong("time_zone", 'an IANA time zone such as "Europe/Copenhagen"')
        return self.finish(
            table,
            Controller(
                id=table.name("id"),
                group=table.name("group"),
                latitude_deg=table.number("latitude", -90, 90),
                longitude_deg=table.number("longitude", -180, 180),
                time_zone=zone,
                clock=table.choice("clock", ("network", "rtc", "gnss"), "network"),
                production=table.flag("production", default=False),
            ),
        )

    def api(self, table: Table) -> Api:
        return self.finish(table, Api(socket=self._path(table, "socket", "/run/gadelys/api.sock")))

    def bus(self, table: Table) -> Bus:
        kind = table.choice("kind", tuple(_BUS_OPTIONS))
        for key in sorted(set().union(*_BUS_OPTIONS.values()) - _BUS_OPTIONS[kind]):
            table.needless(key, f'for kind = "{kind}"')
        if kind == "modbus-rtu":
            return self.finish(table, self._rtu_bus(table))
        host, port = self._host(table), table.whole("port", 1, 65535, *((502,) if kind == "modbus-tcp" else ()))
        if kind == "modbus-rtu-tcp":
            bus = RtuTcpBus(id=table.path[-1], host=host, port=port, timeout_s=self._timeout_s(table))
            return self.finish(table, bus)
        self._tcp.add(table.path[-1])
        in_flight = table.whole("in_flight", 1, 16, 1)
        timeout_s = self._timeout_s(table)
        return self.finish(
            table, TcpBus(id=table.path[-1], host=host, port=port, timeout_s=timeout_s, in_flight=in_flight)
        )

    def _rtu_bus(self, table: Table) -> RtuBus:
        link = Link(
            baud=table.whole("baud", 1200, 256000, 9600),
            parity=table.choice("parity", ("none", "even", "odd"), "none"),
            stop_bits=table.whole("stop_bits", 1, 2, 1),
        )
        return RtuBus(
            id=table.path[-1],
            port=self._path(table, "port"),
            link=link,
            timeout_s=self._timeout_s(table),
            rs485=table.flag("rs485", default=False),
        )

    def _host(self, table: Table) -> str:
        host = table.text("host", "an address or a host's name")
        if host and not _HOST.fullmatch(host):
            table.wrong("host", "an address or a host's name, without the port")
        return host

    def _timeout_s(self, table: Table) -> float:
        return table.whole("timeout_ms", 10, 5000, 200) / 1000

    def unit(self, table: Table) -> Unit:
        name, profile = self._profile(table)
        bus = table.text("bus", "the name of a [bus.…]")
        safe_after_s = None
        if profile is not None and profile.safety is None:
            table.needless("safe_after_s", f"for {name}, which has no device-side safety")
        else:
            safe_after_s = table.number("safe_after_s", 1, 600, 10)
        return self.finish(
            table,
            Unit(
                id=table.path[-1],
                bus=bus,
                address=self._address(table, bus),
                profile=name,
                poll_s=table.number("poll_s", 0.1, 3600, profile.poll_s if profile else 1.0),
                safe_after_s=safe_after_s,
            ),
        )

    def _profile(self, table: Table) -> tuple[str, ProfileFacts | None]:
        """Read which profile a unit has: a shipped one, or one of one's own."""
        says = "the name of a profile, see `gadelys profile list`"
        name = table.text("profile", says)
        names = self._world.profile_names()
        if table.sound("profile") and name not in names:
            table.wrong("profile", says + did_you_mean(name, names))
        try:
            profile = self._world.profile(name) if table.sound("profile") else None
        except ProfileError as error:
            table.wrong("profile", "a profile that is in order", str(error))
            return name, None
        if profile is not None:
            self._profiles[table.path[-1]] = profile
        return name, profile

    def _address(self, table: Table, bus: str) -> int:
        if bus not in self._tcp:
            return table.whole("address", 1, 247)
        address = table.whole("address", 1, 255)
        if 247 < address < 255:
            table.wrong("address", "a whole number from 1 to 247, or 255 for the device itself")
        return address

    def gpio(self, table: Table) -> Gpio:
        chip = table.choice("chip", ("rpi", "simulated"), "rpi")
        socket = None
        if chip == "simulated":
            socket = self._path(table, "socket")
        else:
            table.needless("socket", 'with chip = "rpi"')
        return self.finish(table, Gpio(chip=chip, socket=socket))

    def ble(self, table: Table) -> Ble:
        says = 'the name of a Bluetooth adapter, such as "hci0"'
        adapter = table.text("adapter", says, "hci0")
        if adapter and not _ADAPTER.fullmatch(adapter):
            table.wrong("adapter", says)
        return self.finish(table, Ble(adapter=adapter))

    def lighting(self, table: Table) -> Lighting:
        light = msgspec.structs.replace(
            read_lighting(table),
            design_class=read_design_class(table),
            photocell=table.text("photocell", 'a device of kind = "lux"') if "photocell" in table else None,
        )
        return self.finish(table, self._rest(table, light))

    def _rest(self, table: Table, light: Lighting) -> Lighting:
        """Read what changes over the year and with traffic."""
        periods = [self.finish(period, read_period(period, light)) for period in table.tables("calendar").values()]
        traffic = table.table("traffic") if "traffic" in table else None
        counted = self.finish(traffic, read_traffic(traffic, light.design_class)) if traffic is not None else None
        return msgspec.structs.replace(light, calendar=tuple(periods), traffic=counted)

    def monitoring(self, table: Table) -> Monitoring:
        return self.finish(table, read_monitoring(table, self._folder))

    def uplink(self, table: Table) -> Uplink:
        below = table.table("tls") if "tls" in table else None
        tls = None if below is None else self.finish(below, read_tls(below, self._folder))
        port = table.whole("port", 1, 65535, 1883 if tls is None else 8883)
        first = Place(table.text("host", "the name or address of an MQTT broker"), port)
        return self.finish(
            table,
            Uplink(
                host=first.host,
                port=first.port,
                tls=tls,
                fallbacks=read_fallbacks(table, first),
                primary_host=read_primary_host(table),
                profile=table.choice("profile", ("compatible", "strict"), "compatible"),
                mqtt=table.choice("mqtt", ("5", "3.1.1"), "5"),
                keepalive_s=table.whole("keepalive_s", 5, 600, 30),
                longest_wait_s=(longest_s := table.number("longest_wait_s", 1, 3600, 120)),
                first_wait_s=table.number("first_wait_s", 0.1, longest_s, 1),
                journal=self._path(table, "journal", "/var/lib/gadelys/journal.db"),
                journal_mb=table.whole("journal_mb", 1, 4096, 64),
                journal_reports=table.whole("journal_reports", 1000, 100_000_000, 10_000_000),
                journal_mb_a_day=table.whole("journal_mb_a_day", 10, 100_000, 300),
                history_per_s=table.number("history_per_s", 10, 10_000, 500),
                operator_s=table.number("operator_s", 1, 86400, 3600),
                level_every_s=table.number("level_every_s", 0, 3600, 60),
                presence_every_s=table.number("presence_every_s", 1, 86400, 900),
                presence_at_least=table.whole("presence_at_least", 1, 1000, 5),
                proof=table.choice("proof", ("broker", "platform"), "broker"),
                mirror=table.flag("mirror", default=False),
                mirror_format=table.choice("mirror_format", ("plain", "fiware"), "plain"),
                commands=self._command_rules(table),
            ),
        )

    def _command_rules(self, table: Table) -> CommandRules:
        tables = table.tables("issuer")
        issuers = {name: self.finish(one, read_issuer(one)) for name, one in tables.items()}
        return read_command_rules(table, issuers)

    def neighbours(self, root: Table) -> Neighbours | None:
        tables = root.tables("neighbour")
        others = [self.finish(table, read_neighbour(table)) for table in tables.values()]
        if "neighbours" not in root:
            return None
        table = root.table("neighbours")
        return self.finish(table, read_neighbours(table, self._folder, others))

    def rules(self, root: Table, config: Config) -> None:
        """Note what is wrong between tables."""
        buses = {bus.id for bus in config.buses}
        addresses: dict[tuple[str, int], str] = {}
        for unit in config.units:
            table = self._tables["unit", unit.id]
            if table.sound("bus") and unit.bus not in buses:
                table.wrong("bus", f"the name of a [bus.…]{did_you_mean(unit.bus, buses)}")
            if not (table.sound("bus") and table.sound("address")):
                continue
            other = addresses.setdefault((unit.bus, unit.address), unit.id)
            if other != unit.id:
                table.wrong("address", f'an address of its own on bus "{unit.bus}" ({other} has it)')
        for bus in config.buses:
            if not any(unit.bus == bus.id for unit in config.units):
                root.wrong_at(("bus", bus.id), "a [unit.…] on this bus", "none")
        clock = self._tables["controller",]
        if config.controller.clock == "gnss" and not any(device.kind == "location" for device in config.devices):
            clock.wrong("clock", 'a device of kind = "location" that tells the time')
        units = {unit.id: unit for unit in config.units}
        traffic = self._tables.get(("lighting", "traffic"))
        check_senses(self._tables["lighting",], traffic, config.lighting, config.devices, units)
        check_monitoring(config, self._tables)
        check_devices(root, config, self._tables, self._profiles)
        check_tls(root, config.controller, config.uplink)
        check_neighbours(root, config.neighbours, config.controller, self._tables)

    def _path(self, table: Table, key: str, *default: str) -> Path:
        return self._folder / table.text(key, "a path", *default)

    def finish(self, table: Table, record: _Record) -> _Record:
        """Note what nobody read in a table."""
        table.finish()
        self._tables[table.path] = table
        return record
