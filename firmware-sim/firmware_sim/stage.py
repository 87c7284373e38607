"""The stage: the street, the agent and the live view together, each as the process that it is elsewhere.

The agent is kept as a service manager keeps it: when it dies, what the unit's ExecStopPost= does is done at once (light for
lamps without device-side safety), and it is started again, later than systemd would so that one sees what happens meanwhile.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import IO

RESTART_AFTER_S = 5.0
STOP_WITHIN_S = 5.0
MISUSED = 2
LONGEST_S = 31 * 86400
LAST_LINES = 15
PORT_LINE = re.compile(r"^port = 18830\b", re.MULTILINE)  # of the broker, in the configuration
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)  # the terminal may go


class CannotStart(Exception):
    """Something did not start. The text says what, and shows its last words."""


def add_arguments(parser: argparse.ArgumentParser, local_time: Callable[[str], datetime]) -> None:
    """Declare the options of `firmware-sim stage`."""
    parser.add_argument("--agent", required=True, help="the command gadelys")
    parser.add_argument("--config", type=Path, required=True, help="the agent's configuration for this street")
    parser.add_argument(
        "--dir", type=Path, help="where ports, sockets and logs are made (default: a folder of yours in /tmp)"
    )
    parser.add_argument("--street-time", type=local_time, help="local time by which the street begins (default: now)")
    parser.add_argument("--seconds", type=_seconds, help="end after so many seconds")
    parser.add_argument("--plain", action="store_true", help="lines instead of a picture; needs no terminal")
    parser.add_argument(
        "--story",
        action="store_true",
        help="play the whole demonstration in 60 s, with captions (--seconds ends it earlier)",
    )


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0.1 <= number <= LONGEST_S:
        raise argparse.ArgumentTypeError(f"expected a number from 0.1 to {LONGEST_S}, found {text!r}")
    return number


def run_stage(arguments: argparse.Namespace) -> int:
    """Run everything until the live view ends or a signal comes; returns the exit code. Nothing is left behind."""
    for number in ENDS:
        signal.signal(number, _interrupt)
    try:
        with ExitStack() as stack:
            try:
                return Stage(arguments, stack).run()
            finally:
                _finish_undisturbed()
    except (CannotStart, OSError) as error:
        sys.stderr.write(f"firmware-sim: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 0


def _interrupt(_number: int, _frame: object) -> None:
    _finish_undisturbed()
    raise KeyboardInterrupt


def _finish_undisturbed() -> None:
    """A second Ctrl-C, or the shell's own SIGHUP after the terminal's, must not leave half of it running."""
    for number in ENDS:
        signal.signal(number, lambda _number, _frame: None)  # not SIG_IGN: a child would inherit that


class Stage:
    """One run. `stack` undoes everything in the opposite order."""

    def __init__(self, arguments: argparse.Namespace, stack: ExitStack) -> None:
        self._stack = stack
        agent_command = shutil.which(arguments.agent)
        if agent_command is None:
            raise CannotStart(f"--agent: expected the command gadelys, found no such command: {arguments.agent}")
        self._agent_command = agent_command
        self._folder = _own_folder(arguments.dir)
        stack.enter_context(_lock(self._folder))
        self._config = self._folder / "pole.toml"
        self._configuration = _configuration(arguments.config)
        # What an earlier demonstration still had to deliver, and what it knew of its lamps.
        for left in [*self._folder.glob("journal.db*"), *self._folder.glob("lamps.json*")]:
            left.unlink()
        self._time = [] if arguments.street_time is None else ["--street-time", arguments.street_time.isoformat()]
        self._seconds = [] if arguments.seconds is None else ["--seconds", f"{arguments.seconds:g}"]
        self._plain = ["--plain"] if arguments.plain else []
        self._story = ["--story"] if arguments.story else []
        self._ending = threading.Event()
        self._starting = threading.Lock()  # nothing is started any more once it is the end
        self._agent: subprocess.Popen[bytes] | None = None

    def run(self) -> int:
        """Start street, agent and live view; wait for the live view."""
        street_log = self._log("street.log")
        where = ["--dir", str(self._folder), "--broker"]
        command = [sys.executable, "-m", "firmware_sim.main", "street", *where, *self._time]
        street = subprocess.Popen(  # noqa: S603 (our own commands)
            [*_not_without_us(), *command],
            stdout=subprocess.PIPE,
            stderr=street_log,
            start_new_session=True,  # Ctrl-C is for the stage, which stops all in order
        )
        self._stack.callback(_stop, street)
        if street.stdout is None or street.stdout.readline().strip() != b"ready":
            raise CannotStart(f"the street did not start\n{_last_lines(self._folder / 'street.log')}")
        self._stack.callback(street.stdout.close)
        port = _broker_port(self._folder / "street.sock")
        self._config.write_text(PORT_LINE.sub(f"port = {port}", self._configuration), encoding="utf-8")
        keeper = threading.Thread(target=self._keep_agent, args=(self._log("agent.log"),), name="keeper")
        self._stack.callback(self._end_agent, keeper)
        keeper.start()
        top = subprocess.Popen(  # noqa: S603 (our own commands)
            [*_not_without_us(), self._agent_command, "top", "--socket", str(self._folder / "api.sock"),
             "--street", str(self._folder / "street.sock"), *self._plain, *self._story, *self._seconds],
        )  # fmt: skip
        self._stack.callback(_stop, top)
        code = top.wait()
        if code == MISUSED:  # it has said why
            return code
        if code != 0:
            raise CannotStart(f"the live view ended with {code}\n{_last_lines(self._folder / 'agent.log')}")
        return 0

    def _keep_agent(self, log: IO[bytes]) -> None:
        """Start the agent, and again whenever it dies."""
        while not self._ending.is_set():
            self._run_to_its_end("run", log)
            self._run_to_its_end("safe", log)
            self._ending.wait(RESTART_AFTER_S)

    def _run_to_its_end(self, subcommand: str, log: IO[bytes]) -> None:
        command = [*_not_without_us(), self._agent_command, subcommand, "--config", str(self._config), *self._time]
        with self._starting:
            if self._ending.is_set():
                return
            self._agent = subprocess.Popen(  # noqa: S603 (our own commands)
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self._agent.wait()

    def _end_agent(self, keeper: threading.Thread) -> None:
        with self._starting:
            self._ending.set()
        if self._agent is not None:
            _stop(self._agent)
        keeper.join()

    def _log(self, name: str) -> IO[bytes]:
        return self._stack.enter_context((self._folder / name).open("wb"))


def _not_without_us() -> list[str]:
    """What a command begins with to hear SIGTERM if we are killed in a way that nobody can handle."""
    setpriv = shutil.which("setpriv")  # of util-linux, which a Debian always has
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


def _own_folder(given: Path | None) -> Path:
    """The folder to work in, made if need be; nobody else may reach into it."""
    base = Path(os.environ.get("XDG_RUNTIME_DIR", "/tmp"))  # noqa: S108 (owner and mode are checked below)
    folder = given or base / f"gadelys-demo-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise CannotStart(f"{folder}: belongs to somebody else; name another folder with --dir")
    if folder.stat().st_mode & 0o022:
        raise CannotStart(f"{folder}: others may write there; chmod go-w it, or name another folder with --dir")
    return folder


def _configuration(path: Path) -> str:
    """Read the agent's configuration. CannotStart unless it has one place for the broker's port."""
    text = path.read_text(encoding="utf-8")
    if (found := len(PORT_LINE.findall(text))) != 1:
        raise CannotStart(
            f"{path}: expected one line `port = 18830`, under [uplink], where the port of the street's broker goes; "
            f"found {found}"
        )
    return text


def _broker_port(path: Path) -> int:
    """Ask the street where its broker listens."""
    with socket.socket(socket.AF_UNIX) as eye:
        eye.settimeout(STOP_WITHIN_S)
        eye.connect(str(path))
        eye.sendall(b'{"do": "watch", "interval_s": 0.05}\n')
        with eye.makefile("rb") as lines:
            lines.readline()  # yes, it will
            port: int = json.loads(lines.readline())["state"]["broker"]["port"]
            return port


def _lock(folder: Path) -> IO[bytes]:
    lock = (folder / "lock").open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise CannotStart(
            f"{folder}: a street is running there; stop it first, or name another folder with --dir"
        ) from None
    return lock


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a process in order, or at once if it does not listen."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _last_lines(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
    return "\n".join(f"  {path.name}: {line}" for line in lines) or f"  {path.name} is empty"
