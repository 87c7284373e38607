"""Workload W: 32 units behind one Modbus TCP address, 20 registers each, 5 of them changing every 1.01 s, read at 1 Hz."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

UNITS = 32
REGISTERS = 20
CHANGE_MS = 1010  # not a multiple of the poll: the phase between change and poll drifts
FIRST_VALUE = 1000  # of register 0 of each unit
IN_FLIGHT = 16  # requests at a time, which this server takes; many gateways take one
STEPS_PER_PCT = 10  # of the one lamp, on the last register of unit 1
SOURCE = Path(__file__).resolve().parents[1] / "wire" / "libmodbus_tcp_server.c"

_HEAD = 'title = "registers"\nsource = "none: a workload"\nkinds = ["{kind}"]\npoll_s = 1.0\n'
_POINT = '[[points]]\npoint = "{point}"\ntitle = "{point}"\nspace = "holding"\naddress = {address}\ntype = "u16"\n'
_OUTPUT = f'[output]\naddress = 19\nsteps_per_pct = {STEPS_PER_PCT}\nconfirmed_by = "lamp/dimming_level"\n'
_POLE = """
[controller]
id = "bench"
group = "bench"
latitude = 55.6561
longitude = 12.3683
time_zone = "Europe/Copenhagen"
clock = "rtc"
[api]
socket = "api.sock"
[lighting]
fade_up_s = 0
fade_down_s = 0
[bus.w]
kind = "modbus-tcp"
host = "127.0.0.1"
port = {port}
in_flight = {in_flight}
"""
_UPLINK = '[uplink]\nhost = "127.0.0.1"\nport = {port}\njournal = "journal.db"\n'
_UNIT = '[unit.u{n}]\nbus = "w"\naddress = {n}\nprofile = "{profile}"\npoll_s = 1.0\n'
_METER = '[device.d{n}]\nkind = "meter"\nunit = "u{n}"\n'
_LAMP = '[device.d{n}]\nkind = "luminaire"\nunit = "u{n}"\nchannel = 1\nposition_m = 0\n'


class Server:
    """libmodbus's server in a process of its own: its port, what it was asked for, and when."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log
        self.port = self._count()

    def points_after(self, seconds: int) -> int:
        """Wait so many seconds; return how many registers were read since the start."""
        assert self._process.stdout is not None
        while select.select([self._process.stdout], [], [], 0)[0]:  # told before, and not asked for
            self._count()
        return [self._count() for _ in range(seconds)][-1]

    def replies(self) -> dict[tuple[int, int], int]:
        """Return when (monotonic ns) the first reply was sent with each value of register 0, by unit and value."""
        return {(unit, value): ns for unit, value, ns in self._events("R")}

    def writes(self) -> list[tuple[int, int]]:
        """Return what was written to the lamp's register, and when (monotonic ns)."""
        return [(value, ns) for _, value, ns in self._events("W")]

    def _events(self, kind: str) -> Iterator[tuple[int, int, int]]:
        for line in self._log.read_text(encoding="ascii").splitlines():
            if line.startswith(kind):
                unit, value, ns = line.split()[1:]
                yield int(unit), int(value), int(ns)

    def _count(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


@contextlib.contextmanager
def server(folder: Path, *, log: str = "server.log") -> Iterator[Server]:
    """Compile and start the server; end it."""
    made = folder / "server"
    if not made.exists():
        subprocess.run(["gcc", "-O2", "-o", made, SOURCE, "-lmodbus"], check=True)
    command = [str(made), str(UNITS), str(CHANGE_MS), str(folder / log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) as process:
        try:
            yield Server(process, folder / log)
        finally:
            process.kill()


def configure(folder: Path, port: int, broker_port: int | None = None, *, in_flight: int = IN_FLIGHT) -> None:
    """Write an agent's configuration: 31 meters and a lamp, and an uplink if there is a broker."""
    points = [(f"sample/{chr(97 + n)}", n) for n in range(REGISTERS)]
    text = "".join(_POINT.format(point=point, address=address) for point, address in points)
    (folder / "profiles.d").mkdir(exist_ok=True)
    (folder / "profiles.d" / "meter.toml").write_text(_HEAD.format(kind="meter") + text, encoding="utf-8")
    last = _POINT.format(point=points[-1][0], address=REGISTERS - 1)
    level = _POINT.format(point="lamp/dimming_level", address=REGISTERS - 1) + 'unit = "%"\nscale = 0.1\n'
    lamp = _HEAD.format(kind="luminaire") + "channels = 1\n" + text.replace(last, level) + _OUTPUT
    (folder / "profiles.d" / "lamp.toml").write_text(lamp, encoding="utf-8")
    units = [_UNIT.format(n=n, profile="lamp" if n == 1 else "meter") for n in range(1, UNITS + 1)]
    devices = [(_LAMP if n == 1 else _METER).format(n=n) for n in range(1, UNITS + 1)]
    uplink = "" if broker_port is None else _UPLINK.format(port=broker_port)
    (folder / "pole.toml").write_text(
        _POLE.format(port=port, in_flight=in_flight) + uplink + "".join(units + devices), encoding="utf-8"
    )


@contextlib.contextmanager
def agent(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start an agent in a process of its own; end it in order."""
    with process(Path(sys.executable).with_name("gadelys"), "run", "--config", folder / "pole.toml") as started:
        yield started
        assert started.poll() is None, "the agent has ended: run it by hand to see why"


@contextlib.contextmanager
def process(*command: object) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command without output; end it in order."""
    words = [str(word) for word in command]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as started:
        try:
            yield started
        finally:
            started.terminate()


def cpu_s(pid: int) -> float:
    """Return what all threads of a process have used: nanoseconds from the scheduler, finer than the ticks of `stat`."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text(encoding="ascii").split()[0]) for task in tasks) / 1e9


def resident_mb(pid: int) -> float:
    """Return a process's resident memory, what it shares with others included."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def proportional_mb(pid: int) -> float:
    """Return a process's resident memory, of what is shared only its share."""
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("Pss:")) / 1024
