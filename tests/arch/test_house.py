"""The house: which modules may touch the world, what the daemon loads, how long a file grows."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import agent

ROOT = Path(__file__).resolve().parents[2]
TREES = {"agent": ROOT, "drivers": ROOT, "cext": ROOT, "firmware_sim": ROOT / "firmware-sim"}

# Who reads a clock, a file's time, a socket, a thread: all other modules are pure.
WORLD = {
    "asyncio", "concurrent", "fcntl", "logging", "os", "resource", "select", "selectors", "serial", "signal", "socket",
    "ssl", "subprocess", "termios", "threading", "time", "tty",
}  # fmt: skip
EDGES = {
    "agent.app",
    "agent.beacons",
    "agent.cli.authority.commands",
    "agent.cli.authority.steps",
    "agent.cli.ble.commands",
    "agent.cli.ble.decode",
    "agent.cli.ble.scan",
    "agent.cli.bus.access",
    "agent.cli.bus.commands",
    "agent.cli.bus.dump",
    "agent.cli.bus.list",
    "agent.cli.bus.naming",
    "agent.cli.bus.read",
    "agent.cli.bus.scan",
    "agent.cli.bus.scan_command",
    "agent.cli.bus.scan_show",
    "agent.cli.bus.solve",
    "agent.cli.bus.stats",
    "agent.cli.bus.units",
    "agent.cli.bus.write",
    "agent.cli.calendar.commands",
    "agent.cli.calendar.show",
    "agent.cli.client",
    "agent.cli.commands",
    "agent.cli.config",
    "agent.cli.daemon",
    "agent.cli.dim",
    "agent.cli.enrol.commands",
    "agent.cli.enrol.steps",
    "agent.cli.fleet.apply",
    "agent.cli.fleet.collect",
    "agent.cli.fleet.commands",
    "agent.cli.fleet.dim",
    "agent.cli.fleet.hook",
    "agent.cli.fleet.report",
    "agent.cli.fleet.serve",
    "agent.cli.fleet.show",
    "agent.cli.fleet.source",
    "agent.cli.fleet.watch",
    "agent.cli.instrument.commands",
    "agent.cli.instrument.find",
    "agent.cli.instrument.listen",
    "agent.cli.instrument.pages",
    "agent.cli.lab.commands",
    "agent.cli.lab.load",
    "agent.cli.lab.pages",
    "agent.cli.lab.run",
    "agent.cli.main",
    "agent.cli.neighbour.commands",
    "agent.cli.neighbour.pages",
    "agent.cli.profile.commands",
    "agent.cli.profile.pages",
    "agent.cli.selftest.board",
    "agent.cli.selftest.commands",
    "agent.cli.selftest.loops",
    "agent.cli.selftest.selftest",
    "agent.cli.selftest.timing",
    "agent.cli.show",
    "agent.cli.terminal",
    "agent.cli.top.deeds",
    "agent.cli.top.feeds",
    "agent.cli.top.screen",
    "agent.cli.top.view",
    "agent.cli.unit.change",
    "agent.cli.unit.commands",
    "agent.cli.uplink.commands",
    "agent.cli.uplink.demand",
    "agent.cli.uplink.describe",
    "agent.cli.uplink.described.catalogue",
    "agent.cli.uplink.host",
    "agent.cli.uplink.place",
    "agent.cli.uplink.send",
    "agent.cli.uplink.tail",
    "agent.cli.watch",
    "agent.clock",
    "agent.control.task",
    "agent.faults",
    "agent.health",
    "agent.identity.authority",
    "agent.identity.enrolment",
    "agent.identity.files",
    "agent.identity.identity",
    "agent.identity.openssl",
    "agent.identity.signing",
    "agent.identity.tls",
    "agent.journal.file",
    "agent.journal.journal",
    "agent.journal.store",
    "agent.journal.transaction",
    "agent.kept",
    "agent.local.methods",
    "agent.local.server",
    "agent.local.view",
    "agent.logs",
    "agent.monitoring",
    "agent.neighbours.task",
    "agent.neighbours.zenoh_link",
    "agent.orders.log",
    "agent.orders.orders",
    "agent.parts",
    "agent.pins",
    "agent.safe",
    "agent.sim.fleet",
    "agent.sim.main",
    "agent.sim.pole",
    "agent.trial",
    "agent.upkeep",
    "agent.uplink.backlog",
    "agent.uplink.broker",
    "agent.uplink.keeping",
    "agent.uplink.link",
    "agent.uplink.mqtt",
    "agent.uplink.mqtt_words",
    "agent.uplink.own",
    "agent.uplink.speaker",
    "agent.uplink.uplink",
    "drivers.ble.bluez",
    "drivers.bus",
    "drivers.bus.field_bus",
    "drivers.bus.rtu_port",
    "drivers.bus.rtu_thread",
    "drivers.bus.serial_wire",
    "drivers.bus.socket_wire",
    "drivers.bus.tcp_port",
    "drivers.gpio.counters",
    "drivers.gpio.factory",
    "drivers.gpio.inputs",
    "drivers.gpio.lamps",
    "drivers.gpio.simulated",
    "drivers.lines.port",
    "firmware_sim.broker",
    "firmware_sim.entry",
    "firmware_sim.gpio_socket",
    "firmware_sim.instrument_command",
    "firmware_sim.json_socket",
    "firmware_sim.line",
    "firmware_sim.line_command",
    "firmware_sim.line_socket",
    "firmware_sim.main",
    "firmware_sim.stage",
    "firmware_sim.street",
    "firmware_sim.street_socket",
    "firmware_sim.tcp",
    "firmware_sim.tty_end",
    "firmware_sim.tty_link",
}

LONGEST_LINES = 400


def modules() -> Iterator[tuple[str, Path]]:
    for package, tree in TREES.items():
        for path in sorted((tree / package).rglob("*.py")):
            parts = path.relative_to(tree).with_suffix("").parts
            yield ".".join(parts).removesuffix(".__init__"), path


def imported(path: Path) -> set[str]:
    """Names of all modules that a file may import, wherever in it; for `from a import b` both `a` and `a.b`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, f"{path}: a relative import"
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


