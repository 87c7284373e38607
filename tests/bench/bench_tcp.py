"""Workload W: 32 units behind one Modbus TCP address, 20 registers each, 5 of them changing every second, read at 1 Hz."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from figures import Figure, figure

NAME = "tcp"
TITLE = "Workload W over Modbus TCP: what reading takes, the control loop with it, nothing published"
SETTLE_S = 5
SPAN_S = 20
UNITS = 32
REGISTERS = 20
CHANGE_MS = 1010  # not a multiple of the poll: the phase between change and poll drifts
BARE = Path(__file__).with_name("bare_master.py")
SOURCE = Path(__file__).resolve().parents[1] / "wire" / "libmodbus_tcp_server.c"

_HEAD = 'title = "registers"\nsource = "none: a workload"\nkinds = ["{kind}"]\npoll_s = 1.0\n'
_POINT = '[[points]]\npoint = "{point}"\ntitle = "{point}"\nspace = "holding"\naddress = {address}\ntype = "u16"\n'
_OUTPUT = '[output]\naddress = 19\nsteps_per_pct = 10\nconfirmed_by = "lamp/dimming_level"\n'
_POLE = """
[controller]
id = "bench"
group = "bench"
latitude = 55.6561
longitude = 12.3683
time_zone = "Europe/Copenhagen"
[api]
socket = "api.sock"
[lighting]
fade_up_s = 0
fade_down_s = 0
[bus.w]
kind = "modbus-tcp"
host = "127.0.0.1"
port = {port}
"""
_UNIT = '[unit.u{n}]\nbus = "w"\naddress = {n}\nprofile = "{profile}.toml"\npoll_s = 1.0\n'
_METER = '[device.d{n}]\nkind = "meter"\nunit = "u{n}"\n'
_LAMP = '[device.d{n}]\nkind = "luminaire"\nunit = "u{n}"\nchannel = 1\nposition_m = 0\n'


def run() -> list[Figure]:
    """Run server and agent as two processes, and look at the agent's from outside; beside them the least that works."""
    with tempfile.TemporaryDirectory(prefix="gadelys-bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        subprocess.run(["gcc", "-O2", "-o", folder / "server", SOURCE, "-lmodbus"], check=True)
        server, other = (stack.enter_context(_server(folder)) for _ in range(2))
        _configure(folder, int(_line(server)))
        program = Path(sys.executable).with_name("gadelys")
        agent = stack.enter_context(_process(program, "run", "--config", folder / "pole.toml"))
        bare = stack.enter_context(_process(sys.executable, BARE, int(_line(other)), UNITS, REGISTERS))
        begin = _after(server, SETTLE_S)
        begin_s, bare_begin_s = _cpu_s(agent.pid), _cpu_s(bare.pid)
        points = _after(server, SPAN_S) - begin
        used_s, bare_s = _cpu_s(agent.pid) - begin_s, _cpu_s(bare.pid) - bare_begin_s
        assert agent.poll() is None, "the agent has ended: run it by hand to see why"
        rss_mb = _resident_mb(agent.pid)
    return [
        figure("CPU a 1,000 points read", 1e6 * used_s / points, "ms", 3.0, f"{points / SPAN_S:.0f} points a second"),
        figure("a bare loop beside it", 1e6 * bare_s / points, "ms", None, "no checks, points, ages or control"),
        figure("the agent takes of that", used_s / bare_s, "x"),
        figure("resident memory", rss_mb, "MB", 40.0),
    ]


@contextlib.contextmanager
def _process(*command: object) -> Iterator[subprocess.Popen[bytes]]:
    words = [str(word) for word in command]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """libmodbus's server; it tells its port, and then once a second how many registers were read."""
    with subprocess.Popen([folder / "server", str(UNITS), str(CHANGE_MS)], stdout=subprocess.PIPE) as server:
        try:
            yield server
        finally:
            server.kill()


def _configure(folder: Path, port: int) -> None:
    points = [(f"sample/{chr(97 + n)}", n) for n in range(REGISTERS)]
    text = "".join(_POINT.format(point=point, address=address) for point, address in points)
    (folder / "meter.toml").write_text(_HEAD.format(kind="meter") + text, encoding="utf-8")
    last = _POINT.format(point=points[-1][0], address=REGISTERS - 1)
    level = _POINT.format(point="lamp/dimming_level", address=REGISTERS - 1) + 'unit = "%"\nscale = 0.1\n'
    lamp = _HEAD.format(kind="luminaire") + "channels = 1\n" + text.replace(last, level) + _OUTPUT
    (folder / "lamp.toml").write_text(lamp, encoding="utf-8")
    units = [_UNIT.format(n=n, profile="lamp" if n == 1 else "meter") for n in range(1, UNITS + 1)]
    devices = [(_LAMP if n == 1 else _METER).format(n=n) for n in range(1, UNITS + 1)]
    (folder / "pole.toml").write_text(_POLE.format(port=port) + "".join(units + devices), encoding="utf-8")


def _after(server: subprocess.Popen[bytes], seconds: int) -> int:
    """Return the count of registers that were read, so many seconds from now."""
    return [int(_line(server)) for _ in range(seconds)][-1]


def _line(server: subprocess.Popen[bytes]) -> bytes:
    assert server.stdout is not None
    return server.stdout.readline()


def _cpu_s(pid: int) -> float:
    """Return what all threads of a process have used: nanoseconds from the scheduler, finer than the ticks of `stat`."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text(encoding="ascii").split()[0]) for task in tasks) / 1e9


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
