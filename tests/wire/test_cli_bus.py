"""`gadelys bus` without an agent, on real ports: against libmodbus and mbpoll, and against lines that are wrong."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import serial

from command_line import CommandLine
from rtu_line import Registers, RtuLine, sealed

SOURCE = Path(__file__).with_name("libmodbus_server.c")
UNIT = 17
SPEED = ("--baud", "115200")

_MBPOLL_VALUE = re.compile(r"^\[(\d+)\]:\s+(\S+)", re.MULTILINE)


@pytest.fixture
def gadelys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("GADELYS_SOCKET", str(tmp_path / "no-agent.sock"))
    monkeypatch.setenv("COLUMNS", "100")
    return CommandLine(monkeypatch, capsys)


@pytest.fixture(scope="module")
def libmodbus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The port of a unit that is made of libmodbus's own server calls."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler: install gcc")
    folder = tmp_path_factory.mktemp("libmodbus")
    program, port = folder / "server", folder / "tty"
    done = subprocess.run(
        [compiler, "-O1", "-o", program, SOURCE, "-lmodbus"], capture_output=True, text=True, check=False
    )
    if "modbus/modbus.h" in done.stderr or "-lmodbus" in done.stderr:
        pytest.skip("no libmodbus: install libmodbus-dev")
    assert done.returncode == 0, done.stderr
    with subprocess.Popen([program, str(UNIT), port], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield port
        process.kill()


@pytest.fixture
def registers(tmp_path: Path) -> Registers:
    return Registers(UNIT)


@pytest.fixture
def line(tmp_path: Path, registers: Registers) -> Iterator[RtuLine]:
    made = RtuLine(tmp_path / "tty", registers)
    made.plug()
    yield made
    made.pull()


def mbpoll(port: Path, kind: str, register: int, count: int) -> list[float]:
    if shutil.which("mbpoll") is None:
        pytest.skip("mbpoll is not installed: apt install mbpoll")
    words = ["mbpoll", "-m", "rtu", "-b", "115200", "-P", "none", "-0", "-1", "-B", "-a", str(UNIT), "-t", kind]
    words += ["-r", str(register), "-c", str(count), str(port)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=True)
    return [float(value) for _, value in _MBPOLL_VALUE.findall(done.stdout)]


@pytest.mark.parametrize(
    ("space", "kind", "how", "count", "registers_each"),
    [
        ("holding", "4", (), 5, 1),
        ("input", "3", ("--as", "u16"), 5, 1),
        ("holding", "4:int", ("--as", "s32"), 3, 2),
        ("holding", "4:float", ("--as", "float32"), 2, 2),
    ],
)
def test_reads_are_what_mbpoll_reads(
    gadelys: CommandLine, libmodbus: Path, space: str, kind: str, how: tuple[str, ...], count: int, registers_each: int
) -> None:
    theirs = mbpoll(libmodbus, kind, 200, count)
    words = ("bus", "read", libmodbus, UNIT, f"{space}:200", count * registers_each, *how, *SPEED, "--json")
    code, out, err = gadelys(*words)
    assert (code, err) == (0, "")
    told = json.loads(out)
    ours = [row["value"] for row in told["values"]] if how else told["registers"]
    assert ours == pytest.approx(theirs, rel=1e-5)
    assert len(theirs) == count


def test_bits_are_what_mbpoll_reads(gadelys: CommandLine, libmodbus: Path) -> None:
    theirs = mbpoll(libmodbus, "1", 30, 20)
    told = json.loads(gadelys("bus", "read", libmodbus, UNIT, "discrete:30", 20, *SPEED, "--json")[1])
    assert told["bits"] == [value == 1 for value in theirs]
    assert any(told["bits"])


@pytest.mark.parametrize(
    ("words", "kind", "values"),
    [
        (("holding:10", "4711"), "4", [4711]),
        (("holding:11", "4712", "--multiple"), "4", [4712]),
        (("holding:12", "-123456", "--as", "s32"), "4:int", [-123456]),
        (("holding:14", "21.5", "-0.25", "--as", "float32"), "4:float", [21.5, -0.25]),
        (("coil:40", "on", "off", "on"), "0", [1, 0, 1]),
        (("coil:50", "on"), "0", [1]),
    ],
)
def test_what_is_written_is_what_mbpoll_reads(
    gadelys: CommandLine, libmodbus: Path, words: tuple[str, ...], kind: str, values: list[float]
) -> None:
    address = int(words[0].split(":")[1])
    before = mbpoll(libmodbus, kind, address, len(values))
    code, out, err = gadelys("bus", "write", libmodbus, UNIT, *words, *SPEED)
    assert code == 2
    assert "nothing was written" in err
    assert mbpoll(libmodbus, kind, address, len(values)) == before
    code, out, err = gadelys("bus", "write", libmodbus, UNIT, *words, *SPEED, "--unlock")
    assert (code, err) == (0, "")
    assert "written, and reads back as written" in out
    assert mbpoll(libmodbus, kind, address, len(values)) == values


def test_a_refusal_says_what_to_try(gadelys: CommandLine, libmodbus: Path) -> None:
    code, out, err = gadelys("bus", "read", libmodbus, UNIT, "holding:250", 10, *SPEED)
    assert (code, out) == (1, "")
    assert "unit 17, holding:250-259: exception 2: illegal data address; it has nothing there; try fewer" in err
    code, _, err = gadelys("bus", "write", libmodbus, UNIT, "holding:300", 1, "--unlock", *SPEED)
    assert code == 1
    assert "nothing in holding can be written there" in err


def test_a_unit_that_is_not_there(gadelys: CommandLine, line: RtuLine) -> None:
    code, out, err = gadelys("bus", "read", line.path, 9, "holding:0", "--timeout", 50)
    assert (code, out) == (3, "")
    assert "unit 9, holding:0: no answer within 50 ms; is the unit powered" in err
    assert err.count("\n") == 1


def test_an_answer_that_is_not_to_be_believed(gadelys: CommandLine, line: RtuLine) -> None:
    line.answer = lambda _: sealed(bytes([UNIT, 3, 2, 0, 1]))[:-1] + b"\0"
    code, out, err = gadelys("bus", "read", line.path, UNIT, "holding:0", "--timeout", 50)
    assert (code, out) == (3, "")
    assert "another speed than 9600 8N1" in err


def test_a_write_that_the_unit_does_not_keep(gadelys: CommandLine, line: RtuLine, registers: Registers) -> None:
    line.answer = lambda frame: sealed(frame[:6]) if frame[1] == 6 else registers(frame)
    code, out, _ = gadelys("bus", "write", line.path, UNIT, "holding:5", 60, "--unlock")
    assert code == 1
    assert "written, but it does not hold: reads back 0 (0x0000)" in out


def test_a_register_that_can_only_be_written(gadelys: CommandLine, line: RtuLine, registers: Registers) -> None:
    line.answer = lambda frame: sealed(bytes([UNIT, 0x83, 2])) if frame[1] == 3 else registers(frame)
    code, out, _ = gadelys("bus", "write", line.path, UNIT, "holding:5", 60, "--unlock")
    assert code == 0
    assert "now unknown: exception 2" in out
    assert "written; not read back: exception 2" in out
    assert registers.words[UNIT, 5] == 60


def test_a_port_that_is_not_there(gadelys: CommandLine, tmp_path: Path) -> None:
    code, out, err = gadelys("bus", "read", tmp_path / "no-tty", UNIT, "holding:0")
    assert (code, out) == (3, "")
    assert "No such file or directory; `ls /dev/serial/by-id` shows what is plugged in" in err


def test_a_port_that_somebody_has(gadelys: CommandLine, line: RtuLine) -> None:
    with serial.Serial(str(line.path), exclusive=True):
        code, out, err = gadelys("bus", "read", line.path, UNIT, "holding:0")
    assert (code, out) == (3, "")
    assert "another program has it; stop that first, or go through its agent" in err


def test_an_address_where_nobody_listens(gadelys: CommandLine) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        code, out, err = gadelys("bus", "read", f"127.0.0.1:{port}", UNIT, "holding:0")
    assert (code, out) == (3, "")
    assert "Connection refused; nothing listens there" in err


@pytest.fixture
def address(registers: Registers) -> Iterator[Callable[[bool], str]]:
    """Listen where the same unit answers over TCP, in frames of Modbus TCP or of RTU; return the address."""
    servers: list[socketserver.ThreadingTCPServer] = []

    def listen(rtu: bool) -> str:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                while frame := self.request.recv(512):
                    answer = registers(frame if rtu else sealed(frame[6:]))
                    if answer is not None:
                        head = frame[:4] + (len(answer) - 2).to_bytes(2, "big")
                        self.request.sendall(answer if rtu else head + answer[:-2])

        servers.append(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, kwargs={"poll_interval": 0.01}).start()
        return f"127.0.0.1:{servers[-1].server_address[1]}"

    yield listen
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("rtu", [False, True])
def test_units_behind_an_address(
    gadelys: CommandLine, address: Callable[[bool], str], registers: Registers, rtu: bool
) -> None:
    where, words = address(rtu), (("--rtu",) if rtu else ())
    registers.words[UNIT, 5] = 4711
    code, out, err = gadelys("bus", "read", where, UNIT, "holding:5", *words)
    assert (code, err) == (0, "")
    assert "0x1267  4711" in out
    code, out, err = gadelys("bus", "write", where, UNIT, "holding:5", 7, "--unlock", *words)
    assert (code, err) == (0, "")
    assert ("frame  00 01 00 00 00 06 11 06 00 05 00 07" in out) is not rtu
    assert registers.words[UNIT, 5] == 7
    code, _, err = gadelys("bus", "read", where, UNIT, "holding:5", "--baud", 9600, *words)
    assert code == 2
    assert f"{where} is an address, which has none" in err


def test_a_value_that_is_known_finds_its_type(gadelys: CommandLine, line: RtuLine, registers: Registers) -> None:
    registers.words |= {(UNIT, 12): 0x6666, (UNIT, 13): 0x4366, (UNIT, 20): 2304}
    code, out, err = gadelys("bus", "solve", line.path, UNIT, "holding:11", 230.4)
    assert (code, err) == (0, "")
    first = out.splitlines()[1].split()
    assert first[:3] == ["holding:12-13", "float32", "CDAB"]
    assert 'type = "float32"\norder = "CDAB"\n' in out
    found = json.loads(gadelys("bus", "solve", line.path, UNIT, "holding:20", 230.4, "--json")[1])
    assert any((row["address"], row["type"], row["scale"]) == (20, "u16", 0.1) for row in found)


def test_a_value_is_looked_for_as_far_as_the_unit_has_registers(
    gadelys: CommandLine, line: RtuLine, registers: Registers
) -> None:
    def few(frame: bytes) -> bytes | None:
        first, last = int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[2:4], "big") + frame[5] - 1
        return registers(frame) if 20 <= first <= last <= 22 else sealed(bytes([UNIT, frame[1] | 0x80, 2]))

    registers.words[UNIT, 22] = 2304
    line.answer = few
    code, out, _ = gadelys("bus", "solve", line.path, UNIT, "holding:21", 230.4)
    assert code == 0
    assert "holding:22" in {row.split()[0] for row in out.splitlines() if row}
    code, out, err = gadelys("bus", "solve", line.path, UNIT, "holding:21", 999)
    assert (code, out) == (1, "")
    assert "nothing in the 3 registers from holding:20 on reads 999 within 1 %" in err


def test_a_watch_tells_changes_and_ends_with_ctrl_c(line: RtuLine, registers: Registers, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from agent.cli.main import main; main()"]
    words = ["bus", "read", str(line.path), str(UNIT), "holding:5", "2", "--watch", "0.05"]
    process = subprocess.Popen([*command, *words], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert [next(process.stdout) for _ in range(4)][3].split() == ["6", "0x0006", "0x0000", "0", "0"]
    registers.words[UNIT, 6] = 258
    assert next(process.stdout) == "holding:6  0x0000 0 -> 0x0102 258\n"
    process.send_signal(signal.SIGINT)
    assert process.stdout.read() == ""
    assert process.wait(20) == 0
    process.stdout.close()


def test_a_watch_ends_when_its_time_is_over(gadelys: CommandLine, line: RtuLine) -> None:
    before = threading.active_count()
    code, out, _ = gadelys(
        "bus", "read", line.path, UNIT, "holding:5", "--watch", 0.05, "--seconds", 0.3, "--json"
    )  # fmt: skip
    assert code == 0
    assert {json.loads(row)["registers"][0] for row in out.splitlines()} == {0}
    assert len(out.splitlines()) >= 2
    assert threading.active_count() == before