ALL = dict(modules())


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_module_is_pure_or_an_edge(name: str) -> None:
    names = imported(ALL[name])
    touches = {world for world in names if world.split(".")[0] in WORLD}
    edges = names & EDGES
    if name in EDGES:
        assert touches | edges, "no edge any more: take it off the list"
    else:
        assert not touches, "a pure module touches the world"
        assert not edges, "a pure module imports an edge"


@pytest.mark.parametrize("name", sorted(name for name in ALL if not f"{name}.".startswith("agent.cli.")))
def test_nobody_but_the_command_line_imports_it(name: str) -> None:
    assert not [one for one in imported(ALL[name]) if one.startswith("agent.cli")]


def test_no_edge_is_listed_that_is_not_there() -> None:
    assert set(ALL) >= EDGES


@pytest.mark.parametrize("path", [path for tree in ("agent", "drivers", "cext", "firmware-sim", "tests")
                                  for path in sorted((ROOT / tree).rglob("*.py"))], ids=str)  # fmt: skip
def test_no_file_has_two_ideas(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_LINES


def test_the_daemon_loads_only_what_it_needs() -> None:
    """All that `gadelys run` imports before it reads its configuration."""
    code = (
        "import sys; sys.argv = ['gadelys', 'run', '--config', '/nowhere']\n"
        "from agent.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 2, end.code\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules if sys.modules[name]}))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True, timeout=30, cwd="/"
    )
    loaded = set(done.stdout.split())
    assert {"agent", "drivers", "cext", "astral", "serial", "structlog", "msgspec"} <= loaded
    assert not loaded & {
        "click",
        "rich",
        "pygments",
        "pymodbus",
        "Cython",
        "cython",
        "aiohttp",
        "pydantic",
        "http",
        "zenoh",
        "nacl",
    }


@pytest.mark.skipif(
    "GADELYS_TEST_INSTALLED" not in os.environ, reason="only ./dev test says that the wheel is what is tested"
)
def test_the_installed_wheel_is_what_is_tested() -> None:
    assert "site-packages" in Path(agent.__file__).parts
