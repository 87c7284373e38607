"""A serial line at its real speed: `rtu_relay.c`, compiled on the fly, and what it tells at the end."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from drivers.bus.records import Link, RtuBus

HERE = Path(__file__).parent
TIMEOUT_S = 0.2  # what a configuration has that says nothing
REGISTERS = 10
READ_CHARS, ANSWER_CHARS = 8, 5 + 2 * REGISTERS


class Told(msgspec.Struct, frozen=True):
    """What the relay saw. `last_late_s`: how much too late it handed on the ends of all answers together."""

    requests: int
    violations: int
    last_late_s: float
    late_p50_s: float
    late_p99_s: float
    least_gap_chars: float
    median_gap_chars: float


class Seen(msgspec.Struct, frozen=True):
    """A request as the line saw it: when it began, and when its answer and the silence after that had ended."""

    unit: int
    function: int
    address: int
    began_s: float
    over_s: float


class TimedLine:
    """A line whose last unit can be made to fall silent. `told` is there when it has ended."""

    def __init__(self, path: Path, link: Link, log: Path, process: subprocess.Popen[bytes]) -> None:
        self.path = path
        self.link = link
        self.told: Told | None = None
        self._log = log
        self._process = process

    def spec(self, name: str = "line") -> RtuBus:
        """Return the line as a bus is told of it."""
        return RtuBus(id=name, port=self.path, link=self.link, timeout_s=TIMEOUT_S)

    def kill_last_unit(self) -> None:
        """From now on it is silent."""
        self._process.send_signal(signal.SIGUSR1)

    def end(self) -> Told:
        """End the line and return what it saw."""
        if self.told is None:
            self._process.terminate()
            out, _ = self._process.communicate(timeout=10)
            requests, violations, last, p50, p99, least, median = out.split()
            last_s, p50_s, p99_s = (float(nanoseconds) / 1e9 for nanoseconds in (last, p50, p99))
            self.told = Told(int(requests), int(violations), last_s, p50_s, p99_s, float(least), float(median))
        return self.told

    def seen(self) -> list[Seen]:
        """Return all requests, after the end."""
        rows = (line.split() for line in self._log.read_text(encoding="ascii").splitlines())
        return [Seen(int(u), int(f), int(a), int(began) / 1e9, int(over) / 1e9) for u, f, a, began, over in rows]


@contextlib.contextmanager
def compiled(source: str, *libraries: str) -> Iterator[Path]:
    """A program made of a C source beside this file. RuntimeError if it cannot be."""
    with tempfile.TemporaryDirectory(prefix="gadelys-bench-") as folder:
        compiler, made = shutil.which("gcc") or shutil.which("cc"), Path(folder, "program")
        if compiler is None:
            raise RuntimeError(f"no C compiler for {source}: install gcc")
        done = subprocess.run(
            [compiler, "-O2", "-Wall", "-o", made, HERE / source, *libraries],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{source} does not compile: {done.stderr}")
        yield made


@contextlib.contextmanager
def timed_line(relay: Path, link: Link, units: int) -> Iterator[TimedLine]:
    """A line with units 1 to `units`, whose register n holds 256 times the unit plus n."""
    with tempfile.TemporaryDirectory(prefix="gadelys-bench-") as folder:
        path, log = Path(folder, "tty"), Path(folder, "log")
        bits = 9 + link.stop_bits + (link.parity != "none")
        command = [str(relay), str(path), str(link.baud), str(bits), str(units), str(log)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            line = TimedLine(path, link, log, process)
            try:
                yield line
                line.end()
            finally:
                process.kill()


def transaction_s(link: Link) -> float:
    """Return the least that a read of ten registers takes: request, answer, and the silence before each."""
    return (READ_CHARS + ANSWER_CHARS) * link.char_s + 2 * link.silence_s
